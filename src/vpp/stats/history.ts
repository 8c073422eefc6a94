/**
 * Owns the history of the last minutes: rates by interface and load by thread, computed between consecutive snapshots,
 * in two rings. `fine` holds the one-second reads made while someone watches, `coarse` those of the poll interval.
 *
 * Invariants: an unknown rate (the first read, VPP restarted, counters were cleared) is NaN, never 0; memory
 * is bounded by interfaces × figures × points, and freed when an interface has left both rings.
 */
import type { InterfaceCounter } from './counters.ts';
import type { StatsSnapshot } from './snapshot.ts';

/** Figures of an interface, all per second; bits are those of the packets, without the link's overhead. */
export const RATES = [
  'rxPacketsPerSecond',
  'txPacketsPerSecond',
  'rxBitsPerSecond',
  'txBitsPerSecond',
  'dropsPerSecond',
  'errorsPerSecond',
] as const;

export type Rate = (typeof RATES)[number];

/** Packets of a full frame (VLIB_FRAME_SIZE): a thread whose node calls are that full is at its limit. */
const FRAME_PACKETS = 256;

/** The source of each rate, and the factor of its counters. */
const SOURCES: Readonly<
  Record<Rate, { readonly counters: readonly InterfaceCounter[]; readonly factor: number }>
> = {
  rxPacketsPerSecond: { counters: ['rxPackets'], factor: 1 },
  txPacketsPerSecond: { counters: ['txPackets'], factor: 1 },
  rxBitsPerSecond: { counters: ['rxBytes'], factor: 8 },
  txBitsPerSecond: { counters: ['txBytes'], factor: 8 },
  dropsPerSecond: { counters: ['drops'], factor: 1 },
  errorsPerSecond: { counters: ['rxError', 'txError', 'rxMiss', 'rxNoBuf'], factor: 1 },
};

/** Points of a ring: five minutes of seconds, and an hour of a poll interval of 30 s. */
const CAPACITY = { fine: 300, coarse: 120 } as const;
/** A read this much later than the previous one restarts `fine`: nobody watched in between. */
const MAX_FINE_GAP_MS = 5_000;

export type Resolution = keyof typeof CAPACITY;

/** A copy of one ring, oldest point first; all arrays are as long as `times`. */
export interface HistoryView {
  /** Unix milliseconds, ascending; a point covers the time since the point before. */
  readonly times: Float64Array;
  /** By name. */
  readonly interfaces: ReadonlyMap<string, Readonly<Record<Rate, Float32Array>>>;
  /** By thread, 0 is VPP's main thread: 0 (idle) to 1 (every frame full). */
  readonly workerLoad: readonly Float32Array[];
}

/** The newest point. */
export interface CurrentRates {
  /** Unix milliseconds. */
  readonly at: number;
  readonly interfaces: ReadonlyMap<string, Readonly<Record<Rate, number>>>;
  readonly workerLoad: readonly number[];
}

interface Reading {
  readonly snapshot: StatsSnapshot;
  readonly at: number;
}

export class StatsHistory {
  readonly #fine = new Ring(CAPACITY.fine);
  readonly #coarse = new Ring(CAPACITY.coarse);
  #coarseIntervalMs: number;
  #last: Record<Resolution, Reading | undefined> = { fine: undefined, coarse: undefined };

  /** `coarseIntervalMs`: the poll interval. */
  constructor(coarseIntervalMs: number) {
    this.#coarseIntervalMs = coarseIntervalMs;
  }

  setCoarseInterval(intervalMs: number): void {
    this.#coarseIntervalMs = intervalMs;
  }

  /** Adds a snapshot read at `at`, Unix milliseconds. */
  record(snapshot: StatsSnapshot, at: number): void {
    const { fine, coarse } = this.#last;
    if (fine !== undefined && at - fine.at > MAX_FINE_GAP_MS) this.#fine.clear();
    this.#add('fine', this.#fine, { snapshot, at });
    // a timer fires a little early or late: nearly an interval counts as one
    if (coarse === undefined || at < coarse.at || at - coarse.at >= this.#coarseIntervalMs * 0.9) {
      this.#add('coarse', this.#coarse, { snapshot, at });
    }
  }

  /** `names`: only these interfaces. */
  view(resolution: Resolution, names?: readonly string[]): HistoryView {
    return (resolution === 'fine' ? this.#fine : this.#coarse).view(names);
  }

  /** Undefined before the second read. */
  get current(): CurrentRates | undefined {
    return this.#fine.newest();
  }

  #add(resolution: Resolution, ring: Ring, reading: Reading): void {
    const before = this.#last[resolution];
    this.#last[resolution] = reading;
    if (before === undefined) return;
    // the clock was set back, or VPP restarted: earlier points do not relate to later ones
    const seconds = (reading.at - before.at) / 1000;
    if (seconds <= 0) ring.clear();
    else ring.add(reading, before, seconds);
  }
}

