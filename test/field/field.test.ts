/** The cases of every test run: one of each class, with the kernel as the data plane, all on one box. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../image/root-tree.ts';
import { whyNoDiskGuest } from '../e2e/disk-harness.ts';
import { allCases } from './cases.ts';
import { whyNoField } from './field.ts';
import { KERNEL } from './plane.ts';
import { Suite } from './suite.ts';

const why = whyNoDiskGuest() ?? whyNoField();
if (why !== undefined) process.stdout.write(`skipped: ${why}\n`);

const SEED = 1;
const cases = (await allCases()).filter(({ always }) => always === true);

describe.skipIf(why !== undefined)('a box between daemons', () => {
  let suite: Suite;
  beforeAll(async () => {
    suite = await Suite.create({
      plane: KERNEL,
      seed: SEED,
      evidence: join(ROOT, 'test-results/field'),
      log: (line) => void process.stdout.write(`${line}\n`),
    });
  });
  afterAll(async () => {
    await suite?.[Symbol.asyncDispose]();
  });

  it.each(cases)('$name: $shows', { timeout: 400_000 }, async (plan) => {
    const { passed, reason } = await suite.run(plan);
    expect(reason).toBe('');
    expect(passed).toBe(true);
  });
});
