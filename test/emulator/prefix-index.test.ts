import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressText, type Family, masked } from './address-bytes.ts';
import { PrefixIndex } from './prefix-index.ts';

interface Step {
  readonly isAdd: boolean;
  readonly bytes: Uint8Array;
  readonly length: number;
}

// Few addresses and many steps: prefixes recur, in slots that others had.
function steps(family: Family): fc.Arbitrary<Step[]> {
  const size = family === 4 ? 4 : 16;
  const bytes = fc.uint8Array({ minLength: size, maxLength: size, max: 3 });
  const length = fc.oneof(fc.integer({ min: 0, max: 8 * size }), fc.constant(8 * size - 6));
  return fc.array(fc.record({ isAdd: fc.boolean(), bytes, length }), { maxLength: 400 });
}

function key({ bytes, length }: Step): string {
  return `${addressText(masked(bytes, length))}/${length}`;
}

describe('PrefixIndex', () => {
  for (const family of [4, 6] as const) {
    test(`has what a map has, IPv${family}`, () => {
      fc.assert(
        fc.property(steps(family), (all) => {
          const index = new PrefixIndex(family);
          const model = new Map<string, number>();
          for (const step of all) {
            const { bytes, length, isAdd } = step;
            const before = model.get(key(step)) ?? -1;
            expect(index.find(bytes, 0, length)).toBe(before);
            if (isAdd) {
              const slot = index.add(bytes, 0, length);
              if (before >= 0) expect(slot).toBe(before);
              else expect([...model.values()]).not.toContain(slot);
              model.set(key(step), slot);
            } else if (before >= 0) {
              index.delete(before);
              model.delete(key(step));
            }
            expect(index.size).toBe(model.size);
          }
          for (const [text, slot] of model) {
            expect(`${addressText(index.addressOf(slot))}/${index.lengthOf(slot)}`).toBe(text);
          }
        }),
      );
    });
  }

  test('reads the address at the given offset', () => {
    const index = new PrefixIndex(4);
    const slot = index.add(Uint8Array.of(9, 9, 10, 1, 2, 3), 2, 16);
    expect(addressText(index.addressOf(slot))).toBe('10.1.0.0');
    expect(index.find(Uint8Array.of(10, 1, 200, 200), 0, 16)).toBe(slot);
  });
});
