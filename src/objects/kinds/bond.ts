/** Bonds: `[bond.bond0]`. VPP cannot change mode and load balance of one, so it is made anew for them. */
import type { Config } from '../../config/types.ts';
import * as api from '../../vpp/api/mod.ts';
import { type Kind, makeStep } from '../kind.ts';

interface Bond extends Readonly<Record<string, unknown>> {
  readonly mode: api.BondMode;
  /** Where the mode has a choice. */
  readonly loadBalance: api.BondLoadBalance | undefined;
}

const MODE_WORDS: Readonly<Record<api.BondMode, string>> = {
  lacp: 'LACP',
  'active-backup': 'active and backup',
  xor: 'XOR',
  'round-robin': 'round robin',
  broadcast: 'broadcast',
};
const LOAD_BALANCE_WORDS: Readonly<Record<api.BondLoadBalance, string>> = {
  l2: 'layer 2',
  l23: 'layer 2 and 3',
  l34: 'layer 3 and 4',
};

const words = ({ mode, loadBalance }: Bond): string =>
  [MODE_WORDS[mode], ...(loadBalance === undefined ? [] : [LOAD_BALANCE_WORDS[loadBalance]])].join(', ');

const choiceOf = (mode: api.BondMode | undefined, chosen: Bond['loadBalance']): Bond['loadBalance'] =>
  mode === 'lacp' || mode === 'xor' ? chosen : undefined;

export const bond: Kind<Bond> = {
  name: 'bond',
  isInterface: true,
  messages: [api.bondCreate, api.bondDelete, api.bondDump],
  desired: ({ bonds }: Config) =>
    new Map(
      bonds.map(({ name, mode, loadBalance }) => [name, { mode, loadBalance: choiceOf(mode, loadBalance) }]),
    ),
  actual: async (client, { nameOf, isOurs }) => {
    const all = await api.dumpBonds(client);
    return new Map(
      all.map(({ swIfIndex, mode, loadBalance }) => {
        const name = nameOf(swIfIndex);
        const attributes = {
          ...(mode === undefined ? {} : { mode }),
          loadBalance: choiceOf(mode, loadBalance),
        };
        return [name, { attributes, isOurs: isOurs(name) }];
      }),
    );
  },
  create: (name, wanted) =>
    makeStep('bonds', name, `create ${name} (${words(wanted)})`, ({ client }) =>
      api.createBond(client, wanted),
    ),
  remove: (name) => ({
    rank: 'bondsOff',
    words: `delete ${name}`,
    interrupts: `${name}: its addresses, VLANs, routes and sessions`,
    run: (vpp) => api.deleteBond(vpp.client, vpp.indexOf(name)),
  }),
  observe: async (client, { nameOf }) =>
    new Map(
      (await api.dumpBonds(client)).map(({ swIfIndex, members, activeMembers }) => [
        nameOf(swIfIndex),
        { members, activeMembers },
      ]),
    ),
};
