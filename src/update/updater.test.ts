import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { UpdateConfig } from '../config/types.ts';
import { type BootPartition, directoryBootPartition, directoryDataPartition } from '../disk/mod.ts';
import type { TrialSnapshot } from './conditions.ts';
import { inLoaderOrder, parseEntryName } from './entries.ts';
import { UpdateError } from './errors.ts';
import type { Evidence } from './evidence.ts';
import { fakeImage, manifestOf, newKeys } from '../../test/fixtures/image.ts';
import type { LoaderVariables } from './running.ts';
import { armTrialDeadline } from './trial-deadline.ts';
import { Updater, type UpdaterOptions } from './updater.ts';

const keys = newKeys();
const image = fakeImage({ version: '0.2.0', sizeBytes: 200_000 });
const manifest = manifestOf(image, '0.2.0', keys.privateKey);
const GOOD: LoaderVariables = { bootCountPath: undefined, entrySelected: 'appliance-0.1.0.efi' };
const TRIAL: LoaderVariables = {
  bootCountPath: '\\EFI\\Linux\\appliance-0.2.0+2-1.efi',
  entrySelected: 'appliance-0.2.0+3.efi',
};
const well: TrialSnapshot = {
  config: { state: 'ok', sha256: 'aa' },
  management: { state: 'ready', addresses: ['192.0.2.9/24'] },
  http: { listening: true },
  vpp: { state: 'disabled' },
  routes: { wanted: 1, programmed: 1, pending: 0 },
  links: [],
};
const settings = {
  confirmTimeoutSeconds: 120,
  trialStableSeconds: 0,
  trialTimeoutSeconds: 300,
  routeTolerancePercent: 10,
  minimumVersion: undefined,
  allowOlderBuilds: true,
};

/** When the running image was built, Unix seconds. */
const BUILT_AT = Date.UTC(2026, 10, 24) / 1000;

interface Box {
  readonly root: string;
  readonly boot: BootPartition;
  readonly restarts: string[];
  files(): string[];
  record(): { history: { version: string; result: string; reason?: string }[]; pending?: unknown };
  /** What systemd-boot would start next. */
  next(): string | undefined;
  /** A restart: a new process that reads the disk. */
  start(loader: LoaderVariables, options?: Partial<UpdaterOptions>): Promise<Updater>;
}

function makeBox(files: readonly string[] = ['appliance-0.1.0.efi']): Box {
  const directory = mkdtempSync(`${tmpdir()}/updater-`);
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const root = `${directory}/boot`;
  mkdirSync(`${root}/EFI/Linux`, { recursive: true });
  for (const file of files) writeFileSync(`${root}/EFI/Linux/${file}`, `content of ${file}`);
  writeFileSync(`${directory}/update.pub`, keys.publicKey);
  const boot = directoryBootPartition(root);
  const data = directoryDataPartition(`${directory}/data`, true);
  const restarts: string[] = [];
  const list = (): string[] => readdirSync(`${root}/EFI/Linux`).sort();
  return {
    root,
    boot,
    restarts,
    files: list,
    record: () =>
      JSON.parse(readFileSync(`${directory}/data/updates.json`, 'utf8')) as ReturnType<Box['record']>,
    next() {
      const entries = list().flatMap((file) => {
        const name = parseEntryName(file);
        return name === undefined ? [] : [{ ...name, file }];
      });
      return inLoaderOrder(entries)[0]?.file;
    },
    async start(loader, options = {}) {
      const deadline = armTrialDeadline({ isTrial: () => false, restart: () => {}, uptimeMs: () => 0 });
      const running = loader.bootCountPath ?? loader.entrySelected ?? '';
      const updater = await Updater.open({
        boot,
        data,
        image: {
          version: /-([0-9.]+\d)/.exec(running)?.[1] ?? '0.0.0',
          architecture: 'x86_64',
          builtAt: BUILT_AT * 1000,
        },
        settings: () => settings,
        loader,
        keyPath: `${directory}/update.pub`,
        deadline,
        restart: (reason) => restarts.push(reason),
        logger: { info() {}, warning() {}, error() {} },
        ...options,
      });
      onTestFinished(() => updater[Symbol.dispose]());
      return updater;
    },
  };
}

