/** Why packets to a destination go where they go: the longest match, all candidates, and what each FIB has of it. */
import type { FibLeftOutHop } from './status.ts';
import type { BackendState, SlotState } from './backend-state.ts';
import { formatGroup, NO_GROUP } from './next-hop-groups.ts';
import { DEFAULT_TABLE, formatKey, newRouteKey, type RouteKey } from './route-key.ts';
import type { NamedCandidate, RouteTable } from './route-table.ts';
import type { Substitutes } from './substitutes.ts';

export interface ExplainedCandidate {
  readonly source: string;
  readonly distance: number;
  readonly metric: number;
  readonly 'next-hop': string;
  readonly isBest: boolean;
  /** Why it is the best, or what the best has over it. */
  readonly why: string;
}

export type ExplainedFib = SlotState & {
  readonly backend: 'vpp' | 'kernel';
  /** What the FIB has now, as it said. */
  readonly 'next-hop'?: string;
  /** What it does without of the route, and why. */
  readonly 'left-out'?: readonly FibLeftOutHop[];
};

export interface ExplainedRoute {
  /** The longest prefix that covers what was asked for. */
  readonly prefix: string;
  readonly table: 'default' | number;
  /** The best first. */
  readonly candidates: readonly ExplainedCandidate[];
  readonly fibs: readonly ExplainedFib[];
}

export interface FibToExplain {
  readonly backend: 'vpp' | 'kernel';
  readonly states: readonly BackendState[];
  readonly substitutes: Substitutes;
}

/** Of an address, a prefix or a label as a key; undefined when no route covers it. `key` is overwritten. */
export function explainRoute(
  table: RouteTable,
  fibs: readonly FibToExplain[],
  key: RouteKey,
): ExplainedRoute | undefined {
  const slot = table.longestMatch(key);
  if (slot < 0) return undefined;
  const store = table.store(key.family);
  const found = newRouteKey();
  store.readKey(slot, found);
  const candidates = table.candidates(store, slot).sort(byPreference);
  const best = candidates[0];
  return {
    prefix: formatKey(found),
    table: found.tableId === DEFAULT_TABLE ? 'default' : found.tableId,
    candidates: candidates.map((candidate) => ({
      source: candidate.from.name,
      distance: candidate.from.distance,
      metric: candidate.metric,
      'next-hop': formatGroup(table.groups.action(candidate.group), found.family),
      isBest: candidate === best,
      why: why(candidate, best, candidates[1]),
    })),
    fibs: fibs.flatMap(({ backend, states, substitutes }) => {
      const state = states.find((one) => one.store === store);
      if (state === undefined) return [];
      const group = state.programmed(slot);
      if (group === NO_GROUP) return [{ backend, ...state.stateOf(slot) }];
      const has = { 'next-hop': formatGroup(table.groups.action(group), found.family) };
      const leftOut = substitutes.leftOutOf(store.group[slot]!, group);
      const lacks = leftOut.length === 0 ? {} : { 'left-out': leftOut };
      return [{ backend, ...state.stateOf(slot), ...has, ...lacks }];
    }),
  };
}

/** As the table chooses; of two that are alike the one that it chose is first already. */
function byPreference(a: NamedCandidate, b: NamedCandidate): number {
  return a.from.distance - b.from.distance || a.metric - b.metric;
}

function why(
  candidate: NamedCandidate,
  best: NamedCandidate | undefined,
  second: NamedCandidate | undefined,
): string {
  if (best === undefined) return '';
  if (candidate === best) {
    if (second === undefined) return 'the only one';
    if (best.from.distance < second.from.distance) return `its distance ${best.from.distance} is the lowest`;
    if (best.metric < second.metric) return `its metric ${best.metric} is the lowest of this distance`;
    return 'the newest of this distance and metric';
  }
  if (candidate.from.distance > best.from.distance)
    return `distance ${candidate.from.distance} is more than ${best.from.distance}`;
  if (candidate.metric > best.metric) return `metric ${candidate.metric} is more than ${best.metric}`;
  return 'older than the best';
}
