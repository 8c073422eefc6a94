/** IPv6 link-local addresses: `link-local` in `[interface.NAME]`. */
import {
  linkLocal as linkLocalOf,
  releaseIpv6,
  setLinkLocal,
  swInterfaceIp6GetLinkLocalAddress,
  swInterfaceIp6SetLinkLocalAddress,
} from '../../vpp/api/mod.ts';
import type { Kind, StepTarget } from '../kind.ts';
import { InterfaceMemory } from '../memory.ts';

type LinkLocal = Readonly<{ address: string }>;

interface Before {
  /** The address that the interface had; undefined: IPv6 was off. */
  readonly address: string | undefined;
  /** Setting the address has enabled IPv6, which VPP counts. */
  readonly hasEnabled: boolean;
}

const before = new InterfaceMemory<Before>();

const set = (name: string, { address }: LinkLocal) => [
  {
    rank: 'features' as const,
    words: `set the link-local address of ${name} to ${address}`,
    run: async (vpp: StepTarget) => {
      const { client } = vpp;
      const index = vpp.indexOf(name);
      const found = await linkLocalOf(client, index);
      if (found !== address) await setLinkLocal(client, index, address);
      const known = before.get(client, name);
      before.set(client, name, index, {
        address: known === undefined ? found : known.address,
        // IPv6 was off: also when it went off since, with all enables.
        hasEnabled: found === undefined || known?.hasEnabled === true,
      });
    },
  },
];

export const linkLocal: Kind<LinkLocal> = {
  name: 'link-local',
  messages: [swInterfaceIp6GetLinkLocalAddress, swInterfaceIp6SetLinkLocalAddress],
  desired: ({ interfaces }) =>
    new Map(
      interfaces.flatMap(({ name, linkLocal: address }) =>
        address === undefined ? [] : [[name, { address }]],
      ),
    ),
  actual: async (client, interfaces) => {
    const ours = [...before.present(client, interfaces).keys()];
    const found = await Promise.all(
      ours.map(async (name) => {
        const address = await linkLocalOf(client, interfaces.byName.get(name)!.swIfIndex);
        return [name, { attributes: { address: address ?? 'none' }, isOurs: true }] as const;
      }),
    );
    return new Map(found);
  },
  refersTo: (name) => [`interface/${name}`],
  create: set,
  change: (name, _found, wanted) => set(name, wanted),
  remove: (name) => [
    {
      rank: 'featuresOff',
      words: `restore the link-local address of ${name}`,
      interrupts: `IPv6 neighbours of ${name} that have its link-local address as their gateway`,
      run: async (vpp) => {
        const { client } = vpp;
        const index = vpp.indexOf(name);
        const { address, hasEnabled } = before.get(client, name) ?? { address: undefined, hasEnabled: false };
        if (hasEnabled) await releaseIpv6(client, index);
        const isOn = (await linkLocalOf(client, index)) !== undefined;
        const mac = vpp.interfaceOf(name)?.mac;
        const restored = address ?? (mac === undefined || mac === NO_MAC ? undefined : fromMac(mac));
        if (isOn && restored !== undefined) await setLinkLocal(client, index, restored);
        before.delete(client, name);
      },
    },
  ],
};

const NO_MAC = '00:00:00:00:00:00';

/** The address that VPP derives (RFC 4291, appendix A). */
function fromMac(mac: string): string {
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const id = [(bytes[0] ?? 0) ^ 2, ...bytes.slice(1, 3), 0xff, 0xfe, ...bytes.slice(3)];
  const groups = [0, 2, 4, 6].map((at) => (((id[at] ?? 0) << 8) | (id[at + 1] ?? 0)).toString(16));
  return `fe80::${groups.join(':')}`;
}
