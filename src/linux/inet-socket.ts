/**
 * Owns opening UDP and TCP sockets in a chosen network namespace, for node to take over by their descriptors.
 *
 * Invariant: a socket stays in the namespace it was opened in, whatever this thread does later.
 *
 *   struct sockaddr_in  { u16 family; be16 port; u8 addr[4]; u8 zero[8]; }
 *   struct sockaddr_in6 { u16 family; be16 port; u32 flowinfo; u8 addr[16]; u32 scope; }
 *
 * Sources: ip(7), ipv6(7), network_namespaces(7).
 */
import { closeSync } from 'node:fs';
import { check } from './check.ts';
import { asLinuxError } from './errors.ts';
import { addressFamily, encodeIp } from './ip-address.ts';
import { libc, nativeBuffer } from './libc.ts';
import { withNetns } from './netns.ts';

/** SOCK_STREAM and SOCK_DGRAM, each with SOCK_CLOEXEC and SOCK_NONBLOCK. */
const SOCKET_TYPE = { tcp: 0o2004001, udp: 0o2004002 } as const;
const SOCKADDR_IN_BYTES = 16;
const SOCKADDR_IN6_BYTES = 28;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_BINDTODEVICE = 25;
const IFNAMSIZ = 16;

export interface InetSocketOptions {
  readonly protocol: 'tcp' | 'udp';
  readonly family: 4 | 6;
  /** Name of a network namespace under /run/netns; the thread's current one when absent. */
  readonly netns?: string | undefined;
  /** Local address and port to bind; unbound when absent. */
  readonly local?: { readonly address: string; readonly port: number };
  /** Only through this link: link-local addresses are its. */
  readonly link?: string | undefined;
}

/** Opens a non-blocking socket; the caller closes it. Throws LinuxError: ENOENT (no such namespace), EADDRINUSE … */
export function openInetSocket(options: InetSocketOptions): number {
  const { protocol, family, netns, local, link } = options;
  const open = (): number => check(libc.socket(addressFamily(family), SOCKET_TYPE[protocol], 0), 'socket');
  const fd = netns === undefined ? open() : withNetns(netns, open);
  try {
    if (link !== undefined) bindToLink(fd, link);
    if (local === undefined) return fd;
    const on = nativeBuffer(4);
    on.writeUInt32LE(1, 0);
    if (protocol === 'tcp') check(libc.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, on, 4), 'setsockopt');
    const address = socketAddress(local.address, local.port);
    check(libc.bind(fd, address, address.length), 'bind');
    return fd;
  } catch (error) {
    closeSync(fd);
    const where = local === undefined ? [] : [local.address, local.port];
    throw asLinuxError(error, 'openInetSocket', [netns ?? 'own namespace', link ?? 'any link', ...where]);
  }
}

/** The name is looked up in the namespace of the socket. */
function bindToLink(fd: number, link: string): void {
  const name = nativeBuffer(IFNAMSIZ);
  name.write(link.slice(0, IFNAMSIZ - 1));
  check(libc.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, IFNAMSIZ), 'setsockopt', link);
}

function socketAddress(text: string, port: number): Buffer {
  const { family, bytes } = encodeIp(text);
  const address = nativeBuffer(family === 4 ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES);
  address.writeUInt16LE(addressFamily(family), 0);
  address.writeUInt16BE(port, 2);
  bytes.copy(address, family === 4 ? 4 : 8);
  return address;
}
