import { describe, expect, it } from 'vitest';
import { SlotWalk } from './slot-walk.ts';

const MANY = 1_000_000;

/** Some work a slot, so that a walk of `MANY` does not fit one slice on any machine. */
function newVisits(): { readonly seen: Uint8Array; readonly visit: (slot: number) => void } {
  const seen = new Uint8Array(MANY);
  let sum = 0;
  const visit = (slot: number): void => {
    seen[slot] = seen[slot]! + 1;
    for (let n = 0; n < 50; n++) sum = (sum + Math.imul(slot, n)) | 0;
  };
  return { seen, visit };
}

describe('a walk over all slots', () => {
  it('visits each once, in turns of the event loop', async () => {
    const walk = new SlotWalk(() => MANY);
    const { seen, visit } = newVisits();
    let ends = 0;
    walk.start(visit, () => {
      ends += 1;
    });
    expect(walk.isUnderWay).toBe(true);
    let turns = 0;
    const count = (): void => {
      turns += 1;
      if (walk.isUnderWay) setImmediate(count);
    };
    setImmediate(count);
    await walk.ended();
    expect(walk.isUnderWay).toBe(false);
    expect(turns).toBeGreaterThan(2);
    expect(ends).toBe(1);
    expect(seen.every((times) => times === 1)).toBe(true);
  });

  it('is over at once where there are few', () => {
    const walk = new SlotWalk(() => 100);
    const visited: number[] = [];
    walk.start(
      (slot) => visited.push(slot),
      () => visited.push(-1),
    );
    expect(visited).toEqual([...Array.from({ length: 100 }, (_, slot) => slot), -1]);
    expect(walk.isUnderWay).toBe(false);
  });

  it('gives way to another one, which begins anew; who waits, waits for that', async () => {
    const walk = new SlotWalk(() => MANY);
    const [first, second] = [newVisits(), newVisits()];
    let ended = '';
    walk.start(first.visit, () => {
      ended += 'first ';
    });
    const waited = walk.ended();
    walk.start(second.visit, () => {
      ended += 'second';
    });
    await waited;
    expect(ended).toBe('second');
    expect(first.seen.at(-1)).toBe(0);
    expect(second.seen.every((times) => times === 1)).toBe(true);
  });

  it('can be stopped, and reaches what comes while it is under way', async () => {
    let top = MANY / 2;
    const walk = new SlotWalk(() => top);
    const { seen, visit } = newVisits();
    walk.start(visit, () => {});
    top = MANY;
    await walk.ended();
    expect(seen.every((times) => times === 1)).toBe(true);
    walk.start(visit, () => {
      throw new Error('it was stopped');
    });
    const waited = walk.ended();
    walk.stop();
    await waited;
    expect(seen.at(-1)).toBe(1);
  });
});
