import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdtempSync,
  readdirSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { receiveFdOverSeqpacket } from '../../src/linux/mod.ts';
import { createMemfd, SeqpacketServer } from './seqpacket-server.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'linux-seqpacket-'));
  path = join(dir, 'stats.sock');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function descriptorCount(): number {
  return readdirSync('/proc/self/fd').length;
}

describe('SeqpacketServer and receiveFdOverSeqpacket', () => {
  it('pass a descriptor, with and without data, and leak none', async () => {
    const memory = createMemfd('segment');
    writeSync(memory, 'shared');
    let greeting = new Uint8Array(0);
    const server = new SeqpacketServer(path, {
      onClient(client) {
        client.sendFd(memory, greeting);
        client[Symbol.dispose]();
      },
    });
    try {
      const read = async (): Promise<string> => {
        const fd = await receiveFdOverSeqpacket(path, { timeoutMs: 5000 });
        const back = Buffer.alloc(6);
        readSync(fd, back, 0, 6, 0);
        expect(fd).not.toBe(memory);
        closeSync(fd);
        return back.toString();
      };
      expect(await read()).toBe('shared');
      greeting = Buffer.from('hello');
      expect(await read()).toBe('shared');
      const before = descriptorCount();
      for (let i = 0; i < 50; i++) await read();
      await Promise.all(Array.from({ length: 40 }, read));
      expect(descriptorCount()).toBe(before);
    } finally {
      server[Symbol.dispose]();
      closeSync(memory);
    }
    expect(existsSync(path)).toBe(false);
    await expect(receiveFdOverSeqpacket(path, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('report each failure with its code', async () => {
    let held: Disposable | undefined;
    let closes = false;
    const server = new SeqpacketServer(path, {
      onClient(client) {
        if (closes) client[Symbol.dispose]();
        else held = client;
      },
    });
    try {
      await expect(receiveFdOverSeqpacket(path, { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'ETIMEDOUT',
      });
      held?.[Symbol.dispose]();
      const controller = new AbortController();
      const waiting = receiveFdOverSeqpacket(path, { timeoutMs: 5000, signal: controller.signal });
      setTimeout(() => controller.abort(new Error('no longer wanted')), 20);
      await expect(waiting).rejects.toThrow('no longer wanted');
      held?.[Symbol.dispose]();
      closes = true;
      await expect(receiveFdOverSeqpacket(path, { timeoutMs: 5000 })).rejects.toMatchObject({
        code: 'ENOMSG',
      });
    } finally {
      server[Symbol.dispose]();
      server[Symbol.dispose]();
    }
    const long = join(dir, 'x'.repeat(120));
    await expect(receiveFdOverSeqpacket(long, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'ENAMETOOLONG',
    });
  });

  it('refuse the wrong kind of socket', async () => {
    const stream = createServer().listen(path);
    await new Promise((resolve) => stream.once('listening', resolve));
    await expect(receiveFdOverSeqpacket(path, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'EPROTOTYPE',
    });
    await new Promise((resolve) => stream.close(resolve));
  });

  it('replace a stale socket, never a live one nor a file', () => {
    const ignore = { onClient: (client: Disposable) => client[Symbol.dispose]() };
    const first = new SeqpacketServer(path, ignore);
    expect(() => new SeqpacketServer(path, ignore)).toThrow(/bind\(".*"\): EADDRINUSE/);
    first[Symbol.dispose]();
    writeFileSync(path, 'precious');
    expect(() => new SeqpacketServer(path, ignore)).toThrow(/EADDRINUSE/);
    expect(existsSync(path)).toBe(true);
  });
});

describe('createMemfd', () => {
  it('is a file in memory', () => {
    const fd = createMemfd('stat segment');
    try {
      ftruncateSync(fd, 4096);
      writeSync(fd, 'hello', 100);
      const back = Buffer.alloc(5);
      readSync(fd, back, 0, 5, 100);
      expect(back.toString()).toBe('hello');
      expect(fstatSync(fd).size).toBe(4096);
    } finally {
      closeSync(fd);
    }
  });
});
