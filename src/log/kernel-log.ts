/**
 * Reads the kernel's log from its start and follows it: each record is a line of the service `kernel`.
 *
 * Invariants: at most `RECORDS_PER_TURN` reads in one turn of the event loop; at most `RECORDS_PER_WINDOW` records in
 * `WINDOW_MS`: beyond that the device is not read, so that a kernel that logs endlessly costs nothing, and the records
 * overwritten meanwhile are counted by their numbers and reported.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { isErrno, watchReadable, reasonOf } from '../linux/mod.ts';
import { type KmsgRecord, parseKmsgRecord } from './kmsg-record.ts';
import type { LogHub } from './log-hub.ts';

export const KERNEL_SERVICE = 'kernel';

const RECORDS_PER_TURN = 64;
const WINDOW_MS = 1_000;
/** More than a kernel logs while it boots. */
const RECORDS_PER_WINDOW = 3_000;
/** The kernel refuses a read shorter than one record; its longest are below this. */
const RECORD_BYTES = 16 * 1024;

/** The device, or in a test a replacement. */
export interface KmsgSource extends Disposable {
  /** Reads one record; throws EAGAIN (none yet) or EPIPE (some were overwritten; the next read continues). */
  read(buffer: Buffer): number;
  watch(callback: () => void): Disposable;
}

/** Opens /dev/kmsg for `KernelLog`. Throws ENOENT, EPERM (kernel.dmesg_restrict). */
export function openKmsg(path = '/dev/kmsg'): KmsgSource {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return {
    read: (buffer) => readSync(fd, buffer),
    watch: (callback) => watchReadable(fd, callback),
    [Symbol.dispose]: () => closeSync(fd),
  };
}

export class KernelLog implements Disposable {
  readonly #hub: Pick<LogHub, 'push'>;
  readonly #source: KmsgSource;
  readonly #buffer = Buffer.alloc(RECORD_BYTES);
  readonly #recordsPerWindow: number;
  #watch: Disposable | undefined;
  #timer: NodeJS.Timeout | undefined;
  #windowStart = 0;
  #inWindow = 0;
  #expected: number | undefined;
  #disposed = false;

  constructor(hub: Pick<LogHub, 'push'>, source = openKmsg(), recordsPerWindow = RECORDS_PER_WINDOW) {
    this.#hub = hub;
    this.#source = source;
    this.#recordsPerWindow = recordsPerWindow;
    this.#listen();
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#watch?.[Symbol.dispose]();
    this.#source[Symbol.dispose]();
  }

  #listen(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = this.#source.watch(() => this.#readSome());
  }

  #readSome(): void {
    // The wall clock may be set at any time: each turn computes the boot time again.
    const now = Date.now();
    const bootedAt = now - Number(process.hrtime.bigint() / 1000n) / 1000;
    let overwritten = false;
    for (let turn = 0; turn < RECORDS_PER_TURN; turn += 1) {
      if (!this.#mayRead()) return;
      let length: number;
      try {
        length = this.#source.read(this.#buffer);
      } catch (error) {
        if (isErrno(error, 'EPIPE')) {
          overwritten = true;
          continue;
        }
        if (!isErrno(error, 'EAGAIN')) this.#fail(error);
        break;
      }
      const record = parseKmsgRecord(this.#buffer.subarray(0, length));
      this.#inWindow += 1;
      if (record !== undefined) this.#take(record, Math.min(now, bootedAt + record.timestampUs / 1000));
    }
    // While records are overwritten the device polls with POLLERR, which ends libuv's watch.
    if (overwritten && !this.#disposed) this.#listen();
  }

  /** False when this window's records are used up: reading continues with the next window. */
  #mayRead(): boolean {
    const now = performance.now();
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#windowStart = now;
      this.#inWindow = 0;
    }
    if (this.#inWindow < this.#recordsPerWindow) return true;
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    this.#timer = setTimeout(() => this.#listen(), this.#windowStart + WINDOW_MS - now);
    return false;
  }

  #take({ severity, sequence, lines }: KmsgRecord, at: number): void {
    const missing = sequence - (this.#expected ?? sequence);
    this.#expected = sequence + 1;
    if (missing > 0) {
      const what = missing === 1 ? 'line was' : 'lines were';
      this.#hub.push(KERNEL_SERVICE, 'warning', `${missing} ${what} overwritten before being read`, at);
    }
    for (const line of lines) this.#hub.push(KERNEL_SERVICE, severity, line, at);
  }

  #fail(error: unknown): void {
    this.#hub.push(KERNEL_SERVICE, 'error', `cannot read the kernel's log: ${reasonOf(error)}`);
    this[Symbol.dispose]();
  }
}
