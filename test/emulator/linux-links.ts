/**
 * The TAPs of the emulator as real links: each has a counterpart of its name in the namespace that represents the wire,
 * and frames are carried between them. So daemons on both sides can talk, as through VPP.
 *
 * Invariants: changes are complete when the call returns, as in VPP; TAPs end with the process, in any case,
 * except those of which another process holds a queue: these stay, and the next emulator joins them, as VPP does.
 */

import { execFileSync } from 'node:child_process';
import { closeSync, readSync, writeSync } from 'node:fs';
import { withNetns } from '../../src/linux/mod.ts';
import { openTapQueue } from '../../src/linux/tap.ts';
import { watchReadable } from '../../src/linux/watch-readable.ts';

const FRAME_BYTES = 65_536;
/** Frames of one TAP before the other gets its turn. */
const MAX_FRAMES = 64;

export class LinuxLinks {
  /** The namespace of the counterparts. */
  readonly #wire: string;
  readonly #taps = new Map<string, Disposable>();

  constructor(wire: string) {
    this.#wire = wire;
  }

  /**
   * Creates a TAP, or a TUN, which has no MAC address, or joins the one of that name, and returns its index. Throws where the name is another link's, as
   * tap_create_if refuses it.
   */
  create(netns: string, name: string, mac: string | undefined, mtu: number): number {
    using ends = new DisposableStack();
    const open = (where: string): number => {
      const fd = withNetns(where, () => openTapQueue(name, mac === undefined ? 'tun' : 'tap'));
      ends.defer(() => closeSync(fd));
      return fd;
    };
    const [near, far] = [open(netns), open(this.#wire)];
    if (mac !== undefined) ip(netns, 'link', 'set', 'dev', name, 'address', mac);
    ip(netns, 'link', 'set', 'dev', name, 'mtu', String(mtu));
    ip(this.#wire, 'link', 'set', 'dev', name, 'mtu', String(mtu), 'up');
    ends.use(watchReadable(near, () => carry(near, far)));
    ends.use(watchReadable(far, () => carry(far, near)));
    const [link]: { ifindex: number }[] = JSON.parse(ip(netns, '-json', 'link', 'show', 'dev', name));
    if (link === undefined) throw new Error(`${name} disappeared at once`);
    this.#taps.set(`${netns}/${name}`, ends.move());
    return link.ifindex;
  }

  /** The index of the link of that name; undefined without one. */
  find(netns: string, name: string): number | undefined {
    try {
      const [link]: { ifindex: number }[] = JSON.parse(ip(netns, '-json', 'link', 'show', 'dev', name));
      return link?.ifindex;
    } catch {
      return undefined;
    }
  }

  /** Deletes a VLAN device, whoever made it (lcp_netlink_del_link). */
  deleteVlan(netns: string, name: string): void {
    this.delete(netns, name);
    attempt(netns, 'link', 'delete', 'dev', name);
  }

  delete(netns: string, name: string): void {
    this.#taps.get(`${netns}/${name}`)?.[Symbol.dispose]();
    this.#taps.delete(`${netns}/${name}`);
  }

  setUp(netns: string, name: string, isUp: boolean): void {
    attempt(netns, 'link', 'set', 'dev', name, isUp ? 'up' : 'down');
  }

  setMtu(netns: string, name: string, mtu: number): void {
    for (const where of [netns, this.#wire]) attempt(where, 'link', 'set', 'dev', name, 'mtu', String(mtu));
  }

  /** The link of VPP's interface: tap_set_carrier. */
  setCarrier(netns: string, name: string, isUp: boolean): void {
    attempt(netns, 'link', 'set', 'dev', name, 'carrier', isUp ? 'on' : 'off');
  }

  /** An address that exists already, or does not exist, is no error: vnet_netlink_add_ip4_addr ignores it. */
  changeAddress(netns: string, name: string, address: string, isAdd: boolean): void {
    attempt(netns, 'address', isAdd ? 'add' : 'delete', address, 'dev', name);
  }
}

const frame = Buffer.allocUnsafe(FRAME_BYTES);

/** Carries the frames of a TAP to another one, with the kernel's header. Frames that cannot be delivered are lost. */
function carry(from: number, to: number): void {
  for (let count = 0; count < MAX_FRAMES; count++) {
    let length: number;
    try {
      length = readSync(from, frame);
    } catch {
      return; // no more frames, or it is down
    }
    try {
      writeSync(to, frame, 0, length);
    } catch {
      // The other end is down.
    }
  }
}

function ip(netns: string, ...args: string[]): string {
  const all = [`--net=/run/netns/${netns}`, 'ip', ...args];
  return execFileSync('nsenter', all, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** VPP ignores the kernel's answer. */
function attempt(netns: string, ...args: string[]): void {
  try {
    ip(netns, ...args);
  } catch {
    // The link is gone, or already in that state.
  }
}
