/**
 * The hub of every line of every service: rings for later queries, followers for live readers, sinks for storage beyond
 * this process.
 *
 * Invariants: `push` never throws and never waits; each record has a unique ascending number, so that rings can be
 * merged into the order of arrival; a sink sees each record once, including those from before it was attached that the
 * rings still hold. The names of services come from this program, so their number is small.
 */
import type { LogLine } from './log-ring.ts';
import { BoundedLines } from './log-ring.ts';
import { isAtLeast, type LogSeverity } from './severity.ts';
import { cutLine, printableLine } from './text.ts';

export interface LogRecord {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `appliance`, `kernel`, `vpp`, `dhcp` … */
  readonly service: string;
  readonly severity: LogSeverity;
  /** One line, without control characters. */
  readonly line: string;
  /** Order of arrival. */
  readonly number: number;
}

/** A destination of lines beside memory. `write` returns at once and does not throw. */
export interface LogSink {
  write(record: LogRecord): void;
}

/** The name that selects all services. */
export const ALL_SERVICES = 'all';

/** Bytes held in memory per service. */
const RING_BYTES = 512 * 1024;

interface Follower {
  readonly service: string;
  readonly listener: (record: LogRecord) => void;
}

export class LogHub {
  readonly #ringBytes: number;
  readonly #rings = new Map<string, BoundedLines<LogRecord>>();
  readonly #followers = new Set<Follower>();
  readonly #sinks = new Set<LogSink>();
  #numbers = 0;

  constructor(options: { ringBytes?: number } = {}) {
    this.#ringBytes = options.ringBytes ?? RING_BYTES;
  }

  /** Adds one line. */
  push(service: string, severity: LogSeverity, line: string, at = Date.now()): void {
    this.#numbers += 1;
    const record = { at, service, severity, line: cutLine(printableLine(line)), number: this.#numbers };
    let ring = this.#rings.get(service);
    if (ring === undefined) {
      ring = new BoundedLines(this.#ringBytes);
      this.#rings.set(service, ring);
    }
    ring.add(record);
    for (const sink of this.#sinks) {
      try {
        sink.write(record);
      } catch {
        // A failing sink reports it by its own status; the logging code must not be affected.
      }
    }
    for (const follower of this.#followers) {
      if (follower.service !== service && follower.service !== ALL_SERVICES) continue;
      try {
        follower.listener(record);
      } catch {
        // One reader's failure (a broken connection) must not affect the others; it is removed.
        this.#followers.delete(follower);
      }
    }
  }

  /** Names of the services that have logged something, sorted. */
  services(): string[] {
    return [...this.#rings.keys()].sort();
  }

  /** The records held of a service, or of all in the order of arrival; undefined for an unknown service. */
  records(service: string): LogRecord[] | undefined {
    if (service !== ALL_SERVICES) return this.#rings.get(service)?.tail();
    return [...this.#rings.values()].flatMap((ring) => ring.tail()).sort((a, b) => a.number - b.number);
  }

  /** As `records`, as text, for `StatusProvider.log`. */
  log(service: string): LogLine[] | undefined {
    return this.records(service)?.map((record) => asOutput(record, service === ALL_SERVICES));
  }

  /** Calls `listener` with each new record of a service, or of `all`, until the returned function is called. */
  follow(service: string, listener: (record: LogRecord) => void): () => void {
    const follower: Follower = { service, listener };
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }

  /** As `follow`, as text, for `StatusProvider.followLog`; undefined for an unknown service. */
  followLog(service: string, listener: (line: LogLine) => void): (() => void) | undefined {
    if (service !== ALL_SERVICES && !this.#rings.has(service)) return undefined;
    return this.follow(service, (record) => listener(asOutput(record, service === ALL_SERVICES)));
  }

  /** Passes a sink everything in memory, then each new record, until the returned function is called. */
  attach(sink: LogSink): () => void {
    for (const record of this.records(ALL_SERVICES) ?? []) {
      try {
        sink.write(record);
      } catch {
        // As in push: its own status reports it.
      }
    }
    this.#sinks.add(sink);
    return () => void this.#sinks.delete(sink);
  }
}

/** Prefixes `warning: ` and above, and the service's name where several are shown. */
function asOutput({ at, service, severity, line }: LogRecord, withService: boolean): LogLine {
  const mark = isAtLeast(severity, 'warning') ? `${severity}: ` : '';
  return { at, line: `${withService ? `${service}: ` : ''}${mark}${line}` };
}
