/** Owns what keeps interfaces from the FIB: each cause once, whatever it holds up. Pure. */
import type { InterfaceStatus } from '../interfaces/status.ts';
import { type Finding, finding, plural } from '../report/mod.ts';
import { type BrokenStep, firstTrouble, type InterfacePath, PATH_STEPS } from './path.ts';

/** The first broken step between cable and FIB, and the interfaces that it holds up. */
export interface BrokenPath {
  readonly interfaces: readonly string[];
  readonly step: BrokenStep;
}

export function findCauses(paths: readonly InterfacePath[]): BrokenPath[] {
  return groupByCause(paths, ({ broken }) => broken);
}

/** VPP and the FIB have findings of their own; that nothing is up without VPP is not said again. */
export function interfaceFindings(
  paths: readonly InterfacePath[],
  interfaces: readonly InterfaceStatus[],
): Finding[] {
  const ownTrouble = ({ steps }: InterfacePath): BrokenStep | undefined =>
    firstTrouble(steps.filter(({ step }) => step !== 'vpp' && step !== 'routes'));
  const causes = new Set(paths.map(({ broken }) => broken));
  const found = groupByCause(paths, ownTrouble).map(({ interfaces: held, step }) =>
    finding(
      'interfaces',
      step.code,
      step.state === 'waiting' || step.step === 'link' ? 'warning' : 'error',
      `${namesOf(held)}: ${step.text}`,
      { subject: held.join(' '), ...(causes.has(step) ? {} : { quiet: true }) },
    ),
  );
  const names = new Set(interfaces.map(({ name }) => name));
  for (const path of paths) {
    const at = path.steps.find(({ step }) => step === 'interface');
    if (at?.state !== 'unknown' || !names.has(path.interface) || ownTrouble(path) !== undefined) continue;
    const text = `${path.interface}: ${at.text}`;
    found.push(finding('interfaces', 'unknown', 'warning', text, { subject: path.interface, quiet: true }));
  }
  if (found.length > 0 || paths.length === 0) return found;
  const isWell = !paths.some(({ broken }) => broken !== undefined);
  const text = `${plural(paths.length, 'interface')} as configured`;
  return [finding('interfaces', 'well', 'ok', text, isWell ? {} : { quiet: true })];
}

/** What is broken before what is under way, and then the way of a packet. */
function groupByCause(
  paths: readonly InterfacePath[],
  stepOf: (path: InterfacePath) => BrokenStep | undefined,
): BrokenPath[] {
  const causes = new Map<string, { readonly interfaces: string[]; readonly step: BrokenStep }>();
  for (const path of paths) {
    const step = stepOf(path);
    if (step === undefined) continue;
    const key = `${step.step} ${step.text}`;
    const cause = causes.get(key) ?? { interfaces: [], step };
    cause.interfaces.push(path.interface);
    causes.set(key, cause);
  }
  const rank = ({ state, step }: BrokenStep): number =>
    (state === 'broken' ? 0 : PATH_STEPS.length) + PATH_STEPS.indexOf(step);
  return [...causes.values()].sort((a, b) => rank(a.step) - rank(b.step));
}

function namesOf(list: readonly string[]): string {
  const shown = list.slice(0, 5).join(', ');
  return list.length > 5 ? `${shown} and ${list.length - 5} more` : shown;
}
