/** Sides of interfaces in NAT: `nat = inside` and `nat = outside`. */
import * as api from '../../vpp/api/mod.ts';
import { byInterface, type Kind } from '../kind.ts';
import { isOwnTag } from '../own-tag.ts';
import { isNatOurs, NAT44, NAT_PLUGIN } from './nat44.ts';

interface Roles extends Readonly<Record<string, unknown>> {
  readonly roles: readonly api.NatRole[];
}

export const natInterface: Kind<Roles> = {
  name: 'nat-interface',
  messages: [api.nat44InterfaceAddDelFeature, api.nat44InterfaceDump],
  plugin: NAT_PLUGIN,
  desired: (config) =>
    byInterface(config, ({ nat }) =>
      nat === undefined || !config.nat44.enabled ? undefined : { roles: [nat] },
    ),
  actual: async (client, interfaces) => {
    const all = await api.dumpNatInterfaces(client);
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
      run: (vpp) => api.addDelNatInterface(vpp.client, vpp.indexOf(name), role, true),
    })),
  remove: (name, { attributes: { roles = [] } }) =>
    roles.map((role) => ({
      rank: 'natInterfacesOff',
      words: `do not translate on ${name} (${role})`,
      interrupts: `the translated sessions of ${name}`,
      run: (vpp) => api.addDelNatInterface(vpp.client, vpp.indexOf(name), role, false),
    })),
};
