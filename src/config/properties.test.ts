import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { renderDefaultIni } from './default-ini.ts';
import { LEAVES } from './sections.ts';
import { defaultConfig, parseConfig } from './parse.ts';
import { formatProblem } from './problems.ts';

/** Pieces that make text look like a configuration, so that more than the scanner is reached. */
const pieces = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...LEAVES.map(({ section }) => `[${section.name}]`),
      '[interface.xe0]',
      '[route]',
    ),
  },
  { weight: 3, arbitrary: fc.constantFrom(...LEAVES.map(({ leaf }) => `${leaf.key} = ${leaf.example}`)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('[vpp.dpdk.interface.0000:03:00.0]', 'name = xe0', '__proto__ = 1'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('10.0.0.0/8 = 192.0.2.1@2%xe0', '::/0 = fe80::1', '=', '"', '\ufeff'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...LEAVES.map(({ leaf }) => leaf.key)), fc.string({ unit: 'binary' }))
      .map(([key, value]) => `${key}=${value}`),
  },
);
const text = fc.oneof(
  fc.array(pieces, { maxLength: 40 }).map((lines) => lines.join('\n')),
  fc.string({ unit: 'binary', maxLength: 300 }),
);

function check(input: string | Uint8Array, lineCount: number): void {
  const result = parseConfig(input, 'appliance.ini');
  const problems = result.ok ? result.warnings : result.problems;
  if (!result.ok) expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
  let last = 0;
  for (const problem of problems) {
    expect(problem.line).toBeGreaterThanOrEqual(last);
    expect(problem.line).toBeLessThanOrEqual(lineCount);
    last = problem.line;
    expect(problem.leaf).not.toBe('');
    expect(problem.message).not.toMatch(/\.$|\[object/);
    expect(formatProblem('appliance.ini', problem)).not.toContain('\n');
  }
}

it('any text ends in a Config or in problems with lines, in order', () => {
  fc.assert(
    fc.property(text, (input) => check(input, input.split('\n').length)),
    { numRuns: 1000 },
  );
});

it('any bytes do', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      check(bytes, bytes.filter((byte) => byte === 10).length + 1);
    }),
    { numRuns: 500 },
  );
});

it('the same text gives the same result, and bytes that of their text', () => {
  fc.assert(
    fc.property(text, (input) => {
      const wellFormed = input.toWellFormed();
      const result = parseConfig(wellFormed, 'appliance.ini');
      expect(parseConfig(new TextEncoder().encode(wellFormed), 'appliance.ini')).toEqual(result);
    }),
  );
});

it('any of the lines of the default INI with a default, uncommented, change nothing', () => {
  const lines = renderDefaultIni().split('\n');
  const defaults = new Set(
    LEAVES.flatMap(({ leaf }) => (leaf.default ? [`;${leaf.key} = ${leaf.default}`] : [])),
  );
  // A section that is there once per name is a comment itself: its keys would belong to the one before.
  const headers = lines.map((line) => /^;?\[/.exec(line)?.[0]);
  const indexes = lines.flatMap((line, i) =>
    defaults.has(line) && headers.slice(0, i).findLast((header) => header !== undefined) === '[' ? [i] : [],
  );
  expect(indexes.length).toBeGreaterThan(25);
  fc.assert(
    fc.property(fc.subarray(indexes), fc.constantFrom('\n', '\r\n', ' \t\n'), (chosen, end) => {
      const active = lines.map((line, i) => (chosen.includes(i) ? line.slice(1) : line)).join(end);
      expect(parseConfig(active, 'appliance.ini')).toEqual({
        ok: true,
        config: defaultConfig(),
        warnings: [],
      });
    }),
  );
});

it('a value in quotes is the value', () => {
  const path = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 }).map((name) => `/x${name}y`);
  fc.assert(
    fc.property(path, (binary) => {
      fc.pre(!binary.includes('..'));
      const result = parseConfig(`[vpp]\nbinary = ${JSON.stringify(binary)} ; comment`, 'appliance.ini');
      expect(result.ok && result.config.vpp.binary).toBe(binary);
    }),
  );
});
