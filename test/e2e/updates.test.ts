/**
 * Updates of a box, from a good one to those that cannot work: each ends on a version that works, without help, and
 * says why. And what never becomes an update.
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuiltImage } from '../../image/build-image.ts';
import { signManifest, type UpdateManifest } from '../../src/update/mod.ts';
import { ask, basic, runCommandLine } from './box-client.ts';
import { BUILT_AT, TEST_KEY, testImage, whyNoDiskGuest } from './disk-harness.ts';
import { BOX_INI, type PreparedBox, preparedBox } from './prepared-box.ts';
import { reliabilityCase } from './reliability.ts';
import { hanging, panicking, refusingVpp, silentVpp } from './variants.ts';

const why = whyNoDiskGuest();
if (why !== undefined) process.stdout.write(`skipped: ${why}\n`);

const GOOD = '0.2.0';
const MIB = 1 << 20;
const SMALL_STEP_MS = 900_000;

/** Sends an image to a fresh copy of the prepared box and waits for its end. */
async function updateTo(image: BuiltImage): Promise<{ code: number; text: string; status: string }> {
  const { box, password } = await preparedBox();
  await using _box = box;
  await box.powerOn();
  await box.until('the box is up', ({ box: own }) => own?.update.verdict?.state === 'good');
  const result = await runCommandLine(box, password, [
    'update',
    image.unified,
    '--wait',
    '--wait-timeout',
    '800',
  ]);
  const status = await box.until(
    'it runs a version that is good',
    ({ box: own }) => own?.update.verdict?.state === 'good',
  );
  const failure = status.box?.update.lastFailure?.reason ?? '';
  await box.powerOff();
  expect(await box.findFaults()).toEqual([]);
  return { ...result, status: `version ${status.box?.image} runs${failure === '' ? '' : `; ${failure}`}` };
}

describe.skipIf(why !== undefined)('an update', () => {
  reliabilityCase('that is good is marked good', { kind: 'update', always: true }, async () => {
    const { code, text, status } = await updateTo(await testImage({ version: GOOD }));
    expect(text).toMatch(/0\.2\.0/);
    expect({ code, status }).toEqual({ code: 0, status: 'version 0.2.0 runs' });
    return status;
  });

  reliabilityCase('whose kernel panics falls back', { kind: 'update', always: true }, async () => {
    const { code, status } = await updateTo(await panicking(GOOD));
    expect(code).toBe(1);
    expect(status).toMatch(/^version 0\.1\.0 runs; .*(panic|ended without a verdict)/);
    return status;
  });

  reliabilityCase('that hangs before the network falls back', { kind: 'update' }, async () => {
    const { code, status } = await updateTo(await hanging(GOOD));
    expect(code).toBe(1);
    expect(status).toMatch(/^version 0\.1\.0 runs; .*no verdict within 75 s/);
    return status;
  });

  reliabilityCase('whose VPP never connects falls back', { kind: 'update' }, async () => {
    const { code, status } = await updateTo(await silentVpp(GOOD));
    expect(code).toBe(1);
    expect(status).toMatch(/^version 0\.1\.0 runs; .*vpp: VPP is not connected/);
    return status;
  });

  reliabilityCase('after which routes are missing falls back', { kind: 'update' }, async () => {
    const { code, status } = await updateTo(await refusingVpp(GOOD));
    expect(code).toBe(1);
    expect(status).toMatch(
      /^version 0\.1\.0 runs; .*routes: 0 of 5 routes are programmed, at least 5 are needed/,
    );
    return status;
  });

  reliabilityCase('to a lower version is one, and stays', { kind: 'update' }, async () => {
    const { code, status } = await updateTo(await testImage({ version: '0.0.9' }));
    expect({ code, status }).toEqual({ code: 0, status: 'version 0.0.9 runs' });
    return status;
  });

  reliabilityCase(
    'to a lower version that panics falls back to the higher one',
    { kind: 'update' },
    async () => {
      const { code, status } = await updateTo(await panicking('0.0.9'));
      expect(code).toBe(1);
      expect(status).toMatch(/^version 0\.1\.0 runs; /);
      return status;
    },
  );
});

