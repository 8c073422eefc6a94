import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

it.each([
  ['', '', 0],
  ['abc', 'abc', 0],
  ['abc', 'abd', 1],
  ['abc', 'ab', 1],
  ['mtu', 'mut', 1],
  ['kitten', 'sitting', 3],
])('the distance of %j and %j is %d', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
});

it('is symmetric and bounded by the longer word', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(editDistance(a, b) === 0).toBe(a === b);
    }),
  );
});

it('suggests only what is near', () => {
  const known = ['enabled', 'external', 'binary', 'start-timeout'];
  expect(nearest('Enabled', known)).toBe('enabled');
  expect(nearest('enable', known)).toBe('enabled');
  expect(nearest('starttimeout', known)).toBe('start-timeout');
  expect(nearest('hostname', known)).toBeUndefined();
  expect(nearest('', known)).toBeUndefined();
  expect(nearest('x'.repeat(1000), known)).toBeUndefined();
});
