/** Owns how the page and `/figures` get their rates: out of the history that the poller of VPP's counters keeps. */
import type { HistoryView, Rate } from '../vpp/stats/mod.ts';
import {
  type HistorySource,
  type InterfaceRates,
  type LatestRates,
  PLOT_MS,
  type RateHistory,
  type RateSeries,
} from './rates.ts';
import type { StatusProvider } from '../status/mod.ts';

/** A point of one of the two rings. */
interface Point {
  readonly view: HistoryView;
  readonly index: number;
}

export class StatsRates implements HistorySource {
  readonly #source: Pick<StatusProvider, 'history'>;

  constructor(source: Pick<StatusProvider, 'history'>) {
    this.#source = source;
  }

  latest(names: readonly string[]): LatestRates | undefined {
    const current = this.#source.history()?.current;
    if (current === undefined) return undefined;
    const interfaces: Record<string, InterfaceRates> = {};
    for (const name of names) {
      const one = current.interfaces.get(name);
      // all of them are known, or none
      if (one !== undefined && !Number.isNaN(one.rxBitsPerSecond)) interfaces[name] = ratesOf(one);
    }
    return Object.keys(interfaces).length === 0 ? undefined : { at: current.at, interfaces };
  }

  history(names: readonly string[], maxPoints: number): RateHistory {
    const history = this.#source.history();
    if (history === undefined) return { at: [], series: {} };
    const points = join(history.view('coarse', names), history.view('fine', names));
    const step = Math.max(1, Math.ceil(points.length / maxPoints));
    const chosen = points.filter((_, i) => (points.length - 1 - i) % step === 0);
    const series: Record<string, RateSeries> = {};
    for (const name of names) {
      if (!chosen.some(({ view }) => view.interfaces.has(name))) continue;
      const values = (rate: Rate): (number | null)[] => chosen.map((point) => valueAt(point, name, rate));
      series[name] = { rx: values('rxBitsPerSecond'), tx: values('txBitsPerSecond') };
    }
    return { at: chosen.map(timeOf), series };
  }
}

/** What was read every second, and before that what was read at the poll interval; no older than a plot shows. */
function join(coarse: HistoryView, fine: HistoryView): Point[] {
  const fineFrom = fine.times[0] ?? Number.POSITIVE_INFINITY;
  const pointsOf = (view: HistoryView): Point[] => Array.from(view.times, (_, index) => ({ view, index }));
  const all = [...pointsOf(coarse).filter((point) => timeOf(point) < fineFrom), ...pointsOf(fine)];
  const last = all.at(-1);
  return last === undefined ? [] : all.filter((point) => timeOf(point) >= timeOf(last) - PLOT_MS);
}

function timeOf({ view, index }: Point): number {
  return view.times[index] ?? 0;
}

function valueAt({ view, index }: Point, name: string, rate: Rate): number | null {
  const value = view.interfaces.get(name)?.[rate][index] ?? Number.NaN;
  return Number.isNaN(value) ? null : Math.round(value);
}

function ratesOf(one: Readonly<Record<Rate, number>>): InterfaceRates {
  return {
    rxBits: one.rxBitsPerSecond,
    txBits: one.txBitsPerSecond,
    rxPackets: one.rxPacketsPerSecond,
    txPackets: one.txPacketsPerSecond,
    drops: one.dropsPerSecond,
    errors: one.errorsPerSecond,
  };
}
