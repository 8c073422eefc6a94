/**
 * The configurations of docs/examples, on the emulator and on a real VPP: each is without a mistake, and each becomes
 * each other. `EXAMPLES` is the number of changes of all; a run of the tests takes those between neighbours in the list.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/mod.ts';
import type { Config } from '../../src/config/types.ts';
import { targetName } from './harness.ts';
import { type ObjectsVpp, startObjects } from './objects-harness.ts';

const DIRECTORY = join(import.meta.dirname, '../../docs/examples');
const NAMES = readdirSync(DIRECTORY)
  .filter((name) => name.endsWith('.ini'))
  .sort();

function read(name: string): Config {
  const parsed = parseConfig(readFileSync(join(DIRECTORY, name)), name);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems, undefined, 1));
  return parsed.config;
}

describe('the examples', () => {
  test.each(NAMES)('%s has no mistake, and nothing to warn of but the size of its machine', (name) => {
    const parsed = parseConfig(readFileSync(join(DIRECTORY, name)), name);
    expect(
      parsed.ok ? parsed.warnings.map(({ leaf, message }) => `${leaf}: ${message}`) : parsed.problems,
    ).toEqual([]);
  });
});

describe(`the examples on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects();
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  test('become one another: nothing is refused or left to do, and what both have is only touched with a word', async () => {
    for (const from of NAMES) {
      for (const to of NAMES) {
        if (from === to) continue;
        vpp.errors.length = 0;
        await vpp.interfaces.reconfigure(read(from));
        const before = await vpp.state();
        const [now, next] = [read(from), read(to)];
        const steps = (await vpp.interfaces.preview(next)) ?? [];
        await vpp.interfaces.reconfigure(next);
        const where = `${from} → ${to}`;
        expect(vpp.errors, where).toEqual([]);
        expect(await vpp.interfaces.preview(next), where).toEqual([]);
        const after = await vpp.state();
        const same = Object.keys(after).filter(
          (key) => JSON.stringify(before[key]) === JSON.stringify(after[key]),
        );
        const touched = same.filter((key) => {
          const name = key.slice(key.indexOf('/') + 1);
          const isShared =
            JSON.stringify(now.interfaces.find((one) => one.name === name)) ===
            JSON.stringify(next.interfaces.find((one) => one.name === name));
          return (
            isShared &&
            steps.some(
              ({ words, interrupts }) =>
                interrupts === undefined && words.split(' ').includes(name) && /^(delete|remove)/.test(words),
            )
          );
        });
        expect(touched, where).toEqual([]);
      }
    }
  }, 240_000);
});
