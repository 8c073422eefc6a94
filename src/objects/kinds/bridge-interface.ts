/**
 * The interface by which the box is a host of a bridge (BVI): `[interface.br0]` beside `[bridge.br0]`.
 *
 * VPP's own choice of its MAC address is the same on every box, and a random one would be another after each start: it is
 * derived from that of a NIC and the name, until `mac.ts` sets the one of the configuration.
 */
import { createHash } from 'node:crypto';
import type { Config } from '../../config/types.ts';
import { bviCreate, bviDelete, createBvi, deleteBvi } from '../../vpp/api/mod.ts';
import { byInterface, type Kind, makeStep, plainInterfaces, type StepTarget } from '../kind.ts';

interface Bvi extends Readonly<Record<string, unknown>> {
  /** Whose MAC address makes its own one; without one the name of the box does. */
  readonly nic: string | undefined;
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

function macOf(name: string, { nic, hostname }: Bvi, vpp: StepTarget): string {
  const seed = nic === undefined ? hostname : (vpp.interfaceOf(nic)?.mac ?? hostname);
  const digest = createHash('sha256').update(`${seed} ${name}`).digest('hex').slice(0, 10);
  return [LOCAL, ...(digest.match(/../g) ?? [])].join(':');
}

export const bridgeInterface: Kind<Bvi> = {
  name: 'bridge-interface',
  isInterface: true,
  messages: [bviCreate, bviDelete],
  desired: (config) => {
    const names = new Set(config.bridges.map(({ name }) => name));
    const rest = { nic: nicOf(config), hostname: config.system.hostname };
    return byInterface(config, ({ name }) => (names.has(name) ? rest : undefined));
  },
  actual: (_client, interfaces) =>
    Promise.resolve(
      plainInterfaces(interfaces, ({ devType, sub }) => devType === DEVICE_TYPE && sub === undefined),
    ),
  create: (name, wanted) =>
    makeStep('loopbacks', name, `create the interface of ${name}`, (vpp) =>
      createBvi(vpp.client, macOf(name, wanted, vpp)),
    ),
  change: () => [],
  remove: (name) => ({
    rank: 'loopbacksOff',
    words: `delete the interface of ${name}`,
    interrupts: `${name}: its addresses, routes and sessions`,
    run: (vpp) => deleteBvi(vpp.client, vpp.indexOf(name)),
  }),
};
