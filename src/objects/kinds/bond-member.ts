/**
 * Members of bonds, each by the name of its interface, so that one that does not exist takes none of the others away.
 *
 * They are added by name, since a bond has the MAC address of its first member: it is the same after every start.
 */
import {
  addBondMember,
  bondAddMember,
  bondDetachMember,
  bondDump,
  detachBondMember,
  dumpBondMembers,
  dumpBonds,
  dumpLacp,
  memberDump,
} from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { isOwnTag } from '../own-tag.ts';
import type { Facts } from '../status.ts';

interface Member extends Readonly<Record<string, unknown>> {
  readonly bond: string;
  readonly isPassive: boolean;
  readonly isLongTimeout: boolean;
}

export const bondMember: Kind<Member> = {
  name: 'bond-member',
  messages: [bondAddMember, bondDetachMember, bondDump, memberDump],
  desired: ({ bonds }) => {
    const members = bonds.flatMap(({ name, members: names, mode, lacpPassive, lacpTimeout }) => {
      const isLacp = mode === 'lacp';
      const rest = { isPassive: isLacp && lacpPassive, isLongTimeout: isLacp && lacpTimeout === 'long' };
      return names.map((member) => [member, { bond: name, ...rest }] as const);
    });
    return new Map(members.sort(([a], [b]) => (a < b ? -1 : 1)));
  },
  actual: async (client, { nameOf, byName }) => {
    const bonds = await dumpBonds(client);
    const found = await Promise.all(
      bonds.map(async ({ swIfIndex: index }) => {
        const name = nameOf(index);
        const isOurs = isOwnTag(byName.get(name)?.tag ?? '', name);
        const members = await dumpBondMembers(client, index);
        return members.map(
          ({ swIfIndex, isPassive, isLongTimeout }) =>
            [nameOf(swIfIndex), { attributes: { bond: name, isPassive, isLongTimeout }, isOurs }] as const,
        );
      }),
    );
    return new Map(found.flat());
  },
  refersTo: (name, { bond }) => [`interface/${bond}`, `interface/${name}`],
  takes: (name) => name,
  create: (name, { bond, isPassive, isLongTimeout }) => [
    {
      rank: 'members',
      words: `add ${name} to ${bond}`,
      interrupts: `${name} as an interface of its own`,
      run: (vpp) =>
        addBondMember(vpp.client, vpp.indexOf(bond), {
          swIfIndex: vpp.indexOf(name),
          isPassive,
          isLongTimeout,
        }),
    },
  ],
  change: () => undefined,
  remove: (name, { attributes: { bond = 'its bond' } }) => [
    {
      rank: 'membersOff',
      words: `detach ${name} from ${bond}`,
      interrupts: `what ${bond} sends on ${name}`,
      run: (vpp) => detachBondMember(vpp.client, vpp.indexOf(name)),
    },
  ],
  observe: async (client, { all, nameOf }) => {
    const [bonds, lacp] = await Promise.all([dumpBonds(client), dumpLacp(client)]);
    const states = new Map(lacp.map((one) => [one.swIfIndex, one]));
    const interfaces = new Map(all.map((one) => [one.swIfIndex, one]));
    const facts = new Map<string, Facts>();
    for (const { swIfIndex: bond, mode } of bonds) {
      for (const { swIfIndex } of await dumpBondMembers(client, bond)) {
        const own = interfaces.get(swIfIndex);
        const state = states.get(swIfIndex);
        const isUp = own?.adminUp === true && own.linkUp;
        const isActive = mode === 'lacp' ? state?.isActive === true : isUp;
        facts.set(nameOf(swIfIndex), {
          bond: nameOf(bond),
          state: isActive ? 'active' : 'inactive',
          ...(isActive ? {} : { trouble: [`${nameOf(swIfIndex)} is not active`] }),
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
