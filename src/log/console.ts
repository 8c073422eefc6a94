/**
 * What PID 1 says, to every console and to the log's hub, without ever waiting for a reader.
 *
 * Node writes to a terminal synchronously: a serial line with nobody behind it, a full pty or a hung-up
 * terminal would stop the event loop or end the process (in PID 1: a kernel panic). So each console is opened
 * again with O_NONBLOCK under a descriptor of our own; what does not fit waits in a bounded queue; what does
 * not fit there is dropped and counted; an error closes the descriptor, which is tried again later.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { isErrno, readText, sendWithoutWaiting } from '../linux/mod.ts';
import { LogHub } from './log-hub.ts';
import type { LogLine } from './log-ring.ts';
import type { LogSeverity } from './severity.ts';
import { printableLine } from './text.ts';

/** Bytes that wait for one slow console at the most. */
const QUEUE_BYTES = 64 * 1024;
/** How often a console that would not take its bytes is tried again. */
const RETRY_MS = 50;
/** How long a console that gave an error is left alone. */
const REOPEN_MS = 5_000;

export type LogLevel = 'info' | 'warning' | 'error';

/** The service that this program's own lines belong to. */
const OWN_SERVICE = 'appliance';

class ConsoleSink {
  readonly #path: string;
  #fd: number | undefined;
  #isSocket = false;
  #queue: Buffer[] = [];
  #queued = 0;
  #timer: NodeJS.Timeout | undefined;
  #closedAt = 0;
  #lost = 0;
  dropped = 0;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
    this.#open();
  }

  get open(): boolean {
    return this.#fd !== undefined;
  }

  #open(): void {
    this.#isSocket = false;
    try {
      this.#fd = openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch (error) {
      const inherited = /^\/proc\/self\/fd\/(\d+)$/.exec(this.#path)?.[1];
      if (isErrno(error, 'ENXIO') && inherited !== undefined) {
        // A socket (a service manager's, a parent's pipe of Node's making) cannot be opened a second time.
        this.#fd = Number(inherited);
        this.#isSocket = true;
        return;
      }
      // A console may be missing or hung up; it is tried again after REOPEN_MS.
      this.#closedAt = performance.now();
    }
  }

  write(line: string): void {
    if (this.#closed) return;
    if (this.#fd === undefined) {
      if (performance.now() - this.#closedAt < REOPEN_MS) {
        this.dropped += 1;
        return;
      }
      this.#open();
    }
    const bytes = Buffer.from(line);
    if (this.#queued + bytes.length > QUEUE_BYTES) {
      this.dropped += 1;
      this.#lost += 1;
      return;
    }
    if (this.#lost > 0 && this.#queued === 0) {
      this.#enqueue(Buffer.from(`[${this.#lost} lines were not shown here: nobody read them]\r\n`));
      this.#lost = 0;
    }
    this.#enqueue(bytes);
    this.#drain();
  }

  #enqueue(bytes: Buffer): void {
    this.#queue.push(bytes);
    this.#queued += bytes.length;
  }

  #drain(): void {
    while (this.#queue.length > 0 && this.#fd !== undefined) {
      const first = this.#queue[0] as Buffer;
      let written: number;
      try {
        written = this.#isSocket ? sendWithoutWaiting(this.#fd, first) : writeSync(this.#fd, first);
      } catch (error) {
        if (isErrno(error, 'EAGAIN')) {
          this.#later();
          return;
        }
        this.#fail();
        return;
      }
      this.#queued -= written;
      if (written === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(written);
    }
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#drain();
    }, RETRY_MS).unref();
  }

  /** A hung-up or vanished console: forget what waited, try again later. */
  #fail(): void {
    this.dropped += this.#queue.length;
    this.#queue = [];
    this.#queued = 0;
    if (this.#fd !== undefined && !this.#isSocket) {
      try {
        closeSync(this.#fd);
      } catch {
        // The descriptor is gone either way.
      }
    }
    this.#fd = undefined;
    this.#closedAt = performance.now();
  }

  close(): void {
    this.#drain();
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#fail();
  }
}

/** Which terminals the kernel calls consoles: `/sys/class/tty/console/active`, as paths below /dev. */
export function activeConsoles(sysfs = '/sys'): string[] {
  const active = readText(`${sysfs}/class/tty/console/active`);
  const names = (active ?? '').split(/\s+/).filter((name) => name !== '');
  if (names.length === 0) return ['/dev/console'];
  // tty0 means the foreground virtual terminal; it can be opened under that name.
  return names.map((name) => `/dev/${name}`);
}

export class Console implements Disposable {
  /** Where every line goes that is said here; sinks and followers are attached to it. */
  readonly hub: LogHub;
  #sinks: ConsoleSink[] = [];
  readonly #startedAt: number;
  readonly #lineEnd: string;

  /**
   * @param paths terminals (or pipes) to write to, opened non-blocking
   * @param options.hub the log's; one of its own when absent
   * @param options.startedAt what `performance.now()`-like zero the printed seconds count from, in ms
   */
  constructor(
    paths: readonly string[],
    options: { lineEnd?: '\n' | '\r\n'; startedAt?: number; hub?: LogHub } = {},
  ) {
    this.hub = options.hub ?? new LogHub();
    this.#startedAt = options.startedAt ?? 0;
    this.#lineEnd = options.lineEnd ?? '\n';
    this.attach(paths);
  }

  /** Adds terminals; one that is there already is left as it is. */
  attach(paths: readonly string[]): void {
    for (const path of paths) this.#sinks.push(new ConsoleSink(path));
  }

  /** Lines that a console did not take. */
  get dropped(): number {
    return this.#sinks.reduce((sum, sink) => sum + sink.dropped, 0);
  }

  /** This program's own lines that are still held, oldest first. */
  get ring(): { tail(count?: number): LogLine[] } {
    return {
      tail: (count = Number.POSITIVE_INFINITY) => (this.hub.log(OWN_SERVICE) ?? []).slice(-count),
    };
  }

  /** Says one line of this program's own: to the consoles and the log. Never throws, never waits. */
  log(level: LogLevel, subject: string, message: string): void {
    this.#show(subject, level === 'info' ? message : `${level}: ${message}`);
    this.hub.push(OWN_SERVICE, level, `${subject}: ${message}`);
  }

  /** Passes on one line that a service wrote: to the consoles, and to the log under the service's name. */
  output(service: string, line: string): void {
    this.#show(service, line);
    this.hub.push(service, 'info', line);
  }

  /** Adds a line about a service to its log alone: the consoles are told in other words. */
  note(service: string, severity: LogSeverity, line: string): void {
    this.hub.push(service, severity, line);
  }

  /** Seconds since the start, then the subject, then the message. */
  #show(subject: string, message: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(3).padStart(8);
    const line = `[${seconds}] ${subject}: ${printableLine(message)}${this.#lineEnd}`;
    for (const sink of this.#sinks) sink.write(line);
  }

  info(subject: string, message: string): void {
    this.log('info', subject, message);
  }

  warning(subject: string, message: string): void {
    this.log('warning', subject, message);
  }

  error(subject: string, message: string): void {
    this.log('error', subject, message);
  }

  [Symbol.dispose](): void {
    for (const sink of this.#sinks) sink.close();
    this.#sinks = [];
  }
}

/** What the parts log through: the console, or in a test anything of its shape. */
export type Logger = Pick<Console, 'info' | 'warning' | 'error'> & Partial<Pick<Console, 'output' | 'note'>>;
