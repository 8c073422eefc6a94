/** The filter of MAC addresses of an interface: `macip`. Setting another one takes the place of the first. */
import * as api from '../../vpp/api/mod.ts';
import { byInterface, type Kind, type Step } from '../kind.ts';
import { isOwnTag, namesByTag } from '../own-tag.ts';

interface Attached extends Readonly<Record<string, unknown>> {
  readonly filter: string;
}

const attach = (name: string, { filter }: Attached): Step => ({
  rank: 'filtersOn',
  words: `filter the MAC addresses of ${name} (${filter})`,
  run: (vpp) => api.setMacip(vpp.client, vpp.indexOf(name), vpp.handleOf(`macip/${filter}`)),
});

export const macipInterface: Kind<Attached> = {
  name: 'macip-interface',
  messages: [api.macipAclInterfaceAddDel, api.macipAclInterfaceListDump],
  plugin: 'acl_plugin.so',
  desired: (config) =>
    byInterface(config, ({ macip: filter }) => (filter === undefined ? undefined : { filter })),
  actual: async (client, interfaces) => {
    const [attached, filters] = await Promise.all([api.dumpMacipInterfaces(client), api.dumpMacips(client)]);
    const names = namesByTag(filters);
    const own = new Set(filters.filter(({ tag }) => isOwnTag(tag)).map(({ index }) => index));
    return new Map(
      [...attached].map(([index, filter]) => [
        interfaces.nameOf(index),
        { attributes: { filter: names.get(filter) ?? `#${filter}` }, isOurs: own.has(filter) },
      ]),
    );
  },
  refersTo: (name, { filter }) => [`interface/${name}`, `macip/${filter}`],
  create: attach,
  change: (name, _found, wanted) => attach(name, wanted),
  remove: (name) => ({
    rank: 'filtersOff',
    words: `remove the MAC filter of ${name}`,
    run: (vpp) => api.setMacip(vpp.client, vpp.indexOf(name), undefined),
  }),
};
