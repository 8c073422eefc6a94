/**
 * Owns the measurement of the event loop's delay: how much later than asked a timer fires. Node's histogram records
 * the whole time between two ticks of its own timer, so the tick's length is taken off.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Distribution, Metric } from '../report/mod.ts';

/** Between two samples: long enough to leave the machine asleep. */
const RESOLUTION_MS = 20;
/** The quantiles are about the last one to two of these. */
const WINDOW_MS = 60_000;
const QUANTILES = [0.5, 0.9, 0.99, 1] as const;

export const LOOP_DELAY_METRIC: Metric<Distribution> = {
  name: 'appliance_event_loop_delay_seconds',
  type: 'summary',
  help: 'Delay of the event loop',
  labels: ['quantile'],
  read: (delay) => delay,
};

export class LoopDelay implements Disposable {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #windowBegan = performance.now();
  #pastCount = 0;
  #pastSum = 0;

  constructor() {
    this.#histogram.enable();
  }

  /** In seconds; the window begins anew at the first call after its end, so several scrapers see the same. */
  read(): Distribution {
    const { count, mean } = this.#histogram;
    const sum = count > 0 ? seconds(mean) * count : 0;
    const delay: Distribution = {
      parts: QUANTILES.map((quantile) => [
        count > 0 ? seconds(this.#histogram.percentile(quantile * 100)) : Number.NaN,
        quantile,
      ]),
      sum: this.#pastSum + sum,
      count: this.#pastCount + count,
    };
    if (performance.now() - this.#windowBegan > WINDOW_MS) {
      this.#histogram.reset();
      this.#windowBegan = performance.now();
      this.#pastCount += count;
      this.#pastSum += sum;
    }
    return delay;
  }

  [Symbol.dispose](): void {
    this.#histogram.disable();
  }
}

function seconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3);
}
