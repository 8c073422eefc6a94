/** The pairs of linux-cp of interfaces whose MAC address changes: a pair takes the address when it is made. */
import {
  dumpInterfaces,
  LCP_MESSAGES,
  lcpPairDelete,
  lcpPairs,
  type VppApiClient,
  type VppInterface,
} from '../vpp/api/mod.ts';
import type { StepTarget } from './kind.ts';

/** An interface as it is now, after its sub-interfaces. */
export async function familyOf(vpp: StepTarget, name: string): Promise<VppInterface[]> {
  const index = vpp.indexOf(name);
  const all = await dumpInterfaces(vpp.client);
  const subs = all.filter(({ swIfIndex, supSwIfIndex }) => supSwIfIndex === index && swIfIndex !== index);
  return [...subs, ...all.filter(({ swIfIndex }) => swIfIndex === index)];
}

/**
 * Deletes the pairs of an interface and of its sub-interfaces; their owner makes them anew. Those of two tags come first:
 * the pair of a parent that goes leaves those of its children without their TAPs.
 */
export async function deletePairs(client: VppApiClient, family: readonly VppInterface[]): Promise<void> {
  if (client.checkMessages(LCP_MESSAGES).length > 0) return;
  const paired = new Set((await lcpPairs(client)).map(({ phySwIfIndex }) => phySwIfIndex));
  const twoTagsFirst = family.toSorted((a, b) => (b.sub?.tags ?? -1) - (a.sub?.tags ?? -1));
  for (const { swIfIndex } of twoTagsFirst) if (paired.has(swIfIndex)) await lcpPairDelete(client, swIfIndex);
}
