/** The client against peers that misbehave in ways that neither VPP nor the emulator can produce. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { VppApiClient } from './client.ts';
import { VppApiError } from './errors.ts';
import { request } from './message.ts';
import { showVersionRequest } from './messages/vpe.ts';
import { ping } from './operations.ts';
import { showVersion } from './show-version.ts';
import { fixedString } from './schema.ts';

const PING = 100;
const PING_REPLY = 101;
const NAMES = [
  [PING, 'control_ping_51077d14'],
  [PING_REPLY, 'control_ping_reply_f6b0b8ca'],
  [102, 'show_version_51077d14'],
  [103, 'show_version_reply_c919bde1'],
] as const;

function framed(payload: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(payload.length, 8);
  return Buffer.concat([header, payload]);
}

function session(response = 0): Buffer {
  const reply = Buffer.alloc(20 + 66 * NAMES.length);
  reply.writeUInt16BE(16, 0);
  reply.writeInt32BE(response, 10);
  reply.writeUInt32BE(0x8000_0001, 14);
  reply.writeUInt16BE(NAMES.length, 18);
  for (const [i, [id, name]] of NAMES.entries()) {
    reply.writeUInt16BE(id, 20 + 66 * i);
    reply.write(name, 22 + 66 * i);
  }
  return framed(reply);
}

function pong(context: number): Buffer {
  const reply = Buffer.alloc(18);
  reply.writeUInt16BE(PING_REPLY, 0);
  reply.writeUInt32BE(context, 2);
  reply.writeUInt32BE(4711, 14);
  return framed(reply);
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Listens; `answer` gets each payload and returns the bytes to send back. */
async function peer(answer: (payload: Buffer, socket: Socket) => Buffer | undefined): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'vpp-api-'));
  const path = join(dir, 'api.sock');
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let input = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      input = Buffer.concat([input, chunk]);
      while (input.length >= 16 && input.length >= 16 + input.readUInt32BE(8)) {
        const end = 16 + input.readUInt32BE(8);
        const reply = answer(input.subarray(16, end), socket);
        input = input.subarray(end);
        if (reply !== undefined) socket.write(reply);
      }
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(path, resolve);
  await promise;
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return path;
}

function ordinary(payload: Buffer): Buffer | undefined {
  const id = payload.readUInt16BE(0);
  if (id === 15) return session();
  return id === PING ? pong(payload.readUInt32BE(6)) : undefined;
}

async function failure(call: Promise<unknown>): Promise<VppApiError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof VppApiError) return error;
  throw new Error(`expected a VppApiError, got ${String(error)}`);
}

describe('connecting', () => {
  test('reports the socket error', async () => {
    const error = await failure(VppApiClient.connect('/nonexistent/api.sock'));
    expect(error).toMatchObject({
      code: 'connect',
      message: 'cannot connect to /nonexistent/api.sock: ENOENT',
    });
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });

  test('times out on a peer that never answers', async () => {
    const path = await peer(() => undefined);
    expect(await failure(VppApiClient.connect(path, { timeoutMs: 50 }))).toMatchObject({
      code: 'timeout',
      message: `cannot connect to ${path}: no session within 50 ms`,
    });
  });

  test('times out on a peer that answers the session and then no ping', async () => {
    const path = await peer((payload) => (payload.readUInt16BE(0) === 15 ? session() : undefined));
    expect(await failure(VppApiClient.connect(path, { timeoutMs: 50 }))).toMatchObject({ code: 'timeout' });
  });

  test('rejects a peer that refuses, closes, or speaks another protocol', async () => {
    const refuses = await peer(() => session(-7));
    expect(await failure(VppApiClient.connect(refuses))).toMatchObject({ code: 'connect' });
    const closes = await peer((_, socket) => {
      socket.destroy();
      return undefined;
    });
    expect(await failure(VppApiClient.connect(closes))).toMatchObject({ code: 'connect' });
    const other = await peer(() => framed(Buffer.from('0063000000000000000000000000000000000000', 'hex')));
    expect((await failure(VppApiClient.connect(other))).message).toMatch(
      /unexpected message id 99 in reply to sockclnt_create/,
    );
    const short = await peer(() => session().subarray(0, 60).fill(0, 8, 11).fill(44, 11, 12));
    expect(await failure(VppApiClient.connect(short))).toMatchObject({ code: 'protocol' });
  });

  test('aborts before and during the handshake', async () => {
    const path = await peer(() => undefined);
    expect(await failure(VppApiClient.connect(path, { signal: AbortSignal.abort() }))).toMatchObject({
      code: 'aborted',
    });
    const abort = new AbortController();
    const connecting = failure(VppApiClient.connect(path, { signal: abort.signal }));
    setTimeout(() => abort.abort(), 20);
    expect(await connecting).toMatchObject({ code: 'aborted' });
  });

  test('refuses a client name that is too long', async () => {
    const path = await peer(ordinary);
    expect(await failure(VppApiClient.connect(path, { clientName: 'x'.repeat(64) }))).toMatchObject({
      code: 'encode',
    });
  });
});

