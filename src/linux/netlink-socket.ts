/**
 * Owns opening rtnetlink sockets: namespace, options, multicast groups.
 *
 * Invariant: a socket stays in the namespace it was opened in, whatever this thread does later.
 *
 *   struct sockaddr_nl { u16 family; u16 pad; u32 pid; u32 groups; }
 *   struct sock_fprog  { u16 len; struct sock_filter *filter; }
 *   struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; }
 *
 * Sources: netlink(7), linux/filter.h.
 */
import { closeSync } from 'node:fs';
import { check } from './check.ts';
import { asLinuxError, LinuxError } from './errors.ts';
import { addressOf, keepAlive, lastErrno, libc, nativeBuffer } from './libc.ts';
import { withNetns } from './netns.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC_NONBLOCK = 0o2004003;
const SOCKADDR_BYTES = 12;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_ATTACH_FILTER = 26;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;

/** One instruction of a classic BPF program: code, jump if true, jump if false, operand. */
type FilterInstruction = readonly [code: number, jumpTrue: number, jumpFalse: number, operand: number];

export interface NetlinkSocketOptions {
  /** Name of a network namespace under /run/netns; the thread's current one when absent. */
  readonly netns?: string | undefined;
  /** Multicast groups (RTNLGRP_…). */
  readonly groups?: readonly number[];
  /** Receive buffer in bytes; the kernel's default when absent. */
  readonly receiveBytes?: number;
  /** Port id of a socket whose own changes are filtered out. */
  readonly ignoredPort?: number;
}

export interface NetlinkSocket extends Disposable {
  readonly fd: number;
  /** Its address: the pid field of the kernel's answers, and of notifications of changes made through it. */
  readonly portId: number;
}

/** Opens a non-blocking rtnetlink socket. Throws LinuxError: ENOENT (no such namespace), EPERM, EMFILE … */
export function openNetlinkSocket(options: NetlinkSocketOptions = {}): NetlinkSocket {
  const open = (): number =>
    check(libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, 0), 'socket', 'AF_NETLINK');
  const { netns } = options;
  const fd = netns === undefined ? open() : withNetns(netns, open);
  try {
    const address = nativeBuffer(SOCKADDR_BYTES);
    address.writeUInt16LE(AF_NETLINK, 0);
    // First: bind sets the groups too, to none.
    check(libc.bind(fd, address, SOCKADDR_BYTES), 'bind', 'AF_NETLINK');
    setOptions(fd, options);
    const size = nativeBuffer(4);
    size.writeUInt32LE(SOCKADDR_BYTES, 0);
    check(libc.getsockname(fd, address, size), 'getsockname', 'AF_NETLINK');
    let isOpen = true;
    const dispose = (): void => {
      if (isOpen) closeSync(fd);
      isOpen = false;
    };
    return { fd, portId: address.readUInt32LE(4), [Symbol.dispose]: dispose };
  } catch (error) {
    closeSync(fd);
    throw asLinuxError(error, 'openNetlinkSocket', [netns ?? 'own namespace']);
  }
}

/** Receives the next datagram into `buffer`: its length, or why there is none. Throws LinuxError. */
export function receiveDatagram(fd: number, buffer: Buffer): number | 'empty' | 'overrun' {
  const length = Number(libc.recv(fd, buffer, BigInt(buffer.length), MSG_DONTWAIT | MSG_TRUNC));
  if (length > buffer.length) {
    throw new LinuxError('recv', EMSGSIZE, [fd], {
      detail: `datagram of ${length} bytes exceeds the buffer`,
    });
  }
  if (length >= 0) return length;
  const errno = lastErrno();
  if (errno === EAGAIN || errno === EINTR) return 'empty';
  if (errno === ENOBUFS) return 'overrun';
  throw new LinuxError('recv', errno, [fd]);
}

const MSG_DONTWAIT = 0x40;
/** The length as sent: shows when it exceeded the buffer. */
const MSG_TRUNC = 0x20;
const EINTR = 4;
const EAGAIN = 11;
const EMSGSIZE = 90;
const ENOBUFS = 105;

function setOptions(fd: number, options: NetlinkSocketOptions): void {
  // These only improve the answers (capped, with a text, dumps filtered by the kernel): a refusal is no error.
  for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) {
    setOption(fd, SOL_NETLINK, option, 1);
  }
  const { receiveBytes, ignoredPort } = options;
  if (receiveBytes !== undefined && setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, receiveBytes) < 0) {
    // Without CAP_NET_ADMIN: limited by net.core.rmem_max.
    setOption(fd, SOL_SOCKET, SO_RCVBUF, receiveBytes);
  }
  // Before joining the groups, so that nothing passes unfiltered.
  if (ignoredPort !== undefined) attachFilter(fd, withoutPort(ignoredPort));
  for (const group of options.groups ?? []) {
    check(setOption(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group), 'setsockopt', 'add membership', group);
  }
}

function setOption(fd: number, level: number, option: number, value: number): number {
  const bytes = nativeBuffer(4);
  bytes.writeUInt32LE(value, 0);
  return libc.setsockopt(fd, level, option, bytes, 4);
}

/** Passes everything except messages whose header names this port. The program loads words as big-endian. */
function withoutPort(portId: number): FilterInstruction[] {
  const swapped = nativeBuffer(4);
  swapped.writeUInt32LE(portId, 0);
  return [
    [BPF_LOAD_WORD, 0, 0, PORT_OFFSET],
    [BPF_JUMP_IF_EQUAL, 0, 1, swapped.readUInt32BE(0)],
    [BPF_RETURN, 0, 0, 0],
    [BPF_RETURN, 0, 0, 0xffff_ffff],
  ];
}

const BPF_LOAD_WORD = 0x20;
const BPF_JUMP_IF_EQUAL = 0x15;
const BPF_RETURN = 0x06;
/** Offset of pid in struct nlmsghdr. */
const PORT_OFFSET = 12;

function attachFilter(fd: number, program: readonly FilterInstruction[]): void {
  const instructions = nativeBuffer(program.length * 8);
  for (const [index, [code, jumpTrue, jumpFalse, operand]] of program.entries()) {
    instructions.writeUInt16LE(code, index * 8);
    instructions.writeUInt8(jumpTrue, index * 8 + 2);
    instructions.writeUInt8(jumpFalse, index * 8 + 3);
    instructions.writeUInt32LE(operand, index * 8 + 4);
  }
  const header = nativeBuffer(16);
  header.writeUInt16LE(program.length, 0);
  header.writeBigUInt64LE(addressOf(instructions), 8);
  check(libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, header, 16), 'setsockopt', 'SO_ATTACH_FILTER');
  keepAlive(instructions);
}
