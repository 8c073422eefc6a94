/**
 * Owns what the page knows of traffic: rates of each interface, now and over the last minutes. All of it is plain JSON:
 * the same values draw the page in the appliance and in the browser.
 */

/** Per second. */
export interface InterfaceRates {
  readonly rxBits: number;
  readonly txBits: number;
  readonly rxPackets: number;
  readonly txPackets: number;
  readonly drops: number;
  readonly errors: number;
}

/** Bits per second at the times of `RateHistory.at`; null: not known then. */
export interface RateSeries {
  readonly rx: readonly (number | null)[];
  readonly tx: readonly (number | null)[];
}

export interface RateHistory {
  /** Unix milliseconds, oldest first. */
  readonly at: readonly number[];
  /** By interface name, each as long as `at`. */
  readonly series: Readonly<Record<string, RateSeries>>;
}

/** The rates between the last two readings. */
export interface LatestRates {
  /** Unix milliseconds. */
  readonly at: number;
  readonly interfaces: Readonly<Record<string, InterfaceRates>>;
}

/** Where rates come from. Cheap: nothing is read for it. */
export interface HistorySource {
  /** Undefined before there were two readings of the VPP that runs. */
  latest(names: readonly string[]): LatestRates | undefined;
  /** The last `PLOT_MS`, in `maxPoints` points at the most. */
  history(names: readonly string[], maxPoints: number): RateHistory;
}

/** What a plot shows. */
export const PLOT_MS = 300_000;
export const PLOT_POINTS = 150;
/** In a page that is drawn here: the event loop waits for it. */
export const PAGE_POINTS = 75;

/** The history with one reading more, and without what is older than `PLOT_MS`. */
export function extendHistory(history: RateHistory, { at, interfaces }: LatestRates): RateHistory {
  const last = history.at.at(-1) ?? 0;
  if (at <= last) return history;
  const from = history.at.findIndex((time) => time >= at - PLOT_MS);
  const kept = from < 0 ? history.at.length : from;
  const times = [...history.at.slice(kept), at];
  const series: Record<string, RateSeries> = {};
  for (const [name, rates] of Object.entries(interfaces)) {
    const old = history.series[name];
    const gap = Array<null>(times.length - 1).fill(null);
    series[name] = {
      rx: [...(old?.rx.slice(kept) ?? gap), rates.rxBits],
      tx: [...(old?.tx.slice(kept) ?? gap), rates.txBits],
    };
  }
  return { at: times, series };
}

/** The sum of all interfaces; null where none is known. */
export function sumSeries({ at, series }: RateHistory): RateSeries {
  const sum = (direction: 'rx' | 'tx'): (number | null)[] =>
    at.map((_, i) => {
      let total: number | null = null;
      for (const one of Object.values(series)) {
        const value = one[direction][i] ?? null;
        if (value !== null) total = (total ?? 0) + value;
      }
      return total;
    });
  return { rx: sum('rx'), tx: sum('tx') };
}
