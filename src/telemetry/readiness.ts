/**
 * Owns the answer to "is all that is configured so?", for machines that ask: `/readyz` and the exit code of
 * `appliance show health`. Pure.
 *
 * Invariants: ready is only what is so now; what is under way is not ready yet, but for the few routes that change all
 * the time; each leaf of the configuration has its check (config/leaf-places.ts).
 */
import { READY_CHECKS, type ReadyCheckName } from '../config/mod.ts';
import { describeCores, describeTime } from './box-words.ts';
import type { FibBackendStatus, KernelImportStatus } from '../fib/status.ts';
import { plural } from '../report/mod.ts';
import type { ApplianceStatus } from '../status/mod.ts';
import { assessHealth, type Health } from './health.ts';
import { assessPaths, fibOf, type InterfacePath, isFarBehind, leftOutWords } from './path.ts';

export interface ReadyCheck {
  readonly name: ReadyCheckName;
  readonly ok: boolean;
  /** How it is, in words. */
  readonly reason: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly ReadyCheck[];
}

/** Everything that is said of health: `GET /health`, and what `appliance show health` prints. */
export interface HealthReport extends Health, Readiness {
  readonly hostname: string;
  /** The way from the cable to the FIB, by interface. */
  readonly paths: readonly InterfacePath[];
}

const JUDGES: Readonly<
  Record<ReadyCheckName, (status: ApplianceStatus, paths: readonly InterfacePath[]) => Verdict>
> = {
  boot: checkBoot,
  configuration: checkConfiguration,
  vpp: checkVpp,
  interfaces: checkInterfaces,
  routes: checkRoutes,
  services: checkServices,
  management: checkManagement,
  time: checkTime,
  cores: checkCores,
  watchdog: checkWatchdog,
  counters: checkCounters,
  conditions: checkConditions,
};

type Verdict = Omit<ReadyCheck, 'name'>;

const yes = (reason: string): Verdict => ({ ok: true, reason });
const no = (reason: string): Verdict => ({ ok: false, reason });

/** Whether all that is configured is so. */
export function assessReadiness(status: ApplianceStatus, paths = assessPaths(status)): Readiness {
  const checks = READY_CHECKS.map((name): ReadyCheck => ({ name, ...JUDGES[name](status, paths) }));
  return { ready: checks.every(({ ok }) => ok), checks };
}

/** @param now Unix milliseconds */
export function reportHealth(status: ApplianceStatus, now: number): HealthReport {
  const paths = assessPaths(status);
  return {
    hostname: status.hostname,
    ...assessHealth(status, now, paths),
    ...assessReadiness(status, paths),
    paths,
  };
}

function checkBoot({ boot }: ApplianceStatus): Verdict {
  const running = boot.phases.find(({ state }) => state === 'running');
  const phase = running === undefined ? '' : `: phase ${running.name}`;
  return boot.totalMs === undefined ? no(`still booting${phase}`) : yes('all phases are through');
}

function checkConfiguration({ config }: ApplianceStatus): Verdict {
  return config.state === 'ok' ? yes(`${config.path} is in force`) : no(config.reason);
}

function checkVpp({ vpp, stats }: ApplianceStatus): Verdict {
  const { process, api } = vpp;
  if (process.state === 'disabled') return yes(`VPP is disabled: ${process.reason}`);
  if (process.state !== 'running' && process.state !== 'external' && process.state !== 'starting') {
    return no(`VPP is ${process.state}: ${process.reason}`);
  }
  const stalled = stats.state === 'fresh' ? stats.stalledWorkers : [];
  if (stalled.length > 0) return no(`VPP's worker ${stalled.join(', ')} stands still`);
  if (api.state === 'connected') return yes('connected');
  const reason = 'reason' in api && api.reason !== undefined ? `: ${api.reason}` : '';
  return no(`VPP is not connected (${api.state})${reason}`);
}

function checkInterfaces(status: ApplianceStatus, paths: readonly InterfacePath[]): Verdict {
  const names = new Set(status.interfaces.map(({ name }) => name));
  const wrong = paths.flatMap(({ interface: name, steps }) => {
    const step = steps.find(
      ({ state, step }) => step !== 'vpp' && step !== 'routes' && (state === 'broken' || state === 'waiting'),
    );
    if (step !== undefined) return [`${name}: ${step.text}`];
    // VPP's absence is the check before this one, but nothing is up then
    const at = steps.find(({ step }) => step === 'interface');
    return at?.state === 'unknown' && names.has(name) ? [`${name}: ${at.text}`] : [];
  });
  return wrong.length === 0 ? yes(`${plural(paths.length, 'interface')} as configured`) : no(firstOf(wrong));
}

/** The FIB that forwards, the kernel's beside it, and what is learnt from daemons. */
function checkRoutes(status: ApplianceStatus): Verdict {
  const plane = isKernelPlane(status) ? 'kernel' : 'vpp';
  const beside = plane === 'vpp' ? fibOf(status, 'kernel') : undefined;
  const verdicts = [
    checkFib(fibOf(status, plane)),
    ...(beside === undefined || beside.status.state === 'disabled' ? [] : [checkFib(beside)]),
    ...(status.kernelImport === undefined ? [] : [checkImport(status.kernelImport)]),
  ];
  const wrong = verdicts.filter(({ ok }) => !ok);
  if (wrong.length > 0) return no(firstOf(wrong.map(({ reason }) => reason)));
  return yes(verdicts.map(({ reason }) => reason).join('; '));
}

