/**
 * Owns prom-client: the registry of our own metrics, set anew from their rows at each scrape. Loaded at the first
 * scrape only: what it costs to load is not paid by the boot. Its default metrics are not used: they take gauges of a
 * whole Node process group for granted and cost more than they tell.
 */
import { Counter, Gauge, Registry } from 'prom-client';
import type { PlainMetric } from '../report/mod.ts';

export class MetricRegistry<Source> {
  readonly #registry = new Registry();
  readonly #metrics: readonly { readonly row: PlainMetric<Source>; readonly metric: Counter | Gauge }[];

  constructor(rows: readonly PlainMetric<Source>[]) {
    this.#metrics = rows.map((row) => {
      const { name, help, labels } = row;
      const options = { name, help, labelNames: [...labels], registers: [this.#registry] };
      return { row, metric: row.type === 'counter' ? new Counter(options) : new Gauge(options) };
    });
  }

  /** The exposition of a source. */
  render(source: Source): Promise<string> {
    // one synchronous run up to the registry's own, so that two scrapes at once cannot mix
    this.#registry.resetMetrics();
    for (const { row, metric } of this.#metrics) {
      const samples = [...row.read(source)];
      // takes the 0 away that resetting left
      if (samples.length === 0 && row.labels.length === 0) metric.remove();
      for (const [value, ...labels] of samples) {
        const texts = labels.map(String);
        if (metric instanceof Gauge) metric.labels(...texts).set(value);
        else metric.labels(...texts).inc(value);
      }
    }
    return this.#registry.metrics();
  }
}
