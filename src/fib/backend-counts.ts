/** The counts of a FIB's families, and their sums, as the status has them. */
import type { FibFamilyCounts } from '../telemetry/status.ts';
import type { BackendState } from './backend-state.ts';
import type { Family } from './route-key.ts';

const NAMES: Readonly<Record<Family, FibFamilyCounts['family']>> = { 4: 'ipv4', 6: 'ipv6', mpls: 'mpls' };

export interface BackendCounts extends Omit<FibFamilyCounts, 'family'> {
  readonly families: readonly FibFamilyCounts[];
}

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
