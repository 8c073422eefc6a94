/**
 * Owns what links have besides state and MTU: MAC address, promiscuous mode, what the ports of a bridge do, the primary
 * member of a bond, static neighbours and static MAC addresses; by rtnetlink, in the namespace this thread is in.
 *
 *   struct ndmsg { u8 family; u8 pad[3]; i32 ifindex; u16 state; u8 flags; u8 type; }
 *
 * Source: linux/if_link.h, linux/neighbour.h, rtnetlink(7).
 */
import { isErrno } from './errors.ts';
import { addressFamily, encodeIp } from './ip-address.ts';
import { ifInfo, requireLinkIndex, setLinkOf } from './links.ts';
import { type Attribute, NetlinkFlag, textBytes } from './netlink-message.ts';
import { RouteMessage, requestAck } from './rtnetlink.ts';

/** What a port of a bridge does. */
export interface BridgePortFlags {
  readonly learns: boolean;
  /** Broadcasts and multicast are sent on it. */
  readonly floods: boolean;
  readonly floodsUnknown: boolean;
  /** It does not forward to other isolated ports. */
  readonly isIsolated: boolean;
}

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_PROTINFO = 12;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_BOND_PRIMARY = 11;
const IFLA_BRPORT_LEARNING = 8;
const IFLA_BRPORT_UNICAST_FLOOD = 9;
const IFLA_BRPORT_MCAST_FLOOD = 27;
const IFLA_BRPORT_BCAST_FLOOD = 30;
const IFLA_BRPORT_ISOLATED = 33;
const NLA_F_NESTED = 0x8000;
const IFF_PROMISC = 0x100;
const AF_BRIDGE = 7;
const NDMSG_BYTES = 12;
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NUD_NOARP = 0x40;
const NUD_PERMANENT = 0x80;
const NTF_MASTER = 0x04;

/** Sets the MAC address. Throws LinuxError: ENODEV, EBUSY (a driver that wants the link down), EOPNOTSUPP … */
export function setLinkMac(ifName: string, mac: string): void {
  const args = [ifName, mac];
  const index = requireLinkIndex(ifName, 'setLinkMac', args);
  setLinkOf(index, { more: [[IFLA_ADDRESS, macBytes(mac)]], call: 'setLinkMac', args });
}

/** Whether the link takes frames to all MAC addresses. Throws LinuxError: ENODEV … */
export function setLinkPromiscuous(ifName: string, isOn: boolean): void {
  const args = [ifName, isOn];
  const index = requireLinkIndex(ifName, 'setLinkPromiscuous', args);
  const flags = isOn ? IFF_PROMISC : 0;
  setLinkOf(index, { flags, change: IFF_PROMISC, more: [], call: 'setLinkPromiscuous', args });
}

/** Sets what the port of a bridge does. Throws LinuxError: ENODEV, EINVAL or EOPNOTSUPP (no port of a bridge) … */
export function setBridgePort(ifName: string, flags: BridgePortFlags): void {
  const args = [ifName];
  const flag = (type: number, isOn: boolean): Attribute => [type, Uint8Array.of(isOn ? 1 : 0)];
  requestAck({
    type: RouteMessage.setLink,
    body: ifInfo({ family: AF_BRIDGE, index: requireLinkIndex(ifName, 'setBridgePort', args) }),
    attributes: [
      [
        IFLA_PROTINFO | NLA_F_NESTED,
        [
          flag(IFLA_BRPORT_LEARNING, flags.learns),
          flag(IFLA_BRPORT_UNICAST_FLOOD, flags.floodsUnknown),
          flag(IFLA_BRPORT_MCAST_FLOOD, flags.floods),
          flag(IFLA_BRPORT_BCAST_FLOOD, flags.floods),
          flag(IFLA_BRPORT_ISOLATED, flags.isIsolated),
        ],
      ],
    ],
    call: 'setBridgePort',
    args,
  });
}

/** Sets the member of a bond that sends whenever it is up. Throws LinuxError: ENODEV … */
export function setBondPrimary(bondName: string, memberName: string): void {
  const args = [bondName, memberName];
  const data: Attribute[] = [[IFLA_BOND_PRIMARY, requireLinkIndex(memberName, 'setBondPrimary', args)]];
  requestAck({
    type: RouteMessage.newLink,
    body: ifInfo({}),
    attributes: [
      [IFLA_IFNAME, textBytes(bondName)],
      [
        IFLA_LINKINFO,
        [
          [IFLA_INFO_KIND, textBytes('bond')],
          [IFLA_INFO_DATA, data],
        ],
      ],
    ],
    call: 'setBondPrimary',
    args,
  });
}

/** Sets the MAC address of a neighbour, which is never asked for. Throws LinuxError: ENODEV, ENETDOWN … */
export function setNeighbor(ifName: string, address: string, mac: string): void {
  changeEntry('setNeighbor', RouteMessage.newNeighbor, ifName, {
    ...neighborOf(address),
    mac,
  });
}

/** Removes a neighbour; one that is not there is no error. Throws LinuxError: ENODEV … */
export function removeNeighbor(ifName: string, address: string): void {
  unlessAbsent(() => changeEntry('removeNeighbor', RouteMessage.deleteNeighbor, ifName, neighborOf(address)));
}

/** Puts a MAC address behind a port of a bridge, for ever. Throws LinuxError: ENODEV … */
export function setStation(ifName: string, mac: string): void {
  changeEntry('setStation', RouteMessage.newNeighbor, ifName, { ...STATION, mac });
}

/** Removes a MAC address behind a port of a bridge; one that is not there is no error. Throws LinuxError: ENODEV … */
export function removeStation(ifName: string, mac: string): void {
  unlessAbsent(() => changeEntry('removeStation', RouteMessage.deleteNeighbor, ifName, { ...STATION, mac }));
}

interface Entry {
  readonly family: number;
  readonly state: number;
  readonly flags: number;
  readonly destination?: Uint8Array;
  readonly mac?: string;
}

const STATION = { family: AF_BRIDGE, state: NUD_NOARP, flags: NTF_MASTER };

function neighborOf(address: string): Entry {
  const { family, bytes } = encodeIp(address);
  return { family: addressFamily(family), state: NUD_PERMANENT, flags: 0, destination: bytes };
}

function changeEntry(call: string, type: number, ifName: string, entry: Entry): void {
  const args = [ifName, entry.mac];
  const body = Buffer.alloc(NDMSG_BYTES);
  body.writeUInt8(entry.family, 0);
  body.writeInt32LE(requireLinkIndex(ifName, call, args), 4);
  body.writeUInt16LE(entry.state, 8);
  body.writeUInt8(entry.flags, 10);
  const attributes: Attribute[] = [];
  if (entry.destination !== undefined) attributes.push([NDA_DST, entry.destination]);
  if (entry.mac !== undefined) attributes.push([NDA_LLADDR, macBytes(entry.mac)]);
  const flags = type === RouteMessage.newNeighbor ? NetlinkFlag.create | NetlinkFlag.replace : 0;
  requestAck({ type, flags, body, attributes, call, args });
}

function unlessAbsent(removal: () => void): void {
  try {
    removal();
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

function macBytes(mac: string): Uint8Array {
  return Uint8Array.from(mac.split(':').map((byte) => Number.parseInt(byte, 16)));
}
