/** Counts the queues of interfaces. */
import type { VppApiClient } from './client.ts';
import {
  rxPlacementDetails,
  rxPlacementDump,
  txPlacementDetails,
  txPlacementGet,
} from './messages/placement.ts';
import { NO_INTERFACE, type SwIfIndex } from './types.ts';

export interface QueueCounts {
  rx: number;
  tx: number;
}

/**
 * Queues by interface, of those that have any: hardware with DPDK. VPP's native drivers do not report theirs. Not to be
 * called while no interface has one (VPP refuses then), nor twice at once on one connection.
 */
export async function countQueues(client: VppApiClient): Promise<Map<SwIfIndex, QueueCounts>> {
  const found = new Map<SwIfIndex, QueueCounts>();
  const add = (swIfIndex: SwIfIndex, direction: keyof QueueCounts): void => {
    const counts = found.get(swIfIndex) ?? { rx: 0, tx: 0 };
    counts[direction] += 1;
    found.set(swIfIndex, counts);
  };
  const all = { swIfIndex: NO_INTERFACE };
  using _rx = client.on(rxPlacementDetails, ({ swIfIndex }) => add(swIfIndex, 'rx'));
  using _tx = client.on(txPlacementDetails, ({ swIfIndex }) => add(swIfIndex, 'tx'));
  // Both resolve after the last of their details.
  await client.dump(rxPlacementDump, all);
  await client.stream(txPlacementGet, all);
  return found;
}
