/**
 * Owns network interfaces by rtnetlink, in the namespace this thread is in.
 *
 *   struct ifinfomsg { u8 family; u8 pad; u16 type; i32 index; u32 flags; u32 change; }
 *
 * Source: linux/if_link.h, rtnetlink(7).
 */
import { LinuxError } from './errors.ts';
import { type Attribute, attributeText, decodeAttributes, textBytes } from './netlink-message.ts';
import { RouteMessage, requestAck, requestDump } from './rtnetlink.ts';

/** A network interface. `mac` is lower case with colons; empty for one without a hardware address. */
export interface Link {
  readonly index: number;
  readonly name: string;
  readonly mac: string;
  /** Administrative state (IFF_UP). */
  readonly up: boolean;
  /** Operational state (IFF_RUNNING), carrier included. */
  readonly running: boolean;
  readonly mtu: number;
  /** Kind of a virtual link: `dummy`, `veth`, `tun`, `vrf` … */
  readonly kind?: string;
  /** Index of its master (a VRF device, a bridge); absent without one. */
  readonly master?: number;
  /** Routing table of a VRF device. */
  readonly vrfTable?: number;
  /** Of a VLAN device whose parent is in the same namespace. */
  readonly vlan?: Vlan;
}

/** What a VLAN device gets of the link with the index `parent`: frames with the tag `id` of 802.1Q, or of 802.1ad. */
export interface Vlan {
  readonly parent: number;
  readonly id: number;
  readonly isDot1ad: boolean;
}

/** A link's counters since it was created. */
export interface LinkCounters {
  readonly rxPackets: number;
  readonly txPackets: number;
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly rxErrors: number;
  readonly txErrors: number;
  readonly rxDropped: number;
  readonly txDropped: number;
}

const IFINFOMSG_BYTES = 16;
const IFF_UP = 1;
const IFF_RUNNING = 0x40;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_VRF_TABLE = 1;
const IFLA_VLAN_ID = 1;
const IFLA_VLAN_PROTOCOL = 5;
const IFLA_STATS64 = 23;
/** The parent is in another namespace. */
const IFLA_LINK_NETNSID = 37;
const ETH_P_8021AD = 0x88a8;
/** The first fields of struct rtnl_link_stats64, each a u64. */
const STATS64_BYTES = 64;
const ENODEV = 19;

/** Sets the administrative state. Throws LinuxError: ENODEV (no such interface), EPERM … */
export function setLinkUp(ifName: string, up: boolean): void {
  requestAck({
    type: RouteMessage.setLink,
    body: ifInfo({ flags: up ? IFF_UP : 0, change: IFF_UP }),
    attributes: [[IFLA_IFNAME, textBytes(ifName)]],
    call: 'setLinkUp',
    args: [ifName, up],
  });
}

/** Sets the MTU in bytes. Throws LinuxError: ENODEV, EINVAL (out of the driver's range), EPERM … */
export function setLinkMtu(ifName: string, mtuBytes: number): void {
  const attributes: Attribute[] = [
    [IFLA_IFNAME, textBytes(ifName)],
    [IFLA_MTU, mtuBytes],
  ];
  requestAck({
    type: RouteMessage.setLink,
    body: ifInfo({}),
    attributes,
    call: 'setLinkMtu',
    args: [ifName, mtuBytes],
  });
}

/** Sets the master of an interface, both in this thread's namespace. Throws LinuxError: ENODEV, EPERM … */
export function setLinkMaster(ifName: string, masterName: string | undefined): void {
  const args = [ifName, masterName];
  const master = masterName === undefined ? 0 : requireLinkIndex(masterName, 'setLinkMaster', args);
  const attributes: Attribute[] = [
    [IFLA_IFNAME, textBytes(ifName)],
    [IFLA_MASTER, master],
  ];
  requestAck({ type: RouteMessage.setLink, body: ifInfo({}), attributes, call: 'setLinkMaster', args });
}

/** Deletes a virtual link. Throws LinuxError: ENODEV, EOPNOTSUPP (a hardware device's link) … */
export function deleteLink(ifName: string): void {
  requestAck({
    type: RouteMessage.deleteLink,
    body: ifInfo({}),
    attributes: [[IFLA_IFNAME, textBytes(ifName)]],
    call: 'deleteLink',
    args: [ifName],
  });
}

/** Changes the link with this index: name, flags and the caller's attributes. Throws LinuxError. */
export function setLinkOf(
  index: number,
  change: {
    readonly name?: string;
    readonly flags?: number;
    readonly change?: number;
    readonly more: readonly Attribute[];
    readonly call: string;
    readonly args: readonly unknown[];
  },
): void {
  const { name, more, call, args } = change;
  const attributes: Attribute[] = name === undefined ? [...more] : [[IFLA_IFNAME, textBytes(name)], ...more];
  requestAck({ type: RouteMessage.setLink, body: ifInfo({ ...change, index }), attributes, call, args });
}

