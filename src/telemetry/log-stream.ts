/** Owns `GET /log?service=NAME`: a service's lines as text, and with `&follow` as they come. */
import { ContentType, type Exchange } from './exchange.ts';
import { inChunks } from './exposition.ts';
import type { LogLine } from '../log/mod.ts';
import { printable } from '../report/mod.ts';
import type { StatusProvider } from '../status/mod.ts';

const MAX_FOLLOWERS = 8;
/** Lines from before that a follower is given first. */
const LINES_FIRST = 200;
/** What may wait for a follower that does not take its lines. */
const MAX_PENDING_BYTES = 256 * 1024;
const HEARTBEAT_MS = 15_000;

export interface LogStreamOptions {
  /** For tests. */
  readonly heartbeatMs?: number;
}

export class LogStream {
  readonly #source: StatusProvider;
  readonly #heartbeatMs: number;
  #followers = 0;

  constructor(source: StatusProvider, options: LogStreamOptions = {}) {
    this.#source = source;
    this.#heartbeatMs = options.heartbeatMs ?? HEARTBEAT_MS;
  }

  async answer(exchange: Exchange): Promise<void> {
    const { searchParams } = exchange.url;
    const service = searchParams.get('service');
    if (!service) {
      exchange.sendText(400, 'expected a service, such as /log?service=vpp');
      return;
    }
    const lines = this.#source.log(service);
    if (!lines) {
      exchange.sendText(404, `no service "${service}"`);
      return;
    }
    if (searchParams.has('follow')) await this.#follow(exchange, service, lines);
    else await exchange.stream(ContentType.text, inChunks(logText(lines)));
  }

  /** Server-sent events (HTML, section 9.2): one a line. */
  async #follow(exchange: Exchange, service: string, lines: readonly LogLine[]): Promise<void> {
    if (exchange.isHead) {
      exchange.send(200, ContentType.events, '');
      return;
    }
    if (this.#followers >= MAX_FOLLOWERS) {
      exchange.sendText(503, `${MAX_FOLLOWERS} follow logs already, try again later`, {
        'Retry-After': '60',
      });
      return;
    }
    // in the same turn as the lines before were taken: none is missed, none comes twice
    const stop = this.#source.followLog(service, (line) => {
      if (exchange.pendingBytes > MAX_PENDING_BYTES) exchange.destroy();
      else exchange.push(`data: ${lineText(line)}\n\n`);
    });
    if (!stop) {
      exchange.sendText(404, `no service "${service}"`);
      return;
    }
    this.#followers++;
    const heartbeat = setInterval(() => {
      // what was sent a heartbeat ago and is not taken yet will not be
      if (exchange.pendingBytes > 0) exchange.destroy();
      else exchange.push(': still here\n\n');
    }, this.#heartbeatMs);
    exchange.signal.addEventListener('abort', () => {
      this.#followers--;
      clearInterval(heartbeat);
      stop();
    });
    exchange.keepOpen();
    exchange.begin(ContentType.events);
    exchange.push(
      lines
        .slice(-LINES_FIRST)
        .map((line) => `data: ${lineText(line)}\n\n`)
        .join(''),
    );
    await new Promise<void>((resolve) => exchange.signal.addEventListener('abort', () => resolve()));
  }
}

function* logText(lines: readonly LogLine[]): Generator<string> {
  for (const line of lines) yield `${lineText(line)}\n`;
}

function lineText({ at, line }: LogLine): string {
  return `${new Date(at).toISOString()} ${printable(line).replaceAll('\n', ' ')}`;
}
