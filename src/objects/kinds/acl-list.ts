/**
 * The filters of an interface: `acl-in` and `acl-out`. VPP takes both lists in one message, sets that of packets sent
 * first, and may stop between them (acl.c): the next look then finds a difference.
 */
import * as api from '../../vpp/api/mod.ts';
import { byInterface, type Kind, type Step, type StepTarget } from '../kind.ts';
import { isOwnTag, namesByTag } from '../own-tag.ts';

interface Lists extends Readonly<Record<string, unknown>> {
  readonly in: readonly string[];
  readonly out: readonly string[];
}

const words = ({ in: input, out }: Lists): string =>
  [
    ...(input.length === 0 ? [] : [`in: ${input.join(', ')}`]),
    ...(out.length === 0 ? [] : [`out: ${out.join(', ')}`]),
  ].join('; ');

async function setLists(vpp: StepTarget, name: string, { in: input, out }: Lists): Promise<void> {
  const indexOf = (filter: string): number => vpp.handleOf(`acl/${filter}`);
  await api.setAclList(vpp.client, vpp.indexOf(name), { in: input.map(indexOf), out: out.map(indexOf) });
}

const attach = (name: string, lists: Lists): Step => ({
  rank: 'filtersOn',
  words: `filter ${name} (${words(lists)})`,
  run: (vpp) => setLists(vpp, name, lists),
});

export const aclList: Kind<Lists> = {
  name: 'acl-list',
  messages: [api.aclInterfaceSetAclList, api.aclInterfaceListDump],
  plugin: 'acl_plugin.so',
  desired: (config) =>
    byInterface(config, ({ aclIn, aclOut }) =>
      aclIn.length + aclOut.length === 0 ? undefined : { in: aclIn, out: aclOut },
    ),
  actual: async (client, interfaces) => {
    const [lists, acls] = await Promise.all([api.dumpAclLists(client), api.dumpAcls(client)]);
    const names = namesByTag(acls);
    const own = new Set(acls.filter(({ tag }) => isOwnTag(tag)).map(({ index }) => index));
    const toNames = (indices: readonly number[]): string[] =>
      indices.map((index) => names.get(index) ?? `#${index}`);
    return new Map(
      [...lists].map(([index, list]) => [
        interfaces.nameOf(index),
        {
          attributes: { in: toNames(list.in), out: toNames(list.out) },
          isOurs: [...list.in, ...list.out].some((one) => own.has(one)),
        },
      ]),
    );
  },
  refersTo: (name, lists) => [
    `interface/${name}`,
    ...[...lists.in, ...lists.out].map((filter) => `acl/${filter}` as const),
  ],
  create: attach,
  change: (name, _found, lists) => attach(name, lists),
  remove: (name) => ({
    rank: 'filtersOff',
    words: `remove the filters of ${name}`,
    run: (vpp) => setLists(vpp, name, { in: [], out: [] }),
  }),
};