/** One ring: a slab of figures for each interface and thread, `Rate` after `Rate`, `capacity` points each. */
class Ring {
  readonly #capacity: number;
  readonly #times: Float64Array;
  readonly #slabs = new Map<string, Float32Array>();
  readonly #loads: Float32Array[] = [];
  /** Position of the next point, and the number of points. */
  #next = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#times = new Float64Array(capacity);
  }

  clear(): void {
    this.#slabs.clear();
    this.#loads.length = 0;
    this.#next = 0;
    this.#count = 0;
  }

  add(reading: Reading, before: Reading, seconds: number): void {
    const at = this.#next;
    this.#times[at] = reading.at;
    for (const slab of this.#slabs.values()) this.#write(slab, at, Number.NaN);
    this.#addRates(at, reading.snapshot, before.snapshot, seconds);
    this.#addLoads(at, reading.snapshot.system.vectorRatePerWorker);
    this.#next = (at + 1) % this.#capacity;
    this.#count = Math.min(this.#count + 1, this.#capacity);
    // once per turn of the ring: an interface without any figure left is gone
    if (this.#next === 0) this.#forget(reading.snapshot);
  }

  view(names: Iterable<string> = this.#slabs.keys()): HistoryView {
    const interfaces = new Map<string, Record<Rate, Float32Array>>();
    for (const name of names) {
      const slab = this.#slabs.get(name);
      if (slab === undefined) continue;
      const one: Partial<Record<Rate, Float32Array>> = {};
      for (const [i, rate] of RATES.entries()) {
        one[rate] = this.#ordered(slab.subarray(i * this.#capacity, (i + 1) * this.#capacity));
      }
      interfaces.set(name, one as Record<Rate, Float32Array>);
    }
    return {
      times: this.#ordered(this.#times),
      interfaces,
      workerLoad: this.#loads.map((load) => this.#ordered(load)),
    };
  }

  newest(): CurrentRates | undefined {
    if (this.#count === 0) return undefined;
    const at = (this.#next + this.#capacity - 1) % this.#capacity;
    const interfaces = new Map<string, Record<Rate, number>>();
    for (const [name, slab] of this.#slabs) {
      const one: Partial<Record<Rate, number>> = {};
      for (const [i, rate] of RATES.entries()) one[rate] = slab[i * this.#capacity + at] ?? Number.NaN;
      interfaces.set(name, one as Record<Rate, number>);
    }
    return {
      at: this.#times[at] ?? 0,
      interfaces,
      workerLoad: this.#loads.map((load) => load[at] ?? Number.NaN),
    };
  }

  #addRates(at: number, now: StatsSnapshot, before: StatsSnapshot, seconds: number): void {
    const { names, columns } = now.interfaceTable;
    const isSameLife = now.system.bootTime === before.system.bootTime;
    const rows = isSameLife ? rowsBefore(now, before) : [];
    for (let row = 0; row < names.length; row++) {
      const slab = this.#slabOf(names[row] ?? '');
      const rowBefore = rows[row] ?? -1;
      for (let i = 0; i < RATES.length; i++) {
        const rate = RATES[i];
        if (rate === undefined || rowBefore < 0) continue;
        const { counters, factor } = SOURCES[rate];
        let delta = 0;
        for (const counter of counters) {
          delta += (columns[counter][row] ?? 0) - (before.interfaceTable.columns[counter][rowBefore] ?? 0);
        }
        slab[i * this.#capacity + at] = delta < 0 ? Number.NaN : (delta * factor) / seconds;
      }
    }
  }

  #addLoads(at: number, vectorRates: readonly number[]): void {
    while (this.#loads.length < vectorRates.length) {
      this.#loads.push(new Float32Array(this.#capacity).fill(Number.NaN));
    }
    for (const [thread, load] of this.#loads.entries()) {
      const rate = vectorRates[thread];
      load[at] = rate === undefined ? Number.NaN : Math.min(1, rate / FRAME_PACKETS);
    }
  }

  #slabOf(name: string): Float32Array {
    let slab = this.#slabs.get(name);
    if (slab === undefined) {
      slab = new Float32Array(RATES.length * this.#capacity).fill(Number.NaN);
      this.#slabs.set(name, slab);
    }
    return slab;
  }

  #write(slab: Float32Array, at: number, value: number): void {
    for (let i = 0; i < RATES.length; i++) slab[i * this.#capacity + at] = value;
  }

  #forget(now: StatsSnapshot): void {
    const present = new Set(now.interfaceTable.names);
    for (const [name, slab] of this.#slabs) {
      if (!present.has(name) && slab.every(Number.isNaN)) this.#slabs.delete(name);
    }
  }

  /** The filled part of one line of the ring, oldest first. */
  #ordered<T extends Float32Array | Float64Array>(line: T): T {
    const out = line.slice(0, this.#count);
    if (this.#count === this.#capacity) {
      out.set(line.subarray(this.#next), 0);
      out.set(line.subarray(0, this.#next), this.#capacity - this.#next);
    }
    return out as T;
  }
}

/** By row of `now`: the row of the same interface in `before`, or -1. The same structure has the same rows. */
function rowsBefore(now: StatsSnapshot, before: StatsSnapshot): readonly number[] {
  const table = before.interfaceTable;
  const { names, indexes } = now.interfaceTable;
  if (table.names === names) return names.map((_, row) => row);
  const byIndex = new Map(table.indexes.map((index, row) => [index, row]));
  return names.map((name, row) => {
    const found = byIndex.get(indexes[row] ?? -1);
    return found !== undefined && table.names[found] === name ? found : -1;
  });
}
