/**
 * Power cuts in the midst of updates and of configuration changes: QEMU is killed at a random moment, the disk stays as
 * it was then. Whatever the moment, the box boots again into a version that works, with a configuration that is valid.
 *
 * The seed of the moments is printed; POWER_CUT_SEED repeats a run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { BuiltImage } from '../../image/build-image.ts';
import { runCommandLine } from './box-client.ts';
import { type DiskGuest, whyNoDiskGuest } from './disk-harness.ts';
import { BOX_INI, type PreparedBox, preparedBox } from './prepared-box.ts';
import { ALL_CASES, reliabilityCase } from './reliability.ts';
import { testImage } from './test-image.ts';

const why = whyNoDiskGuest();
if (why !== undefined) process.stdout.write(`skipped: ${why}\n`);

const ROUNDS = ALL_CASES ? 30 : 3;
const VERSIONS = ['0.1.0', '0.2.0'] as const;
/** From the first byte of an image to the middle of the boot that tries it. */
const UPDATE_MS = 30_000;
/** From a new configuration to well after its confirmation. */
const CHANGE_MS = 6_000;
const kind = 'power cut';

/** Numbers from 0 to 1 by a seed: Marsaglia's xorshift of 32 bits. */
function numbersFrom(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

describe.skipIf(why !== undefined)('a power cut', () => {
  const seed = Number(process.env['POWER_CUT_SEED'] ?? Date.now() % 2 ** 31);
  const random = numbersFrom(seed);
  let prepared: PreparedBox;
  let images: ReadonlyMap<string, BuiltImage>;
  let scratch: string;
  /** What the file on the drive may say: before the change that was cut, and after it. */
  let texts: readonly string[] = [BOX_INI];

  beforeAll(async () => {
    if (why !== undefined) return;
    process.stdout.write(`power cuts with POWER_CUT_SEED=${seed}\n`);
    scratch = mkdtempSync(join(tmpdir(), 'appliance-cut-'));
    images = new Map([
      [VERSIONS[0], await testImage()],
      [VERSIONS[1], await testImage({ version: VERSIONS[1] })],
    ]);
    prepared = await preparedBox();
    await prepared.box.powerOn();
    await settled(prepared.box);
  }, 900_000);
  afterAll(async () => {
    await prepared?.box[Symbol.asyncDispose]();
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  });

  /** Up, judged good, and what it says of itself. */
  async function settled(box: DiskGuest): Promise<string> {
    const status = await box.until(
      'a version that works, with a valid configuration',
      ({ box: own, config, fib }) =>
        own?.update.verdict?.state === 'good' && config.state === 'ok' && fib[0]?.programmed === 5,
      400_000,
    );
    return status.box?.image ?? '';
  }

  async function cutAfter(ms: number, work: Promise<unknown>): Promise<void> {
    await sleep(ms);
    await prepared.box.cut();
    // Its connection broke, or it had come to its end.
    await work.catch(() => {});
  }

  for (let round = 1; round <= ROUNDS; round += 1) {
    const isUpdate = round % 3 !== 0;
    const what = isUpdate ? 'an update' : 'a change of the configuration';
    reliabilityCase(`${round} of ${ROUNDS}: in ${what}`, { kind, always: true }, async () => {
      const { box, password } = prepared;
      const running = (await box.status())?.box?.image ?? '';
      const ms = Math.floor(random() * (isUpdate ? UPDATE_MS : CHANGE_MS));
      if (isUpdate) {
        const image = images.get(running === VERSIONS[0] ? VERSIONS[1] : VERSIONS[0]);
        if (image === undefined) throw new Error(`no image to update ${running} to`);
        await cutAfter(ms, runCommandLine(box, password, ['update', image.unified]));
      } else {
        const next = BOX_INI.replace('hostname = demo', `hostname = round-${round}`);
        texts = [...texts, next];
        const file = join(scratch, 'next.ini');
        writeFileSync(file, next);
        const change = runCommandLine(box, password, ['config', 'put', file]).then(() =>
          runCommandLine(box, password, ['config', 'confirm']),
        );
        await cutAfter(ms, change);
      }
      expect(texts).toContain((await box.readBootFile('appliance.ini'))?.toString());
      await box.powerOn();
      const version = await settled(box);
      expect(VERSIONS).toContain(version);
      return `after ${(ms / 1000).toFixed(1)} s (seed ${seed}): version ${version} runs`;
    });
  }

  reliabilityCase('leaves a disk without faults', { kind, always: true }, async () => {
    await prepared.box.powerOff();
    const faults = await prepared.box.findFaults();
    expect(faults).toEqual([]);
    return 'sgdisk, fsck.fat and e2fsck find nothing';
  });
});
