/** The check of sources (RFC 3704): `urpf` in `[interface.NAME]`, of both families. */
import * as api from '../../vpp/api/mod.ts';
import { byInterface, type Kind, type Step, type StepTarget } from '../kind.ts';
import { InterfaceMemory } from '../memory.ts';

type Urpf = Readonly<{
  ipv4: api.UrpfMode;
  ipv6: api.UrpfMode;
  /** The table that sources are looked up in. */
  table: 'own' | 'another';
  /**
   * VPP keeps the mode of an interface that was deleted, and takes it for that of the next one with the index, whose
   * packets pass no check (urpf.c): only what was set on this very interface counts.
   */
  isOn: boolean;
}>;

const FAMILIES = [4, 6] as const;
const set = new InterfaceMemory<true>();

async function setBoth(vpp: StepTarget, name: string, mode: api.UrpfMode): Promise<void> {
  const index = vpp.indexOf(name);
  for (const family of FAMILIES) await api.setUrpf(vpp.client, index, family, mode);
}

const turnOn = (name: string, { ipv4: mode }: Urpf, isFirst: boolean): Step => ({
  rank: 'sourceChecks',
  words: `check sources on ${name} (${mode})`,
  run: async (vpp) => {
    if (isFirst) await setBoth(vpp, name, 'off');
    await setBoth(vpp, name, mode);
    set.set(vpp.client, name, vpp.indexOf(name), true);
  },
});

export const urpf: Kind<Urpf> = {
  name: 'urpf',
  plugin: 'urpf_plugin.so',
  messages: [api.urpfUpdate, api.urpfInterfaceDump],
  desired: (config) =>
    byInterface(config, ({ urpf: mode }) =>
      mode === undefined ? undefined : { ipv4: mode, ipv6: mode, table: 'own', isOn: true },
    ),
  actual: async (client, interfaces) => {
    const ours = set.present(client, interfaces);
    const byIndex = Map.groupBy(await api.dumpUrpf(client), ({ swIfIndex }) => swIfIndex);
    const found = await Promise.all(
      [...byIndex].map(async ([index, settings]) => {
        const name = interfaces.nameOf(index);
        const modes = new Map(settings.map(({ family, mode }) => [family, mode]));
        const tables = await Promise.all(
          settings.map(
            async ({ family, tableId }) => tableId === (await api.interfaceTable(client, index, family)),
          ),
        );
        const attributes: Urpf = {
          ipv4: modes.get(4) ?? 'off',
          ipv6: modes.get(6) ?? 'off',
          table: tables.every(Boolean) ? 'own' : 'another',
          isOn: ours.has(name),
        };
        return [name, { attributes, isOurs: ours.has(name) }] as const;
      }),
    );
    return new Map(found);
  },
  refersTo: (name) => [`interface/${name}`],
  create: (name, wanted) => turnOn(name, wanted, true),
  change: (name, { attributes: { isOn } }, wanted) => turnOn(name, wanted, isOn !== true),
  remove: (name) => ({
    rank: 'featuresOff',
    words: `check no sources on ${name}`,
    run: async (vpp) => {
      await setBoth(vpp, name, 'off');
      set.delete(vpp.client, name);
    },
  }),
};
