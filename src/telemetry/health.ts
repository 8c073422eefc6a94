/** Owns the verdict: how the appliance is, in sentences that need no knowledge of its parts. Pure. */
import { assessBox } from './box-words.ts';
import type { NextHopStatus } from '../dataplane/status.ts';
import type { FibBackendStatus, KernelImportStatus } from '../fib/status.ts';
import { formatDuration, plural } from '../report/mod.ts';
import type { ApplianceStatus } from '../status/mod.ts';
import type { ServiceStatus } from '../supervise/status.ts';
import { describeNotTaken } from './import-words.ts';
import {
  assessPaths,
  type BrokenStep,
  type InterfacePath,
  isFarBehind,
  leftOutWords,
  PATH_STEPS,
  unresolvedWords,
} from './path.ts';

export type HealthLevel = 'ok' | 'warning' | 'error';

export interface HealthSentence {
  readonly level: HealthLevel;
  readonly text: string;
  /** Unix milliseconds, where it is known since when it is so. */
  readonly since?: number;
}

/** The first broken step between cable and FIB, and the interfaces that it holds up. */
export interface BrokenPath {
  readonly interfaces: readonly string[];
  readonly step: BrokenStep;
}

export interface Health {
  readonly level: HealthLevel;
  /** One line for the top of the page. */
  readonly headline: string;
  /** One for each part that has something to say, the worst first. */
  readonly sentences: readonly HealthSentence[];
  /** What to repair first, one for each cause; nothing while all interfaces reach the FIB. */
  readonly broken: readonly BrokenPath[];
}

const RANK: Readonly<Record<HealthLevel, number>> = { error: 0, warning: 1, ok: 2 };

/** Sums up a status. `paths` are those of the same status, where they are known already. */
export function assessHealth(status: ApplianceStatus, now: number, paths = assessPaths(status)): Health {
  const broken = groupByCause(paths);
  const sentences = [
    assessBoot(status),
    ...(status.box === undefined ? [] : assessBox(status.box, now)),
    assessConfig(status),
    assessVpp(status, now),
    ...assessInterfaces(paths, broken),
    ...status.nextHops.map(assessNextHop),
    ...status.fib.map(assessFib),
    ...assessImport(status.kernelImport),
    assessHugepages(status),
    assessManagement(status),
    assessStats(status),
    ...status.services.filter((service) => service.name !== 'vpp').map(assessService),
    ...status.conditions.map(
      (condition): HealthSentence => ({
        level: condition.severity === 'info' ? 'ok' : condition.severity,
        text: `${condition.subject}: ${condition.reason}`,
        since: condition.since,
      }),
    ),
  ].filter((sentence) => sentence !== undefined);
  sentences.sort((a, b) => RANK[a.level] - RANK[b.level]);
  const level = sentences[0]?.level ?? 'ok';
  return { level, headline: headline(level, sentences), sentences, broken };
}

/** The state of a process in words: `running for 3 s (pid 7)`. */
export function describeService(status: ServiceStatus, now: number): string {
  switch (status.state) {
    case 'disabled':
    case 'external':
    case 'stopped':
      return `${status.state}: ${status.reason}`;
    case 'starting':
      return `starting for ${formatDuration(now - status.since)}${status.reason === undefined ? '' : `: ${status.reason}`}`;
    case 'running':
      return `running for ${formatDuration(now - status.since)} (pid ${status.pid})`;
    case 'stopping':
      return `stopping: ${status.reason}`;
    case 'backoff':
      return `will be started again in ${until(status.nextTryAt, now)} after ${plural(status.failures, 'failure')}: ${status.reason}`;
    case 'looping':
      return `keeps failing (${plural(status.failures, 'time')} in a row), next try in ${until(status.nextTryAt, now)}: ${status.reason}`;
  }
}

/** `, no answer for 5 s`; empty while VPP answers. */
export function describeSilence(api: ApplianceStatus['vpp']['api'], now: number): string {
  if (api.state !== 'connected' || api.silentSince === undefined) return '';
  return `, no answer for ${formatDuration(Math.max(0, now - api.silentSince))}`;
}

function until(at: number, now: number): string {
  return formatDuration(Math.max(0, at - now));
}