/** The interface's index in this thread's namespace; undefined when no link has that name. */
export function linkIndex(ifName: string): number | undefined {
  return listLinks().find((link) => link.name === ifName)?.index;
}

/** As `linkIndex`, but throws LinuxError ENODEV in the name of `call`. */
export function requireLinkIndex(ifName: string, call: string, args: readonly unknown[]): number {
  const index = linkIndex(ifName);
  if (index === undefined) throw new LinuxError(call, ENODEV, args);
  return index;
}

/** All network interfaces of this thread's namespace, by index. Throws LinuxError. */
export function listLinks(): Link[] {
  const links = requestDump(
    { type: RouteMessage.getLink, body: ifInfo({}), call: 'listLinks', args: [] },
    RouteMessage.newLink,
    decodeLink,
  );
  return links.sort((a, b) => a.index - b.index);
}

/** The counters of all links of this thread's namespace, by index. Throws LinuxError. */
export function listLinkCounters(): Map<number, LinkCounters> {
  const rows = requestDump(
    { type: RouteMessage.getLink, body: ifInfo({}), call: 'listLinkCounters', args: [] },
    RouteMessage.newLink,
    (payload): [number, LinkCounters] | undefined => {
      const stats = decodeAttributes(payload, IFINFOMSG_BYTES).get(IFLA_STATS64);
      if (stats === undefined || stats.length < STATS64_BYTES) return undefined;
      const field = (n: number): number => Number(stats.readBigUInt64LE(8 * n));
      return [
        payload.readInt32LE(4),
        {
          rxPackets: field(0),
          txPackets: field(1),
          rxBytes: field(2),
          txBytes: field(3),
          rxErrors: field(4),
          txErrors: field(5),
          rxDropped: field(6),
          txDropped: field(7),
        },
      ];
    },
  );
  return new Map(rows);
}

/** The body of a message about a link: by its index, or without one by its name. */
export function ifInfo(fields: { family?: number; index?: number; flags?: number; change?: number }): Buffer {
  const body = Buffer.alloc(IFINFOMSG_BYTES);
  body.writeUInt8(fields.family ?? 0, 0);
  body.writeInt32LE(fields.index ?? 0, 4);
  body.writeUInt32LE(fields.flags ?? 0, 8);
  body.writeUInt32LE(fields.change ?? 0, 12);
  return body;
}

/** Decodes the payload of a message about a link. */
export function decodeLink(payload: Buffer): Link {
  const flags = payload.readUInt32LE(8);
  const attributes = decodeAttributes(payload, IFINFOMSG_BYTES);
  const info = attributes.get(IFLA_LINKINFO);
  const kind = info === undefined ? '' : attributeText(decodeAttributes(info).get(IFLA_INFO_KIND));
  return {
    index: payload.readInt32LE(4),
    name: attributeText(attributes.get(IFLA_IFNAME)),
    mac: formatMac(attributes.get(IFLA_ADDRESS)),
    up: (flags & IFF_UP) !== 0,
    running: (flags & IFF_RUNNING) !== 0,
    mtu: attributes.get(IFLA_MTU)?.readUInt32LE(0) ?? 0,
    ...(kind === '' ? {} : { kind }),
    ...belongingOf(attributes),
  };
}

function belongingOf(attributes: ReadonlyMap<number, Buffer>): Pick<Link, 'master' | 'vrfTable' | 'vlan'> {
  const master = attributes.get(IFLA_MASTER)?.readUInt32LE(0) ?? 0;
  const info = decodeAttributes(attributes.get(IFLA_LINKINFO) ?? Buffer.alloc(0));
  const kind = attributeText(info.get(IFLA_INFO_KIND));
  const data = decodeAttributes(info.get(IFLA_INFO_DATA) ?? Buffer.alloc(0));
  const vrfTable = kind === 'vrf' ? data.get(IFLA_VRF_TABLE) : undefined;
  const vlan = kind === 'vlan' ? vlanOf(attributes, data) : undefined;
  return {
    ...(master === 0 ? {} : { master }),
    ...(vrfTable === undefined ? {} : { vrfTable: vrfTable.readUInt32LE(0) }),
    ...(vlan === undefined ? {} : { vlan }),
  };
}

function vlanOf(
  attributes: ReadonlyMap<number, Buffer>,
  data: ReadonlyMap<number, Buffer>,
): Vlan | undefined {
  const [parent, id] = [attributes.get(IFLA_LINK), data.get(IFLA_VLAN_ID)];
  if (parent === undefined || id === undefined || attributes.has(IFLA_LINK_NETNSID)) return undefined;
  const isDot1ad = data.get(IFLA_VLAN_PROTOCOL)?.readUInt16BE(0) === ETH_P_8021AD;
  return { parent: parent.readUInt32LE(0), id: id.readUInt16LE(0), isDot1ad };
}

function formatMac(bytes: Buffer | undefined): string {
  return bytes === undefined ? '' : [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
