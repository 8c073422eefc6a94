/** A first-in first-out queue of slots (u32) in one ring that doubles when full and lets go of its memory when empty. */

const FIRST_CAPACITY = 1024;
/** A ring of more than this is given back when the queue runs empty. */
const KEPT_CAPACITY = 64 * 1024;

export class SlotQueue {
  #ring = new Uint32Array(FIRST_CAPACITY);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The slot that `shift` would give; undefined when empty. */
  peek(): number | undefined {
    return this.#size === 0 ? undefined : this.#ring[this.#head];
  }

  push(slot: number): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#size) & (this.#ring.length - 1)] = slot;
    this.#size += 1;
  }

  /** The oldest slot, taken out; -1 when empty. */
  shift(): number {
    if (this.#size === 0) return -1;
    const slot = this.#ring[this.#head] ?? -1;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#size -= 1;
    if (this.#size === 0 && this.#ring.length > KEPT_CAPACITY) this.clear();
    return slot;
  }

  clear(): void {
    if (this.#ring.length > FIRST_CAPACITY) this.#ring = new Uint32Array(FIRST_CAPACITY);
    this.#head = 0;
    this.#size = 0;
  }

  #grow(): void {
    const grown = new Uint32Array(this.#ring.length * 2);
    const tail = this.#ring.subarray(this.#head);
    grown.set(tail);
    grown.set(this.#ring.subarray(0, this.#head), tail.length);
    this.#ring = grown;
    this.#head = 0;
  }
}
