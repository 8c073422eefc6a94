/**
 * Stores every line on the data partition, in batches, within a limit.
 *
 * Invariants: `write` only queues, and the queue is bounded: new lines push out the oldest, which are counted and
 * reported in the log itself; one batch is written at a time; fsync runs every `SYNC_MS`, soon after an error line, and
 * at the end. A full or broken disk is a status with its reason, retried every `RETRY_MS`; lines wait in the queue
 * meanwhile.
 */
import type { LogRecord, LogSink } from './log-hub.ts';
import { BoundedLines } from './log-ring.ts';
import { LogSegments } from './log-segments.ts';
import { isAtLeast } from './severity.ts';
import { reasonOf } from '../linux/mod.ts';

const BATCH_MS = 1_000;
const BATCH_BYTES = 64 * 1024;
const QUEUE_BYTES = 1024 * 1024;
const SYNC_MS = 30_000;
/** Shortest time between two fsyncs, however many errors there are. */
const SYNC_PAUSE_MS = 1_000;
const RETRY_MS = 60_000;

export interface DiskSinkOptions {
  /** `/data/log` on the box. */
  readonly directory: string;
  /** Maximum size of all files together. */
  readonly diskBytes: number;
  /** False: the directory is in memory, and nothing is written. */
  readonly persistent: boolean;
  /** Text of the line that starts each boot, such as the version. */
  readonly boot: string;
  /** Called when the status changes between writing and failed. */
  readonly onStatus?: (status: DiskSinkStatus) => void;
  readonly queueBytes?: number;
  readonly retryMs?: number;
}

export type DiskSinkStatus =
  | { readonly state: 'off'; readonly reason: string }
  | { readonly state: 'writing'; readonly bytes: number; readonly lost: number }
  | { readonly state: 'failed'; readonly reason: string; readonly since: number; readonly lost: number };

export class DiskSink implements LogSink, AsyncDisposable {
  readonly #options: DiskSinkOptions;
  readonly #segments: LogSegments;
  readonly #queue: BoundedLines<{ line: string }>;
  /** Taken from the queue and not yet written. */
  #batch: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #unsynced = false;
  #syncSoon = false;
  #syncedAt = Number.NEGATIVE_INFINITY;
  #failure: { readonly reason: string; readonly since: number } | undefined;
  #lostReported = 0;
  #closed = false;
  /** When the timer fires, while one is set. */
  #dueAt = 0;

  constructor(options: DiskSinkOptions) {
    this.#options = options;
    this.#segments = new LogSegments(options.directory, options.diskBytes);
    this.#queue = new BoundedLines(options.queueBytes ?? QUEUE_BYTES);
    if (options.persistent) {
      this.#batch.push(`${new Date().toISOString()} ---- boot: ${options.boot} ----`);
      this.#schedule(0);
    }
  }

  get status(): DiskSinkStatus {
    if (!this.#options.persistent) return { state: 'off', reason: 'no data partition' };
    const lost = this.#queue.dropped;
    return this.#failure === undefined
      ? { state: 'writing', bytes: this.#segments.bytes, lost }
      : { state: 'failed', ...this.#failure, lost };
  }

  write(record: LogRecord): void {
    if (!this.#options.persistent || this.#closed) return;
    const { at, service, severity, line } = record;
    this.#queue.add({ line: `${new Date(at).toISOString()} ${service} ${severity}: ${line}` });
    // A broken disk is not retried with every line.
    if (this.#failure !== undefined) return;
    const isUrgent = isAtLeast(severity, 'error');
    if (isUrgent) this.#syncSoon = true;
    this.#schedule(isUrgent || this.#queue.bytes >= BATCH_BYTES ? 0 : BATCH_MS);
  }

  /** Sets another size limit; takes effect with the next batch. */
  reconfigure(diskBytes: number): void {
    this.#segments.resize(diskBytes);
  }

  /** Writes the queue; resolves when it is written or the disk has failed. Never rejects. */
  async flush(): Promise<void> {
    if (!this.#options.persistent) return;
    await this.#running;
    await this.#run();
  }

  /** Writes the queue, syncs it to the disk, closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#syncSoon = true;
    this.#syncedAt = Number.NEGATIVE_INFINITY;
    await this.flush();
    await this.#segments.close().catch(() => {}); // it buffers nothing
  }

  /** Ensures a run within `delayMs`. */
  #schedule(delayMs: number): void {
    if (this.#closed || this.#running !== undefined) return;
    const dueAt = performance.now() + delayMs;
    if (this.#timer !== undefined && this.#dueAt <= dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#run();
    }, delayMs).unref();
  }

  async #run(): Promise<void> {
    this.#running ??= this.#writeAll().finally(() => {
      this.#running = undefined;
      if (this.#failure !== undefined) this.#schedule(this.#options.retryMs ?? RETRY_MS);
      else if (this.#queue.length > 0) this.#schedule(BATCH_MS);
      else if (this.#syncSoon) this.#schedule(SYNC_PAUSE_MS);
      else if (this.#unsynced) this.#schedule(SYNC_MS);
    });
    await this.#running;
  }

  async #writeAll(): Promise<void> {
    try {
      if (!this.#segments.isOpen) await this.#segments.open();
      for (;;) {
        this.#fillBatch();
        if (this.#batch.length === 0) break;
        const written = await this.#segments.append(this.#batch);
        this.#batch.splice(0, written);
        this.#unsynced = true;
      }
      const age = performance.now() - this.#syncedAt;
      if (this.#unsynced && age >= (this.#syncSoon ? SYNC_PAUSE_MS : SYNC_MS)) {
        this.#syncSoon = false;
        await this.#segments.sync();
        this.#unsynced = false;
        this.#syncedAt = performance.now();
      }
      this.#setFailure(undefined);
    } catch (error) {
      const reason = reasonOf(error);
      this.#setFailure(`cannot write logs to "${this.#options.directory}": ${reason}`);
      await this.#segments.close().catch(() => {}); // the first error is reported
    }
  }

  #fillBatch(): void {
    let bytes = this.#batch.reduce((sum, line) => sum + line.length, 0);
    while (bytes < BATCH_BYTES) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      this.#batch.push(next.line);
      bytes += next.line.length;
    }
    const lost = this.#queue.dropped - this.#lostReported;
    if (lost > 0) {
      this.#lostReported = this.#queue.dropped;
      this.#batch.unshift(
        `${new Date().toISOString()} appliance warning: log: ${lost === 1 ? '1 line is' : `${lost} lines are`} missing here: the disk was too slow`,
      );
    }
  }

  #setFailure(reason: string | undefined): void {
    const before = this.#failure;
    if (before?.reason === reason) return;
    this.#failure = reason === undefined ? undefined : { reason, since: before?.since ?? Date.now() };
    this.#options.onStatus?.(this.status);
  }
}