describe.skipIf(why !== undefined)('what is refused as an update', () => {
  let prepared: PreparedBox;
  let before: string;
  let scratch: string;

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'appliance-refused-'));
    prepared = await preparedBox();
    await prepared.box.powerOn();
    await prepared.box.until('the box is up', ({ box: own }) => own?.update.verdict?.state === 'good');
    before = await entries();
  }, SMALL_STEP_MS);
  afterAll(async () => {
    await prepared?.box[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  async function entries(): Promise<string> {
    const status = await prepared.box.status();
    return JSON.stringify(status?.box?.update.entries.map(({ file, sizeBytes }) => [file, sizeBytes]));
  }

  interface Attempt {
    readonly manifest?: Partial<Record<keyof UpdateManifest, string | number | undefined>>;
    readonly key?: string;
    readonly password?: string | undefined;
    readonly secure?: boolean;
    readonly bytes?: (whole: Buffer) => Buffer;
    readonly body?: (whole: Buffer) => AsyncIterable<Buffer>;
    readonly announce?: (manifest: string) => string;
  }

  /** Whether the box asked for the body of the last attempt. */
  let wasAskedFor = false;

  /** PUT /update with one thing wrong. */
  async function attempt(change: Attempt): Promise<string> {
    const image = await testImage({ version: GOOD });
    const text = readFileSync(image.signature, 'utf8');
    const signed = JSON.parse(text) as { manifest: string };
    const manifest = { ...JSON.parse(signed.manifest), ...change.manifest };
    const header =
      change.announce?.(text) ?? signManifest(manifest, change.key ?? readFileSync(TEST_KEY, 'utf8'));
    const whole = readFileSync(image.unified);
    wasAskedFor = false;
    const body = async function* () {
      wasAskedFor = true;
      yield* change.body?.(whole) ?? [change.bytes?.(whole) ?? whole];
    };
    const password = 'password' in change ? change.password : prepared.password;
    const answer = await ask(prepared.box, {
      method: 'PUT',
      path: '/update',
      secure: change.secure ?? true,
      headers: {
        ...(password === undefined ? {} : basic(password)),
        'Appliance-Manifest': Buffer.from(header).toString('base64'),
        Expect: '100-continue',
      },
      body: Readable.from(body()),
    }).catch((error: unknown) => ({ status: 0, text: String(error) }));
    expect(await entries(), 'nothing is left of it').toBe(before);
    return `${answer.status}: ${answer.text.trim()}`;
  }

  const always = true;
  const kind = 'refused update';

  reliabilityCase('the wrong key', { kind, always }, async () => {
    const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    const words = await attempt({ key });
    expect(words).toMatch(/^403: .*signature/);
    return words;
  });

  reliabilityCase('another architecture', { kind, always }, async () => {
    const words = await attempt({ manifest: { architecture: 'aarch64' } });
    expect(words).toMatch(/^422: .*aarch64/);
    return words;
  });

  reliabilityCase('a truncated image', { kind, always }, async () => {
    const words = await attempt({ bytes: (whole) => whole.subarray(0, whole.length >> 2) });
    expect(words).toMatch(/^400: .*bytes/);
    return words;
  });

  reliabilityCase('an image with other bytes', { kind }, async () => {
    const words = await attempt({
      bytes: (whole) => {
        const changed = Buffer.from(whole);
        changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
        return changed;
      },
    });
    expect(words).toMatch(/^400: .*sha256|hash/i);
    return words;
  });

  reliabilityCase('an image that the disk gives back otherwise', { kind, always }, async () => {
    const { box } = prepared;
    const { unified } = await testImage({ version: GOOD });
    // The beginning of one is enough to be refused.
    const short = readFileSync(unified).subarray(0, 6 * MIB);
    const words = await attempt({
      manifest: { size: short.length, sha256: createHash('sha256').update(short).digest('hex') },
      async *body(whole) {
        const piece = whole.subarray(MIB, MIB + 4096);
        // The running version may have the same bytes.
        const others = await box.findOnDisk(piece);
        yield whole.subarray(0, 5 * MIB);
        await box.until(
          'the first of it is on the disk',
          ({ box: own }) => (own?.update.receiving?.receivedBytes ?? 0) >= 4 * MIB,
        );
        const [at] = (await box.findOnDisk(piece)).filter((one) => !others.includes(one));
        if (at === undefined) throw new Error('what was sent is not on the disk');
        await box.spoilDisk(at);
        yield whole.subarray(5 * MIB, 6 * MIB);
      },
    });
    expect(words).toMatch(/^500: .*verification of .* failed: read back .*"code":"verification"/);
    return words;
  });

  reliabilityCase(
    'a lower version or an older build, where its owner wants none',
    { kind, always },
    async () => {
      const { box, password } = prepared;
      const file = join(scratch, 'demands.ini');
      writeFileSync(
        file,
        BOX_INI.replace('[update]', `[update]\nminimum-version = ${GOOD}\nallow-older-builds = false`),
      );
      expect(await runCommandLine(box, password, ['config', 'put', file])).toMatchObject({ code: 0 });
      expect(await runCommandLine(box, password, ['config', 'confirm'])).toMatchObject({ code: 0 });
      const older = await attempt({ manifest: { builtAt: BUILT_AT - 1 } });
      expect(older).toMatch(/^409: .*it was built 2026-10-31T23:59:59Z; .*built 2026-11-01T00:00:00Z/);
      expect(wasAskedFor).toBe(false);
      expect(await attempt({ manifest: { builtAt: undefined } })).toMatch(/^409: .*has no build time/);
      expect(wasAskedFor).toBe(false);
      const lower = await attempt({ manifest: { version: '0.1.9' } });
      expect(lower).toMatch(/^409: .*lower than 0\.2\.0, the \[update\] minimum-version/);
      expect(wasAskedFor).toBe(false);
      return `${lower}; ${older}`;
    },
  );

  reliabilityCase('no password', { kind, always }, async () => {
    const words = await attempt({ password: undefined });
    expect(words).toMatch(/^401: /);
    return words;
  });

  reliabilityCase('a wrong password', { kind, always }, async () => {
    const words = await attempt({ password: 'not-the-password' });
    expect(words).toMatch(/^401: /);
    return words;
  });

  reliabilityCase('over plain HTTP', { kind, always }, async () => {
    const words = await attempt({ secure: false });
    expect(words).toMatch(/^403: .*https/i);
    return words;
  });

  reliabilityCase('no manifest', { kind, always }, async () => {
    const words = await attempt({ announce: () => 'none' });
    expect(words).toMatch(/^400: /);
    return words;
  });

  it('leaves the box as it was', async () => {
    const status = await prepared.box.status();
    expect(status?.box?.update.history).toEqual([]);
    expect(status?.vpp.api.state).toBe('connected');
  });
});
