/**
 * Configurations with one mistake, made from right ones: the checker refuses each with its line, or VPP takes it without
 * an error, on the model of VPP and with `VPP_BIN` on a real VPP. `WRONG_CONFIGS` is their number (300 in .ci/run), `SEED`
 * where they begin.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/mod.ts';
import type { Config } from '../../src/config/types.ts';
import { ModelVpp } from '../model/model-vpp.ts';
import { realVppBinary, targetName } from './harness.ts';
import { mutated } from './mutations.ts';
import { NIC_SECTIONS } from './objects-harness.ts';
import { randomConfig } from './random-config.ts';
import { Walk } from './walk.ts';

const COUNT = Number(process.env['WRONG_CONFIGS'] ?? 60);
const SEED = process.env['SEED'];
const DIRECTORY = join(import.meta.dirname, '../../docs/examples');

const examples = readdirSync(DIRECTORY)
  .filter((name) => name.endsWith('.ini'))
  .sort()
  .map((name) => readFileSync(join(DIRECTORY, name), 'utf8'));
const bases = fc.oneof(
  fc.constantFrom(...examples),
  randomConfig.map((text) => `[vpp]\nenabled = true\n${NIC_SECTIONS}${text}`),
);

let walk: Walk | undefined;
afterAll(async () => walk?.[Symbol.asyncDispose]());

/** What VPP says of it: nothing, when it is harmless. */
async function tried(config: Config): Promise<string[]> {
  if (realVppBinary !== undefined) {
    walk ??= await Walk.start();
    return walk.apply(config);
  }
  using vpp = await ModelVpp.start();
  return vpp.apply(config);
}

test(
  `${COUNT} configurations with a mistake are refused with its line, or harmless on ${targetName}`,
  async () => {
    const refused = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(mutated(bases), async ({ mistake, text }) => {
        const parsed = parseConfig(text, 'wrong.ini');
        if (!parsed.ok) {
          refused.set(mistake, (refused.get(mistake) ?? 0) + 1);
          const lines = text.split('\n').length;
          const unplaced = parsed.problems.filter(({ line }) => line < 1 || line > lines);
          expect(unplaced).toEqual([]);
          return;
        }
        const warned = parsed.warnings.map(({ leaf }) => leaf);
        // An interface that the box does not have: said before, and shown.
        const isForeseen = (wrong: string): boolean =>
          warned.some((leaf) => leaf.startsWith('interface.') && wrong.includes(leaf.split('.')[1] ?? leaf));
        const wrongs = await tried(parsed.config);
        expect(wrongs.filter((wrong) => !isForeseen(wrong))).toEqual([]);
      }),
      { numRuns: COUNT, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
    expect(refused.size).toBeGreaterThan(0);
  },
  600_000 + 3_000 * COUNT,
);
