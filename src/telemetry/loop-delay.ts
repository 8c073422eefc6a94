/**
 * Owns the measurement of the event loop's delay: how much later than asked a timer fires. Node's histogram records
 * the whole time between two ticks of its own timer, so the tick's length is taken off.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { familyHeader, type Format } from './exposition.ts';

/** Between two samples: long enough to leave the machine asleep. */
const RESOLUTION_MS = 20;
/** The quantiles are about the last one to two of these. */
const WINDOW_MS = 60_000;
const QUANTILES = [0.5, 0.9, 0.99, 1] as const;
const NAME = 'appliance_event_loop_delay_seconds';

export class LoopDelay implements Disposable {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #windowBegan = performance.now();
  #pastCount = 0;
  #pastSum = 0;

  constructor() {
    this.#histogram.enable();
  }

  /** A summary in seconds; the window begins anew at the first call after its end, so several scrapers see the same. */
  render(format: Format): string {
    const { count, mean } = this.#histogram;
    const sum = count > 0 ? seconds(mean) * count : 0;
    const quantiles = QUANTILES.map((quantile) => {
      const value = count > 0 ? seconds(this.#histogram.percentile(quantile * 100)) : Number.NaN;
      return `${NAME}{quantile="${quantile}"} ${value}\n`;
    });
    const text = `${familyHeader(NAME, 'summary', 'Delay of the event loop', format)}${quantiles.join('')}${NAME}_sum ${this.#pastSum + sum}\n${NAME}_count ${this.#pastCount + count}\n`;
    if (performance.now() - this.#windowBegan > WINDOW_MS) {
      this.#histogram.reset();
      this.#windowBegan = performance.now();
      this.#pastCount += count;
      this.#pastSum += sum;
    }
    return text;
  }

  [Symbol.dispose](): void {
    this.#histogram.disable();
  }
}

function seconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3);
}
