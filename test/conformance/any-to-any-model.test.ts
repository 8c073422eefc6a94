/**
 * From any configuration to any other and back, on a model of VPP in this process: no step is refused, haunts what comes
 * later, or undoes another one; nothing is left to do; and VPP has what a VPP has that had never seen another
 * configuration. `MODEL_PAIRS` is the number of changes (10,000 in .ci/run), `SEED` where they begin; a failure names both configurations,
 * as small as they fail.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ModelVpp } from '../model/model-vpp.ts';
import { randomConfig } from './random-config.ts';

const PAIRS = Number(process.env['MODEL_PAIRS'] ?? 20);
const SEED = process.env['SEED'];

async function fresh(ini: string): Promise<Record<string, unknown>> {
  using vpp = await ModelVpp.start();
  expect(await vpp.apply(ini)).toEqual([]);
  return vpp.described;
}

test(
  `${PAIRS} changes of one configuration into another`,
  async () => {
    await fc.assert(
      fc.asyncProperty(randomConfig, randomConfig, async (from, to) => {
        const wanted = { from: await fresh(from), to: await fresh(to) };
        using vpp = await ModelVpp.start();
        await vpp.apply(from);
        expect(await vpp.apply(to)).toEqual([]);
        expect(vpp.described).toEqual(wanted.to);
        expect(await vpp.apply(from)).toEqual([]);
        expect(vpp.described).toEqual(wanted.from);
      }),
      { numRuns: PAIRS / 2, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
  },
  600_000 + 1_000 * PAIRS,
);
