/**
 * Keeps routing daemons from starting before their interfaces have their addresses: a daemon that learns a route whose
 * next hop is on no network yet drops it, and does not come back to it by itself.
 *
 * Opened once it stays open: what runs lives with interfaces that go and come. Nobody waits for ever: a VPP that does not
 * come up must not cost the daemons too.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export class InterfaceGate {
  readonly #opened = new EventTarget();
  #isOpen = false;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The interfaces have their addresses, or what stands in for them does. */
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
      // Whichever did not win rejects now, and nobody is there for it any more.
      wait.abort();
      await Promise.allSettled([opened, late]);
    }
  }
}
