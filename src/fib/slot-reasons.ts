/**
 * Why slots were refused, and how often in a row: memory is taken at the first refusal only.
 *
 * Invariant: at most `MAX_REASONS` distinct reasons are kept in full.
 */
import { grown } from './route-store.ts';

const MAX_REASONS = 1_000;
const OTHER_REASONS = 'refused for another of more than 1000 reasons';
const MAX_ATTEMPTS = 255;

export class SlotReasons {
  #capacity = 0;
  #attempts = new Uint8Array(0);
  #reason = new Uint16Array(0);
  readonly #reasons: string[] = [];
  readonly #ids = new Map<string, number>();

  get bytes(): number {
    return this.#attempts.byteLength + this.#reason.byteLength;
  }

  grow(capacity: number): void {
    this.#capacity = capacity;
    if (this.#attempts.length > 0) this.#allocate();
  }

  set(slot: number, reason: string): void {
    if (this.#attempts.length === 0) this.#allocate();
    this.#reason[slot] = this.#idOf(reason);
  }

  of(slot: number): string {
    return this.#reasons[this.#reason[slot] ?? 0] ?? '';
  }

  /** Counts one more refusal in a row, and says how many there were. */
  countAttempt(slot: number): number {
    const attempts = Math.min(MAX_ATTEMPTS, this.#attempts[slot]! + 1);
    this.#attempts[slot] = attempts;
    return attempts;
  }

  /** The next refusal is the first one again. */
  forgetAttempts(slot: number): void {
    if (this.#attempts.length > 0) this.#attempts[slot] = 0;
  }

  forgetAllAttempts(): void {
    this.#attempts.fill(0);
  }

  #allocate(): void {
    this.#attempts = grown(this.#attempts, this.#capacity);
    this.#reason = grown(this.#reason, this.#capacity);
  }

  #idOf(reason: string): number {
    const known = this.#ids.get(reason);
    if (known !== undefined) return known;
    if (this.#reasons.length > MAX_REASONS) return MAX_REASONS;
    const id = this.#reasons.length;
    const kept = id === MAX_REASONS ? OTHER_REASONS : reason;
    this.#reasons.push(kept);
    this.#ids.set(kept, id);
    return id;
  }
}
