/**
 * `npm run field [-- --vpp DIR] [--only CASE[,CASE]] [--resume] [--long] [--seed N]`: the cases on the kernel as the
 * data plane, or on a real VPP. Each result goes into docs/field.md at once.
 */
import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../../image/root-tree.ts';
import { whyNoDiskGuest } from '../e2e/disk-harness.ts';
import { allCases } from './cases.ts';
import type { FieldCase } from './case.ts';
import { whyNoField } from './field.ts';
import { KERNEL, productVersion, vppPlane } from './plane.ts';
import { Record } from './record.ts';
import { Suite } from './suite.ts';

const WORDS = 300;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    vpp: { type: 'string' },
    only: { type: 'string' },
    resume: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    seed: { type: 'string' },
  },
});
const reason = whyNoDiskGuest() ?? whyNoField();
if (reason !== undefined) {
  say(`field: ${reason}`);
  process.exit(2);
}

const seed = values.seed === undefined ? randomInt(1 << 30) : Number(values.seed);
const plane = values.vpp === undefined ? KERNEL : await vppPlane(resolve(values.vpp));
const version = productVersion();
const record = new Record(resolve(ROOT, 'docs/field.md'));
const only = values.only?.split(',');
const cases = await allCases();
for (const name of only ?? []) {
  if (cases.some((one) => one.name === name)) continue;
  say(`field: unknown case ${name}, expected one of ${cases.map((one) => one.name).join(', ')}`);
  process.exit(2);
}

function isWanted(plan: FieldCase): boolean {
  const why = plan.planes?.includes(plane.kind) === false ? `not on ${plane.kind}` : plan.unless?.(plane);
  if (why !== undefined) {
    if (only?.includes(plan.name) === true) say(`field: ${plan.name} is skipped: ${why}`);
    return false;
  }
  if (only !== undefined) return only.includes(plan.name);
  if (plan.long === true && !values.long) return false;
  return !(values.resume && record.hasPassed(plan.name, plane.label, version));
}

const wanted = cases.filter(isWanted);
say(`field: ${wanted.length} cases on ${plane.label}, version ${version}, --seed ${seed}`);
const evidence = resolve(ROOT, 'test-results/field');
await using suite = await Suite.create({ plane, seed, evidence, log: say });
let failed = 0;
for (const plan of wanted) {
  const result = await suite.run(plan);
  if (!result.passed) failed += 1;
  const words = result.passed ? plan.shows : result.reason.slice(0, WORDS);
  record.write({ name: plan.name, plane: plane.label, version, ...result, words });
  say(`  ${plan.name}: ${result.passed ? 'passed' : 'FAILED'} in ${result.seconds.toFixed(0)} s`);
}
say(`${wanted.length - failed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
