/**
 * Owns what is said of a box in words, so that the page, the verdict on top of it and `appliance show` say the same.
 * Pure.
 *
 * Invariant: what is as it was asked for is `ok`, also when that is "switched off".
 */
import type { ConfigChangeStatus } from '../config/status.ts';
import type { CpuIsolationStatus, TimeStatus, WatchdogStatus } from '../machine/status.ts';
import { formatAgo, formatBytes, formatDuration, formatTime, plural } from '../report/mod.ts';
import type { BoxStatus } from '../status/mod.ts';

export interface Words {
  readonly level: 'ok' | 'warning' | 'error';
  readonly text: string;
}

type Update = BoxStatus['update'];
type Ended = Update['history'][number];
type Entry = Update['entries'][number];
type Crash = BoxStatus['crashes'][number];

/** Which version runs, and what is thought of it. */
export function describeImage({ running, trial, verdict }: Update, now: number): Words {
  const name = `version ${running.version}`;
  switch (running.state) {
    case 'good':
      return { level: 'ok', text: `${name} runs and is good` };
    case 'fallback':
      return {
        level: 'warning',
        text: `${name} runs although its boots are used up: nothing better is on the boot partition`,
      };
    case 'unknown':
      return { level: 'ok', text: `${name} runs; the boot loader does not tell from which entry` };
    case 'trial':
      break;
  }
  if (verdict?.state === 'failed') {
    return { level: 'error', text: `${name} failed its trial, the box restarts: ${verdict.reason}` };
  }
  if (trial === undefined) return { level: 'ok', text: `${name} runs and passed its trial` };
  const until = `${formatTime(trial.deadline)} (${formatAgo(trial.deadline, now)})`;
  const missing = trial.conditions.filter(({ ok }) => !ok).map((condition) => condition.name);
  const still = missing.length === 0 ? '' : `; not met yet: ${missing.join(', ')}`;
  return {
    level: 'warning',
    text: `${name} is on trial until ${until}: without its verdict until then the box restarts${still}`,
  };
}

/** Whether this run counts as a good one; undefined before it is looked at. */
export function describeVerdict({ verdict }: Update): string | undefined {
  switch (verdict?.state) {
    case undefined:
      return undefined;
    case 'good':
      return `counts as good since ${formatTime(verdict.at)}: all conditions were met`;
    case 'waiting':
      return `does not count as good yet: looked at since ${formatTime(verdict.since)}`;
    case 'failed':
      return `failed at ${formatTime(verdict.at)}: ${verdict.reason}`;
  }
}

/** What the next restart starts; undefined where the boot partition is not known. */
export function describeNext({ entries }: Update): string | undefined {
  const next = entries.find((entry) => entry.next);
  if (next === undefined) return undefined;
  return `version ${next.version}${next.running ? ', the one that runs' : ''} (${next.file})`;
}

export function describeEntryState({ state, left }: Pick<Entry, 'state' | 'left'>): string {
  switch (state) {
    case 'good':
      return 'good';
    case 'trial':
      return `on trial, ${plural(left ?? 0, 'boot')} left`;
    case 'failed':
      return 'failed';
    case 'aside':
      return 'put aside for an older one';
  }
}

/** How an update ended. */
export function describeEnd({ version, result, at, reason }: Ended, now: number): string {
  const why = reason === undefined ? '' : `: ${reason}`;
  return `version ${version} ${result === 'good' ? 'became good' : result} ${formatAgo(at, now)}, at ${formatTime(at)}${why}`;
}

/** Whether the configuration in force is to stay. */
export function describeChange(change: ConfigChangeStatus, now: number): Words {
  switch (change.state) {
    case 'confirmed':
      return { level: 'ok', text: 'confirmed' };
    case 'waiting': {
      const until = `${formatTime(change.confirmBefore)} (${formatAgo(change.confirmBefore, now)})`;
      return {
        level: 'warning',
        text: `what is in force waits for its confirmation until ${until}: without it the configuration of before comes back`,
      };
    }
    case 'reverted':
      return {
        level: 'warning',
        text: `a change was taken back at ${formatTime(change.at)}: ${change.reason}`,
      };
  }
}

