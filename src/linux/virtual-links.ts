/**
 * Owns the creation of links that are made of software: VLANs, bonds, bridges, tunnels, VRF devices, dummies; by
 * rtnetlink, in the namespace this thread is in.
 *
 * Source: linux/if_link.h, linux/if_tunnel.h, linux/if_bonding.h.
 */
import { encodeIp } from './ip-address.ts';
import { ifInfo, requireLinkIndex } from './links.ts';
import { type Attribute, NetlinkFlag, textBytes } from './netlink-message.ts';
import { RouteMessage, requestAck } from './rtnetlink.ts';

/** In the order of their numbers. */
const BOND_MODES = ['round-robin', 'active-backup', 'xor', 'broadcast', 'lacp'] as const;
const BOND_HASHES = ['l2', 'l34', 'l23'] as const;

/** What a link of software is, besides its name. */
export type VirtualLink =
  | { readonly kind: 'dummy' }
  | { readonly kind: 'vrf'; readonly table: number }
  /** Frames of `parent` with this tag (IEEE 802.1Q, or 802.1ad's outer one). */
  | { readonly kind: 'vlan'; readonly parent: string; readonly id: number; readonly isDot1ad: boolean }
  | {
      readonly kind: 'bond';
      readonly mode: (typeof BOND_MODES)[number];
      readonly hash: (typeof BOND_HASHES)[number];
      readonly isSlowLacp: boolean;
      readonly isPassiveLacp: boolean;
    }
  /** Without spanning tree. */
  | { readonly kind: 'bridge'; readonly ageSeconds: number }
  | {
      readonly kind: 'vxlan';
      readonly source: string;
      readonly destination: string;
      readonly underlay?: string;
      readonly vni: number;
      readonly port: number;
    }
  /**
   * `sit` carries IPv4 and IPv6 over IPv4, `ip6tnl` both over IPv6; those in `tap` carry Ethernet frames. `underlay`: the
   * VRF device in whose table the outer packets are.
   */
  | {
      readonly kind: 'gre' | 'gretap' | 'ip6gre' | 'ip6gretap' | 'sit' | 'ip6tnl';
      readonly source: string;
      readonly destination: string;
      readonly underlay?: string;
    };

const IFLA_IFNAME = 3;
const IFLA_LINK = 5;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_VRF_TABLE = 1;
const IFLA_VLAN_ID = 1;
const IFLA_VLAN_PROTOCOL = 5;
const IFLA_BOND_MODE = 1;
const IFLA_BOND_MIIMON = 3;
const IFLA_BOND_XMIT_HASH_POLICY = 14;
const IFLA_BOND_AD_LACP_RATE = 21;
const IFLA_BOND_AD_LACP_ACTIVE = 29;
const IFLA_BR_FORWARD_DELAY = 1;
const IFLA_BR_AGEING_TIME = 4;
const IFLA_BR_STP_STATE = 5;
const IFLA_BR_MCAST_SNOOPING = 23;
const IFLA_VXLAN_ID = 1;
const IFLA_VXLAN_GROUP = 2;
const IFLA_VXLAN_LINK = 3;
const IFLA_VXLAN_LOCAL = 4;
const IFLA_VXLAN_TTL = 5;
const IFLA_VXLAN_LEARNING = 7;
const IFLA_VXLAN_PORT = 15;
const IFLA_VXLAN_GROUP6 = 16;
const IFLA_VXLAN_LOCAL6 = 17;
const IFLA_VXLAN_UDP_ZERO_CSUM6_RX = 20;
const IFLA_GRE_LINK = 1;
const IFLA_GRE_LOCAL = 6;
const IFLA_GRE_REMOTE = 7;
const IFLA_GRE_TTL = 8;
const IFLA_GRE_FLAGS = 13;
const IFLA_IPTUN_LINK = 1;
const IFLA_IPTUN_LOCAL = 2;
const IFLA_IPTUN_REMOTE = 3;
const IFLA_IPTUN_TTL = 4;
const IFLA_IPTUN_FLAGS = 8;
const IFLA_IPTUN_PROTO = 9;
/** No tunnel encapsulation limit option (RFC 2473, section 4.1.1), which other implementations do not send. */
const IP6_TNL_F_IGN_ENCAP_LIMIT = 1;
/** Source: linux/if_ether.h. */
const ETH_P_8021Q = 0x8100;
const ETH_P_8021AD = 0x88a8;
/** Of outer packets. */
const TTL = 64;
/** Interval of the checks of members' carriers. */
const MIIMON_MS = 100;
/** clock_t, in which the kernel takes times of bridges. */
const TICKS_PER_SECOND = 100;

/**
 * Creates a link, down. Throws LinuxError: EEXIST, ENODEV (no such parent), EOPNOTSUPP (not supported by this
 * kernel) …
 */
export function createVirtualLink(ifName: string, link: VirtualLink): void {
  const lower: Attribute[] =
    link.kind === 'vlan'
      ? [[IFLA_LINK, requireLinkIndex(link.parent, 'createLink', [ifName, link.parent])]]
      : [];
  request('createLink', ifName, link, lower, NetlinkFlag.create | NetlinkFlag.exclusive);
}

/** Changes what a bridge is, in place. Throws LinuxError: ENODEV … */
export function changeBridge(ifName: string, bridge: VirtualLink & { readonly kind: 'bridge' }): void {
  request('changeBridge', ifName, bridge, [], 0);
}

