/**
 * Lists of rules in VPP's acl plugin, which are alike but for what a rule says. Rules are replaced in place, which VPP
 * does at one moment for all interfaces that use the list; it is never deleted and made anew while one of them does.
 */
import { OWN_TAG, type VppApiClient } from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { isOwnTag, namesByTag } from '../own-tag.ts';

export interface RuleSet<R> extends Readonly<Record<string, unknown>> {
  readonly rules: readonly R[];
}

interface Tagged<R> {
  readonly tag: string;
  readonly rules: readonly R[];
}

export interface RuleSetParts<R> extends Pick<Kind<RuleSet<R>>, 'name' | 'messages' | 'desired'> {
  /** As plans call one: `MAC filter`. */
  readonly noun: string;
  dump(this: void, client: VppApiClient): Promise<readonly (Tagged<R> & { readonly index: number })[]>;
  /** Makes a list, or with `index` replaces its rules. Resolves with its index. */
  addReplace(this: void, client: VppApiClient, set: Tagged<R> & { readonly index?: number }): Promise<number>;
  delete(this: void, client: VppApiClient, index: number): Promise<void>;
  /** Comes before a list is made. */
  prepare?(this: void, client: VppApiClient): Promise<void>;
}

/** The kind of the lists that `parts` reads and writes. */
export function ruleSetKind<R>(parts: RuleSetParts<R>): Kind<RuleSet<R>> {
  const { name: kind, messages, desired, noun } = parts;
  return {
    name: kind,
    messages,
    plugin: 'acl_plugin.so',
    desired,
    actual: async (client) => {
      const all = await parts.dump(client);
      const names = namesByTag(all);
      return new Map(
        all.map(({ index, tag, rules }) => [
          names.get(index)!,
          { attributes: { rules }, handle: index, isOurs: isOwnTag(tag) },
        ]),
      );
    },
    create: (name, { rules }) => ({
      rank: 'filters',
      words: `create ${noun} ${name} (${countRules(rules.length)})`,
      run: async (vpp) => {
        await parts.prepare?.(vpp.client);
        vpp.numbered(`${kind}/${name}`, await parts.addReplace(vpp.client, { tag: OWN_TAG + name, rules }));
      },
    }),
    change: (name, _found, { rules }) => ({
      rank: 'filters',
      words: `replace the rules of ${noun} ${name} (${countRules(rules.length)})`,
      run: async (vpp) => {
        const index = vpp.handleOf(`${kind}/${name}`);
        await parts.addReplace(vpp.client, { index, tag: OWN_TAG + name, rules });
      },
    }),
    remove: (name) => ({
      rank: 'filtersGone',
      words: `delete ${noun} ${name}`,
      run: (vpp) => parts.delete(vpp.client, vpp.handleOf(`${kind}/${name}`)),
    }),
    observe: async (client) => {
      const all = await parts.dump(client);
      const names = namesByTag(all);
      return new Map(all.map(({ index, rules }) => [names.get(index)!, { index, rules: rules.length }]));
    },
  };
}

const countRules = (count: number): string => `${count} ${count === 1 ? 'rule' : 'rules'}`;