function checkFib(fib: FibBackendStatus | undefined): Verdict {
  if (fib === undefined || fib.desired === 0) return yes('there are none to program');
  const where = fib.backend === 'vpp' ? 'VPP' : 'the kernel';
  const progress = `${fib.programmed} of ${plural(fib.desired, 'route')} programmed in ${where}`;
  switch (fib.status.state) {
    case 'disabled':
      return yes(fib.status.reason);
    case 'programming':
      return isFarBehind(fib) ? no(progress) : yes(progress);
    case 'synced': {
      const [first] = fib.failures;
      const example = first === undefined ? '' : `, such as ${first.prefix}: ${first.reason}`;
      if (fib.unresolved > 0) return no(`${progress}, ${fib.unresolved} without a next hop${example}`);
      return fib.nextHopsLeftOut > 0 ? no(`${progress}${leftOutWords(fib)}`) : yes(progress);
    }
    case 'waiting':
    case 'degraded':
      return no(`${progress}: ${fib.status.reason}`);
  }
}

function checkImport(learnt: KernelImportStatus): Verdict {
  switch (learnt.state) {
    case 'waiting':
      return no(`routes of daemons are not learnt: ${learnt.reason}`);
    case 'reading':
      return no('routes of daemons are being read');
    case 'following':
      return yes(`${plural(learnt.routes, 'route')} of daemons`);
  }
}

function checkServices({ services }: ApplianceStatus): Verdict {
  // VPP and the clock have checks of their own.
  const own = services.filter(({ name }) => name !== 'vpp' && name !== 'ntp');
  const wrong = own.flatMap(({ name, status, lastExit }) => {
    if (status.state === 'backoff' || status.state === 'looping') return [`${name}: ${status.reason}`];
    const hasFailed = status.state === 'stopped' && lastExit !== undefined && lastExit.code !== 0;
    return hasFailed ? [`${name}: ${status.reason}`] : [];
  });
  return wrong.length === 0 ? yes(`${plural(own.length, 'service')} as configured`) : no(firstOf(wrong));
}

function checkManagement({ management, mode }: ApplianceStatus): Verdict {
  if (mode === 'run') return yes('the host owns its interfaces');
  return management.state === 'ready'
    ? yes(`${management.interface}: ${management.addresses.join(', ')}`)
    : no(management.reason);
}

function checkTime({ box }: ApplianceStatus): Verdict {
  if (box === undefined) return yes("the host's clock");
  // Servers that nobody but DHCP named are no setting.
  const isWanted = box.time.state === 'unsynchronised' && box.time.source === 'configuration';
  return { ok: !isWanted, reason: describeTime(box.time).text };
}

function checkCores({ box }: ApplianceStatus): Verdict {
  if (box === undefined) return yes("the host's processors");
  const { level, text } = describeCores(box.cpuIsolation);
  return { ok: level === 'ok', reason: text };
}

function checkWatchdog({ box }: ApplianceStatus): Verdict {
  if (box === undefined) return yes("the host's watchdog");
  const { watchdog } = box;
  const hasFailed = watchdog.state === 'failed' || watchdog.state === 'starving';
  return hasFailed ? no(watchdog.reason) : yes(watchdog.state === 'off' ? watchdog.reason : 'armed');
}

function checkCounters({ stats, vpp }: ApplianceStatus): Verdict {
  if (vpp.process.state === 'disabled') return yes('there is no VPP to count');
  switch (stats.state) {
    case 'idle':
    case 'fresh':
      return yes(stats.state === 'fresh' ? 'fresh' : stats.reason);
    case 'attaching':
      return stats.attempts > 0 ? no(`they cannot be read: ${stats.reason}`) : yes('about to be read');
    case 'stale':
      return no(`they are old: ${stats.reason}`);
  }
}

/** What has no other place: errors, and whatever says that something of the configuration is not so. */
function checkConditions({ conditions }: ApplianceStatus): Verdict {
  const wrong = conditions
    .filter(({ severity, leaf }) => severity === 'error' || leaf !== undefined)
    .map(({ subject, leaf = subject, reason }) => `${leaf}: ${reason}`);
  return wrong.length === 0 ? yes('none that matters') : no(firstOf(wrong));
}

/** Whether the kernel forwards: while VPP is disabled, or does not stay up. */
function isKernelPlane({ vpp, interfaces }: ApplianceStatus): boolean {
  return vpp.process.state === 'disabled' || interfaces.some(({ dataPlane }) => dataPlane === 'kernel');
}

function firstOf(reasons: readonly string[]): string {
  const shown = reasons.slice(0, 3).join('; ');
  return reasons.length > 3 ? `${shown}; and ${reasons.length - 3} more` : shown;
}
