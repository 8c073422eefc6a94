import { closeSync, openSync, readSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isErrno } from './errors.ts';
import { libc, nativeBuffer } from './libc.ts';
import { makePipe, writeAll } from '../../test/fixtures/pipe.ts';
import { watchReadable } from './watch-readable.ts';

let readEnd: number;
let writeEnd: number;
beforeEach(() => {
  [readEnd, writeEnd] = makePipe();
});
afterEach(() => {
  for (const fd of [readEnd, writeEnd]) if (fd >= 0) closeSync(fd);
});

function drain(fd: number): string {
  const buffer = Buffer.alloc(4096);
  let text = '';
  for (;;) {
    try {
      const length = readSync(fd, buffer);
      if (length === 0) return text;
      text += buffer.toString('latin1', 0, length);
    } catch (error) {
      if (isErrno(error, 'EAGAIN')) return text;
      throw error;
    }
  }
}

describe('watchReadable', () => {
  it('calls back each time a pipe is readable, and not after disposal', async () => {
    let received = '';
    let wake = (): void => {};
    const watch = watchReadable(readEnd, () => {
      received += drain(readEnd);
      wake();
    });
    for (const piece of ['one ', 'two ', 'three']) {
      const called = new Promise<void>((resolve) => {
        wake = resolve;
      });
      writeAll(writeEnd, piece);
      await called;
    }
    expect(received).toBe('one two three');
    watch[Symbol.dispose]();
    watch[Symbol.dispose]();
    writeAll(writeEnd, 'unseen');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(received).toBe('one two three');
  });

  it('calls back on hang-up', async () => {
    await new Promise<void>((resolve) => {
      const watch = watchReadable(readEnd, () => {
        watch[Symbol.dispose]();
        resolve();
      });
      closeSync(writeEnd);
      writeEnd = -1;
    });
    expect(drain(readEnd)).toBe('');
  });

  it('runs the callback’s promises and ticks without other events', async () => {
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      const watch = watchReadable(readEnd, () => {
        watch[Symbol.dispose]();
        process.nextTick(() => order.push('tick'));
        void Promise.resolve()
          .then(() => order.push('promise'))
          .then(() => resolve());
      });
      writeAll(writeEnd, 'x');
    });
    expect(order).toEqual(['tick', 'promise']);
  });

  it('works on a netlink socket', async (ctx) => {
    const AF_NETLINK = 16;
    const SOCK_RAW_CLOEXEC = 0o2000003;
    const fd = libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, 0);
    if (fd < 0) ctx.skip('no netlink here');
    try {
      await new Promise<void>((resolve) => {
        const watch = watchReadable(fd, () => {
          watch[Symbol.dispose]();
          resolve();
        });
        // RTM_GETLINK, request | dump, any family.
        const request = nativeBuffer(32);
        request.writeUInt32LE(32, 0);
        request.writeUInt16LE(18, 4);
        request.writeUInt16LE(0x301, 6);
        expect(libc.send(fd, request, 32n, 0)).toBe(32n);
      });
      expect(libc.recv(fd, nativeBuffer(65536), 65536n, 0)).toBeGreaterThan(0n);
    } finally {
      closeSync(fd);
    }
  });

  it('survives thousands of watches, and watches created and disposed in the callback', async () => {
    for (let round = 0; round < 2000; round++) watchReadable(readEnd, () => {})[Symbol.dispose]();
    writeAll(writeEnd, 'x');
    for (let round = 0; round < 300; round++) {
      await new Promise<void>((resolve) => {
        const watch = watchReadable(readEnd, () => {
          watch[Symbol.dispose]();
          resolve();
        });
      });
    }
  });

  it('refuses an ordinary file and a second watch, with a coded error', () => {
    const fd = openSync('/proc/self/status', 'r');
    const file = openSync(import.meta.filename, 'r');
    try {
      expect(() => watchReadable(file, () => {})).toThrow(/uv_poll_init\(\d+\): EPERM/);
      expect(() => watchReadable(99999, () => {})).toThrow(/EBADF/);
      const watch = watchReadable(readEnd, () => {});
      expect(() => watchReadable(readEnd, () => {})).toThrow(/EEXIST/);
      watch[Symbol.dispose]();
    } finally {
      closeSync(fd);
      closeSync(file);
    }
  });
});
