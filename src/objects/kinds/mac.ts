/** MAC addresses: `mac` in `[interface.NAME]`. */
import {
  dumpBondMembers,
  setMacAddress,
  swInterfaceSetMacAddress,
  type VppApiClient,
  type VppInterface,
} from '../../vpp/api/mod.ts';
import { byInterface, type Kind, type Step, type StepTarget } from '../kind.ts';
import { InterfaceMemory } from '../memory.ts';
import { deletePairs, familyOf } from '../pairs.ts';
import type { Rank } from '../ranks.ts';

type Mac = Readonly<{ mac: string }>;

/** How VPP calls the driver of a bond. */
const BOND = 'bond';

/** The address that each interface had before. */
const originals = new InterfaceMemory<string>();

/** Sets the address of an interface that has another one. The pairs of it and of its sub-interfaces go before. */
async function change(vpp: StepTarget, name: string, mac: string): Promise<string | undefined> {
  const { client } = vpp;
  const family = await familyOf(vpp, name);
  const own = family.at(-1);
  if (own === undefined || own.mac === mac) return own?.mac;
  await deletePairs(client, family);
  await set(client, own, mac);
  return own.mac;
}

async function set(
  client: VppApiClient,
  { swIfIndex, devType }: Pick<VppInterface, 'swIfIndex' | 'devType'>,
  mac: string,
): Promise<void> {
  await setMacAddress(client, swIfIndex, mac);
  // VPP gives a member the address of its bond when it is added, and not again.
  const members = devType === BOND ? await dumpBondMembers(client, swIfIndex) : [];
  for (const member of members) await setMacAddress(client, member.swIfIndex, mac);
}

/**
 * Gives a bond its configured address again, which its first member has replaced; its pairs have it. False: it has none of
 * the configuration.
 */
export async function keepMac(vpp: StepTarget, bond: string, mac: string): Promise<boolean> {
  if (originals.get(vpp.client, bond) === undefined) return false;
  await set(vpp.client, { swIfIndex: vpp.indexOf(bond), devType: BOND }, mac);
  return true;
}

const step = (rank: Rank, name: string, words: string, run: Step['run']): Step => ({
  rank,
  words,
  interrupts: `${name}: its neighbours have the old address until they ask, and its TAP is made anew`,
  run,
});

export const mac: Kind<Mac> = {
  name: 'mac',
  messages: [swInterfaceSetMacAddress],
  desired: (config) => byInterface(config, ({ mac }) => (mac === undefined ? undefined : { mac })),
  actual: (client, interfaces) => {
    const ours = originals.present(client, interfaces);
    const found = [...ours.keys()].map((name) => {
      return [name, { attributes: { mac: interfaces.byName.get(name)!.mac }, isOurs: true }] as const;
    });
    return Promise.resolve(new Map(found));
  },
  refersTo: (name) => [`interface/${name}`],
  create: (name, { mac: wanted }) =>
    step('macs', name, `set the MAC address of ${name} to ${wanted}`, async (vpp) => {
      const before = await change(vpp, name, wanted);
      if (before !== undefined) originals.set(vpp.client, name, vpp.indexOf(name), before);
    }),
  change: (name, _found, { mac: wanted }) =>
    step('macs', name, `set the MAC address of ${name} to ${wanted}`, async (vpp) => {
      await change(vpp, name, wanted);
    }),
  remove: (name) =>
    step('macsOff', name, `restore the MAC address of ${name}`, async (vpp) => {
      const before = originals.get(vpp.client, name);
      if (before !== undefined) await change(vpp, name, before);
      originals.delete(vpp.client, name);
    }),
};
