/**
 * Members of bonds, each by the name of its interface, so that one that does not exist takes none of the others away.
 *
 * They are added by name, since a bond has the MAC address of its first member: it is the same after every start.
 */
import * as api from '../../vpp/api/mod.ts';
import { differences, type Kind, type StepTarget } from '../kind.ts';
import { deletePairs, familyOf } from '../pairs.ts';
import { keepMac } from './mac.ts';
import type { Facts } from '../status.ts';

interface Member extends Readonly<Record<string, unknown>> {
  readonly bond: string;
  readonly isPassive: boolean;
  readonly isLongTimeout: boolean;
  /** The member with the largest one sends, in the mode that has one sender. */
  readonly weight: number;
}

/** Of the primary member; the others have 0. */
const PRIMARY = 100;

/** A bond that had no member has another MAC address with the first one; one that is new has no TAP yet. */
async function renewPairs(vpp: StepTarget, bond: string): Promise<void> {
  const before = vpp.interfaceOf(bond)?.mac;
  if (before === undefined) return;
  const family = await familyOf(vpp, bond);
  if (family.at(-1)?.mac === before || (await keepMac(vpp, bond, before))) return;
  await deletePairs(vpp.client, family);
}

export const bondMember: Kind<Member> = {
  name: 'bond-member',
  messages: [api.bondAddMember, api.bondDetachMember, api.bondDump, api.bondSetWeight, api.memberDump],
  desired: ({ bonds }) => {
    const members = bonds.flatMap(({ name, members: names, mode, lacpPassive, lacpTimeout, primary }) => {
      const isLacp = mode === 'lacp';
      const rest = { isPassive: isLacp && lacpPassive, isLongTimeout: isLacp && lacpTimeout === 'long' };
      return names.map((member) => {
        const isPrimary = mode === 'active-backup' && member === primary;
        return [member, { bond: name, ...rest, weight: isPrimary ? PRIMARY : 0 }] as const;
      });
    });
    return new Map(members.sort(([a], [b]) => (a < b ? -1 : 1)));
  },
  actual: async (client, { nameOf, isOurs }) => {
    const bonds = await api.dumpBonds(client);
    const found = await Promise.all(
      bonds.map(async ({ swIfIndex: index }) => {
        const name = nameOf(index);
        const members = await api.dumpBondMembers(client, index);
        return members.map(
          ({ swIfIndex, ...attributes }) =>
            [nameOf(swIfIndex), { attributes: { bond: name, ...attributes }, isOurs: isOurs(name) }] as const,
        );
      }),
    );
    return new Map(found.flat());
  },
  refersTo: (name, { bond }) => [`interface/${bond}`, `interface/${name}`],
  takes: (name) => name,
  create: (name, { bond, isPassive, isLongTimeout, weight }) => ({
    rank: 'members',
    words: `add ${name} to ${bond}`,
    interrupts: `${name} as an interface of its own`,
    run: async (vpp) => {
      const member = { swIfIndex: vpp.indexOf(name), isPassive, isLongTimeout };
      await api.addBondMember(vpp.client, vpp.indexOf(bond), member);
      if (weight > 0) await api.setBondWeight(vpp.client, member.swIfIndex, weight);
      await renewPairs(vpp, bond);
    },
  }),
  change: (name, found, wanted) =>
    differences(found.attributes, wanted).join() === 'weight'
      ? {
          rank: 'members',
          words: wanted.weight > 0 ? `prefer ${name} in ${wanted.bond}` : `prefer ${name} no more`,
          run: (vpp) => api.setBondWeight(vpp.client, vpp.indexOf(name), wanted.weight),
        }
      : undefined,
  remove: (name, { attributes: { bond = 'its bond' } }) => ({
    rank: 'membersOff',
    words: `detach ${name} from ${bond}`,
    interrupts: `what ${bond} sends on ${name}`,
    run: (vpp) => api.detachBondMember(vpp.client, vpp.indexOf(name)),
  }),
  observe: async (client, { all, nameOf }) => {
    const [bonds, lacp] = await Promise.all([api.dumpBonds(client), api.dumpLacp(client)]);
    const states = new Map(lacp.map((one) => [one.swIfIndex, one]));
    const interfaces = new Map(all.map((one) => [one.swIfIndex, one]));
    const facts = new Map<string, Facts>();
    for (const { swIfIndex: bond, mode } of bonds) {
      for (const { swIfIndex } of await api.dumpBondMembers(client, bond)) {
        const own = interfaces.get(swIfIndex);
        const state = states.get(swIfIndex);
        const isUp = own?.adminUp === true && own.linkUp;
        const active = mode === 'lacp' ? state?.isActive === true : isUp;
        facts.set(nameOf(swIfIndex), {
          bond: nameOf(bond),
          active,
          ...(active ? {} : { trouble: [`${nameOf(swIfIndex)} is not active`] }),
          ...(state === undefined ? {} : { lacp: state.state }),
          ...(state?.partner === undefined
            ? {}
            : {
                partner: state.partner.system,
                partnerKey: state.partner.key,
                partnerPort: state.partner.port,
              }),
        });
      }
    }
    return facts;
  },
};
