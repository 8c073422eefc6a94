/**
 * The interface by which the box is a host of a bridge (BVI): `[interface.br0]` beside `[bridge.br0]`.
 *
 * VPP's own choice of its MAC address is the same on every box, and a random one would be another after each start: where
 * the configuration gives none, it is derived from that of a NIC and the name.
 */
import { createHash } from 'node:crypto';
import type { Config } from '../../config/types.ts';
import { bviCreate, bviDelete, createBvi, deleteBvi, markInterface } from '../../vpp/api/mod.ts';
import type { Kind, StepTarget } from '../kind.ts';
import { isOwnTag } from '../own-tag.ts';

interface Bvi extends Readonly<Record<string, unknown>> {
  /** Whose MAC address makes its own one; without one the name of the box does. */
  readonly nic: string | undefined;
  /** The configured one. */
  readonly mac: string | undefined;
  readonly hostname: string;
}

const DEVICE_TYPE = 'BVI';
/** The octet of addresses that are administered locally (IEEE 802, 8.2). */
const LOCAL = '02';

/** The first NIC that keeps its own MAC address. */
function nicOf({ vpp, bonds }: Config): string | undefined {
  const members = new Set(bonds.flatMap((one) => one.members));
  const nics = vpp.dpdk.interfaces.toSorted((a, b) => (a.pciAddress < b.pciAddress ? -1 : 1));
  return (nics.find(({ name }) => !members.has(name)) ?? nics[0])?.name;
}

function macOf(name: string, { nic, mac, hostname }: Bvi, vpp: StepTarget): string {
  if (mac !== undefined) return mac;
  const seed = nic === undefined ? hostname : (vpp.interfaceOf(nic)?.mac ?? hostname);
  const digest = createHash('sha256').update(`${seed} ${name}`).digest('hex').slice(0, 10);
  return [LOCAL, ...(digest.match(/../g) ?? [])].join(':');
}

export const bridgeInterface: Kind<Bvi> = {
  name: 'bridge-interface',
  isInterface: true,
  messages: [bviCreate, bviDelete],
  desired: (config) => {
    const { bridges, interfaces, system } = config;
    const names = new Set(bridges.map(({ name }) => name));
    const rest = { nic: nicOf(config), hostname: system.hostname };
    return new Map(
      interfaces.filter(({ name }) => names.has(name)).map(({ name, mac }) => [name, { mac, ...rest }]),
    );
  },
  actual: (_client, { all }) => {
    const found = all.filter(({ devType, sub }) => devType === DEVICE_TYPE && sub === undefined);
    return Promise.resolve(
      new Map(found.map(({ name, tag }) => [name, { attributes: {}, isOurs: isOwnTag(tag, name) }])),
    );
  },
  refersTo: () => [],
  create: (name, wanted) => [
    {
      rank: 'loopbacks',
      words: `create the interface of ${name}`,
      run: async (vpp) => {
        const index = await createBvi(vpp.client, macOf(name, wanted, vpp));
        await markInterface(vpp.client, index, name);
        vpp.made(name, index);
      },
    },
  ],
  change: () => [],
  remove: (name) => [
    {
      rank: 'loopbacksOff',
      words: `delete the interface of ${name}`,
      interrupts: `${name}: its addresses, routes and sessions`,
      run: (vpp) => deleteBvi(vpp.client, vpp.indexOf(name)),
    },
  ],
};