function headline(level: HealthLevel, sentences: readonly HealthSentence[]): string {
  const count = sentences.filter((sentence) => sentence.level === level).length;
  switch (level) {
    case 'ok':
      return 'Everything is well';
    case 'warning':
      return `Works, with ${plural(count, 'warning')}`;
    case 'error':
      return count === 1 ? 'Something is wrong' : `${count} things are wrong`;
  }
}

function assessBoot(status: ApplianceStatus): HealthSentence {
  const failed = status.boot.phases.filter((phase) => phase.state === 'failed');
  if (failed.length > 0) {
    const reasons = failed.map((phase) => `${phase.name}: ${phase.reason}`).join('; ');
    return { level: 'error', text: `Boot: ${plural(failed.length, 'phase')} failed (${reasons})` };
  }
  const running = status.boot.phases.find((phase) => phase.state === 'running');
  if (running) return { level: 'warning', text: `Still booting: phase ${running.name}` };
  return { level: 'ok', text: `Up for ${formatDuration(status.uptimeSeconds * 1000)}` };
}

function assessConfig({ config }: ApplianceStatus): HealthSentence {
  const problems =
    config.problems.length > 0 ? `, ${plural(config.problems.length, 'problem')} listed below` : '';
  switch (config.state) {
    case 'ok':
      return config.problems.length > 0
        ? { level: 'warning', text: `The configuration in ${config.path} is in use${problems}` }
        : { level: 'ok', text: `The configuration in ${config.path} is in use` };
    case 'rejected': {
      const used = config.source === 'default' ? 'the defaults are' : 'the last good configuration is';
      return { level: 'error', text: `Configuration refused, ${used} in use: ${config.reason}${problems}` };
    }
    case 'missing': {
      const used = config.source === 'default' ? 'the defaults are' : 'the last good configuration is';
      return { level: 'error', text: `No configuration at ${config.path}, ${used} in use: ${config.reason}` };
    }
  }
}

function assessVpp({ vpp }: ApplianceStatus, now: number): HealthSentence {
  const process = describeService(vpp.process, now);
  switch (vpp.process.state) {
    case 'disabled':
      return { level: 'ok', text: `VPP is ${process}` };
    case 'looping':
    case 'backoff':
      return { level: 'error', text: `VPP ${process}` };
    case 'stopped':
    case 'stopping':
    case 'starting':
      return { level: 'warning', text: `VPP is ${process}` };
    case 'running':
    case 'external':
      break;
  }
  const name = vpp.version ? `VPP ${vpp.version}` : 'VPP';
  switch (vpp.api.state) {
    case 'connected': {
      const silence = describeSilence(vpp.api, now);
      const level = silence === '' ? 'ok' : 'warning';
      return { level, text: `${name} is ${process} and connected${silence}` };
    }
    case 'incompatible':
      return {
        level: 'error',
        text: `${name} is of another version than this program needs: ${vpp.api.reason}`,
      };
    case 'idle':
    case 'disconnected':
      return { level: 'error', text: `${name} is ${process}, not connected: ${vpp.api.reason}` };
    case 'connecting': {
      const reason = vpp.api.reason ? `: ${vpp.api.reason}` : '';
      return {
        level: 'warning',
        text: `${name} is ${process}, connecting (attempt ${vpp.api.attempt})${reason}`,
      };
    }
  }
}

/** Interfaces that are held up by the same thing are one cause. */
function groupByCause(paths: readonly InterfacePath[]): BrokenPath[] {
  const causes = new Map<string, { readonly interfaces: string[]; readonly step: BrokenStep }>();
  for (const { interface: name, broken } of paths) {
    if (broken === undefined) continue;
    const key = `${broken.step} ${broken.text}`;
    const cause = causes.get(key) ?? { interfaces: [], step: broken };
    cause.interfaces.push(name);
    causes.set(key, cause);
  }
  // what is broken before what is under way, and then the way of a packet
  const rank = ({ state, step }: BrokenStep): number =>
    (state === 'broken' ? 0 : PATH_STEPS.length) + PATH_STEPS.indexOf(step);
  return [...causes.values()].sort((a, b) => rank(a.step) - rank(b.step));
}

/** VPP and the FIB have sentences of their own. */
function assessInterfaces(paths: readonly InterfacePath[], broken: readonly BrokenPath[]): HealthSentence[] {
  if (paths.length === 0) return [];
  if (broken.length === 0)
    return [{ level: 'ok', text: `${plural(paths.length, 'interface')} as configured` }];
  return broken
    .filter(({ step }) => step.step !== 'vpp' && step.step !== 'routes')
    .map(({ interfaces, step }) => ({
      level: step.state === 'waiting' || step.step === 'link' ? 'warning' : 'error',
      text: `${names(interfaces)}: ${step.text}`,
    }));
}

