/**
 * Fills the emulator's stats segment: the entries of every VPP, an interface for each of VppState's, and counters that
 * grow while an interface is up, so that readers do not see only zeros.
 */

import { claimSocketPath } from './listen.ts';
import {
  aclPath,
  addErrorEntries,
  addInterfaceEntries,
  addNatEntries,
  addNodeEntries,
  addStandardEntries,
  NAT_SESSIONS,
  removeInterfaceEntries,
  resetAclEntries,
} from './stats-directory.ts';
import { StatsSegment } from './stats-segment.ts';
import type { Interface, VppState } from './vpp-state.ts';

const TICK_MS = 100;
const NODES = [
  'unix-epoll-input',
  'dpdk-input',
  'ethernet-input',
  'ip4-input',
  'ip4-lookup',
  'ip4-rewrite',
  'error-drop',
];
const ERRORS = [
  { node: 'ip4-input', reason: 'ip4 ttl <= 1' },
  { node: 'ip4-local', reason: 'unknown ip protocol' },
];
const RX_PACKETS_PER_TICK = 13;
/** Approximate turns per second of a thread that polls. */
const LOOPS = 1_500_000;
const LOOPS_NOISE = 20_000;
const BYTES_PER_PACKET = 512;
/** Sessions of NAT44 between two sides that are up. */
const SESSIONS = 7;

export interface EmulatedStatsOptions {
  readonly state: VppState;
  readonly sizeBytes: number;
  readonly workers: number;
  readonly perNodeCounters: boolean;
  /** nat_plugin.so is loaded. */
  readonly hasNat: boolean;
}

/** The memory of 25.02 is more than a test needs: the file is sparse, but bounded all the same. */
const MAX_SEGMENT_BYTES = 256 * 1024 * 1024;

export class EmulatedStats implements Disposable {
  readonly segment: StatsSegment;
  readonly #state: VppState;
  readonly #hasNodes: boolean;
  readonly #hasNat: boolean;
  readonly #names = new Map<number, string>();
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  /** Stalled worker threads, by their number. */
  readonly stalled = new Set<number>();

  constructor(options: EmulatedStatsOptions) {
    this.#state = options.state;
    this.#hasNodes = options.perNodeCounters;
    this.#hasNat = options.hasNat;
    const sizeBytes = Math.min(options.sizeBytes, MAX_SEGMENT_BYTES);
    this.segment = new StatsSegment({ sizeBytes, threads: 1 + options.workers });
    addStandardEntries(this.segment, { bootTime: Math.floor(Date.now() / 1000) });
    if (options.perNodeCounters) addNodeEntries(this.segment, NODES);
    addErrorEntries(this.segment, 0, ERRORS);
    for (const one of options.state.interfaces.values()) this.#add(one);
    if (options.hasNat) addNatEntries(this.segment);
    this.#turnThreads();
    options.state.acls.onRules((index, rules) => resetAclEntries(this.segment, index, rules));
    options.state.onInterface((changed, deleted) => {
      if (deleted) this.#remove(changed);
      else this.#add(changed);
    });
  }

  /** Serves the segment on `path` and makes the counters grow. */
  async serve(path: string): Promise<void> {
    await claimSocketPath(path);
    this.segment.serve(path);
    this.start();
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  /** Stops all growth, as in a VPP that hangs. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #add(one: Interface): void {
    if (this.#names.has(one.swIfIndex)) return;
    this.#names.set(one.swIfIndex, one.name);
    addInterfaceEntries(this.segment, one.swIfIndex, one.name);
  }

  #remove(one: Interface): void {
    const name = this.#names.get(one.swIfIndex);
    if (name === undefined) return;
    this.#names.delete(one.swIfIndex);
    removeInterfaceEntries(this.segment, one.swIfIndex, name);
  }

  /** Adds to one counter of an interface: combined ones such as `rx` by packets and bytes, simple ones by packets. */
  bump(swIfIndex: number, counter: string, packets: number, bytes: number | undefined): void {
    if (bytes === undefined) this.segment.incrementSimple(`/if/${counter}`, 0, swIfIndex, packets);
    else this.segment.incrementCombined(`/if/${counter}`, 0, swIfIndex, packets, bytes);
  }

  #tick(): void {
    this.#ticks++;
    const { segment } = this;
    const thread = segment.threads > 1 ? 1 : 0;
    for (const one of this.#state.interfaces.values()) {
      if (!one.linkUp || one.kind === 'local') continue;
      const packets = RX_PACKETS_PER_TICK + one.swIfIndex;
      const bytes = packets * BYTES_PER_PACKET;
      segment.incrementCombined('/if/rx', thread, one.swIfIndex, packets, bytes);
      segment.incrementCombined('/if/rx-unicast', thread, one.swIfIndex, packets, bytes);
      segment.incrementCombined('/if/tx', thread, one.swIfIndex, packets - 1, bytes - BYTES_PER_PACKET);
      segment.incrementCombined(
        '/if/tx-unicast',
        thread,
        one.swIfIndex,
        packets - 1,
        bytes - BYTES_PER_PACKET,
      );
      segment.incrementSimple('/if/ip4', thread, one.swIfIndex, packets);
      if (this.#ticks % 10 === 0) segment.incrementSimple('/if/drops', thread, one.swIfIndex, 1);
      // What it receives matches the first rule of its first filter.
      const [acl] = this.#state.acls.isCounting ? (this.#state.acls.lists.get(one.swIfIndex)?.in ?? []) : [];
      if (acl !== undefined) segment.incrementCombined(aclPath(acl), thread, 0, packets, bytes);
    }
    if (this.#hasNodes) {
      for (let node = 0; node < NODES.length; node++) {
        segment.incrementSimple('/sys/node/calls', thread, node, 20);
        segment.incrementSimple('/sys/node/vectors', thread, node, 40);
        segment.incrementSimple('/sys/node/clocks', thread, node, 9_000);
      }
    }
    if (this.#ticks % 10 === 0) this.#everySecond();
  }

  #everySecond(): void {
    const { segment } = this;
    segment.incrementScalar('/sys/heartbeat', 1);
    segment.setScalar('/sys/last_update', Math.floor(this.#ticks / 10));
    segment.setScalar('/sys/vector_rate', 2);
    segment.setScalar('/sys/input_rate', 130);
    segment.incrementSimple('/node/errors', 0, 0, 1);
    const { nat44 } = this.#state;
    const hasSides = new Set(nat44.roles.values()).size > 1;
    if (this.#hasNat) segment.setSimple(NAT_SESSIONS, 0, 0, nat44.isOn && hasSides ? SESSIONS : 0);
    this.#turnThreads();
  }

  #turnThreads(): void {
    for (let thread = 0; thread < this.segment.threads; thread++) {
      if (this.stalled.has(thread - 1)) continue;
      const loops = LOOPS + Math.floor(Math.random() * LOOPS_NOISE);
      this.segment.setSimple('/sys/loops_per_worker', 0, thread, loops);
    }
  }

  [Symbol.dispose](): void {
    this.stop();
    this.segment[Symbol.dispose]();
  }
}
