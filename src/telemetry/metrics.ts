/**
 * Owns the exposition as a whole: our own metrics, the machine's, then the data plane's series, in chunks.
 *
 * Invariant: VPP's series are there only while its figures are fresh. When VPP is gone, stands still, or its segment
 * cannot be read, they are left out from the next scrape on, so that Prometheus marks them stale at once instead of
 * drawing the last values on; how old the latest figures are says `vpp_stats_age_seconds`, which stays.
 */
import type { StatsStatus } from '../vpp/stats/mod.ts';
import type { ApplianceMetrics } from './appliance-metrics.ts';
import { EXPOSITION_ENDS, type Format, inChunks, toOpenMetrics } from './exposition.ts';
import { HostMetrics } from './host-metrics.ts';
import type { HttpCounters } from './http-counters.ts';
import { apiSeries, interfaceStateSeries, readSeries } from './link-metrics.ts';
import { LoopDelay } from './loop-delay.ts';
import type { StatusProvider } from '../status/mod.ts';
import { vppSeries } from './vpp-metrics.ts';

/** Figures older than this are left out however seldom they are read: Prometheus too looks back five minutes. */
const MAX_AGE_SECONDS = 300;
/** While a read fails and is tried again in a moment, figures as young as this are still shown. */
const MAX_STALE_SECONDS = 15;

export class Metrics implements Disposable {
  readonly #source: StatusProvider;
  readonly #http: HttpCounters;
  readonly #loopDelay = new LoopDelay();
  readonly #host: HostMetrics;
  readonly #startedSeconds = Math.round(Date.now() / 1000 - process.uptime());
  #own: Promise<ApplianceMetrics> | undefined;

  /** `host` is given by tests. */
  constructor(source: StatusProvider, http: HttpCounters, host = new HostMetrics()) {
    this.#source = source;
    this.#http = http;
    this.#host = host;
  }

  /** One scrape. The consumer decides when the next chunk is made; a snapshot does not change meanwhile. */
  async *scrape(format: Format = 'text'): AsyncGenerator<string> {
    const status = this.#source.status();
    this.#own ??= loadOwn();
    const own = await (await this.#own).render(status, this.#http);
    yield format === 'openmetrics' ? toOpenMetrics(own, this.#startedSeconds) : own;
    yield this.#loopDelay.render(format);
    const { management } = status;
    yield await this.#host.render('interface' in management ? management.interface : undefined, format);
    yield* inChunks(interfaceStateSeries(status.interfaces, format));
    if (status.apiTraffic) yield* inChunks(apiSeries(status.apiTraffic, format));
    const stats = this.#source.statsSnapshot();
    if (status.statsReads) yield* inChunks(readSeries(status.statsReads, stats?.ageSeconds, format));
    if (stats && stats.ageSeconds <= MAX_AGE_SECONDS && isShown(status.stats)) {
      const zeroSeries = status.telemetry?.zeroSeries ?? false;
      yield* inChunks(vppSeries(stats.snapshot, { format, zeroSeries }));
    }
    yield EXPOSITION_ENDS[format];
  }

  [Symbol.dispose](): void {
    this.#loopDelay[Symbol.dispose]();
  }
}

function isShown(stats: StatsStatus): boolean {
  switch (stats.state) {
    case 'fresh':
      return true;
    case 'stale':
      return stats.ageSeconds <= MAX_STALE_SECONDS;
    case 'attaching':
    case 'idle':
      return false;
  }
}

/** The only place that loads prom-client. */
async function loadOwn(): Promise<ApplianceMetrics> {
  const { ApplianceMetrics } = await import('./appliance-metrics.ts');
  return new ApplianceMetrics();
}
