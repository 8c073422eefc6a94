/** MAC addresses: `mac` in `[interface.NAME]`. */
import { dumpBondMembers, setMacAddress, swInterfaceSetMacAddress } from '../../vpp/api/mod.ts';
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
  await setMacAddress(client, own.swIfIndex, mac);
  // VPP gives a member the address of its bond when it is added, and not again.
  const members = own.devType === BOND ? await dumpBondMembers(client, own.swIfIndex) : [];
  for (const { swIfIndex } of members) await setMacAddress(client, swIfIndex, mac);
  return own.mac;
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
