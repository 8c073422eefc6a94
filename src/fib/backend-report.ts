/** What a FIB has, as the status and those who ask for its routes have it; the same for each kind of FIB. */
import type { FibBackendStatus, FibFailure, FibFamilyCounts } from '../telemetry/status.ts';
import type { BackendState } from './backend-state.ts';
import { formatGroup, NO_GROUP, type NextHopGroups } from './next-hop-groups.ts';
import type { Substitutes } from './substitutes.ts';
import { DEFAULT_TABLE, type Family, formatKey, newRouteKey } from './route-key.ts';

/** Failures, and next hops that are left out, named in the status; all are counted. */
const REPORTED_FAILURES = 20;

const NAMES: Readonly<Record<Family, FibFamilyCounts['family']>> = { 4: 'ipv4', 6: 'ipv6', mpls: 'mpls' };

export interface BackendCounts extends Omit<FibFamilyCounts, 'family'> {
  readonly families: readonly FibFamilyCounts[];
}

/** The counts of all families, and their sums. */
export function backendCounts(states: readonly BackendState[]): BackendCounts {
  const families = states.map(({ store, counts }) => ({ family: NAMES[store.family], ...counts }));
  const sum = (of: (counts: FibFamilyCounts) => number): number =>
    families.reduce((total, counts) => total + of(counts), 0);
  return {
    desired: sum(({ desired }) => desired),
    programmed: sum(({ programmed }) => programmed),
    pending: sum(({ pending }) => pending),
    failed: sum(({ failed }) => failed),
    unresolved: sum(({ unresolved }) => unresolved),
    families,
  };
}

/** The first few routes that are failed or unresolved, with the reason. */
export function backendFailures(states: readonly BackendState[]): FibFailure[] {
  const key = newRouteKey();
  const failures: FibFailure[] = [];
  for (const state of states) {
    for (const { slot, reason } of state.failures(REPORTED_FAILURES - failures.length)) {
      state.store.readKey(slot, key);
      failures.push({ prefix: formatKey(key), reason });
    }
  }
  return failures;
}

/** Next hops that programmed routes do without: how many, and the first few. */
export function backendLeftOut(
  states: readonly BackendState[],
  substitutes: Substitutes,
): Pick<FibBackendStatus, 'nextHopsLeftOut' | 'leftOut'> {
  if (states.every(({ counts }) => counts.programmed === 0)) return { nextHopsLeftOut: 0, leftOut: [] };
  const { count, first } = substitutes.report(REPORTED_FAILURES);
  return { nextHopsLeftOut: count, leftOut: first };
}

/** A route as people read it; without `table` it is in the default one. */
export interface ProgrammedRoute {
  readonly prefix: string;
  readonly 'next-hop': string;
  readonly table?: number;
}

/** What a FIB has acknowledged. Made one by one: there may be a million. */
export function* programmedRoutes(
  states: readonly BackendState[],
  groups: NextHopGroups,
): Generator<ProgrammedRoute> {
  const key = newRouteKey();
  for (const state of states) {
    const { store } = state;
    for (let slot = 0; slot < store.top; slot++) {
      const group = state.programmed(slot);
      if (group === NO_GROUP) continue;
      store.readKey(slot, key);
      const table = key.tableId === DEFAULT_TABLE ? {} : { table: key.tableId };
      yield { prefix: formatKey(key), 'next-hop': formatGroup(groups.action(group), key.family), ...table };
    }
  }
}
