/** Reads VPP's state of its interfaces. */
import {
  dumpAddresses,
  dumpMplsInterfaces,
  interfaceTable,
  type SwIfIndex,
  type VppApiClient,
  type VppInterface,
} from '../vpp/api/mod.ts';
import type { Present } from './vpp-configure.ts';

/** Interfaces queried at a time: VPP answers one after the other, and does not wait in between. */
const AT_ONCE = 64;

export interface Reading {
  /** The interfaces whose addresses are read. */
  readonly isOurs: (name: string) => boolean;
  /** Whether their tables are read too. */
  readonly hasTables: boolean;
}

/** The state of `interfaces`, which VPP listed, by name. Rejects as a request does. */
export async function readInterfaces(
  client: VppApiClient,
  interfaces: readonly VppInterface[],
  { isOurs, hasTables }: Reading,
): Promise<Map<string, Present>> {
  const mpls = await dumpMplsInterfaces(client);
  const found = new Map<string, Present>();
  const read = async (vpp: VppInterface): Promise<Present> => {
    const { name, swIfIndex } = vpp;
    const isRead = isOurs(name);
    const [addresses, tables] = await Promise.all([
      isRead ? dumpAddresses(client, swIfIndex) : [],
      isRead && hasTables ? tablesOf(client, swIfIndex) : undefined,
    ]);
    const texts = addresses.map(({ address, length }) => `${address}/${length}`);
    return { vpp, addresses: texts, tables, mpls: mpls.has(swIfIndex) };
  };
  for (let at = 0; at < interfaces.length; at += AT_ONCE) {
    const part = await Promise.all(interfaces.slice(at, at + AT_ONCE).map(read));
    for (const one of part) found.set(one.vpp.name, one);
  }
  return found;
}

async function tablesOf(client: VppApiClient, index: SwIfIndex): Promise<Record<4 | 6, number>> {
  const [four, six] = await Promise.all([interfaceTable(client, index, 4), interfaceTable(client, index, 6)]);
  return { 4: four, 6: six };
}
