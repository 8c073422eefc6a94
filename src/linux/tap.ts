/**
 * Owns TAPs as descriptors: each queue of a TAP is an open /dev/net/tun.
 *
 * A TAP that is not persistent exists as long as one of its queues is open, even a detached one: it then keeps its
 * carrier, its addresses and the routes over it, and drops what is sent into it (tun_detach in drivers/net/tun.c).
 * Source: kernel Documentation/networking/tuntap.rst, linux/if_tun.h.
 *
 *   struct ifreq { char name[16]; short flags; char pad[22]; }
 */
import { closeSync, constants, openSync } from 'node:fs';
import { check } from './check.ts';
import { asLinuxError, LinuxError } from './errors.ts';
import { addressOf, cString, keepAlive, libc, nativeBuffer } from './libc.ts';
import { linkIndex } from './links.ts';

const DEVICE = '/dev/net/tun';
const TUNSETIFF = 0x4004_54can;
const TUNSETQUEUE = 0x4004_54d9n;
const IFREQ_BYTES = 40;
const IFREQ_FLAGS = 16;
const MAX_NAME = 15;
/** A TUN has IP packets, a TAP Ethernet frames. */
const IFF_KIND = { tun: 0x1, tap: 0x2 } as const;
const IFF_MULTI_QUEUE = 0x100;
const IFF_DETACH_QUEUE = 0x400;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const ENODEV = 19;
const EINVAL = 22;

/**
 * Opens one more queue of a TAP of this thread's namespace, as VPP opens its own (src/vnet/devices/tap/tap.c: each frame
 * preceded by a virtio-net header); creates the TAP if it does not exist. `kind` tells a TUN from a TAP. The descriptor is non-blocking; the caller
 * closes it. Throws LinuxError: EINVAL (the link is not such a TAP), ENOENT (no tun in this kernel), EPERM …
 */
export function openTapQueue(name: string, kind: keyof typeof IFF_KIND = 'tap'): number {
  let fd: number;
  try {
    fd = openSync(DEVICE, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    throw asLinuxError(error, 'openTapQueue', [name]);
  }
  try {
    setInterface(fd, TUNSETIFF, name, IFF_KIND[kind] | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Keeps a TAP or a TUN of this thread's namespace alive when the program that created it ends, until disposed; the frames still
 * go to that program. Throws LinuxError: ENODEV (no link of that index has the name), and as `openTapQueue`.
 */
export function keepTap(name: string, ifIndex: number): Disposable {
  if (linkIndex(name) !== ifIndex) throw new LinuxError('keepTap', ENODEV, [name, ifIndex]);
  const fd = openEither(name);
  try {
    setInterface(fd, TUNSETQUEUE, name, IFF_DETACH_QUEUE);
    // If the TAP was removed meanwhile, the open created another one.
    if (linkIndex(name) !== ifIndex) throw new LinuxError('keepTap', ENODEV, [name, ifIndex]);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { [Symbol.dispose]: () => closeSync(fd) };
}

/** A queue of the TAP, or of the TUN, of that name. */
function openEither(name: string): number {
  try {
    return openTapQueue(name);
  } catch (error) {
    if (!(error instanceof LinuxError) || error.errno !== EINVAL) throw error;
    return openTapQueue(name, 'tun');
  }
}

function setInterface(fd: number, request: bigint, name: string, flags: number): void {
  const ifreq = nativeBuffer(IFREQ_BYTES);
  ifreq.write(cString(name, 'the TAP').slice(0, MAX_NAME), 'latin1');
  ifreq.writeUInt16LE(flags, IFREQ_FLAGS);
  check(
    libc.ioctl(fd, request, addressOf(ifreq)),
    `ioctl ${request === TUNSETIFF ? 'TUNSETIFF' : 'TUNSETQUEUE'}`,
    name,
  );
  keepAlive(ifreq);
}
