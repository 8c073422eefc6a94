/**
 * `appliance update`: sends an image to an appliance and restarts it, so that the image is tried. Exit code 1 when
 * --wait saw it fall back.
 */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno, reasonOf } from '../linux/mod.ts';
import { MAX_MANIFEST_BYTES, type UpdateManifest, type UpdateStatus } from '../update/mod.ts';
import type { RemoteOptions } from './options.ts';
import { get, post, put, type Target } from './transport.ts';
import { UsageError } from './usage-error.ts';

/** Bytes that are read of the image at a time. */
const CHUNK_BYTES = 256 * 1024;
const POLL_MS = 2_000;
const PROGRESS_MS = 200;

interface UpdateOptions extends RemoteOptions {
  readonly signature: string | undefined;
  readonly wait: boolean;
  readonly noRestart: boolean;
  /** Seconds. */
  readonly waitTimeout: string;
}

export async function update(file: string, options: UpdateOptions): Promise<number> {
  const { wait, noRestart, waitTimeout, json } = options;
  if (wait && noRestart) {
    throw new UsageError('expected --wait or --no-restart, got both: a version is tried by a restart');
  }
  const waitSeconds = Number(waitTimeout);
  if (!(waitSeconds > 0)) {
    throw new UsageError(`expected a number of seconds after "--wait-timeout", got "${waitTimeout}"`);
  }
  const signatureFile = options.signature ?? `${file}.sig`;
  const signature = await readSignature(signatureFile);
  const { version } = signature.manifest;
  const { size } = await stat(file);
  if (size !== signature.manifest.size) {
    throw new Error(
      `cannot send ${file}: it has ${size} bytes, and ${signatureFile} is for ${signature.manifest.size} (sign it again)`,
    );
  }
  const answer = await put(options, '/update', {
    headers: { 'Appliance-Manifest': Buffer.from(signature.text, 'utf8').toString('base64') },
    body: withProgress(file, size),
    length: size,
  });
  if (noRestart) say(`version ${version} is in place; the next restart tries it`);
  else {
    await post(options, '/power/restart').catch((error: unknown) => {
      throw new Error(`version ${version} is in place, and the next restart tries it: ${reasonOf(error)}`, {
        cause: error,
      });
    });
    say(`version ${version} is in place; the appliance restarts to try it`);
  }
  if (!wait) {
    if (json) process.stdout.write(`${answer.trimEnd()}\n`);
    return 0;
  }
  const outcome = await waitForVerdict(options, version, waitSeconds);
  process.stdout.write(json ? `${JSON.stringify({ version, ...outcome })}\n` : `${outcome.words}\n`);
  return outcome.result === 'good' ? 0 : 1;
}

interface Signature {
  /** As it was written. */
  readonly text: string;
  /** Not verified: the appliance has the key. */
  readonly manifest: UpdateManifest;
}

async function readSignature(file: string): Promise<Signature> {
  const { size } = await stat(file).catch((error: unknown) => {
    const reason = isErrno(error, 'ENOENT') ? 'no such file' : reasonOf(error);
    throw new Error(`cannot read the signature ${file}: ${reason} (appliance sign makes one)`, {
      cause: error,
    });
  });
  if (size > MAX_MANIFEST_BYTES)
    throw new Error(`cannot read the signature ${file}: ${size} bytes are more than ${MAX_MANIFEST_BYTES}`);
  const text = (await readFile(file, 'utf8')).trim();
  try {
    const { manifest } = JSON.parse(text) as { manifest: string };
    return { text, manifest: JSON.parse(manifest) as UpdateManifest };
  } catch (error) {
    throw new Error(`cannot read the signature ${file}: it is not a signed manifest`, { cause: error });
  }
}

async function* withProgress(file: string, size: number): AsyncGenerator<Uint8Array> {
  let sent = 0;
  let saidAt = 0;
  for await (const chunk of createReadStream(file, {
    highWaterMark: CHUNK_BYTES,
  }) as AsyncIterable<Buffer>) {
    yield chunk;
    sent += chunk.length;
    if (!process.stderr.isTTY || (performance.now() - saidAt < PROGRESS_MS && sent < size)) continue;
    saidAt = performance.now();
    const percent = Math.floor((100 * sent) / size);
    process.stderr.write(`\r${percent} % of ${(size / 1e6).toFixed(1)} MB sent${sent === size ? '\n' : ''}`);
  }
}

/** How the update ended, as far as is known. */
export interface Outcome {
  readonly result: 'good' | 'failed' | 'unknown';
  /** The version that runs now. */
  readonly running?: string;
  readonly words: string;
}

/** What a status says about the update to `version`; undefined while it is not decided. Pure. */
export function outcomeOf(status: UpdateStatus, version: string): Outcome | undefined {
  const running = status.running.version;
  if (running === version && status.running.state === 'good' && status.verdict?.state === 'good') {
    return { result: 'good', running, words: `version ${version} runs and is good` };
  }
  // While it is pending, the history is about an earlier attempt.
  if (running === version || status.pending?.version === version) return undefined;
  const ended = status.history.find((entry) => entry.version === version);
  if (ended === undefined || ended.result === 'good') return undefined;
  const why = ended.reason === undefined ? '' : `: ${ended.reason}`;
  return {
    result: 'failed',
    running,
    words: `version ${running} runs again; version ${version} ${ended.result}${why}`,
  };
}

async function waitForVerdict(target: Target, version: string, waitSeconds: number): Promise<Outcome> {
  const deadline = performance.now() + waitSeconds * 1000;
  let said = '';
  let running: string | undefined;
  while (performance.now() < deadline) {
    let now: string;
    try {
      const { box } = JSON.parse(await get(target, '/status')) as { box?: { update: UpdateStatus } };
      const status = box?.update;
      if (status === undefined) throw new Error('its status has nothing about updates');
      const outcome = outcomeOf(status, version);
      if (outcome !== undefined) return outcome;
      running = status.running.version;
      now =
        running === version
          ? `version ${version} runs, on trial${missingOf(status)}`
          : `version ${running} still runs`;
    } catch (error) {
      // It is restarting, or it never comes back: then these are the last words.
      now = reasonOf(error);
    }
    if (now !== said) say(now);
    said = now;
    await sleep(POLL_MS);
  }
  return {
    result: 'unknown',
    ...(running === undefined ? {} : { running }),
    words: `no verdict on version ${version} within ${waitSeconds} s: ${said}`,
  };
}

function missingOf(status: UpdateStatus): string {
  const missing = status.trial?.conditions.filter(({ ok }) => !ok).map(({ name }) => name) ?? [];
  return missing.length === 0 ? '' : `; not yet: ${missing.join(', ')}`;
}

function say(words: string): void {
  process.stderr.write(`${words}\n`);
}
