/**
 * Owns the answer to "does it forward as configured?", for machines that ask: `/readyz` and the exit code of
 * `appliance show health`. Pure.
 *
 * Invariant: ready is only what is so now; what is under way is not ready yet, but for the few routes that change all
 * the time.
 */
import { plural } from './format.ts';
import { assessHealth, type Health } from './health.ts';
import { assessPaths, fibOf, type InterfacePath, isFarBehind } from './path.ts';
import type { ApplianceStatus } from './status.ts';

export interface ReadyCheck {
  readonly name: 'boot' | 'vpp' | 'interfaces' | 'routes';
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

/** Whether VPP is connected, interfaces are up as configured, and routes are programmed. */
export function assessReadiness(status: ApplianceStatus, paths = assessPaths(status)): Readiness {
  const checks = [checkBoot(status), checkVpp(status), checkInterfaces(status, paths), checkRoutes(status)];
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

function checkBoot({ boot }: ApplianceStatus): ReadyCheck {
  const running = boot.phases.find(({ state }) => state === 'running');
  const isDone = boot.totalMs !== undefined;
  const phase = running === undefined ? '' : `: phase ${running.name}`;
  return { name: 'boot', ok: isDone, reason: isDone ? 'all phases are through' : `still booting${phase}` };
}

function checkVpp({ vpp, stats }: ApplianceStatus): ReadyCheck {
  const { process, api } = vpp;
  const say = (ok: boolean, reason: string): ReadyCheck => ({ name: 'vpp', ok, reason });
  if (process.state === 'disabled') return say(true, `VPP is disabled: ${process.reason}`);
  if (process.state !== 'running' && process.state !== 'external' && process.state !== 'starting') {
    return say(false, `VPP is ${process.state}: ${process.reason}`);
  }
  const stalled = stats.state === 'fresh' ? stats.stalledWorkers : [];
  if (stalled.length > 0) return say(false, `VPP's worker ${stalled.join(', ')} stands still`);
  if (api.state === 'connected') return say(true, 'connected');
  const reason = 'reason' in api && api.reason !== undefined ? `: ${api.reason}` : '';
  return say(false, `VPP is not connected (${api.state})${reason}`);
}

function checkInterfaces(status: ApplianceStatus, paths: readonly InterfacePath[]): ReadyCheck {
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
  return {
    name: 'interfaces',
    ok: wrong.length === 0,
    reason: wrong.length === 0 ? `${plural(paths.length, 'interface')} as configured` : firstOf(wrong),
  };
}

function checkRoutes(status: ApplianceStatus): ReadyCheck {
  const plane = isKernelPlane(status) ? 'kernel' : 'vpp';
  const fib = fibOf(status, plane);
  const say = (ok: boolean, reason: string): ReadyCheck => ({ name: 'routes', ok, reason });
  if (fib === undefined || fib.desired === 0) return say(true, 'there are none to program');
  const progress = `${fib.programmed} of ${plural(fib.desired, 'route')} programmed in ${plane === 'vpp' ? 'VPP' : 'the kernel'}`;
  switch (fib.status.state) {
    case 'synced':
    case 'disabled':
      return say(true, fib.status.state === 'disabled' ? fib.status.reason : progress);
    case 'programming':
      return say(!isFarBehind(fib), progress);
    case 'waiting':
    case 'degraded':
      return say(false, `${progress}: ${fib.status.reason}`);
  }
}

/** Whether the kernel forwards: while VPP is disabled, or does not stay up. */
function isKernelPlane({ vpp, interfaces }: ApplianceStatus): boolean {
  return vpp.process.state === 'disabled' || interfaces.some(({ dataPlane }) => dataPlane === 'kernel');
}

function firstOf(reasons: readonly string[]): string {
  const shown = reasons.slice(0, 3).join('; ');
  return reasons.length > 3 ? `${shown}; and ${reasons.length - 3} more` : shown;
}
