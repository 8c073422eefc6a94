import { describe, expect, it } from 'vitest';
import { globMatches } from './glob.ts';

// Expectations from fnmatch(3) without flags.
describe('globMatches', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['', '', true],
    ['*', '', true],
    ['a*c', 'abbbc', true],
    ['a*c*e', 'abcde', true],
    ['a*c*e', 'abde', false],
    ['a?c', 'a/c', true],
    ['a?c', 'ac', false],
    ['*.x', '.x', true],
    ['[abc]', 'b', true],
    ['[a-c]x', 'cx', true],
    ['[a-c]x', 'dx', false],
    ['[!a-c]', 'd', true],
    ['[^a-c]', 'a', false],
    ['[]a]', ']', true],
    ['[a-]', '-', true],
    ['[a', '[a', true],
    ['a\\*c', 'a*c', true],
    ['a\\*c', 'abc', false],
    ['pci:v00008086d000010D3sv*sd*bc*sc*i*', 'pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00', true],
    ['pci:v00008086d000010D3sv*sd*bc*sc*i*', 'pci:v00008086d000010D4sv00008086sd00000000bc02sc00i00', false],
    ['usb:v*p*d*dc*dsc*dp*ic08isc06ip50in*', 'usb:v0781p5567d0100dc00dsc00dp00ic08isc06ip50in00', true],
    ['**', 'anything', true],
  ];
  for (const [pattern, text, expected] of cases) {
    it(`${pattern} ${expected ? 'matches' : 'does not match'} ${text}`, () => {
      expect(globMatches(pattern, text)).toBe(expected);
    });
  }

  it('does not take exponential time', () => {
    // In exponential time the test would not end.
    expect(globMatches(`${'*a'.repeat(30)}b`, 'a'.repeat(2000))).toBe(false);
  });
});
