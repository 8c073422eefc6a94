import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions } from './version.ts';

const OPERATORS = { '-1': '<', '0': '==', '1': '>' } as const;
const hasSystemdAnalyze = spawnSync('systemd-analyze', ['compare-versions', '1', '1']).status === 0;

function operator(a: string, b: string): string {
  return OPERATORS[String(compareVersions(a, b)) as keyof typeof OPERATORS];
}

describe('compareVersions', () => {
  // The Version Format Specification's own examples.
  it.each([
    ['11', '==', '11'],
    ['systemd-123', '==', 'systemd-123'],
    ['bar-123', '<', 'foo-123'],
    ['123a', '>', '123'],
    ['123.a', '>', '123'],
    ['123.a', '<', '123.b'],
    ['123a', '>', '123.a'],
    ['11α', '==', '11β'],
    ['A', '<', 'a'],
    ['', '<', '0'],
    ['0.', '>', '0'],
    ['0.0', '>', '0'],
    ['1_', '==', '1'],
    ['_1', '==', '1'],
    ['1_', '<', '1.2'],
    ['1_2_3', '>', '1.3.3'],
    ['1+', '==', '1'],
    ['+1', '==', '1'],
    ['1+', '<', '1.2'],
    ['1+2+3', '>', '1.3.3'],
  ])('%s %s %s', (a, expected, b) => {
    expect(operator(a, b)).toBe(expected);
  });

  it('sorts as systemd 252 does, oldest first', () => {
    const sorted = [
      ...['~1', '', 'ab', 'abb', '0001', '002', '12', '122.9', '123~rc1', '123', '123-a', '123-a.1'],
      ...['123-a1', '123-3', '123-3.1', '123^patch1', '123^1', '123.a-1', '123.1-1', '123a-1', '124'],
    ];
    expect(sorted.toReversed().sort(compareVersions)).toEqual(sorted);
  });

  it('compares numbers by value, of any length', () => {
    expect(compareVersions('0.9.0', '0.10.0')).toBe(-1);
    expect(compareVersions('1.00', '1.0')).toBe(0);
    expect(compareVersions('1.99999999999999999998', '1.99999999999999999999')).toBe(-1);
  });

  it('sorts a suffix as newer than none', () => {
    expect(compareVersions('1.0.0-rc.1', '1.0.0')).toBe(1);
    expect(compareVersions('1.0.0-rc.1', '1.0.1')).toBe(-1);
  });

  const versionOf = (characters: string): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...characters.split('')), maxLength: 8 });
  const anyVersion = versionOf('019abA.-~^+_α');
  const asciiVersion = versionOf('019abA.-~^+_');

  it('is a total order', () => {
    fc.assert(
      fc.property(anyVersion, anyVersion, anyVersion, (a, b, c) => {
        expect(compareVersions(a, a)).toBe(0);
        expect(compareVersions(a, b) + compareVersions(b, a)).toBe(0);
        if (compareVersions(a, b) < 0 && compareVersions(b, c) < 0) expect(compareVersions(a, c)).toBe(-1);
      }),
    );
  });

  it.skipIf(!hasSystemdAnalyze)('agrees with systemd-analyze', () => {
    const words = ['<', '==', '>'];
    fc.assert(
      // ASCII: beyond it, systemd 252 compares bytes as signed characters, and systemd-boot UTF-16.
      fc.property(asciiVersion, asciiVersion, (a, b) => {
        const said = words.find(
          (word) => spawnSync('systemd-analyze', ['compare-versions', '--', a, word, b]).status === 0,
        );
        expect(operator(a, b)).toBe(said);
      }),
      { numRuns: 60 },
    );
  });
});