export function describeWatchdog(watchdog: WatchdogStatus, now: number): Words {
  if (watchdog.state === 'off') return { level: 'ok', text: `off: ${watchdog.reason}` };
  const { identity, timeoutSeconds, lastFedAt, nowayout } = watchdog;
  const name = identity === '' ? 'armed' : `armed (${identity})`;
  const fed = lastFedAt === 0 ? 'not fed yet' : `fed ${formatAgo(lastFedAt, now)}`;
  const facts = `${name}, ${fed}, resets the machine ${timeoutSeconds} s after it was fed last`;
  switch (watchdog.state) {
    case 'armed':
      return { level: 'ok', text: `${facts}${nowayout ? '; it cannot be stopped (nowayout)' : ''}` };
    case 'starving':
      return {
        level: 'error',
        text: `not fed since ${formatTime(watchdog.since)}, the machine is about to be reset: ${watchdog.reason}`,
      };
    case 'failed':
      return { level: 'error', text: `${facts}, but: ${watchdog.reason}` };
  }
}

/** Whether the last boot was ended by the watchdog; undefined without one. */
export function describeLastBoot(watchdog: WatchdogStatus): Words | undefined {
  if (watchdog.state === 'off') return undefined;
  switch (watchdog.lastBootResetByWatchdog) {
    case undefined:
      return { level: 'ok', text: 'the watchdog does not tell whether it ended it' };
    case true:
      return { level: 'warning', text: 'ended by the watchdog' };
    case false:
      return { level: 'ok', text: 'not ended by the watchdog' };
  }
}

export function describeCores(cores: CpuIsolationStatus): Words {
  switch (cores.state) {
    case 'off':
      return { level: 'ok', text: `not kept free: ${cores.reason}` };
    case 'failed':
      return { level: 'warning', text: `could not be kept free: ${cores.reason}` };
    case 'active': {
      const refused = cores.refusedInterrupts === 0 ? '' : `, ${cores.refusedInterrupts} cannot be moved`;
      const interrupts = `${plural(cores.movedInterrupts, 'interrupt')} moved away${refused}`;
      const facts = `cores ${cores.cores} are kept free for ${plural(cores.threads.length, 'thread')}; ${interrupts}`;
      return cores.problems.length === 0
        ? { level: 'ok', text: facts }
        : { level: 'warning', text: `${facts}; not as it should be: ${cores.problems.join('; ')}` };
    }
  }
}

export function describeTime(time: TimeStatus): Words {
  if (time.state === 'off') return { level: 'ok', text: `left alone: ${time.reason}` };
  const from = time.source === 'dhcp' ? 'from DHCP' : 'from the configuration';
  switch (time.state) {
    case 'unsynchronised':
      return {
        level: 'warning',
        text: `not synchronised: ${time.reason} (asked: ${time.servers.join(', ')}, ${from})`,
      };
    case 'synchronised': {
      const error = formatDuration(time.estimatedErrorSeconds * 1000);
      const atMost = formatDuration(time.maximumErrorSeconds * 1000);
      const by = time.server ?? time.servers.join(', ');
      return {
        level: 'ok',
        text: `synchronised with ${by} (${from}), off by about ${error}, ${atMost} at most`,
      };
    }
  }
}

export function describeCrash({ at, service, reason, file, core, bytes }: Crash): string {
  const kept = core === undefined ? file : `${file} and ${core}`;
  return `${formatTime(at)} ${service}: ${reason} (${kept}, ${formatBytes(bytes)})`;
}

export function describeCertificate(https: NonNullable<BoxStatus['https']>, now: number): Words {
  const whose = https.source === 'user' ? 'your own' : 'self-signed';
  const isOver = https.expiresAt <= now;
  return {
    level: isOver ? 'warning' : 'ok',
    text: `${whose}, ${isOver ? 'expired at' : 'valid until'} ${formatTime(https.expiresAt)}`,
  };
}

export function describeData({ dataKept }: Pick<BoxStatus, 'dataKept'>): Words {
  return dataKept
    ? { level: 'ok', text: 'kept on the data partition' }
    : { level: 'warning', text: 'not kept: there is no data partition, all of it is gone after a restart' };
}

/** What the sentences on top of the page say of a box: what runs, and what no condition tells. */
export function assessBox({ update, watchdog, time }: BoxStatus, now: number): Words[] {
  const image = describeImage(update, now);
  const found: Words[] = [{ level: image.level, text: `Image: ${image.text}` }];
  const [ended] = update.history;
  if (ended?.result === 'failed' || ended?.result === 'interrupted') {
    found.push({ level: 'warning', text: `The last update: ${describeEnd(ended, now)}` });
  }
  const fed = describeWatchdog(watchdog, now);
  if (fed.level !== 'ok') found.push({ level: fed.level, text: `Watchdog: ${fed.text}` });
  const clock = describeTime(time);
  if (clock.level !== 'ok') found.push({ level: clock.level, text: `Time: ${clock.text}` });
  return found;
}
