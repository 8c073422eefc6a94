/** Owns `GET /nodes` and `GET /errors`: what VPP's graph costs, and what it dropped and why, as JSON. Pure. */
import type { ErrorCounter, StatsSnapshot } from '../vpp/stats/mod.ts';

/** Sums over all threads since VPP started. */
export interface NodeFigures {
  readonly name: string;
  readonly calls: number;
  readonly vectors: number;
  readonly clocks: number;
  readonly suspends: number;
  /** Absent for a node that was never called. */
  readonly vectorsPerCall?: number;
  /** Absent for a node that never had a packet. */
  readonly clocksPerVector?: number;
}

/** A list with the age of the reading that it is of. */
export interface AgedList<Item> {
  readonly ageSeconds: number;
  readonly items: readonly Item[];
}

type Reading = { readonly snapshot: StatsSnapshot; readonly ageSeconds: number };

/** The nodes by cost, the dearest first; with `all` also those that were never called. */
export function nodeFigures({ snapshot, ageSeconds }: Reading, all: boolean): AgedList<NodeFigures> {
  const items = snapshot.nodes
    .filter(({ calls, vectors, suspends }) => all || calls > 0 || vectors > 0 || suspends > 0)
    .map(({ name, calls, vectors, clocks, suspends }) => ({
      name,
      calls,
      vectors,
      clocks,
      suspends,
      ...(calls > 0 ? { vectorsPerCall: vectors / calls } : {}),
      ...(vectors > 0 ? { clocksPerVector: clocks / vectors } : {}),
    }))
    .sort((a, b) => b.clocks - a.clocks);
  return { ageSeconds, items };
}

/** The errors by count, the most frequent first; with `all` also those that never happened. */
export function errorFigures({ snapshot, ageSeconds }: Reading, all: boolean): AgedList<ErrorCounter> {
  const { sources, counts } = snapshot.errorTable;
  const items = all
    ? sources.map(({ node, reason }, row) => ({ node, reason, count: counts[row] ?? 0 }))
    : [...snapshot.errors];
  return { ageSeconds, items: items.sort((a, b) => b.count - a.count) };
}
