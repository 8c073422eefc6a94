/**
 * From any configuration to any other, on the emulator and on a real VPP, whose answers the model of
 * any-to-any-model.test.ts must foresee: nothing is refused, nothing is left to do, and VPP has what a VPP has that had
 * never seen another configuration. In one of ten changes VPP, or the connection to it, ends between two steps.
 *
 * `ANY_TO_ANY` is the number of changes (100 in .ci/run), `SEED` where they begin. A real VPP is compared with another one, the emulator
 * with the model.
 */
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { targetName } from './harness.ts';
import { randomConfig } from './random-config.ts';
import { type Interruption, Walk } from './walk.ts';

const CHANGES = Number(process.env['ANY_TO_ANY'] ?? 4);
const SEED = process.env['SEED'];
/** Requests until an interruption, at most. */
const MAX_WRITES = 150;

const interruption: fc.Arbitrary<Interruption | undefined> = fc.oneof(
  { weight: 9, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.record({
      ends: fc.constantFrom('connection', 'VPP'),
      writes: fc.integer({ min: 1, max: MAX_WRITES }),
    }),
  },
);

/** Goes on from change to change, until something was wrong. */
let walk: Walk | undefined;
const leave = async (): Promise<void> => {
  await walk?.[Symbol.asyncDispose]();
  walk = undefined;
};

afterAll(leave);

test(
  `${CHANGES} changes of any configuration to any other on ${targetName}`,
  async () => {
    await fc.assert(
      fc.asyncProperty(randomConfig, randomConfig, interruption, async (from, to, ends) => {
        walk ??= await Walk.start();
        try {
          expect(await walk.apply(from)).toEqual([]);
          expect(await walk.apply(to, ends)).toEqual([]);
          expect(await walk.state(to)).toEqual(await Walk.fresh(to));
        } catch (error) {
          await leave();
          throw error;
        }
        // The model may know more of what was sent than a connection that broke.
        if (ends !== undefined) await leave();
      }),
      { numRuns: CHANGES, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
  },
  600_000 + 20_000 * CHANGES,
);
