/** Bonds: `[bond.bond0]`. VPP cannot change mode and load balance of one, so it is made anew for them. */
import type { Config } from '../../config/types.ts';
import {
  bondCreate,
  bondDelete,
  bondDump,
  type BondLoadBalance,
  type BondMode,
  createBond,
  deleteBond,
  dumpBonds,
  markInterface,
} from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { isOwnTag } from '../own-tag.ts';

interface Bond extends Readonly<Record<string, unknown>> {
  readonly mode: BondMode;
  /** Where the mode has a choice. */
  readonly loadBalance: BondLoadBalance | undefined;
}

const MODE_WORDS: Readonly<Record<BondMode, string>> = {
  lacp: 'LACP',
  'active-backup': 'active and backup',
  xor: 'XOR',
  'round-robin': 'round robin',
  broadcast: 'broadcast',
};
const LOAD_BALANCE_WORDS: Readonly<Record<BondLoadBalance, string>> = {
  l2: 'layer 2',
  l23: 'layer 2 and 3',
  l34: 'layer 3 and 4',
};

const words = ({ mode, loadBalance }: Bond): string =>
  [MODE_WORDS[mode], ...(loadBalance === undefined ? [] : [LOAD_BALANCE_WORDS[loadBalance]])].join(', ');

const hasChoice = (mode: BondMode | undefined): boolean => mode === 'lacp' || mode === 'xor';

export const bond: Kind<Bond> = {
  name: 'bond',
  isInterface: true,
  messages: [bondCreate, bondDelete, bondDump],
  desired: ({ bonds }: Config) =>
    new Map(
      bonds.map(({ name, mode, loadBalance }) => [
        name,
        { mode, loadBalance: hasChoice(mode) ? loadBalance : undefined },
      ]),
    ),
  actual: async (client, { nameOf, byName }) => {
    const all = await dumpBonds(client);
    return new Map(
      all.map(({ swIfIndex, mode, loadBalance }) => {
        const name = nameOf(swIfIndex);
        const attributes = {
          ...(mode === undefined ? {} : { mode }),
          loadBalance: hasChoice(mode) ? loadBalance : undefined,
        };
        return [name, { attributes, isOurs: isOwnTag(byName.get(name)?.tag ?? '', name) }];
      }),
    );
  },
  refersTo: () => [],
  create: (name, wanted) => [
    {
      rank: 'bonds',
      words: `create ${name} (${words(wanted)})`,
      run: async (vpp) => {
        const index = await createBond(vpp.client, wanted);
        await markInterface(vpp.client, index, name);
        vpp.made(name, index);
      },
    },
  ],
  change: () => undefined,
  remove: (name) => [
    {
      rank: 'bondsOff',
      words: `delete ${name}`,
      interrupts: `${name}: its addresses, VLANs, routes and sessions`,
      run: (vpp) => deleteBond(vpp.client, vpp.indexOf(name)),
    },
  ],
  observe: async (client, { nameOf }) =>
    new Map(
      (await dumpBonds(client)).map(({ swIfIndex, members, activeMembers }) => [
        nameOf(swIfIndex),
        { members, activeMembers },
      ]),
    ),
};
