/**
 * Owns the addresses on interfaces, by rtnetlink, in the namespace this thread is in.
 *
 *   struct ifaddrmsg { u8 family; u8 prefixlen; u8 flags; u8 scope; u32 index; }
 *
 * Source: linux/if_addr.h, rtnetlink(7).
 */
import { isErrno, LinuxError } from './errors.ts';
import { AF_INET, AF_INET6, addressBits, addressFamily, decodeIp, encodeIp } from './ip-address.ts';
import { requireLinkIndex } from './links.ts';
import { type Attribute, decodeAttributes, NetlinkFlag } from './netlink-message.ts';
import { RouteMessage, requestAck, requestDump } from './rtnetlink.ts';

/** An address on an interface. */
export interface LinkAddress {
  readonly ifIndex: number;
  readonly family: 4 | 6;
  /** Canonical text. */
  readonly address: string;
  /** Prefix length in bits. */
  readonly length: number;
  /** Whether IPv6 duplicate address detection has not finished, or has failed. */
  readonly tentative: boolean;
}

const IFADDRMSG_BYTES = 8;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const IFA_FLAGS = 8;
const IFA_F_NODAD = 0x02;
const IFA_F_DADFAILED = 0x08;
const IFA_F_TENTATIVE = 0x40;
const EINVAL = 22;

/**
 * Adds an address to an interface; an existing one is no error. IPv6 addresses skip duplicate address detection and
 * are usable at once.  Throws LinuxError: ENODEV, EINVAL (invalid address, or length out of range), EPERM …
 */
export function addAddress(ifName: string, address: string, length: number): void {
  try {
    changeAddress('addAddress', RouteMessage.newAddress, ifName, address, length);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error; // already present
  }
}

/** Removes an address from an interface. Returns false when it was not there. Throws LinuxError: ENODEV, EPERM … */
export function removeAddress(ifName: string, address: string, length: number): boolean {
  try {
    changeAddress('removeAddress', RouteMessage.deleteAddress, ifName, address, length);
    return true;
  } catch (error) {
    if (isErrno(error, 'EADDRNOTAVAIL')) return false;
    throw error;
  }
}

/** The addresses of all interfaces, or of one. Throws LinuxError: ENODEV. */
export function listAddresses(ifName?: string): LinkAddress[] {
  const index = ifName === undefined ? undefined : requireLinkIndex(ifName, 'listAddresses', [ifName]);
  const addresses = requestDump(
    {
      type: RouteMessage.getAddress,
      body: Buffer.alloc(IFADDRMSG_BYTES),
      call: 'listAddresses',
      args: ifName === undefined ? [] : [ifName],
    },
    RouteMessage.newAddress,
    decodeAddress,
  );
  return index === undefined ? addresses : addresses.filter((entry) => entry.ifIndex === index);
}

function changeAddress(call: string, type: number, ifName: string, address: string, length: number): void {
  const args = [ifName, address, length];
  const { family, bytes } = encodeIp(address);
  if (!Number.isInteger(length) || length < 0 || length > addressBits(family)) {
    throw new LinuxError(call, EINVAL, args, { detail: `prefix length must be 0–${addressBits(family)}` });
  }
  const body = Buffer.alloc(IFADDRMSG_BYTES);
  body.writeUInt8(addressFamily(family), 0);
  body.writeUInt8(length, 1);
  body.writeUInt32LE(requireLinkIndex(ifName, call, args), 4);
  const attributes: Attribute[] = [
    [IFA_LOCAL, bytes],
    [IFA_ADDRESS, bytes],
  ];
  if (family === 6) attributes.push([IFA_FLAGS, IFA_F_NODAD]);
  else if (length < 31) attributes.push([IFA_BROADCAST, broadcastOf(bytes, length)]);
  const flags = type === RouteMessage.newAddress ? NetlinkFlag.create | NetlinkFlag.exclusive : 0;
  requestAck({ type, flags, body, attributes, call, args });
}

function broadcastOf(bytes: Buffer, length: number): Buffer {
  const broadcast = Buffer.alloc(4);
  const hostBits = length === 0 ? 0xffff_ffff : 2 ** (32 - length) - 1;
  broadcast.writeUInt32BE((bytes.readUInt32BE(0) | hostBits) >>> 0, 0);
  return broadcast;
}

function decodeAddress(payload: Buffer): LinkAddress | undefined {
  const familyNumber = payload.readUInt8(0);
  if (familyNumber !== AF_INET && familyNumber !== AF_INET6) return undefined;
  const attributes = decodeAttributes(payload, IFADDRMSG_BYTES);
  // On a point-to-point link IFA_ADDRESS is the peer and IFA_LOCAL is ours; otherwise IPv6 has only IFA_ADDRESS.
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (bytes === undefined) return undefined;
  const flags = attributes.get(IFA_FLAGS)?.readUInt32LE(0) ?? payload.readUInt8(2);
  return {
    ifIndex: payload.readUInt32LE(4),
    family: familyNumber === AF_INET ? 4 : 6,
    address: decodeIp(bytes),
    length: payload.readUInt8(1),
    tentative: (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) !== 0,
  };
}
