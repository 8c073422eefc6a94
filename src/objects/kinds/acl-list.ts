/**
 * The filters of an interface: `acl-in` and `acl-out`. VPP takes both lists in one message, sets that of packets sent
 * first, and may stop between them (acl.c): the next look then finds a difference.
 */
import {
  aclInterfaceListDump,
  aclInterfaceSetAclList,
  dumpAclLists,
  dumpAcls,
  setAclList,
} from '../../vpp/api/mod.ts';
import type { Kind, StepTarget } from '../kind.ts';
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
  await setAclList(vpp.client, vpp.indexOf(name), { in: input.map(indexOf), out: out.map(indexOf) });
}

export const aclList: Kind<Lists> = {
  name: 'acl-list',
  messages: [aclInterfaceSetAclList, aclInterfaceListDump],
  plugin: 'acl_plugin.so',
  desired: ({ interfaces }) =>
    new Map(
      interfaces
        .filter(({ aclIn, aclOut }) => aclIn.length + aclOut.length > 0)
        .map(({ name, aclIn, aclOut }) => [name, { in: aclIn, out: aclOut }]),
    ),
  actual: async (client, interfaces) => {
    const [lists, acls] = await Promise.all([dumpAclLists(client), dumpAcls(client)]);
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
  create: (name, lists) => [
    {
      rank: 'filtersOn',
      words: `filter ${name} (${words(lists)})`,
      run: (vpp) => setLists(vpp, name, lists),
    },
  ],
  change: (name, _found, lists) => [
    {
      rank: 'filtersOn',
      words: `filter ${name} (${words(lists)})`,
      run: (vpp) => setLists(vpp, name, lists),
    },
  ],
  remove: (name) => [
    {
      rank: 'filtersOff',
      words: `remove the filters of ${name}`,
      run: (vpp) => setLists(vpp, name, { in: [], out: [] }),
    },
  ],
};