/** The bytes in chunks; counts the bytes read. */
function bodyOf(bytes: Uint8Array, chunkBytes = 10_000) {
  const body = {
    taken: 0,
    async *[Symbol.asyncIterator]() {
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        body.taken += 1;
        yield bytes.subarray(at, at + chunkBytes);
      }
    },
  };
  return body;
}

function receive(
  updater: Updater,
  text: string = manifest,
  body: AsyncIterable<Uint8Array> = bodyOf(image),
  signal: AbortSignal = new AbortController().signal,
): Promise<{ version: string; file: string }> {
  return updater.receive(text, body, { signal });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UpdateError)) throw new Error(`not refused as an update is: ${String(error)}`);
  return error.code;
}

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; !what(); tries += 1) {
    if (tries > 1000) throw new Error('it never came true');
    await sleep(10);
  }
}

describe('receiving an image', () => {
  it('places it on trial and keeps the running one', async () => {
    const box = makeBox();
    const updater = await box.start(GOOD);
    expect(await receive(updater)).toEqual({ version: '0.2.0', file: 'appliance-0.2.0+3.efi' });
    expect(box.files()).toEqual(['appliance-0.1.0.efi', 'appliance-0.2.0+3.efi']);
    expect(readFileSync(`${box.root}/EFI/Linux/appliance-0.2.0+3.efi`).equals(image)).toBe(true);
    expect(box.next()).toBe('appliance-0.2.0+3.efi');
    expect(updater.status().pending?.version).toBe('0.2.0');
    expect(updater.status().entries.map(({ state, running }) => [state, running])).toEqual([
      ['trial', false],
      ['good', true],
    ]);
  });

  it('accepts chunks of any size', async () => {
    for (const chunkBytes of [1, 4096, 1_000_000]) {
      const small = fakeImage({ version: '0.2.0', sizeBytes: 6000 });
      const box = makeBox();
      const { file } = await receive(
        await box.start(GOOD),
        manifestOf(small, '0.2.0', keys.privateKey),
        bodyOf(small, chunkBytes),
      );
      expect(readFileSync(`${box.root}/EFI/Linux/${file}`).equals(small)).toBe(true);
    }
  });

  it('writes in batches and reports progress', async () => {
    const large = fakeImage({ version: '0.2.0', sizeBytes: 9 * 1024 * 1024 });
    const box = makeBox();
    let writes = 0;
    let longest = 0;
    const counting: BootPartition = {
      ...box.boot,
      async writable(work) {
        writes += 1;
        const before = body.taken;
        const result = await box.boot.writable(work);
        longest = Math.max(longest, body.taken - before);
        return result;
      },
    };
    const body = bodyOf(large, 64 * 1024);
    const updater = await box.start(GOOD, { boot: counting });
    const received = receive(updater, manifestOf(large, '0.2.0', keys.privateKey), body);
    await until(() => (updater.status().receiving?.receivedBytes ?? 0) > 4_000_000);
    expect(updater.status().receiving?.sizeBytes).toBe(large.length);
    await received;
    // Nothing is read while a batch is written: the sender waits.
    expect(longest).toBe(0);
    expect(writes).toBeGreaterThanOrEqual(4);
    expect(updater.status().receiving).toBeUndefined();
  });

  it('reads nothing of a body whose manifest is not signed by a known key', async () => {
    const box = makeBox();
    const updater = await box.start(GOOD);
    const endless = {
      taken: 0,
      async *[Symbol.asyncIterator]() {
        for (;;) {
          endless.taken += 1;
          yield new Uint8Array(65_536);
        }
      },
    };
    const foreign = manifestOf(image, '0.2.0', newKeys().privateKey);
    expect(await codeOf(receive(updater, foreign, endless))).toBe('bad-signature');
    expect(await codeOf(receive(updater, 'nonsense', endless))).toBe('bad-manifest');
    expect(endless.taken).toBe(0);
    expect(box.files()).toEqual(['appliance-0.1.0.efi']);
  });

  it.each([
    ['another architecture', { architecture: 'aarch64' }, 'wrong-architecture'],
    ['a size beyond the limit', { size: 256 * 1024 * 1024 + 1 }, 'too-large'],
  ])('refuses %s before its body', async (_what, wrong, code) => {
    const box = makeBox();
    const body = bodyOf(image);
    const updater = await box.start(GOOD);
    expect(await codeOf(receive(updater, manifestOf(image, '0.2.0', keys.privateKey, wrong), body))).toBe(
      code,
    );
    expect(body.taken).toBe(0);
  });

  it.each([
    ['a body that is too short', {}, image.subarray(0, -1), 'size-mismatch'],
    ['a body that is too long', {}, Buffer.concat([image, image]), 'size-mismatch'],
    ['no body at all', {}, image.subarray(0, 0), 'size-mismatch'],
    ['another body of the same size', { sha256: '00'.repeat(32) }, image, 'hash-mismatch'],
    ['a body that is not an EFI program', {}, Buffer.alloc(image.length), 'not-efi'],
    [
      'a body for another machine',
      {},
      fakeImage({ version: '0.2.0', sizeBytes: image.length, machine: 0xaa64 }),
      'wrong-architecture',
    ],
  ])('refuses %s and leaves the disk unchanged', async (_what, wrong, bytes, code) => {
    const box = makeBox(['appliance-0.1.0.efi', 'appliance-0.0.9.efi']);
    const updater = await box.start(GOOD);
    const text = manifestOf(image, '0.2.0', keys.privateKey, wrong);
    expect(await codeOf(receive(updater, text, bodyOf(bytes)))).toBe(code);
    expect(box.files()).toEqual(['appliance-0.0.9.efi', 'appliance-0.1.0.efi']);
    // And the next one succeeds.
    expect(await receive(updater)).toMatchObject({ version: '0.2.0' });
  });

  it('writes nothing of an image whose first chunk is wrong', async () => {
    const box = makeBox();
    const body = bodyOf(Buffer.alloc(image.length));
    expect(await codeOf(receive(await box.start(GOOD), manifest, body))).toBe('not-efi');
    expect(body.taken).toBe(1);
  });

  it('ends a body that it refuses', async () => {
    const box = makeBox();
    let ended = false;
    const body = (async function* () {
      try {
        for (;;) yield new Uint8Array(50_000);
      } finally {
        ended = true;
      }
    })();
    expect(await codeOf(receive(await box.start(GOOD), manifest, body))).toBe('not-efi');
    await until(() => ended);
  });

  it('accepts one at a time', async () => {
    const box = makeBox();
    const updater = await box.start(GOOD);
    const first = receive(updater);
    const body = bodyOf(image);
    expect(await codeOf(receive(updater, manifest, body))).toBe('busy');
    expect(body.taken).toBe(0);
    await first;
  });

  it('ends when the sender leaves, stalls or disconnects', async () => {
    const box = makeBox();
    const updater = await box.start(GOOD, { stallMs: 200 });
    const stalled = (async function* () {
      yield image.subarray(0, 50_000);
      await new Promise(() => {});
    })();
    expect(await codeOf(receive(updater, manifest, stalled))).toBe('aborted');
    const left = new AbortController();
    const leaving = (async function* () {
      yield image.subarray(0, 50_000);
      left.abort(new Error('the client is gone'));
      await new Promise(() => {});
    })();
    const refused = receive(updater, manifest, leaving, left.signal);
    await expect(refused).rejects.toThrow('receive the image: the client is gone');
    const broken = (async function* () {
      yield image.subarray(0, 50_000);
      throw new Error('ECONNRESET');
    })();
    expect(await codeOf(receive(updater, manifest, broken))).toBe('aborted');
    expect(box.files()).toEqual(['appliance-0.1.0.efi']);
  });

  it('refuses the running version', async () => {
    const box = makeBox();
    const same = fakeImage({ version: '0.1.0' });
    const body = bodyOf(same);
    const updater = await box.start(GOOD);
    expect(await codeOf(receive(updater, manifestOf(same, '0.1.0', keys.privateKey), body))).toBe(
      'same-version',
    );
    expect(body.taken).toBe(0);
    expect(readFileSync(`${box.root}/EFI/Linux/appliance-0.1.0.efi`, 'utf8')).toMatch(/^content/);
  });

  it.each([
    [
      'a version below the owner’s minimum',
      { minimumVersion: '0.2.1' },
      {},
      'receive version 0.2.0: it is lower than 0.2.1, the [update] minimum-version of this box',
    ],
    [
      'a build older than the running one, where the owner forbids it',
      { allowOlderBuilds: false },
      { builtAt: BUILT_AT - 1 },
      'receive version 0.2.0: it was built 2026-11-23T23:59:59Z; [update] allow-older-builds = false requires a build no older than version 0.1.0, built 2026-11-24T00:00:00Z',
    ],
    [
      'one without a build time, where that is required',
      { allowOlderBuilds: false },
      {},
      'receive version 0.2.0: its manifest has no build time; [update] allow-older-builds = false requires a build no older than version 0.1.0, built 2026-11-24T00:00:00Z',
    ],
  ])('refuses %s before its body, with the reason', async (_what, demands, signed, message) => {
    const box = makeBox();
    let inForce: UpdateConfig = { ...settings, ...demands };
    const updater = await box.start(GOOD, { settings: () => inForce });
    const body = bodyOf(image);
    const text = manifestOf(image, '0.2.0', keys.privateKey, signed);
    await expect(receive(updater, text, body)).rejects.toMatchObject({ code: 'too-old', message });
    expect(body.taken).toBe(0);
    expect(box.files()).toEqual(['appliance-0.1.0.efi']);
    // Accepted by default, and as soon as the owner changes the setting.
    inForce = settings;
    expect(await receive(updater, text)).toMatchObject({ version: '0.2.0' });
  });

  it.each([
    ['the minimum version', { minimumVersion: '0.2.0' }, {}],
    [
      'a suffix of it, which the boot loader sorts higher',
      { minimumVersion: '0.2.0-rc.1' },
      { version: '0.2.0-rc.2' },
    ],
    ['a build as old as the running one', { allowOlderBuilds: false }, { builtAt: BUILT_AT }],
    ['a lower version built later', { allowOlderBuilds: false }, { version: '0.0.9', builtAt: BUILT_AT + 1 }],
  ])('accepts %s', async (_what, demands, signed) => {
    const updater = await makeBox().start(GOOD, { settings: () => ({ ...settings, ...demands }) });
    const version = 'version' in signed ? signed.version : '0.2.0';
    expect(await receive(updater, manifestOf(image, version, keys.privateKey, signed))).toMatchObject({
      version,
    });
  });

  it('refuses any build time where that of the running one is unknown', async () => {
    const demands = { ...settings, allowOlderBuilds: false };
    const updater = await makeBox().start(GOOD, {
      settings: () => demands,
      image: { version: '0.1.0', architecture: 'x86_64', builtAt: undefined },
    });
    const text = manifestOf(image, '0.2.0', keys.privateKey, { builtAt: BUILT_AT });
    await expect(receive(updater, text)).rejects.toMatchObject({
      code: 'too-old',
      message: expect.stringContaining('version 0.1.0, whose build time is unknown'),
    });
  });

  it('replaces another entry of its version, as after a failure', async () => {
    const box = makeBox(['appliance-0.1.0.efi', 'appliance-0.2.0+0-3.efi']);
    await receive(await box.start(GOOD));
    expect(box.files()).toEqual(['appliance-0.1.0.efi', 'appliance-0.2.0+3.efi']);
  });

  it('refuses any while the running version is on trial', async () => {
    const box = makeBox(['appliance-0.1.0.efi', 'appliance-0.2.0+2-1.efi']);
    const next = fakeImage({ version: '0.3.0' });
    const body = bodyOf(next);
    const updater = await box.start(TRIAL);
    expect(await codeOf(receive(updater, manifestOf(next, '0.3.0', keys.privateKey), body))).toBe('on-trial');
    expect(body.taken).toBe(0);
  });

  it('trusts the key on the boot partition instead of its own', async () => {
    const box = makeBox();
    const theirs = newKeys();
    writeFileSync(`${box.root}/update.pub`, theirs.publicKey);
    const updater = await box.start(GOOD);
    expect(await codeOf(receive(updater))).toBe('bad-signature');
    await receive(updater, manifestOf(image, '0.2.0', theirs.privateKey));
    writeFileSync(`${box.root}/update.pub`, 'not a key');
    const third = fakeImage({ version: '0.3.0' });
    expect(await codeOf(receive(updater, manifestOf(third, '0.3.0', keys.privateKey)))).toBe('bad-signature');
  });

  it('makes room by removing failed entries, and reports when that is not enough', async () => {
    const box = makeBox(['appliance-0.1.0.efi', 'appliance-0.0.9+0-3.efi']);
    const free = (bytes: number) => ({ freeBytes: async () => bytes });
    const needed = image.length + 2 * 1024 * 1024;
    expect(await codeOf(receive(await box.start(GOOD, free(1000))))).toBe('no-space');
    expect(box.files()).toHaveLength(2);
    await receive(await box.start(GOOD, free(needed - 1)));
    expect(box.files()).toEqual(['appliance-0.1.0.efi', 'appliance-0.2.0+3.efi']);
  });

  it('refuses on a machine without a boot partition', async () => {
    const updater = await makeBox().start(GOOD, { boot: undefined });
    expect(await codeOf(receive(updater))).toBe('io');
    expect(updater.status().entries).toEqual([]);
  });
});

