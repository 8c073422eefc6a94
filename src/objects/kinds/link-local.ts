/** IPv6 link-local addresses: `link-local` in `[interface.NAME]`. */
import * as api from '../../vpp/api/mod.ts';
import { byInterface, type Kind, type Step } from '../kind.ts';
import { InterfaceMemory } from '../memory.ts';

type LinkLocal = Readonly<{ address: string }>;

interface Before {
  /** The address that the interface had; undefined: IPv6 was off. */
  readonly address: string | undefined;
  /** Setting the address has enabled IPv6, which VPP counts. */
  readonly hasEnabled: boolean;
}

const before = new InterfaceMemory<Before>();

const set = (name: string, { address }: LinkLocal): Step => ({
  rank: 'features',
  words: `set the link-local address of ${name} to ${address}`,
  run: async (vpp) => {
    const { client } = vpp;
    const index = vpp.indexOf(name);
    const found = await api.linkLocal(client, index);
    if (found !== address) await api.setLinkLocal(client, index, address);
    const known = before.get(client, name);
    before.set(client, name, index, {
      address: known === undefined ? found : known.address,
      // IPv6 was off: also when it went off since, with all enables.
      hasEnabled: found === undefined || known?.hasEnabled === true,
    });
  },
});

export const linkLocal: Kind<LinkLocal> = {
  name: 'link-local',
  messages: [api.swInterfaceIp6GetLinkLocalAddress, api.swInterfaceIp6SetLinkLocalAddress],
  desired: (config) =>
    byInterface(config, ({ linkLocal: address }) => (address === undefined ? undefined : { address })),
  actual: async (client, interfaces) => {
    const ours = [...before.present(client, interfaces).keys()];
    const found = await Promise.all(
      ours.map(async (name) => {
        const address = await api.linkLocal(client, interfaces.byName.get(name)!.swIfIndex);
        return [name, { attributes: { address: address ?? 'none' }, isOurs: true }] as const;
      }),
    );
    return new Map(found);
  },
  refersTo: (name) => [`interface/${name}`],
  create: set,
  change: (name, _found, wanted) => set(name, wanted),
  remove: (name) => ({
    rank: 'featuresOff',
    words: `restore the link-local address of ${name}`,
    interrupts: `IPv6 neighbours of ${name} that have its link-local address as their gateway`,
    run: async (vpp) => {
      const { client } = vpp;
      const index = vpp.indexOf(name);
      const { address, hasEnabled } = before.get(client, name) ?? { address: undefined, hasEnabled: false };
      if (hasEnabled) await api.releaseIpv6(client, index);
      const isOn = (await api.linkLocal(client, index)) !== undefined;
      const mac = vpp.interfaceOf(name)?.mac;
      const restored = address ?? (mac === undefined || mac === NO_MAC ? undefined : fromMac(mac));
      if (isOn && restored !== undefined) await api.setLinkLocal(client, index, restored);
      before.delete(client, name);
    },
  }),
};

const NO_MAC = '00:00:00:00:00:00';

/** The address that VPP derives (RFC 4291, appendix A). */
function fromMac(mac: string): string {
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const id = [(bytes[0] ?? 0) ^ 2, ...bytes.slice(1, 3), 0xff, 0xfe, ...bytes.slice(3)];
  const groups = [0, 2, 4, 6].map((at) => (((id[at] ?? 0) << 8) | (id[at + 1] ?? 0)).toString(16));
  return `fe80::${groups.join(':')}`;
}
