/** Owns the exposition as a whole: our own metrics, then the data plane's series, in chunks. */
import type { ApplianceMetrics } from './appliance-metrics.ts';
import { inChunks } from './exposition.ts';
import type { HttpCounters } from './http-counters.ts';
import { LoopDelay } from './loop-delay.ts';
import type { StatusProvider } from './status.ts';
import { interfaceStateSeries, readSeries, vppSeries } from './vpp-metrics.ts';

/** Figures older than this are not exported any more: Prometheus too forgets a series after five minutes. */
const MAX_AGE_SECONDS = 300;

export class Metrics implements Disposable {
  readonly #source: StatusProvider;
  readonly #http: HttpCounters;
  readonly #loopDelay = new LoopDelay();
  #own: Promise<ApplianceMetrics> | undefined;

  constructor(source: StatusProvider, http: HttpCounters) {
    this.#source = source;
    this.#http = http;
  }

  /** One scrape. The consumer decides when the next chunk is made; a snapshot does not change meanwhile. */
  async *scrape(): AsyncGenerator<string> {
    const status = this.#source.status();
    this.#own ??= loadOwn();
    yield (await (await this.#own).render(status, this.#http)) + this.#loopDelay.render();
    yield* inChunks(interfaceStateSeries(status.interfaces));
    if (status.statsReads) yield* inChunks(readSeries(status.statsReads));
    const stats = this.#source.statsSnapshot();
    if (stats && stats.ageSeconds <= MAX_AGE_SECONDS)
      yield* inChunks(vppSeries(stats.snapshot, stats.ageSeconds));
  }

  [Symbol.dispose](): void {
    this.#loopDelay[Symbol.dispose]();
  }
}

/** The only place that loads prom-client. */
async function loadOwn(): Promise<ApplianceMetrics> {
  const { ApplianceMetrics } = await import('./appliance-metrics.ts');
  return new ApplianceMetrics();
}
