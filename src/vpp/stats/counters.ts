/**
 * Owns the list of what VPP counts: where it is in the segment, what it is called here, and as a metric. Everything
 * that reads, verifies, shows or exposes these counters is made of it. Pure.
 *
 * Sources: VPP's src/vnet/interface.h (VNET_INTERFACE_COUNTER_…), src/vlib/stats/collector.c.
 */

/** Of a combined counter the packets come first. */
type Row<Name extends string> = readonly [name: Name, path: string, metric: string, help: string];

const rows = <const Name extends string>(...all: readonly Row<Name>[]): readonly Row<Name>[] => all;

const BASIC = rows(
  ['rxPackets', '/if/rx', 'receive_packets', 'Packets received'],
  ['rxBytes', '/if/rx', 'receive_bytes', 'Bytes received'],
  ['txPackets', '/if/tx', 'transmit_packets', 'Packets sent'],
  ['txBytes', '/if/tx', 'transmit_bytes', 'Bytes sent'],
  ['drops', '/if/drops', 'drops', 'Packets dropped'],
  ['punt', '/if/punt', 'punts', 'Packets punted'],
  ['ip4', '/if/ip4', 'ip4_packets', 'IPv4 packets received'],
  ['ip6', '/if/ip6', 'ip6_packets', 'IPv6 packets received'],
  ['mpls', '/if/mpls', 'mpls_packets', 'MPLS packets received'],
  ['rxMiss', '/if/rx-miss', 'receive_misses', 'Packets the NIC dropped because its ring was full'],
  ['rxNoBuf', '/if/rx-no-buf', 'receive_no_buffer', 'Packets lost because no buffer was free'],
  ['rxError', '/if/rx-error', 'receive_errors', 'Packets received with errors'],
  ['txError', '/if/tx-error', 'transmit_errors', 'Packets that could not be sent'],
);

/** VPP counts these where `set interface feature … stats-collect` or the driver does, and zeros elsewhere. */
const CAST = rows(
  ['rxUnicastPackets', '/if/rx-unicast', 'receive_unicast_packets', 'Unicast packets received'],
  ['rxUnicastBytes', '/if/rx-unicast', 'receive_unicast_bytes', 'Bytes of unicast packets received'],
  ['rxMulticastPackets', '/if/rx-multicast', 'receive_multicast_packets', 'Multicast packets received'],
  ['rxMulticastBytes', '/if/rx-multicast', 'receive_multicast_bytes', 'Bytes of multicast packets received'],
  ['rxBroadcastPackets', '/if/rx-broadcast', 'receive_broadcast_packets', 'Broadcast packets received'],
  ['rxBroadcastBytes', '/if/rx-broadcast', 'receive_broadcast_bytes', 'Bytes of broadcast packets received'],
  ['txUnicastPackets', '/if/tx-unicast', 'transmit_unicast_packets', 'Unicast packets sent'],
  ['txUnicastBytes', '/if/tx-unicast', 'transmit_unicast_bytes', 'Bytes of unicast packets sent'],
  ['txMulticastPackets', '/if/tx-multicast', 'transmit_multicast_packets', 'Multicast packets sent'],
  ['txMulticastBytes', '/if/tx-multicast', 'transmit_multicast_bytes', 'Bytes of multicast packets sent'],
  ['txBroadcastPackets', '/if/tx-broadcast', 'transmit_broadcast_packets', 'Broadcast packets sent'],
  ['txBroadcastBytes', '/if/tx-broadcast', 'transmit_broadcast_bytes', 'Bytes of broadcast packets sent'],
);

const NODE = rows(
  ['clocks', '/sys/node/clocks', 'clocks', 'CPU clocks spent in the graph node'],
  ['vectors', '/sys/node/vectors', 'vectors', 'Vector elements (packets) the graph node handled'],
  ['calls', '/sys/node/calls', 'calls', 'Calls of the graph node'],
  ['suspends', '/sys/node/suspends', 'suspends', 'Suspensions of the graph node, a process'],
);

type NameOf<Rows> = Rows extends readonly Row<infer Name>[] ? Name : never;

/** What each interface's row of a snapshot has. */
export type BasicCounter = NameOf<typeof BASIC>;
export type InterfaceCounter = BasicCounter | NameOf<typeof CAST>;
export type NodeCounter = NameOf<typeof NODE>;

export interface CounterFamily<Name> {
  readonly name: Name;
  readonly path: string;
  readonly metric: string;
  readonly help: string;
  /** Whether zeros of it say that nothing counts it. */
  readonly isZeroUsual: boolean;
}

const families = <Name extends string>(
  all: readonly Row<Name>[],
  isZeroUsual: boolean,
): CounterFamily<Name>[] =>
  all.map(([name, path, metric, help]) => ({ name, path, metric, help, isZeroUsual }));

export const INTERFACE_FAMILIES: readonly CounterFamily<InterfaceCounter>[] = [
  ...families(BASIC, false),
  ...families(CAST, true),
];
export const NODE_FAMILIES: readonly CounterFamily<NodeCounter>[] = families(NODE, true);

export const BASIC_COUNTERS: readonly BasicCounter[] = BASIC.map(([name]) => name);
/** Columns of `interfaceTable`, by what they count. */
export const INTERFACE_COUNTERS: readonly InterfaceCounter[] = INTERFACE_FAMILIES.map(({ name }) => name);
/** Columns of `nodeTable`. */
export const NODE_COUNTERS: readonly NodeCounter[] = NODE.map(([name]) => name);

/** The counters of each path: one, or packets and bytes. */
export const INTERFACE_PATHS: ReadonlyMap<string, readonly CounterFamily<InterfaceCounter>[]> = Map.groupBy(
  INTERFACE_FAMILIES,
  ({ path }) => path,
);
