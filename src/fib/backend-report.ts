/** What a FIB has, as the status and those who ask for its routes have it; the same for each kind of FIB. */
import type { BackendState } from './backend-state.ts';
import { formatGroup, type GroupId, NO_GROUP, type NextHopGroups } from './next-hop-groups.ts';
import { DEFAULT_TABLE, type Family, formatKey, newRouteKey } from './route-key.ts';
import {
  type FibBackendStatus,
  type FibCounts,
  type FibFailure,
  type FibFamilyCounts,
  type FibRoute,
  sumOfCounts,
} from './status.ts';
import type { Substitutes } from './substitutes.ts';

/** Failures, and next hops that are left out, named in the status; all are counted. */
const REPORTED_FAILURES = 20;

const NAMES: Readonly<Record<Family, FibFamilyCounts['family']>> = { 4: 'ipv4', 6: 'ipv6', mpls: 'mpls' };

/** What the status has of a FIB's routes: counts, what fails, and next hops that are left out. */
type BackendReport = FibCounts &
  Pick<FibBackendStatus, 'families' | 'failures' | 'nextHopsLeftOut' | 'leftOut'>;

export function backendReport(
  states: readonly BackendState[],
  substitutes: Substitutes,
  groups: NextHopGroups,
): BackendReport {
  const families = states.map(({ store, counts }) => ({ family: NAMES[store.family], ...counts }));
  const counts = sumOfCounts(families);
  // Of routes that are not there nothing is left out.
  const leftOut = counts.programmed === 0 ? { count: 0, first: [] } : substitutes.report(REPORTED_FAILURES);
  return {
    ...counts,
    families,
    failures: failuresOf(states, groups),
    nextHopsLeftOut: leftOut.count,
    leftOut: leftOut.first,
  };
}

/** The first few routes that are failed or unresolved, with the reason. */
function failuresOf(states: readonly BackendState[], groups: NextHopGroups): FibFailure[] {
  const key = newRouteKey();
  const failures: FibFailure[] = [];
  for (const state of states) {
    for (const { slot, reason } of state.failures(REPORTED_FAILURES - failures.length)) {
      state.store.readKey(slot, key);
      failures.push({
        prefix: formatKey(key),
        code: state.stateOf(slot).state === 'unresolved' ? 'unresolved' : 'failed',
        nextHops: addressesOf(state.target(slot), groups),
        reason,
      });
    }
  }
  return failures;
}

function addressesOf(group: GroupId, groups: NextHopGroups): string[] {
  const action = group === NO_GROUP ? undefined : groups.action(group);
  if (action?.kind !== 'forward') return [];
  return action.nextHops.flatMap(({ address }) => (address === undefined ? [] : [address]));
}

/** What a FIB has acknowledged. Made one by one: there may be a million. */
export function* programmedRoutes(
  states: readonly BackendState[],
  groups: NextHopGroups,
): Generator<FibRoute> {
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