function request(
  call: string,
  ifName: string,
  link: VirtualLink,
  more: readonly Attribute[],
  flags: number,
): void {
  const data = dataOf(link);
  const info: Attribute[] = [[IFLA_INFO_KIND, textBytes(link.kind)]];
  if (data.length > 0) info.push([IFLA_INFO_DATA, data]);
  requestAck({
    type: RouteMessage.newLink,
    flags,
    body: ifInfo({}),
    attributes: [[IFLA_IFNAME, textBytes(ifName)], ...more, [IFLA_LINKINFO, info]],
    call,
    args: [ifName, link.kind],
  });
}

const u8 = (value: number): Uint8Array => Uint8Array.of(value);
const u16 = (value: number): Uint8Array => Uint8Array.of(value & 0xff, value >> 8);
const be16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);

/** IFLA_INFO_DATA of a link. */
function dataOf(link: VirtualLink): Attribute[] {
  switch (link.kind) {
    case 'dummy':
      return [];
    case 'vrf':
      return [[IFLA_VRF_TABLE, link.table]];
    case 'vlan':
      return [
        [IFLA_VLAN_ID, u16(link.id)],
        [IFLA_VLAN_PROTOCOL, be16(link.isDot1ad ? ETH_P_8021AD : ETH_P_8021Q)],
      ];
    case 'bond':
      return bondData(link);
    case 'bridge':
      return [
        [IFLA_BR_FORWARD_DELAY, 0],
        [IFLA_BR_AGEING_TIME, link.ageSeconds * TICKS_PER_SECOND],
        [IFLA_BR_STP_STATE, 0],
        [IFLA_BR_MCAST_SNOOPING, u8(0)],
      ];
    case 'vxlan':
      return vxlanData(link);
    case 'sit':
    case 'ip6tnl':
      return ipTunnelData(link);
    default:
      return greData(link);
  }
}

function bondData(link: VirtualLink & { readonly kind: 'bond' }): Attribute[] {
  const { mode, hash } = link;
  const data: Attribute[] = [
    [IFLA_BOND_MODE, u8(BOND_MODES.indexOf(mode))],
    [IFLA_BOND_MIIMON, MIIMON_MS],
  ];
  if (mode === 'lacp' || mode === 'xor')
    data.push([IFLA_BOND_XMIT_HASH_POLICY, u8(BOND_HASHES.indexOf(hash))]);
  if (mode === 'lacp') {
    data.push([IFLA_BOND_AD_LACP_RATE, u8(link.isSlowLacp ? 0 : 1)]);
    data.push([IFLA_BOND_AD_LACP_ACTIVE, u8(link.isPassiveLacp ? 0 : 1)]);
  }
  return data;
}

function vxlanData(link: VirtualLink & { readonly kind: 'vxlan' }): Attribute[] {
  const [source, destination] = [encodeIp(link.source), encodeIp(link.destination)];
  const isIpv6 = destination.family === 6;
  return [
    [IFLA_VXLAN_ID, link.vni],
    [isIpv6 ? IFLA_VXLAN_GROUP6 : IFLA_VXLAN_GROUP, destination.bytes],
    [isIpv6 ? IFLA_VXLAN_LOCAL6 : IFLA_VXLAN_LOCAL, source.bytes],
    [IFLA_VXLAN_TTL, u8(TTL)],
    // There is one other end.
    [IFLA_VXLAN_LEARNING, u8(0)],
    [IFLA_VXLAN_PORT, be16(link.port)],
    [IFLA_VXLAN_UDP_ZERO_CSUM6_RX, u8(1)],
    ...underlayOf(IFLA_VXLAN_LINK, link.underlay),
  ];
}

type IpTunnel = Pick<VirtualLink & { readonly kind: 'sit' }, 'source' | 'destination' | 'underlay'>;

function underlayOf(type: number, underlay: string | undefined): Attribute[] {
  return underlay === undefined ? [] : [[type, requireLinkIndex(underlay, 'createLink', [underlay])]];
}

function greData({ source, destination, underlay }: IpTunnel): Attribute[] {
  return [
    ...underlayOf(IFLA_GRE_LINK, underlay),
    [IFLA_GRE_LOCAL, encodeIp(source).bytes],
    [IFLA_GRE_REMOTE, encodeIp(destination).bytes],
    [IFLA_GRE_TTL, u8(TTL)],
    ...(source.includes(':') ? [[IFLA_GRE_FLAGS, IP6_TNL_F_IGN_ENCAP_LIMIT] as const] : []),
  ];
}

function ipTunnelData({ source, destination, underlay }: IpTunnel): Attribute[] {
  return [
    ...underlayOf(IFLA_IPTUN_LINK, underlay),
    [IFLA_IPTUN_LOCAL, encodeIp(source).bytes],
    [IFLA_IPTUN_REMOTE, encodeIp(destination).bytes],
    [IFLA_IPTUN_TTL, u8(TTL)],
    // IPv4 and IPv6.
    [IFLA_IPTUN_PROTO, u8(0)],
    ...(source.includes(':') ? [[IFLA_IPTUN_FLAGS, IP6_TNL_F_IGN_ENCAP_LIMIT] as const] : []),
  ];
}
