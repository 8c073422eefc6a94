import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { fakeImage } from '../../test/fixtures/image.ts';
import { type UpdateStatus, verifyManifest } from '../update/mod.ts';
import { COMMANDS } from './commands.ts';
import { execute } from './execute.ts';
import { outcomeOf } from './update.ts';

const context = { startedAt: 0, root: COMMANDS };
const sign = (words: readonly string[]): Promise<number> => execute(['sign', ...words], context);
const update = (words: readonly string[]): Promise<number> => execute(['update', ...words], context);

let directory = '';
let printed = '';

beforeEach(() => {
  directory = mkdtempSync(`${tmpdir()}/cli-update-`);
  printed = '';
  const print = (text: string | Uint8Array): boolean => {
    printed += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(print);
  vi.spyOn(process.stderr, 'write').mockImplementation(print);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

async function signedImage(version = '0.2.0'): Promise<{ file: string; image: Buffer; publicKey: string }> {
  const file = `${directory}/image.efi`;
  const image = fakeImage({ version });
  writeFileSync(file, image);
  await sign(['--new-key', `${directory}/update.key`]);
  await sign([file, '--key', `${directory}/update.key`]);
  return { file, image, publicKey: readFileSync(`${directory}/update.pub`, 'utf8') };
}

const settled: UpdateStatus = {
  running: { version: '0.2.0', file: 'appliance-0.2.0.efi', state: 'good' },
  verdict: { state: 'good', at: 1, conditions: [] },
  entries: [],
  history: [{ at: 1, version: '0.2.0', result: 'good' }],
};

describe('appliance sign', () => {
  it('makes a key that only its owner reads, and never over another', async () => {
    const key = `${directory}/update.key`;
    expect(await sign(['--new-key', key])).toBe(0);
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${directory}/update.pub`, 'utf8')).toMatch(/^-----BEGIN PUBLIC KEY-----/);
    await expect(sign(['--new-key', key])).rejects.toThrow(/EEXIST/);
  });

  it('signs an image as the version that it says it is', async () => {
    const { file, image, publicKey } = await signedImage();
    const manifest = verifyManifest(readFileSync(`${file}.sig`, 'utf8'), [publicKey]);
    expect(manifest).toMatchObject({ version: '0.2.0', architecture: 'x86_64', size: image.length });
  });

  it('says when it was built, unless the boxes it is for know nothing of that', async () => {
    const { file, publicKey } = await signedImage();
    const signedNow = () => verifyManifest(readFileSync(`${file}.sig`, 'utf8'), [publicKey]);
    expect(signedNow()).not.toHaveProperty('builtAt');
    writeFileSync(file, fakeImage({ version: '0.2.0', builtAt: 1_795_000_000 }));
    await sign([file, '--key', `${directory}/update.key`]);
    expect(signedNow()).toMatchObject({ version: '0.2.0', builtAt: 1_795_000_000 });
    await sign([file, '--key', `${directory}/update.key`, '--no-build-time']);
    expect(signedNow()).not.toHaveProperty('builtAt');
  });

  it('refuses another version than that, another machine, and what is no image', async () => {
    const { file } = await signedImage();
    const key = ['--key', `${directory}/update.key`];
    await expect(sign([file, ...key, '--version', '0.3.0'])).rejects.toThrow(/its os-release says "0.2.0"/);
    await expect(sign([file, ...key, '--architecture', 'aarch64'])).rejects.toThrow(/EFI program for x86_64/);
    await expect(sign([`${directory}/update.key`, ...key])).rejects.toThrow(/not an EFI program/);
    await expect(sign([file])).rejects.toThrow(/expected --key/);
  });
});

describe('appliance update', () => {
  /** An appliance that takes an image, restarts, and says one status after the other. */
  async function serve(statuses: readonly (UpdateStatus | undefined)[], putStatus = 200) {
    const taken: { request?: IncomingMessage; body?: Buffer; restarts: number } = { restarts: 0 };
    let asked = 0;
    const server = createServer((request, response) => {
      if (request.method === 'PUT') {
        taken.request = request;
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          taken.body = Buffer.concat(chunks);
          response.writeHead(putStatus).end(putStatus === 200 ? '{"version":"0.2.0"}' : 'bad-signature: no');
        });
        return;
      }
      if (request.method === 'POST' && request.url === '/power/restart') {
        taken.restarts += 1;
        response.end('{}');
        return;
      }
      const status = statuses[Math.min(asked, statuses.length - 1)];
      asked += 1;
      if (status === undefined) request.socket.destroy();
      else response.end(JSON.stringify({ box: { update: status } }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    vi.stubEnv('APPLIANCE_PASSWORD', 'secret');
    onTestFinished(() => void vi.unstubAllEnvs());
    return { taken, host: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  it('sends the image whole, with its length and its signed manifest', async () => {
    const { file, image, publicKey } = await signedImage();
    const { taken, host } = await serve([settled]);
    expect(await update([file, '--host', host])).toBe(0);
    expect(taken.request?.url).toBe('/update');
    expect(taken.body?.equals(image)).toBe(true);
    expect(taken.request?.headers['content-length']).toBe(String(image.length));
    const header = String(taken.request?.headers['appliance-manifest']);
    expect(verifyManifest(Buffer.from(header, 'base64').toString('utf8'), [publicKey]).version).toBe('0.2.0');
    expect(printed).toMatch(/version 0\.2\.0 is in place; the appliance restarts to try it/);
    expect(taken.restarts).toBe(1);
  });

  it('leaves the restart to others when told so', async () => {
    const { file } = await signedImage();
    const { taken, host } = await serve([settled]);
    expect(await update([file, '--host', host, '--no-restart'])).toBe(0);
    expect(printed).toMatch(/the next restart tries it/);
    expect(taken.restarts).toBe(0);
    await expect(update([file, '--host', host, '--no-restart', '--wait'])).rejects.toThrow(
      /expected --wait or --no-restart/,
    );
  });

  it('waits through the restart for the verdict', async () => {
    const { file } = await signedImage();
    const before: UpdateStatus = {
      ...settled,
      running: { version: '0.1.0', state: 'good' },
      pending: { version: '0.2.0', at: 1 },
      history: [],
    };
    const { host } = await serve([before, undefined, settled]);
    expect(await update([file, '--host', host, '--wait'])).toBe(0);
    expect(printed).toMatch(/version 0\.2\.0 runs and is good\n$/);
  });

  it('fails when the appliance fell back, and says why', async () => {
    const { file } = await signedImage();
    const fellBack: UpdateStatus = {
      ...settled,
      running: { version: '0.1.0', state: 'good' },
      history: [{ at: 1, version: '0.2.0', result: 'failed', reason: 'vpp: not connected (3 attempts)' }],
    };
    const { host } = await serve([fellBack]);
    expect(await update([file, '--host', host, '--wait', '--json'])).toBe(1);
    expect(JSON.parse(printed.trim().split('\n').at(-1) ?? '')).toEqual({
      version: '0.2.0',
      result: 'failed',
      running: '0.1.0',
      words: 'version 0.1.0 runs again; version 0.2.0 failed: vpp: not connected (3 attempts)',
    });
  });

  it('gives up in words when there is no verdict in time', async () => {
    const { file } = await signedImage();
    const { host } = await serve([undefined]);
    expect(await update([file, '--host', host, '--wait', '--wait-timeout', '0.5'])).toBe(1);
    expect(printed).toMatch(/no verdict on version 0\.2\.0 within 0\.5 s: cannot ask http/);
  });

  it('tells a refusal', async () => {
    const { file } = await signedImage();
    const { taken, host } = await serve([settled], 403);
    await expect(update([file, '--host', host])).rejects.toThrow(/403: bad-signature: no/);
    expect(taken.restarts).toBe(0);
  });

  it('sends nothing without a signature that fits', async () => {
    const { file } = await signedImage();
    const { taken, host } = await serve([settled]);
    writeFileSync(file, 'changed');
    await expect(update([file, '--host', host])).rejects.toThrow(/it has 7 bytes/);
    rmSync(`${file}.sig`);
    await expect(update([file, '--host', host])).rejects.toThrow(/appliance sign makes one/);
    expect(taken.request).toBeUndefined();
  });
});

describe('outcomeOf', () => {
  it('is open while the new version is on trial, or waits', () => {
    const trial: UpdateStatus = { ...settled, running: { version: '0.2.0', state: 'trial' } };
    expect(outcomeOf(trial, '0.2.0')).toBeUndefined();
    const again: UpdateStatus = {
      ...settled,
      running: { version: '0.1.0', state: 'good' },
      pending: { version: '0.2.0', at: 2 },
      history: [{ at: 1, version: '0.2.0', result: 'failed', reason: 'an earlier attempt' }],
    };
    expect(outcomeOf(again, '0.2.0')).toBeUndefined();
    expect(outcomeOf({ ...again, pending: { version: '0.9.0', at: 2 } }, '0.2.0')?.result).toBe('failed');
  });
});
