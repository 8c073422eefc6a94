/**
 * Delays routing daemons until their interfaces have their addresses: a daemon that learns a route whose next hop is on
 * no network yet drops it, and does not reconsider it.
 *
 * Once opened it stays open: running daemons handle interfaces that disappear and return. Every wait is bounded: a VPP
 * that does not start must not stop the daemons too.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export class InterfaceGate {
  readonly #opened = new EventTarget();
  #isOpen = false;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The interfaces of VPP, or of the kernel in its place, have their addresses. */
  open(): void {
    this.#isOpen = true;
    this.#opened.dispatchEvent(new Event('open'));
  }

  /** Resolves when it is open, or with false after `timeoutMs`. Rejects when the signal aborts. */
  async passed(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#isOpen) return true;
    const wait = new AbortController();
    const both = AbortSignal.any([signal, wait.signal]);
    const opened = once(this.#opened, 'open', { signal: both }).then(() => true);
    const late = sleep(timeoutMs, false, { signal: both, ref: false });
    try {
      return await Promise.race([opened, late]);
    } finally {
      // The loser of the race rejects now, and has no other handler.
      wait.abort();
      await Promise.allSettled([opened, late]);
    }
  }
}