describe('a connection', () => {
  test('accepts frames in single bytes', async () => {
    const path = await peer((payload, socket) => {
      for (const byte of ordinary(payload) ?? []) socket.write(Buffer.of(byte));
      return undefined;
    });
    await using client = await VppApiClient.connect(path);
    expect(client.vpePid).toBe(4711);
  });

  test('is closed by a reply of another kind, and reports why', async () => {
    let pings = 0;
    const path = await peer((payload) => {
      if (payload.readUInt16BE(0) !== PING || pings++ === 0) return ordinary(payload);
      const wrong = pong(payload.readUInt32BE(6));
      wrong.writeUInt16BE(103, 16);
      return wrong;
    });
    await using client = await VppApiClient.connect(path);
    const error = await failure(ping(client));
    expect(error.code).toBe('disconnected');
    expect(await client.closed).toEqual({
      kind: 'protocol',
      text: 'VPP violated the protocol: unexpected message id 103 in reply to control_ping',
    });
  });

  test('is closed by a frame of an impossible length', async () => {
    let pings = 0;
    const path = await peer((payload) =>
      payload.readUInt16BE(0) !== PING || pings++ === 0 ? ordinary(payload) : Buffer.alloc(16, 0xff),
    );
    await using client = await VppApiClient.connect(path);
    await failure(ping(client));
    expect((await client.closed).kind).toBe('protocol');
  });

  test('counts and drops replies that match no request', async () => {
    const path = await peer((payload) => {
      const reply = ordinary(payload);
      return payload.readUInt16BE(0) === PING && reply !== undefined
        ? Buffer.concat([pong(999_999), reply])
        : reply;
    });
    await using client = await VppApiClient.connect(path);
    await ping(client);
    expect(client.counters).toEqual({ framesReceived: 5, lateReplies: 0, strayFrames: 2 });
  });

  test('refuses requests beyond the limit', async () => {
    const path = await peer(ordinary);
    await using client = await VppApiClient.connect(path);
    const waiting = Array.from({ length: 4_096 }, () => failure(showVersion(client)));
    expect(await failure(showVersion(client))).toMatchObject({ code: 'busy' });
    client.close();
    const codes = new Set((await Promise.all(waiting)).map((error) => error.code));
    expect([...codes]).toEqual(['disconnected']);
  });

  test('refuses a value that does not fit before anything is sent', async () => {
    const path = await peer(ordinary);
    await using client = await VppApiClient.connect(path);
    const def = request('show_version', 0x51077d14, { name: fixedString(4) }, showVersionRequest.reply);
    expect(await failure(client.request(def, { name: 'too long' }))).toMatchObject({ code: 'encode' });
    expect(await ping(client)).toBe(4711);
  });
});
