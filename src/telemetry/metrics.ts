/**
 * Owns the exposition as a whole: our own metrics, the machine's, then the data plane's series, in chunks.
 *
 * Invariant: VPP's series are there only while its figures are fresh. When VPP is gone, stands still, or its segment
 * cannot be read, they are left out from the next scrape on, so that Prometheus marks them stale at once instead of
 * drawing the last values on; how old the latest figures are says `vpp_stats_age_seconds`, which stays.
 */
import { INTERFACE_METRICS } from '../interfaces/status.ts';
import type { Metric } from '../report/mod.ts';
import {
  boxMetrics,
  type JudgedStatus,
  ownMetrics,
  reportHealth,
  type StatusProvider,
} from '../status/mod.ts';
import { STATS_METRICS, STATS_READ_METRICS, type StatsStatus } from '../vpp/stats/mod.ts';
import { API_METRICS } from '../vpp/status.ts';
import { EXPOSITION_ENDS, type Format, inChunks, toOpenMetrics, writeMetrics } from './exposition.ts';
import { HOST_METRICS, HostFigures } from './host-metrics.ts';
import { HTTP_METRICS, type HttpCounters } from './http-counters.ts';
import { LOOP_DELAY_METRIC, LoopDelay } from './loop-delay.ts';
import { PROCESS_METRICS } from './process-metrics.ts';

/** Figures older than this are left out however seldom they are read: Prometheus too looks back five minutes. */
const MAX_AGE_SECONDS = 300;
/** While a read fails and is tried again in a moment, figures as young as this are still shown. */
const MAX_STALE_SECONDS = 15;

export class Metrics implements Disposable {
  readonly #source: StatusProvider;
  readonly #http: HttpCounters;
  readonly #loopDelay = new LoopDelay();
  readonly #host: HostFigures;
  readonly #startedSeconds = Math.round(Date.now() / 1000 - process.uptime());
  #registries: ReturnType<typeof makeRegistries> | undefined;

  /** `host` is given by tests. */
  constructor(source: StatusProvider, http: HttpCounters, host = new HostFigures()) {
    this.#source = source;
    this.#http = http;
    this.#host = host;
  }

  /** One scrape. The consumer decides when the next chunk is made; a snapshot does not change meanwhile. */
  async *scrape(format: Format = 'text'): AsyncGenerator<string> {
    const status = this.#source.status();
    const { management, interfaces, apiTraffic, statsReads, box } = status;
    this.#registries ??= makeRegistries();
    const { own, ofBox } = await this.#registries;
    const text =
      (await own.render({ ...status, readiness: reportHealth(status, Date.now()), http: this.#http })) +
      (box === undefined ? '' : await ofBox.render(box));
    yield format === 'openmetrics' ? toOpenMetrics(text, this.#startedSeconds) : text;
    const write = <Source>(rows: readonly Metric<Source>[], source: Source, zeroSeries = false) =>
      inChunks(writeMetrics(rows, source, { format, zeroSeries }));
    yield* write([LOOP_DELAY_METRIC], this.#loopDelay.read());
    yield* write(
      HOST_METRICS,
      await this.#host.read('interface' in management ? management.interface : undefined),
    );
    yield* write(INTERFACE_METRICS, { interfaces, names: interfaces.map(({ name }) => name) });
    yield* write(API_METRICS, apiTraffic);
    const stats = this.#source.statsSnapshot();
    yield* write(STATS_READ_METRICS, { reads: statsReads, ageSeconds: stats?.ageSeconds });
    if (stats && stats.ageSeconds <= MAX_AGE_SECONDS && isShown(status.stats)) {
      yield* write(STATS_METRICS, stats.snapshot, status.telemetry.zeroSeries);
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
async function makeRegistries() {
  const { MetricRegistry } = await import('./metric-registry.ts');
  return {
    own: new MetricRegistry<JudgedStatus & { readonly http: HttpCounters }>([
      ...ownMetrics(),
      ...HTTP_METRICS,
      ...PROCESS_METRICS,
    ]),
    ofBox: new MetricRegistry(boxMetrics()),
  };
}
