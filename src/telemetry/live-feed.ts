/**
 * Owns `GET /events`: what changed on the page, as server-sent events (HTML, section 9.2), for as long as somebody
 * watches: at once when a part of the status changes, and every second.
 *
 *   event: model    the whole page model, first
 *   event: status   `{ now, uptimeSeconds, changed }`: the parts of the status that are another now
 *   event: figures  `{ now, rates, load }`: every second
 *
 * Invariants: each event is made once for all clients, and not at all while nobody watches; a client that does not
 * take its events is cut off, nothing is kept for it (it comes back by itself, and begins with the whole model).
 */
import { ContentType, type Exchange } from './exchange.ts';
import { boundStatus, makeFigures, makePageModel, type PageModel, shownNames } from './page-model.ts';
import { type HistorySource, PLOT_POINTS } from './rates.ts';
import type { ApplianceStatus, StatusProvider } from '../status/mod.ts';

const MAX_CLIENTS = 16;
const TICK_MS = 1000;
/** Changes that come one after another are one event. */
const COALESCE_MS = 50;
/** What may wait for a client that does not take its events. */
const MAX_PENDING_BYTES = 256 * 1024;
/** How long anything may. */
const MAX_PENDING_TICKS = 10;

/** Parts that differ at every look; their changes are not news. */
type Part = Exclude<keyof ApplianceStatus, 'uptimeSeconds' | 'statsReads' | 'apiTraffic'>;

interface Client {
  readonly exchange: Exchange;
  /** Ticks in a row at which it had not taken everything. */
  lateTicks: number;
}

export class LiveFeed implements Disposable {
  readonly #source: StatusProvider;
  readonly #rates: HistorySource;
  readonly #clients = new Set<Client>();
  /** What was sent last, by part of the status. */
  #sent = new Map<string, string>();
  #names: readonly string[] = [];
  #unwatch: (() => void) | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;

  constructor(source: StatusProvider, rates: HistorySource) {
    this.#source = source;
    this.#rates = rates;
  }

  async answer(exchange: Exchange): Promise<void> {
    if (exchange.isHead) {
      exchange.send(200, ContentType.events, '');
      return;
    }
    if (this.#clients.size >= MAX_CLIENTS) {
      exchange.sendText(503, `${MAX_CLIENTS} watch already, try again later`, { 'Retry-After': '60' });
      return;
    }
    // before the others' last event is compared with: the new one begins with all that it is compared to
    const isFirst = this.#clients.size === 0;
    if (isFirst) this.#begin();
    else this.#publish();
    const client: Client = { exchange, lateTicks: 0 };
    this.#clients.add(client);
    exchange.signal.addEventListener('abort', () => {
      this.#clients.delete(client);
      if (this.#clients.size === 0) this.#end();
    });
    exchange.keepOpen();
    exchange.begin(ContentType.events);
    exchange.push(this.#wholeModel());
    await new Promise<void>((resolve) => exchange.signal.addEventListener('abort', () => resolve()));
  }

  /** Ends the watching; the connections are the server's. */
  [Symbol.dispose](): void {
    this.#end();
  }

  #begin(): void {
    this.#unwatch = this.#source.watch(() => this.#publishSoon());
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    this.#sent = partsOf(this.#source.status());
  }

  #end(): void {
    clearInterval(this.#ticker);
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#sent = new Map();
  }

  #wholeModel(): string {
    const model: PageModel & { now: number } = {
      now: Date.now(),
      ...makePageModel(this.#source, this.#rates, PLOT_POINTS),
    };
    this.#names = shownNames(model.status);
    return `event: model\ndata: ${JSON.stringify(model)}\n\n`;
  }

  #tick(): void {
    for (const client of this.#clients) {
      client.lateTicks = client.exchange.pendingBytes > 0 ? client.lateTicks + 1 : 0;
      if (client.lateTicks > MAX_PENDING_TICKS) client.exchange.destroy();
    }
    const { stats } = this.#publish();
    const figures = { now: Date.now(), ...makeFigures(this.#source, this.#rates, this.#names, stats) };
    this.#push(`event: figures\ndata: ${JSON.stringify(figures)}\n\n`);
  }

  #publishSoon(): void {
    this.#soon ??= setTimeout(() => this.#publish(), COALESCE_MS);
  }

  /** Sends the parts of the status that are another than those sent last; returns the status. */
  #publish(): ApplianceStatus {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const status = this.#source.status();
    const parts = partsOf(status);
    const changed = [...parts].filter(([name, json]) => this.#sent.get(name) !== json);
    // a part that is gone: `change`, `box`, `kernel`
    const gone = [...this.#sent.keys()].filter((name) => !parts.has(name));
    this.#sent = parts;
    this.#names = shownNames(status);
    if (changed.length === 0 && gone.length === 0) return status;
    const fields = [
      ...changed.map(([name, json]) => `${JSON.stringify(name)}:${json}`),
      ...gone.map((name) => `${JSON.stringify(name)}:null`),
    ];
    const head = `"now":${Date.now()},"uptimeSeconds":${status.uptimeSeconds},"interfaceCount":${status.interfaces.length}`;
    this.#push(`event: status\ndata: {${head},"changed":{${fields.join(',')}}}\n\n`);
    return status;
  }

  #push(event: string): void {
    for (const { exchange } of this.#clients) {
      if (exchange.pendingBytes > MAX_PENDING_BYTES) exchange.destroy();
      else exchange.push(event);
    }
  }
}

/** Each part as JSON, without what is older at every look. */
function partsOf(status: ApplianceStatus): Map<string, string> {
  const {
    uptimeSeconds: _uptime,
    statsReads: _reads,
    apiTraffic: _traffic,
    stats,
    ...rest
  } = boundStatus(status);
  const steady: Record<Part, unknown> = {
    ...rest,
    stats: stats.state === 'fresh' ? { ...stats, ageSeconds: 0 } : stats,
  } as Record<Part, unknown>;
  const parts = new Map<string, string>();
  for (const [name, value] of Object.entries(steady)) {
    if (value !== undefined) parts.set(name, JSON.stringify(value));
  }
  return parts;
}
