/** The environment of a case's steps: the box and its peers. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Box, iniOf } from './box.ts';
import type { BoxPlan, FieldCase, Segment } from './case.ts';
import { SEGMENTS } from './case.ts';
import type { Host } from './host.ts';
import type { LinuxGuest } from './linux-guest.ts';
import { Peer } from './peer.ts';
import type { PeerPrograms } from './programs.ts';
import type { Wires } from './wires.ts';

export interface FieldOptions {
  readonly box: Box;
  readonly wires: Wires;
  /** Of a case with a plan for it. */
  readonly linux: LinuxGuest | undefined;
  readonly programs: PeerPrograms;
  /** Prefix of the names of namespaces. */
  readonly prefix: string;
  readonly seed: number;
}

export class Field implements AsyncDisposable {
  readonly box: Box;
  readonly peers: ReadonlyMap<string, Peer>;
  /** For captures and files of the peers; deleted with the field. */
  readonly scratch: string;
  readonly wires: Wires;
  /** Numbers in [0, 1), equal for equal seeds. */
  readonly random: () => number;
  readonly #plan: BoxPlan;
  readonly #linux: LinuxGuest | undefined;

  /** Creates the peers of a case; starts nothing. */
  constructor(plan: FieldCase, { box, wires, linux, programs, prefix, seed }: FieldOptions) {
    this.box = box;
    this.#linux = linux;
    this.wires = wires;
    this.random = randomNumbers(seed);
    this.#plan = plan.box;
    this.scratch = mkdtempSync(join(tmpdir(), 'appliance-peers-'));
    const peers = new Map<string, Peer>();
    this.peers = peers;
    for (const [index, one] of plan.peers.entries()) {
      const directory = join(this.scratch, 'peers');
      mkdirSync(join(directory, one.name), { recursive: true });
      peers.set(one.name, new Peer(one, { prefix, index, wires, programs, directory }));
    }
    // After the peers, each of which sets the MTU of its segments.
    for (const segment of plan.linux?.segments ?? []) wires.widen(segment);
  }

  /** A peer, or the Linux guest as `linux`. */
  host(name: string): Host {
    return name === 'linux' ? this.linux : this.peer(name);
  }

  get linux(): LinuxGuest {
    if (this.#linux === undefined) throw new Error('the case has no Linux guest');
    return this.#linux;
  }

  peer(name: string): Peer {
    const peer = this.peers.get(name);
    if (peer === undefined) throw new Error(`the case has no peer ${name}`);
    return peer;
  }

  /** Unplugs or plugs the cable of a NIC of the box. */
  setCarrier(segment: Segment, up: boolean): Promise<void> {
    return this.box.setLink(SEGMENTS.indexOf(segment), up);
  }

  /** Activates another plan on the box than the initial one: the same with other parts. */
  async change(parts: Partial<BoxPlan>): Promise<void> {
    await this.box.use({ ...this.#plan, ...parts });
  }

  /** Changes the initial configuration of the case as text. */
  async changeIni(change: (ini: string) => string): Promise<void> {
    await this.box.put(change(iniOf(this.box.plane, this.#plan)));
  }

  /** Cuts the power of the box, and starts it with the whole initial plan. */
  powerCycle(): Promise<void> {
    return this.box.startWith(this.#plan);
  }

  /** Queries the box's daemon of that name. */
  askBox(name: 'bird' | 'frr', question: string): Promise<string> {
    const daemon = this.#plan.daemons?.find((one) => one.name === name);
    if (daemon === undefined) throw new Error(`the box runs no ${name}`);
    return this.box.ask(daemon, question);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.peers.values()) await peer[Symbol.asyncDispose]();
    rmSync(this.scratch, { recursive: true, force: true });
  }
}

/** mulberry32: enough for a case's choices. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Why no case can run on this machine, or undefined. */
export function whyNoField(): string | undefined {
  if (process.getuid?.() !== 0) return 'the field needs root: network namespaces, TAPs';
  try {
    execFileSync('ip', ['-V'], { stdio: 'ignore' });
  } catch {
    return 'the field needs iproute2, which makes its links';
  }
  const probe = `field-probe-${process.pid}`;
  try {
    execFileSync('ip', ['netns', 'add', probe], { stdio: 'pipe' });
    execFileSync('ip', ['-n', probe, 'tuntap', 'add', 'mode', 'tap', 'name', 'tap0'], { stdio: 'pipe' });
    execFileSync('ip', ['-n', probe, 'link', 'add', 'br0', 'type', 'bridge'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `the field needs namespaces, TAPs and bridges of the kernel: ${String(error).trim()}`;
  } finally {
    try {
      execFileSync('ip', ['netns', 'del', probe], { stdio: 'ignore' });
    } catch {
      // It was never created.
    }
  }
}
