/** Sides of interfaces in NAT: `nat = inside` and `nat = outside`. */
import {
  addDelNatInterface,
  dumpNatInterfaces,
  nat44InterfaceAddDelFeature,
  nat44InterfaceDump,
  type NatRole,
} from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { isOwnTag } from '../own-tag.ts';
import { isNatOurs, NAT44, NAT_PLUGIN } from './nat44.ts';

interface Roles extends Readonly<Record<string, unknown>> {
  readonly roles: readonly NatRole[];
}

export const natInterface: Kind<Roles> = {
  name: 'nat-interface',
  messages: [nat44InterfaceAddDelFeature, nat44InterfaceDump],
  plugin: NAT_PLUGIN,
  desired: (config) =>
    new Map(
      config.nat44.enabled
        ? config.interfaces.flatMap(({ name, nat }) => (nat === undefined ? [] : [[name, { roles: [nat] }]]))
        : [],
    ),
  actual: async (client, interfaces) => {
    const all = await dumpNatInterfaces(client);
    const isOurs = all.size > 0 && (await isNatOurs(client, interfaces));
    return new Map(
      [...all].map(([index, roles]) => {
        const name = interfaces.nameOf(index);
        const isOwn = isOwnTag(interfaces.byName.get(name)?.tag ?? '');
        return [name, { attributes: { roles }, isOurs: isOurs || isOwn }];
      }),
    );
  },
  refersTo: (name) => [NAT44, `interface/${name}`],
  create: (name, { roles }) =>
    roles.map((role) => ({
      rank: 'natInterfaces',
      words: `translate on ${name} (${role})`,
      run: (vpp) => addDelNatInterface(vpp.client, vpp.indexOf(name), role, true),
    })),
  change: () => undefined,
  remove: (name, { attributes: { roles = [] } }) =>
    roles.map((role) => ({
      rank: 'natInterfacesOff',
      words: `do not translate on ${name} (${role})`,
      interrupts: `the translated sessions of ${name}`,
      run: (vpp) => addDelNatInterface(vpp.client, vpp.indexOf(name), role, false),
    })),
};
