/**
 * Writes PID 1's lines to every console and to the log hub, without ever waiting for a reader.
 *
 * Node writes to a terminal synchronously: an unconnected serial line, a full pty or a hung-up terminal would block
 * the event loop or end the process (in PID 1: a kernel panic). So each console is opened again with O_NONBLOCK under
 * our own descriptor; bytes that do not fit wait in a bounded queue; bytes that do not fit there are dropped and
 * counted; an error closes the descriptor, which is reopened later.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { isErrno, readText, sendWithoutWaiting } from '../linux/mod.ts';
import { LogHub } from './log-hub.ts';
import type { LogSeverity } from './severity.ts';
import { printableLine } from './text.ts';

/** Most bytes queued for one slow console. */
const QUEUE_BYTES = 64 * 1024;
/** How often a blocked console is retried. */
const RETRY_MS = 50;
/** How long a failed console is not retried. */
const REOPEN_MS = 5_000;

export type LogLevel = 'info' | 'warning' | 'error';

/** The service of this program's own lines. */
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
  #closed = false;

  constructor(path: string) {
    this.#path = path;
    this.#open();
  }

  #open(): void {
    this.#isSocket = false;
    try {
      this.#fd = openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch (error) {
      const inherited = /^\/proc\/self\/fd\/(\d+)$/.exec(this.#path)?.[1];
      if (isErrno(error, 'ENXIO') && inherited !== undefined) {
        // A socket (a service manager's, a parent's pipe of Node's making) cannot be opened again.
        this.#fd = Number(inherited);
        this.#isSocket = true;
        return;
      }
      // A console may be missing or hung up; it is retried after REOPEN_MS.
      this.#closedAt = performance.now();
    }
  }

  write(line: string): void {
    if (this.#closed) return;
    if (this.#fd === undefined) {
      if (performance.now() - this.#closedAt < REOPEN_MS) {
        this.#lost += 1;
        return;
      }
      this.#open();
    }
    const bytes = Buffer.from(line);
    if (this.#queued + bytes.length > QUEUE_BYTES) {
      this.#lost += 1;
      return;
    }
    if (this.#lost > 0 && this.#queued === 0) {
      this.#enqueue(Buffer.from(`[${this.#lost} lines dropped: this console was not read]\r\n`));
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

  /** A hung-up or missing console: drop the queue, retry later. */
  #fail(): void {
    this.#lost += this.#queue.length;
    this.#queue = [];
    this.#queued = 0;
    if (this.#fd !== undefined && !this.#isSocket) {
      try {
        closeSync(this.#fd);
      } catch {
        // The descriptor is closed either way.
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

/** The kernel's active consoles (`/sys/class/tty/console/active`), as paths below /dev. */
export function activeConsoles(sysfs = '/sys'): string[] {
  const active = readText(`${sysfs}/class/tty/console/active`);
  const names = (active ?? '').split(/\s+/).filter((name) => name !== '');
  if (names.length === 0) return ['/dev/console'];
  // tty0 is the foreground virtual terminal; it can be opened under that name.
  return names.map((name) => `/dev/${name}`);
}

export class Console implements Disposable {
  /** Receives every line logged here; sinks and followers attach to it. */
  readonly hub: LogHub;
  #sinks: ConsoleSink[] = [];
  readonly #startedAt: number;
  readonly #lineEnd: string;

  /**
   * @param paths terminals (or pipes) to write to, opened non-blocking
   * @param options.hub the log hub; a new one when absent
   * @param options.startedAt origin of the printed seconds on the clock of `performance.now()`, in ms
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

  /** Adds terminals; one already attached is unchanged. */
  attach(paths: readonly string[]): void {
    for (const path of paths) this.#sinks.push(new ConsoleSink(path));
  }

  /** Logs one line of this program itself: to the consoles and the log. Never throws, never waits. */
  log(level: LogLevel, subject: string, message: string): void {
    this.#show(subject, level === 'info' ? message : `${level}: ${message}`);
    this.hub.push(OWN_SERVICE, level, `${subject}: ${message}`);
  }

  /** Forwards one line of a service's output: to the consoles, and to the log under the service's name. */
  output(service: string, line: string): void {
    this.#show(service, line);
    this.hub.push(service, 'info', line);
  }

  /** Adds a line about a service to its log only: the consoles get another text. */
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

/** The logger that other parts use: the console, or in a test anything of its shape. */
export type Logger = Pick<Console, 'info' | 'warning' | 'error'> & Partial<Pick<Console, 'output' | 'note'>>;
