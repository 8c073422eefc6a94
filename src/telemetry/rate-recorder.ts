/**
 * Owns the recording of rates from VPP's counters: the difference between two readings by the time between them. It
 * looks once a second whether there is a new reading, and reads nothing itself.
 *
 * Invariants: a restart of VPP, and a counter that fell, make a gap and never a rate; memory is bounded by
 * `CAPACITY` readings of `MAX_INTERFACES` interfaces.
 */
import type { InterfaceCounters, StatsSnapshot } from '../vpp/stats/mod.ts';
import type { StatusProvider } from './status.ts';
import {
  type HistorySource,
  type InterfaceRates,
  type LatestRates,
  PLOT_MS,
  type RateHistory,
  type RateSeries,
} from './rates.ts';

/** Readings kept: at one a second all that a plot shows. */
const CAPACITY = PLOT_MS / 1000;
const MAX_INTERFACES = 4096;
const LOOK_MS = 1000;

interface Recorded {
  readonly rx: Float64Array;
  readonly tx: Float64Array;
  counters: InterfaceCounters;
  rates: InterfaceRates | undefined;
}

export class RateRecorder implements HistorySource, Disposable {
  readonly #source: Pick<StatusProvider, 'statsSnapshot'>;
  readonly #timer: NodeJS.Timeout;
  #last: StatsSnapshot | undefined;
  readonly #at = new Float64Array(CAPACITY);
  readonly #byName = new Map<string, Recorded>();
  #next = 0;
  #size = 0;
  #lastAt = 0;
  #bootTime = -1;

  constructor(source: Pick<StatusProvider, 'statsSnapshot'>) {
    this.#source = source;
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** Takes the latest reading; without effect when it has it already. */
  look(): void {
    const latest = this.#source.statsSnapshot();
    if (latest === undefined || latest.snapshot === this.#last) return;
    this.#last = latest.snapshot;
    this.#record(latest.snapshot, Date.now() - latest.ageSeconds * 1000);
  }

  /** `at` in Unix milliseconds. */
  #record(snapshot: StatsSnapshot, at: number): void {
    const seconds = (at - this.#lastAt) / 1000;
    const isSameVpp = this.#bootTime === snapshot.system.bootTime;
    this.#lastAt = at;
    this.#bootTime = snapshot.system.bootTime;
    const slot = this.#next;
    this.#at[slot] = at;
    this.#next = (slot + 1) % CAPACITY;
    this.#size = Math.min(this.#size + 1, CAPACITY);
    for (const one of this.#byName.values()) {
      one.rx[slot] = Number.NaN;
      one.tx[slot] = Number.NaN;
      one.rates = undefined;
    }
    for (const counters of snapshot.interfaces) {
      const one = this.#of(counters);
      if (one === undefined) continue;
      one.rates = isSameVpp ? ratesBetween(one.counters, counters, seconds) : undefined;
      one.counters = counters;
      one.rx[slot] = one.rates?.rxBits ?? Number.NaN;
      one.tx[slot] = one.rates?.txBits ?? Number.NaN;
    }
  }

  latest(names: readonly string[]): LatestRates | undefined {
    const interfaces: Record<string, InterfaceRates> = {};
    for (const name of names) {
      const rates = this.#byName.get(name)?.rates;
      if (rates !== undefined) interfaces[name] = rates;
    }
    return Object.keys(interfaces).length === 0 ? undefined : { at: this.#lastAt, interfaces };
  }

  history(names: readonly string[], maxPoints: number): RateHistory {
    const slots: number[] = [];
    for (let i = 0; i < this.#size; i++) {
      const slot = (this.#next - this.#size + i + CAPACITY) % CAPACITY;
      if ((this.#at[slot] ?? 0) >= this.#lastAt - PLOT_MS) slots.push(slot);
    }
    const step = Math.max(1, Math.ceil(slots.length / maxPoints));
    const chosen = slots.filter((_, i) => (slots.length - 1 - i) % step === 0);
    const series: Record<string, RateSeries> = {};
    for (const name of names) {
      const one = this.#byName.get(name);
      if (one === undefined) continue;
      series[name] = { rx: valuesAt(one.rx, chosen), tx: valuesAt(one.tx, chosen) };
    }
    return { at: chosen.map((slot) => this.#at[slot] ?? 0), series };
  }

  #of(counters: InterfaceCounters): Recorded | undefined {
    const known = this.#byName.get(counters.name);
    if (known !== undefined) return known;
    if (this.#byName.size >= MAX_INTERFACES) return undefined;
    const one: Recorded = {
      rx: new Float64Array(CAPACITY).fill(Number.NaN),
      tx: new Float64Array(CAPACITY).fill(Number.NaN),
      counters,
      rates: undefined,
    };
    this.#byName.set(counters.name, one);
    return one;
  }
}

/** Undefined when a counter fell, or when it is the first reading. */
function ratesBetween(
  old: InterfaceCounters,
  now: InterfaceCounters,
  seconds: number,
): InterfaceRates | undefined {
  if (old === now || seconds <= 0) return undefined;
  const perSecond = (before: number, after: number): number => (after - before) / seconds;
  const rates: InterfaceRates = {
    rxBits: perSecond(old.rxBytes, now.rxBytes) * 8,
    txBits: perSecond(old.txBytes, now.txBytes) * 8,
    rxPackets: perSecond(old.rxPackets, now.rxPackets),
    txPackets: perSecond(old.txPackets, now.txPackets),
    drops: perSecond(old.drops, now.drops),
    errors: perSecond(errorsOf(old), errorsOf(now)),
  };
  return Object.values(rates).some((rate) => rate < 0) ? undefined : rates;
}

function errorsOf({ rxError, txError, rxMiss, rxNoBuf }: InterfaceCounters): number {
  return rxError + txError + rxMiss + rxNoBuf;
}

function valuesAt(values: Float64Array, slots: readonly number[]): (number | null)[] {
  return slots.map((slot) => {
    const value = values[slot] ?? Number.NaN;
    return Number.isNaN(value) ? null : Math.round(value);
  });
}
