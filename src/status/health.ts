/**
 * Owns the verdict: how the appliance is, and whether all that is configured is so now. Everybody who says it renders
 * this: the page, `/health`, `/readyz`, metrics, `appliance show health` and its exit code. Pure.
 *
 * Invariants: made of findings, whose texts nothing reads; what is under way is not ready yet, but for the few routes
 * that change all the time; each leaf of the configuration has its check (the rows of config/sections).
 */
import { bgpFindings } from '../bgp/status.ts';
import { READY_CHECKS, type ReadyCheckName } from '../config/leaf.ts';
import { nextHopFindings, wanFindings } from '../dataplane/status.ts';
import { hugepageFindings } from '../dpdk/status.ts';
import { fibFindings } from '../fib/status.ts';
import { configFinding } from '../live/status.ts';
import { machineFindings } from '../machine/status.ts';
import { managementFinding, timeFinding } from '../management/status.ts';
import {
  conditionFinding,
  type Finding,
  finding,
  formatDuration,
  type Level,
  plural,
} from '../report/mod.ts';
import { objectFindings } from '../objects/status.ts';
import { serviceFindings } from '../supervise/status.ts';
import { updateFindings } from '../update/status.ts';
import { countersFinding, vppFindings } from '../vpp/status.ts';
import type { ApplianceStatus } from './appliance-status.ts';
import { type BrokenPath, findCauses, interfaceFindings } from './causes.ts';
import { assessPaths, type InterfacePath } from './path.ts';

export interface ReadyCheck {
  readonly name: ReadyCheckName;
  readonly ok: boolean;
  /** How it is. */
  readonly reason: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly ReadyCheck[];
}

/** Everything that is said of health: `GET /health`, and what `appliance show health` prints. */
export interface HealthReport extends Readiness {
  readonly hostname: string;
  readonly level: Level;
  /** One line for the top of the page. */
  readonly headline: string;
  /** What is to be said, the worst first. */
  readonly sentences: readonly Finding[];
  /** What to repair first, one for each cause; nothing while all interfaces reach the FIB. */
  readonly broken: readonly BrokenPath[];
  /** The way from the cable to the FIB, by interface. */
  readonly paths: readonly InterfacePath[];
}

const RANK: Readonly<Record<Level, number>> = { error: 0, warning: 1, ok: 2 };

/** @param now Unix milliseconds */
export function reportHealth(status: ApplianceStatus, now: number): HealthReport {
  const paths = assessPaths(status);
  const broken = findCauses(paths);
  const found = findingsOf(status, paths, now);
  const sentences = found.filter(({ quiet }) => quiet !== true).sort((a, b) => RANK[a.level] - RANK[b.level]);
  const level = sentences[0]?.level ?? 'ok';
  const checks = READY_CHECKS.map((name) => checkOf(name, found));
  const ready = checks.every(({ ok }) => ok);
  const { hostname } = status;
  return { hostname, level, headline: headline(level, sentences), sentences, broken, ready, checks, paths };
}

/** What all rooms find. */
function findingsOf(status: ApplianceStatus, paths: readonly InterfacePath[], now: number): Finding[] {
  const { box, vpp, interfaces, conditions } = status;
  const isKernel =
    vpp.process.state === 'disabled' || interfaces.some(({ dataPlane }) => dataPlane === 'kernel');
  return [
    ...bootFindings(status),
    ...(box === undefined ? [] : updateFindings(box.update, now)),
    ...machineFindings(box, now),
    timeFinding(box?.time),
    configFinding(status.config),
    ...vppFindings(status, now),
    ...interfaceFindings(paths, interfaces),
    ...objectFindings(status.objects),
    ...wanFindings(status.wans),
    ...nextHopFindings(status.nextHops),
    ...bgpFindings(status.bgp, now),
    ...fibFindings(status, isKernel ? 'kernel' : 'vpp'),
    ...hugepageFindings(status.hugepages),
    managementFinding(status.management, status.mode === 'pid1'),
    countersFinding(status),
    ...serviceFindings(status.services),
    ...conditions.map(conditionFinding),
  ];
}

function bootFindings({ boot: { phases, totalMs }, uptimeSeconds }: ApplianceStatus): Finding[] {
  const found: Finding[] = [];
  const failed = phases.filter((phase) => phase.state === 'failed');
  if (failed.length > 0) {
    const reasons = failed.map((phase) => `${phase.name}: ${phase.reason}`).join('; ');
    const text = `Boot: ${plural(failed.length, 'phase')} failed (${reasons})`;
    const subject = failed.map(({ name }) => name).join(' ');
    found.push(finding('boot', 'phase-failed', 'error', text, { subject, ready: true }));
  }
  if (totalMs === undefined) {
    const running = phases.find((phase) => phase.state === 'running');
    const phase = running === undefined ? '' : `: phase ${running.name}`;
    found.push(finding('boot', 'booting', 'warning', `Still booting${phase}`));
  }
  if (found.length > 0) return found;
  return [finding('boot', 'up', 'ok', `Up for ${formatDuration(uptimeSeconds * 1000)}`)];
}

/** Whether all of a part is so; why not, or how it is. */
function checkOf(name: ReadyCheckName, found: readonly Finding[]): ReadyCheck {
  const ofPart = found.filter(({ part }) => part === name);
  const missing = ofPart.filter(({ ready }) => !ready);
  const ok = missing.length === 0;
  return { name, ok, reason: firstOf(ok ? ofPart : missing) };
}

function firstOf(found: readonly Finding[]): string {
  if (found.length === 0) return 'nothing to say';
  const shown = found
    .slice(0, 3)
    .map(({ text }) => text)
    .join('; ');
  return found.length > 3 ? `${shown}; and ${found.length - 3} more` : shown;
}

function headline(level: Level, sentences: readonly Finding[]): string {
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