describe('a trial', () => {
  it('that is good loses its counter and is recorded', async () => {
    const box = makeBox();
    await receive(await box.start(GOOD));
    await box.boot.writable(async (root) => {
      writeFileSync(`${root}/EFI/Linux/appliance-0.2.0+2-1.efi`, image);
      rmSync(`${root}/EFI/Linux/appliance-0.2.0+3.efi`);
    });
    const updater = await box.start(TRIAL);
    expect(updater.status().trial?.deadline).toBeGreaterThan(Date.now());
    const kept: Evidence[] = [];
    updater.watch({
      snapshot: () => well,
      evidence: undefined,
      onGood: (evidence) => void kept.push(evidence),
    });
    await until(() => box.files().includes('appliance-0.2.0.efi'));
    await until(() => box.record().history.length > 0);
    expect(box.files()).toEqual(['appliance-0.1.0.efi', 'appliance-0.2.0.efi']);
    expect(box.record().history[0]).toMatchObject({ version: '0.2.0', from: '0.1.0', result: 'good' });
    expect(kept).toMatchObject([{ version: '0.2.0', configSha256: 'aa' }]);
    expect(updater.status()).toMatchObject({
      running: { file: 'appliance-0.2.0.efi', state: 'good' },
      verdict: { state: 'good' },
    });
    expect(updater.status().trial).toBeUndefined();
    expect(box.restarts).toEqual([]);
  });

  it('that fails restarts with its reason recorded, which the next boot of the old one reports', async () => {
    const box = makeBox(['appliance-0.1.0.efi', 'appliance-0.2.0+0-3.efi']);
    let uptimeMs = 0;
    const deadline = armTrialDeadline({ isTrial: () => true, restart: () => {}, uptimeMs: () => uptimeMs });
    const last: LoaderVariables = {
      bootCountPath: '\\EFI\\Linux\\appliance-0.2.0+0-3.efi',
      entrySelected: 'appliance-0.2.0+1-2.efi',
    };
    const updater = await box.start(last, { deadline });
    uptimeMs = 299_900;
    updater.watch({
      snapshot: () => ({ ...well, vpp: { state: 'down', reason: 'it is looping: exited with code 1' } }),
      evidence: undefined,
      onGood: () => {},
    });
    await until(() => box.restarts.length > 0);
    const reason = 'no verdict within 300 s: vpp: VPP is not connected: it is looping: exited with code 1';
    expect(box.restarts).toEqual([`the trial of version 0.2.0 failed: ${reason}`]);
    const after = await box.start(GOOD);
    expect(after.status().lastFailure).toMatchObject({ version: '0.2.0', reason: `${reason} (3 attempts)` });
    expect(after.status().entries).toMatchObject([
      { version: '0.1.0', state: 'good', running: true, next: true },
      { version: '0.2.0', state: 'failed', reason: `${reason} (3 attempts)` },
    ]);
    expect(box.restarts).toHaveLength(1);
  });

  it('that the loader could not count gets no more boots when it fails', async () => {
    const box = makeBox(['appliance-0.1.0.efi', 'appliance-0.2.0+3.efi']);
    const deadline = armTrialDeadline({
      isTrial: () => true,
      restart: () => {},
      uptimeMs: () => 1_000_000_000,
    });
    await box.start({ bootCountPath: undefined, entrySelected: 'appliance-0.2.0+3.efi' }, { deadline });
    await until(() => box.restarts.length > 0);
    expect(box.restarts[0]).toMatch(/the boot did not reach the configuration/);
    expect(box.next()).toBe('appliance-0.1.0.efi');
  });

  it('fails also when the boot partition cannot be used', async () => {
    const box = makeBox([]);
    const deadline = armTrialDeadline({
      isTrial: () => true,
      restart: () => {},
      uptimeMs: () => 1_000_000_000,
    });
    await box.start(TRIAL, { deadline, boot: undefined });
    await until(() => box.restarts.length > 0);
    expect(box.restarts[0]).toMatch(/^the trial of version 0.2.0 failed: no verdict within 300 s/);
  });

  it('does not mistake a requested restart for a panic', async () => {
    const box = makeBox(['appliance-0.1.0.efi', 'appliance-0.2.0+2-1.efi']);
    const updater = await box.start(TRIAL);
    await updater.noteEnd('the power button was pressed');
    writeFileSync(`${box.root}/EFI/Linux/appliance-0.2.0+0-1.efi`, '');
    rmSync(`${box.root}/EFI/Linux/appliance-0.2.0+2-1.efi`);
    expect((await box.start(GOOD)).status().lastFailure?.reason).toBe(
      'the boot ended without a verdict: the power button was pressed',
    );
  });

  it('that does not exist causes no restart', async () => {
    const box = makeBox();
    const deadline = armTrialDeadline({
      isTrial: () => true,
      restart: () => {},
      uptimeMs: () => 1_000_000_000,
    });
    const updater = await box.start(GOOD, { deadline });
    updater.watch({
      snapshot: () => ({ ...well, http: { listening: false } }),
      evidence: undefined,
      onGood: () => {},
    });
    await sleep(100);
    expect(box.restarts).toEqual([]);
    expect(updater.status().verdict?.state).toBe('waiting');
  });
});

