/**
 * The cables between the box and its peers: a bridge per segment in a separate namespace, whose ports are the box's
 * TAPs and the peers' veths. All traffic of a segment can be captured there.
 */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { linkIndex } from '../../src/linux/mod.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { LINUX_SEGMENTS, type LinuxSegment, SEGMENTS, type PeerLink, type Segment } from './case.ts';
import { Namespace, type Running } from './namespace.ts';
import type { PeerPrograms } from './programs.ts';

const DEFAULT_MTU = 1500;
/** Between guests: for tags and tunnels. */
const JUMBO_MTU = 9100;
const TAP_MS = 10_000;
/** Bytes of a captured packet: headers, and most of the daemons' payload. */
const SNAP_BYTES = 256;
const CAPTURED_PACKETS = 20_000;

/** Guests with TAPs on the segments. */
export type Machine = 'box' | 'linux';
const SEGMENTS_OF: Readonly<Record<Machine, readonly Segment[]>> = { box: SEGMENTS, linux: LINUX_SEGMENTS };

export class Wires implements AsyncDisposable {
  readonly #namespace: Namespace;
  readonly #prefix: string;
  /** The number of ports so far. */
  #ports = 0;
  #captures: Running[] = [];
  #readCapture: (segment: Segment, filter: string) => Promise<string> = () =>
    Promise.reject(new Error('nothing was captured'));

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#namespace = new Namespace(`${prefix}-wires`);
    for (const segment of SEGMENTS) {
      const bridge = 'type bridge stp_state 0 forward_delay 0 mcast_snooping 0';
      this.#namespace.ip(`link add ${segment} ${bridge}`);
      // The bridges only forward: they send no packets.
      this.#namespace.sysctl(`ipv6.conf.${segment}.disable_ipv6`, 1);
      this.#namespace.ip(`link set ${segment} up`);
    }
  }

  /** QEMU's name for the TAP of a guest on a segment. */
  tapName(segment: Segment, machine: Machine): string {
    return `${this.#prefix}${machine[0]}${SEGMENTS.indexOf(segment)}`;
  }

  /** Moves the TAPs of a QEMU that has just started out of the machine's own namespace. */
  async takeTaps(machine: Machine): Promise<void> {
    for (const segment of SEGMENTS_OF[machine]) {
      const name = this.tapName(segment, machine);
      for (const deadline = performance.now() + TAP_MS; linkIndex(name) === undefined; await sleep(50)) {
        if (performance.now() > deadline) throw new Error(`QEMU created no TAP ${name}`);
      }
      execFileSync('ip', ['link', 'set', name, 'netns', this.#namespace.name]);
      this.#join(name, segment);
    }
  }

  /** Connects a peer to a segment; in its namespace the link has the segment's name. */
  attach(
    peer: Namespace,
    index: number,
    { segment, addresses = [], mac, mtu = DEFAULT_MTU, tags }: PeerLink,
  ): void {
    // A namespace disappears some time after it was deleted, and its links with it.
    const port = `p${++this.#ports}-${segment}`;
    const address = mac ?? macOf(`${segment} ${addresses[0] ?? index}`);
    const link = tags === undefined ? segment : untaggedName(segment);
    peer.ip(`link add ${link} address ${address} type veth peer name ${port} netns ${this.#namespace.name}`);
    this.#join(port, segment);
    // The bridge has the lowest MTU of its ports. Tags are on top of it.
    const wire = mtu + 4 * (tags?.length ?? 0);
    for (const each of [this.tapName(segment, 'box'), port])
      this.#namespace.ip(`link set ${each} mtu ${wire}`);
    if (tags !== undefined) {
      peer.sysctl(`ipv6.conf.${link}.disable_ipv6`, 1);
      peer.ip(`link set ${link} mtu ${wire} up`);
      // The kernel of this machine may have no VLANs: vlan-tap.py tags the frames of a TAP.
      peer.ip(`tuntap add ${segment} mode tap`);
      peer.ip(`link set ${segment} address ${macOf(`tap ${segment} ${addresses[0] ?? index}`)}`);
    }
    peer.ip(`link set ${segment} mtu ${mtu}`);
    // A query that is a second too early must not wait another one.
    for (const family of ['ipv4', 'ipv6']) peer.sysctl(`${family}.neigh.${segment}.retrans_time_ms`, 200);
    for (const each of addresses) {
      peer.ip(`address add ${each} dev ${segment}${each.includes(':') ? ' nodad' : ''}`);
    }
    peer.ip(`link set ${segment} up`);
  }

  /** Has a segment carry what two guests may send each other. */
  widen(segment: LinuxSegment): void {
    for (const machine of ['box', 'linux'] as const) {
      this.#namespace.ip(`link set ${this.tapName(segment, machine)} mtu ${JUMBO_MTU}`);
    }
  }

  /** Captures segments into `SEGMENT.pcap` of a directory until `endCaptures`. */
  capture(segments: readonly Segment[], programs: PeerPrograms, directory: string): void {
    mkdirSync(directory, { recursive: true });
    this.#readCapture = async (segment, filter) => {
      const file = ['-r', join(directory, `${segment}.pcap`), '-n', '-e'];
      const { text } = await this.#namespace.run(programs.path('tcpdump'), [...file, filter], {
        env: programs.env,
      });
      return text;
    };
    this.#captures = segments.map((segment) =>
      this.#namespace.start(
        programs.path('tcpdump'),
        [
          ...['-i', segment, '-n', '-U', '-s', String(SNAP_BYTES), '-c', String(CAPTURED_PACKETS)],
          ...['-Z', 'root', '-w', join(directory, `${segment}.pcap`)],
        ],
        programs.env,
      ),
    );
  }

  /** What tcpdump says of the frames of a segment since the case began that match its filter. */
  captured(segment: Segment, filter: string): Promise<string> {
    return this.#readCapture(segment, filter);
  }

  async endCaptures(): Promise<void> {
    await Promise.all(this.#captures.map((one) => one.end()));
    this.#captures = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#namespace[Symbol.asyncDispose]();
  }

  #join(port: string, segment: Segment): void {
    this.#namespace.sysctl(`ipv6.conf.${port}.disable_ipv6`, 1);
    this.#namespace.ip(`link set ${port} master ${segment} up`);
    // A cable carries LACP and LLDP too, which a bridge does not forward by default (IEEE 802.1D, 01-80-c2-00-00-02, -0e).
    this.#namespace.ip(`link set ${port} type bridge_slave group_fwd_mask 0x4004`);
  }
}

/** The link below one whose frames have tags. */
export function untaggedName(segment: Segment): string {
  return `${segment}-wire`;
}

/**
 * Equal for equal addresses: the box's neighbours from the previous case stay valid, if they have the same addresses.
 */
function macOf(identity: string): string {
  const bytes = createHash('sha256').update(identity).digest('hex').slice(0, 8);
  return `02:fd:${bytes.replace(/(..)(?=.)/g, '$1:')}`;
}
