/** The directory of a VPP 25.02 as the emulator fills it: names and shapes, checked against a real one. */
import type { StatsSegment } from './stats-segment.ts';

/** By sw_if_index, src/vnet/interface.h */
const SIMPLE_INTERFACE_COUNTERS = [
  'drops',
  'punt',
  'ip4',
  'ip6',
  'rx-no-buf',
  'rx-miss',
  'rx-error',
  'tx-error',
  'mpls',
] as const;

const COMBINED_INTERFACE_COUNTERS = [
  'rx',
  'rx-unicast',
  'rx-multicast',
  'rx-broadcast',
  'tx',
  'tx-unicast',
  'tx-multicast',
  'tx-broadcast',
] as const;

const NODE_COUNTERS = ['clocks', 'vectors', 'calls', 'suspends'] as const;

export interface StatsDirectoryOptions {
  /** Unix seconds; a whole number as in VPP. */
  readonly bootTime: number;
  readonly bufferPools?: readonly string[];
  readonly heaps?: readonly string[];
}

/** Adds the entries of every VPP before it has interfaces: scalars, rates, heaps, pools, empty interface counters. */
export function addStandardEntries(segment: StatsSegment, options: StatsDirectoryOptions): void {
  segment.change(() => {
    segment.addScalar('/sys/heartbeat', 1);
    segment.addScalar('/sys/last_stats_clear');
    segment.addScalar('/sys/boottime', options.bootTime);
    for (const heap of options.heaps ?? ['stat segment', 'main heap']) {
      segment.addSimple(`/mem/${heap}`, 7, 1);
      segment.addSymlink(`/mem/${heap}/used`, `/mem/${heap}`, 1);
      segment.addSymlink(`/mem/${heap}/total`, `/mem/${heap}`, 0);
      segment.addSymlink(`/mem/${heap}/free`, `/mem/${heap}`, 2);
    }
    segment.addScalar('/sys/vector_rate');
    // one row, by thread in its columns, as VPP lays it out
    segment.addSimple('/sys/vector_rate_per_worker', segment.threads + 1, 1);
    segment.addSimple('/sys/loops_per_worker', segment.threads + 1, 1);
    segment.addScalar('/sys/num_worker_threads', segment.threads - 1);
    segment.addScalar('/sys/last_update');
    segment.addScalar('/sys/input_rate');
    segment.addSimple('/node/errors', 0);
    for (const pool of options.bufferPools ?? ['default-numa-0']) {
      segment.addScalar(`/buffer-pools/${pool}/cached`);
      segment.addScalar(`/buffer-pools/${pool}/used`);
      segment.addScalar(`/buffer-pools/${pool}/available`);
    }
    for (const name of SIMPLE_INTERFACE_COUNTERS) segment.addSimple(`/if/${name}`);
    for (const name of COMBINED_INTERFACE_COUNTERS) segment.addCombined(`/if/${name}`);
    segment.setNames('/if/names', []);
    segment.addCombined('/net/route/to');
    segment.addCombined('/net/route/via');
  });
}

/** Adds an interface as VPP does: its name, its place in every counter vector, its symlinks. */
export function addInterfaceEntries(segment: StatsSegment, swIfIndex: number, name: string): void {
  segment.change(() => {
    for (const counter of SIMPLE_INTERFACE_COUNTERS) segment.setSimple(`/if/${counter}`, 0, swIfIndex, 0);
    for (const counter of COMBINED_INTERFACE_COUNTERS)
      segment.setCombined(`/if/${counter}`, 0, swIfIndex, 0, 0);
    segment.setName('/if/names', swIfIndex, name);
    for (const counter of [...SIMPLE_INTERFACE_COUNTERS, ...COMBINED_INTERFACE_COUNTERS]) {
      segment.addSymlink(interfaceSymlink(name, counter), `/if/${counter}`, swIfIndex);
    }
  });
}

/** Removes an interface as VPP does: its name reads `deleted`, the counters stay. */
export function removeInterfaceEntries(segment: StatsSegment, swIfIndex: number, name: string): void {
  segment.change(() => {
    segment.setName('/if/names', swIfIndex, 'deleted');
    for (const counter of [...SIMPLE_INTERFACE_COUNTERS, ...COMBINED_INTERFACE_COUNTERS]) {
      segment.removeEntry(interfaceSymlink(name, counter));
    }
  });
}

/** Adds the graph nodes' entries (`statseg { per-node-counters on }`). */
export function addNodeEntries(segment: StatsSegment, nodes: readonly string[]): void {
  segment.change(() => {
    segment.setNames('/sys/node/names', nodes);
    for (const counter of NODE_COUNTERS) {
      // one row more than there are threads, as in VPP
      segment.addSimple(`/sys/node/${counter}`, nodes.length, segment.threads + 1);
      for (const [index, node] of nodes.entries()) {
        segment.addSymlink(`/nodes/${node.replaceAll('/', '_')}/${counter}`, `/sys/node/${counter}`, index);
      }
    }
  });
}

/** Adds error counters, `/err/NODE/REASON`, at the columns `first` … of `/node/errors`. */
export function addErrorEntries(
  segment: StatsSegment,
  first: number,
  errors: readonly { readonly node: string; readonly reason: string }[],
): void {
  segment.change(() => {
    for (const [offset, error] of errors.entries()) {
      segment.setSimple('/node/errors', 0, first + offset, 0);
      segment.addSymlink(`/err/${error.node}/${error.reason}`, '/node/errors', first + offset);
    }
  });
}

/** `/acl/N/matches` of a list whose rules were set, and of all before it; one counter more than rules (acl.c). */
export function resetAclEntries(segment: StatsSegment, index: number, rules: number): void {
  segment.change(() => {
    for (let at = 0; at <= index; at++) {
      if (!segment.has(aclPath(at))) segment.addCombined(aclPath(at), 1);
    }
    for (let thread = 0; thread < segment.threads; thread++) {
      for (let rule = 0; rule <= rules; rule++) segment.setCombined(aclPath(index), thread, rule, 0, 0);
    }
  });
}

export function aclPath(index: number): string {
  return `/acl/${index}/matches`;
}

export const NAT_SESSIONS = '/nat44-ed/total-sessions';

/** What the NAT plugin adds when it is loaded, as far as the appliance reads it (nat44_ed.c). */
export function addNatEntries(segment: StatsSegment): void {
  segment.change(() => segment.addSimple(NAT_SESSIONS, 1));
}

function interfaceSymlink(name: string, counter: string): string {
  return `/interfaces/${name.replaceAll('/', '_')}/${counter}`;
}