describe('a downgrade', () => {
  const old = fakeImage({ version: '0.0.9' });
  const oldManifest = manifestOf(old, '0.0.9', keys.privateKey);
  const good = (updater: Updater): void =>
    updater.watch({ snapshot: () => well, evidence: undefined, onGood: () => {} });
  const boots = (box: Box, from: string, to: string): void => {
    writeFileSync(`${box.root}/EFI/Linux/${to}`, readFileSync(`${box.root}/EFI/Linux/${from}`));
    rmSync(`${box.root}/EFI/Linux/${from}`);
  };

  it('is chosen by the loader, and stays so once it is good', async () => {
    const box = makeBox();
    await receive(await box.start(GOOD), oldManifest, bodyOf(old));
    expect(box.files()).toEqual(['appliance-0.0.9+3.efi', 'appliance-0.1.0+0.efi']);
    expect(box.next()).toBe('appliance-0.0.9+3.efi');
    boots(box, 'appliance-0.0.9+3.efi', 'appliance-0.0.9+2-1.efi');
    const updater = await box.start({
      bootCountPath: '\\EFI\\Linux\\appliance-0.0.9+2-1.efi',
      entrySelected: 'appliance-0.0.9+3.efi',
    });
    good(updater);
    await until(() => box.files().includes('appliance-0.0.9.efi'));
    expect(box.files()).toEqual(['appliance-0.0.9.efi', 'appliance-0.1.0+0.efi']);
    expect(box.next()).toBe('appliance-0.0.9.efi');
    await until(() => updater.status().history.length > 0);
    expect(updater.status().entries).toMatchObject([
      { state: 'good', running: true },
      { state: 'aside', running: false },
    ]);
  });

  it('that fails falls back to the previous version, which is restored', async () => {
    const box = makeBox(['appliance-0.1.0.efi', 'appliance-0.0.1.efi']);
    await receive(await box.start(GOOD), oldManifest, bodyOf(old));
    boots(box, 'appliance-0.0.9+3.efi', 'appliance-0.0.9+0-3.efi');
    expect(box.next()).toBe('appliance-0.1.0+0.efi');
    boots(box, 'appliance-0.1.0+0.efi', 'appliance-0.1.0+0-1.efi');
    const updater = await box.start({
      bootCountPath: '\\EFI\\Linux\\appliance-0.1.0+0-1.efi',
      entrySelected: 'appliance-0.1.0+0.efi',
    });
    expect(updater.status().running.state).toBe('fallback');
    expect(updater.status().lastFailure?.version).toBe('0.0.9');
    good(updater);
    await until(() => box.files().includes('appliance-0.1.0.efi'));
    await until(() => box.files().includes('appliance-0.0.1.efi'));
    expect(box.next()).toBe('appliance-0.1.0.efi');
    expect(box.restarts).toEqual([]);
  });
});