function assessNextHop({ address, routes, example, reach }: NextHopStatus): HealthSentence | undefined {
  if (reach.kind !== 'none') return undefined;
  const others = routes > 1 ? ` and ${plural(routes - 1, 'other route')}` : '';
  return {
    level: 'warning',
    text: `Next hop ${address} of ${example}${others} is in no network of an interface, and no other route leads to it`,
  };
}

function names(list: readonly string[]): string {
  const shown = list.slice(0, 5);
  return list.length > shown.length
    ? `${shown.join(', ')} and ${list.length - shown.length} more`
    : shown.join(', ');
}

function assessImport(imported: KernelImportStatus | undefined): HealthSentence[] {
  const text = imported === undefined ? undefined : describeNotTaken(imported);
  return text === undefined ? [] : [{ level: 'warning', text }];
}

function assessFib(fib: FibBackendStatus): HealthSentence {
  const progress = `${plural(fib.programmed, 'route')} of ${plural(fib.desired, 'route').split(' ')[0]} programmed`;
  const subject = `FIB (${fib.backend})`;
  const waits = unresolvedWords(fib);
  if (fib.failed > 0) {
    const [first] = fib.failures;
    const example = first ? `, such as ${first.prefix}: ${first.reason}` : '';
    return { level: 'error', text: `${subject}: ${progress}, ${fib.failed} failed${example}` };
  }
  const lacks = waits || leftOutWords(fib);
  if (lacks !== '') return { level: 'warning', text: `${subject}: ${progress}${lacks}` };
  switch (fib.status.state) {
    case 'disabled':
      return { level: 'ok', text: `${subject} is disabled: ${fib.status.reason}` };
    case 'waiting':
      return { level: fib.desired > 0 ? 'warning' : 'ok', text: `${subject} waits: ${fib.status.reason}` };
    case 'programming':
      return {
        level: isFarBehind(fib) ? 'warning' : 'ok',
        text: `${subject} is being programmed: ${progress}`,
      };
    case 'synced':
      return { level: 'ok', text: `${subject}: ${progress}` };
    case 'degraded':
      return { level: 'error', text: `${subject}: ${progress}: ${fib.status.reason}` };
  }
}

function assessHugepages({ hugepages }: ApplianceStatus): HealthSentence | undefined {
  for (const pool of hugepages) {
    if (pool.state === 'short' || pool.state === 'failed') {
      return {
        level: 'error',
        text: `Hugepages: ${pool.allocated} of ${pool.requested} allocated: ${pool.reason}`,
      };
    }
  }
  return undefined;
}

function assessManagement({ management }: ApplianceStatus): HealthSentence {
  switch (management.state) {
    case 'none':
      return { level: 'ok', text: `No management interface: ${management.reason}` };
    case 'ready':
      return {
        level: 'ok',
        text: `Management on ${management.interface}: ${management.addresses.join(', ')}`,
      };
    case 'configuring':
      return { level: 'warning', text: `Management on ${management.interface}: ${management.reason}` };
    case 'failed':
      return { level: 'error', text: `Management on ${management.interface} failed: ${management.reason}` };
  }
}

function assessStats({ stats }: ApplianceStatus): HealthSentence | undefined {
  switch (stats.state) {
    case 'idle':
    case 'fresh':
      return undefined;
    case 'attaching':
      return stats.attempts > 0
        ? { level: 'warning', text: `No counters from VPP: ${stats.reason}` }
        : undefined;
    case 'stale':
      return { level: 'warning', text: `VPP's counters are old: ${stats.reason}` };
  }
}

function assessService(service: ApplianceStatus['services'][number]): HealthSentence | undefined {
  const { status, name, lastExit } = service;
  if (status.state === 'backoff' || status.state === 'looping') {
    return { level: 'error', text: `Service ${name}: ${status.reason}` };
  }
  // An end by itself that was not a clean one; one that was asked for is what somebody wanted.
  if (status.state === 'stopped' && lastExit !== undefined && lastExit.code !== 0) {
    return { level: 'warning', text: `Service ${name} is stopped: ${status.reason}` };
  }
  return undefined;
}
