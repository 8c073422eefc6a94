import { describe, expect, it } from 'vitest';
import { decodeLink } from '../linux/links.ts';
import type { Link, LinkAddress } from '../linux/mod.ts';
import { decodeMessage } from '../linux/netlink-message.ts';
import { hostStateOf } from './host-state.ts';
import { ENSLAVED_LINK, FREE_LINK, VRF_DEVICE } from '../../test/fixtures/recorded-links.ts';

const NONE: ReadonlySet<number> = new Set();

function linkOf(message: Buffer): Link {
  return decodeLink(Buffer.from(decodeMessage(message, 0).payload));
}

function address(ifIndex: number, text: string): LinkAddress {
  const [address = '', length] = text.split('/');
  const family = address.includes(':') ? 6 : 4;
  return { ifIndex, family, address, length: Number(length), tentative: false };
}

const vrf = linkOf(VRF_DEVICE);
const free = linkOf(FREE_LINK);
const enslaved = linkOf(ENSLAVED_LINK);

describe('the state of a namespace', () => {
  it('has the VRF of a link, and its table, from the device that it is enslaved to', () => {
    expect(hostStateOf([vrf, enslaved], [], NONE).get('xe9')).toEqual({
      ifIndex: 4,
      name: 'xe9',
      isUp: false,
      isRunning: false,
      isTap: false,
      mtuBytes: 1500,
      addresses: [],
      vrf: { name: 'red', tableId: 100 },
      proxyArp: false,
    });
    expect(hostStateOf([vrf, free], [], NONE).get('xe9')?.vrf).toBeUndefined();
  });

  it('has no VRF for other masters, or for the main table, which is the default one of VPP', () => {
    const { vrfTable: _, ...bridge } = vrf;
    expect(hostStateOf([bridge, enslaved], [], NONE).get('xe9')?.vrf).toBeUndefined();
    expect(hostStateOf([{ ...vrf, vrfTable: 254 }, enslaved], [], NONE).get('xe9')?.vrf).toEqual({
      name: 'red',
      tableId: 0,
    });
  });

  it('has the addresses of each link, without link-local ones', () => {
    const all = ['192.0.2.1/24', '2001:db8::1/64', 'fe80::1/64', 'febf::1/10', 'fec0::1/64'];
    const state = hostStateOf(
      [vrf, free],
      all.map((text) => address(4, text)),
      NONE,
    );
    const shown = state.get('xe9')?.addresses.map(({ address, length }) => `${address}/${length}`);
    expect(shown).toEqual(['192.0.2.1/24', '2001:db8::1/64', 'fec0::1/64']);
    expect(state.get('red')?.addresses).toEqual([]);
  });

  it('has which links do proxy ARP: one by itself, or all', () => {
    const proxies = (of: ReadonlySet<number> | 'all'): boolean[] =>
      [...hostStateOf([vrf, free], [], of).values()].map(({ proxyArp }) => proxyArp);
    expect(proxies(new Set([4]))).toEqual([false, true]);
    expect(proxies('all')).toEqual([true, true]);
  });
});

describe('a VLAN device', () => {
  const attribute = (type: number, value: Buffer): Buffer => {
    const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
    bytes.writeUInt16LE(4 + value.length, 0);
    bytes.writeUInt16LE(type, 2);
    value.copy(bytes, 4);
    return bytes;
  };
  /** RTM_NEWLINK's payload of index 7 on the link 2: linux/if_link.h, IFLA_LINK, IFLA_LINKINFO with IFLA_VLAN_ID and IFLA_VLAN_PROTOCOL. */
  const message = (protocol: number, more: readonly Buffer[] = []): Buffer => {
    const info = Buffer.alloc(16);
    info.writeInt32LE(7, 4);
    const data = Buffer.concat([
      attribute(1, Buffer.from([0x64, 0])),
      attribute(5, Buffer.from([protocol >> 8, protocol & 0xff])),
    ]);
    const kind = Buffer.concat([attribute(1, Buffer.from('vlan\0')), attribute(2, data)]);
    return Buffer.concat([
      info,
      attribute(3, Buffer.from('xe0.100\0')),
      attribute(5, Buffer.from([2, 0, 0, 0])),
      attribute(18, kind),
      ...more,
    ]);
  };

  it('has its parent and its tag', () => {
    const vlanOf = (bytes: Buffer) => hostStateOf([decodeLink(bytes)], [], NONE).get('xe0.100')?.vlan;
    expect(vlanOf(message(0x8100))).toEqual({ parent: 2, id: 100, isDot1ad: false });
    expect(vlanOf(message(0x88a8))).toEqual({ parent: 2, id: 100, isDot1ad: true });
    // IFLA_LINK_NETNSID: the index is one of another namespace.
    expect(vlanOf(message(0x8100, [attribute(37, Buffer.from([0, 0, 0, 0]))]))).toBeUndefined();
  });
});
