/**
 * Requests that wait for their answer, by context; and the tombstones of those that no longer do.
 *
 * Invariants: at most `MAX_OUTSTANDING` are pending; contexts are 1 … 2^31-1 in turn; each result settles exactly once.
 */

import type { CallOptions } from './client-types.ts';
import { abortedError, VppApiError } from './errors.ts';
import type { ReadCursor } from './schema.ts';
import type { TrafficCounter } from './traffic.ts';

/** Requests that may be pending on one connection (bulk requests are counted separately). */
export const MAX_OUTSTANDING = 4_096;
/** Late replies that are recognised; a later one counts as stray and is dropped all the same. */
export const MAX_TOMBSTONES = 4_096;
const MAX_CONTEXT = 0x7fff_ffff;

/** Takes one frame, body at the cursor; true when it was the last one. `finish` sets the result. */
export type Collector<Result> = (id: number, cursor: ReadCursor, finish: (result: Result) => void) => boolean;

interface Entry {
  readonly name: string;
  readonly timeoutMs: number;
  readonly blocksVpp: boolean;
  /** `performance.now()` */
  readonly beganAt: number;
  deadline: number;
  readonly collect: (id: number, cursor: ReadCursor) => boolean;
  readonly reject: (error: unknown) => void;
  readonly stopListening: () => void;
}

export class Pending {
  readonly #entries = new Map<number, Entry>();
  readonly #tombstones = new Set<number>();
  readonly #traffic: TrafficCounter | undefined;
  #lastContext = 0;

  /** `traffic` counts every answer and timeout. */
  constructor(traffic?: TrafficCounter) {
    this.#traffic = traffic;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The longest timeout of a pending request during which VPP may do nothing else, in ms; 0 without one. */
  get longestBlockMs(): number {
    let longest = 0;
    for (const { blocksVpp, timeoutMs } of this.#entries.values()) {
      if (blocksVpp) longest = Math.max(longest, timeoutMs);
    }
    return longest;
  }

  /** A new context and the promise of its result; throws VppApiError `busy`. */
  add<Result>(
    name: string,
    { timeoutMs, signal, blocksVpp = false }: CallOptions & { readonly timeoutMs: number },
    collect: Collector<Result>,
  ): { context: number; result: Promise<Result> } {
    if (this.#entries.size >= MAX_OUTSTANDING) {
      throw new VppApiError('busy', `${name}: ${MAX_OUTSTANDING} requests are pending`, { message: name });
    }
    do {
      this.#lastContext = this.#lastContext >= MAX_CONTEXT ? 1 : this.#lastContext + 1;
    } while (this.#entries.has(this.#lastContext));
    const context = this.#lastContext;
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const onAbort = (): void => {
      this.#bury(context);
      reject(abortedError(name, signal));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const beganAt = performance.now();
    this.#entries.set(context, {
      name,
      timeoutMs,
      blocksVpp,
      beganAt,
      deadline: beganAt + timeoutMs,
      collect: (id, cursor) => collect(id, cursor, resolve),
      reject,
      stopListening: () => signal?.removeEventListener('abort', onAbort),
    });
    return { context, result: promise };
  }

  /** A frame for `context`; throws VppApiError `protocol`. */
  receive(context: number, id: number, cursor: ReadCursor): 'taken' | 'late' | 'stray' {
    const entry = this.#entries.get(context);
    if (entry === undefined) return this.#tombstones.has(context) ? 'late' : 'stray';
    if (entry.collect(id, cursor)) {
      this.#remove(context, entry);
      this.#traffic?.countAnswer(performance.now() - entry.beganAt);
    } else entry.deadline = performance.now() + entry.timeoutMs;
    return 'taken';
  }

  reject(context: number, error: unknown): void {
    const entry = this.#entries.get(context);
    if (entry === undefined) return;
    this.#remove(context, entry);
    entry.reject(error);
  }

  rejectAll(error: VppApiError): void {
    for (const [context, entry] of this.#entries) {
      const text = `${entry.name}: ${error.message}`;
      this.reject(context, new VppApiError(error.code, text, { message: entry.name, cause: error }));
    }
  }

  /** Fails overdue requests with `timeout`, leaving tombstones. */
  sweep(now: number): void {
    for (const [context, entry] of this.#entries) {
      if (entry.deadline > now) continue;
      this.#bury(context);
      this.#traffic?.countTimeout();
      const text = `${entry.name}: no reply within ${entry.timeoutMs} ms`;
      entry.reject(new VppApiError('timeout', text, { message: entry.name }));
    }
  }

  #remove(context: number, entry: Entry): void {
    this.#entries.delete(context);
    entry.stopListening();
  }

  #bury(context: number): void {
    const entry = this.#entries.get(context);
    if (entry === undefined) return;
    this.#remove(context, entry);
    this.#tombstones.add(context);
    if (this.#tombstones.size > MAX_TOMBSTONES) {
      for (const oldest of this.#tombstones) {
        this.#tombstones.delete(oldest);
        break;
      }
    }
  }
}
