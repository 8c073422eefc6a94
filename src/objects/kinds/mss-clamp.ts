/** Clamping of the maximum segment size of TCP: `mss-clamp` in `[interface.NAME]`. */
import * as api from '../../vpp/api/mod.ts';
import { byInterface, type Kind, type Step } from '../kind.ts';
import { InterfaceMemory } from '../memory.ts';

type Clamp = Readonly<{
  ipv4: number;
  ipv6: number;
  /**
   * VPP keeps the sizes of an interface that was deleted, and takes them for those of the next one with the index, whose
   * packets are not changed (mss_clamp.c): only what was set on this very interface counts.
   */
  isOn: boolean;
}>;

/** Headers of IP and TCP without options, bytes. */
const HEADER_BYTES = { ipv4: 40, ipv6: 60 } as const;
const OFF: api.MssClamp = { ipv4: 0, ipv6: 0 };

const set = new InterfaceMemory<true>();

const turnOn = (name: string, { ipv4, ipv6 }: Clamp, isFirst: boolean): Step => ({
  rank: 'features',
  words: `clamp the MSS of TCP on ${name} to ${ipv4}${ipv6 === ipv4 ? '' : `, over IPv6 to ${ipv6}`} bytes`,
  run: async (vpp) => {
    const { client } = vpp;
    const index = vpp.indexOf(name);
    if (isFirst) await api.setMssClamp(client, index, OFF);
    await api.setMssClamp(client, index, { ipv4, ipv6 });
    set.set(client, name, index, true);
  },
});

export const mssClamp: Kind<Clamp> = {
  name: 'mss-clamp',
  plugin: 'mss_clamp_plugin.so',
  messages: [api.mssClampEnableDisable, api.mssClampGet],
  desired: (config) =>
    byInterface(config, ({ mssClamp: bytes, mtuBytes }) => {
      if (bytes === undefined) return undefined;
      if (bytes !== 'auto') return { ipv4: bytes, ipv6: bytes, isOn: true };
      return { ipv4: mtuBytes - HEADER_BYTES.ipv4, ipv6: mtuBytes - HEADER_BYTES.ipv6, isOn: true };
    }),
  actual: async (client, interfaces) => {
    const ours = set.present(client, interfaces);
    const exists = new Set(interfaces.all.map(({ swIfIndex }) => swIfIndex));
    return new Map(
      (await api.mssClamps(client))
        .filter(({ swIfIndex }) => exists.has(swIfIndex))
        .map(({ swIfIndex, ipv4, ipv6 }) => {
          const name = interfaces.nameOf(swIfIndex);
          const isOurs = ours.has(name);
          return [name, { attributes: { ipv4, ipv6, isOn: isOurs }, isOurs }] as const;
        }),
    );
  },
  refersTo: (name) => [`interface/${name}`],
  create: (name, wanted) => turnOn(name, wanted, true),
  change: (name, { attributes: { isOn } }, wanted) => turnOn(name, wanted, isOn !== true),
  remove: (name) => ({
    rank: 'featuresOff',
    words: `clamp no MSS on ${name}`,
    run: async (vpp) => {
      await api.setMssClamp(vpp.client, vpp.indexOf(name), OFF);
      set.delete(vpp.client, name);
    },
  }),
};