describe('a power cut', () => {
  class Cut extends Error {}

  // Between two steps of a placement: see the tests of plan.ts.
  it('leaves a bootable image, and no partial image under a bootable name', async () => {
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.nat(6), fc.nat(40), async (isDowngrade, writes, chunks) => {
        const running = isDowngrade ? 'appliance-0.3.0.efi' : 'appliance-0.1.0.efi';
        const box = makeBox([running, 'appliance-0.0.5.efi']);
        let left = writes;
        const gone = (): Promise<never> => Promise.reject(new Cut());
        const boot: BootPartition = {
          ...box.boot,
          writable(work) {
            left -= 1;
            return left < 0 ? gone() : box.boot.writable(work);
          },
          writeFile: gone,
          removeFile: gone,
        };
        const body = (async function* () {
          for (let chunk = 0; chunk * 10_000 < image.length; chunk += 1) {
            if (chunk === chunks) {
              left = 0;
              throw new Cut();
            }
            yield image.subarray(chunk * 10_000, (chunk + 1) * 10_000);
          }
        })();
        const updater = await box.start({ bootCountPath: undefined, entrySelected: running }, { boot });
        const received = receive(updater, manifest, body);
        outcomes.add(
          await received.then(
            () => 'received',
            () => 'cut',
          ),
        );
        for (const file of box.files()) {
          if (parseEntryName(file)?.version !== '0.2.0') continue;
          expect(readFileSync(`${box.root}/EFI/Linux/${file}`).equals(image)).toBe(true);
        }
        const version = parseEntryName(running)?.version;
        const runs = box.files().find((file) => parseEntryName(file)?.version === version);
        expect(readFileSync(`${box.root}/EFI/Linux/${runs}`, 'utf8')).toBe(`content of ${running}`);
        expect([running, 'appliance-0.2.0+3.efi']).toContain(box.next());
      }),
    );
    expect([...outcomes].sort()).toEqual(['cut', 'received']);
  });
});

it('starts with any content of the data partition', async () => {
  const box = makeBox();
  const directory = box.root.replace(/boot$/, 'data');
  expect(existsSync(directory)).toBe(true);
  writeFileSync(`${directory}/updates.json`, '{"history": [{"at"');
  expect((await box.start(GOOD)).status().history).toEqual([]);
});
