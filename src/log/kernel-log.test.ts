import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { KernelLog, type KmsgSource, openKmsg } from './kernel-log.ts';
import { parseKmsgRecord } from './kmsg-record.ts';
import { LogHub } from './log-hub.ts';

async function until(check: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!check()) {
    if (performance.now() > deadline) throw new Error('it did not come to that in time');
    await sleep(10);
  }
}

function errno(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** A fake kernel: records in a ring, of which the oldest can be overwritten. */
class Ring implements KmsgSource {
  readonly #capacity: number;
  #records: { sequence: number; text: string }[] = [];
  #written = 0;
  #next = 0;
  #callback: (() => void) | undefined;
  watches = 0;
  reads = 0;
  isClosed = false;

  constructor(capacity = 1_000) {
    this.#capacity = capacity;
  }

  add(...texts: readonly string[]): void {
    for (const text of texts) this.#records.push({ sequence: this.#written++, text });
    this.#records = this.#records.slice(-this.#capacity);
    this.#wake();
  }

  #wake(): void {
    if (this.#next < this.#written) setImmediate(() => this.#callback?.());
  }

  read(buffer: Buffer): number {
    this.reads += 1;
    const oldest = this.#records[0]?.sequence ?? 0;
    if (this.#next < oldest) {
      this.#next = oldest;
      // As libuv does on POLLERR.
      this.#callback = undefined;
      throw errno('EPIPE');
    }
    const record = this.#records.find(({ sequence }) => sequence === this.#next);
    if (record === undefined) throw errno('EAGAIN');
    this.#next += 1;
    this.#wake();
    return buffer.write(`6,${record.sequence},${record.sequence * 1000},-;${record.text}\n`);
  }

  watch(callback: () => void): Disposable {
    this.watches += 1;
    this.#callback = callback;
    this.#wake();
    return {
      [Symbol.dispose]: () => {
        if (this.#callback === callback) this.#callback = undefined;
      },
    };
  }

  [Symbol.dispose](): void {
    this.isClosed = true;
  }
}

const linesOf = (hub: LogHub): string[] => (hub.records('kernel') ?? []).map(({ line }) => line);

describe('parseKmsgRecord', () => {
  const parse = (text: string) => parseKmsgRecord(Buffer.from(text));

  it('reads the priority, number, time and text, and skips the fields for programs', () => {
    expect(
      parse(
        '4,1042,5340096,-;e1000e 0000:00:02.0: link is down\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:02.0\n',
      ),
    ).toEqual({
      severity: 'warning',
      facility: 0,
      sequence: 1042,
      timestampUs: 5_340_096,
      lines: ['e1000e 0000:00:02.0: link is down'],
    });
  });

  it('distinguishes a process from the kernel, and accepts fields that later kernels add', () => {
    expect(parse('30,7,12,-,caller=T1;init: hello; world\n')).toMatchObject({
      severity: 'info',
      facility: 3,
      lines: ['init: hello; world'],
    });
    expect(parse('6,8,13,c;a fragment\n')).toMatchObject({ lines: ['a fragment'] });
  });

  it('decodes the kernel’s escapes, once', () => {
    expect(parse('6,1,1,-;caf\\xc3\\xa9 \\x5cx41\n')?.lines).toEqual(['café \\x41']);
    expect(parse('6,1,1,-;one\\x0atwo\n')?.lines).toEqual(['one', 'two']);
  });

  it('refuses anything but a record', () => {
    for (const text of ['', 'hello', '6,1;x', 'a,b,c,d;text', ';']) expect(parse(text)).toBeUndefined();
  });
});

describe('KernelLog', () => {
  it('reads from the start and follows, with the time of each record', async () => {
    const hub = new LogHub();
    const ring = new Ring();
    ring.add('one', 'two');
    using _log = new KernelLog(hub, ring);
    await until(() => linesOf(hub).length === 2);
    ring.add('three');
    await until(() => linesOf(hub).length === 3);
    expect(linesOf(hub)).toEqual(['one', 'two', 'three']);
    const [first, , third] = hub.records('kernel') ?? [];
    expect((third?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(-100);
    const uptimeMs = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
    expect(Math.abs((first?.at ?? 0) - (Date.now() - uptimeMs))).toBeLessThan(10_000);
  });

  it('counts and reports overwritten records, and listens again', async () => {
    const hub = new LogHub();
    const ring = new Ring(3);
    ring.add('a');
    using _log = new KernelLog(hub, ring);
    await until(() => linesOf(hub).length === 1);
    ring.add('b', 'c', 'd', 'e', 'f', 'g');
    await until(() => linesOf(hub).includes('g'));
    expect(linesOf(hub)).toEqual(['a', '3 lines were overwritten before being read', 'e', 'f', 'g']);
    ring.add('h');
    await until(() => linesOf(hub).includes('h'));
    expect(ring.watches).toBe(2);
  });

  it('pauses on a kernel that logs endlessly, and reports what it missed', async () => {
    // The test controls the length of the window, however slow this machine is.
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const hub = new LogHub();
    const ring = new Ring(50);
    using _log = new KernelLog(hub, ring, 20);
    const flood = Array.from({ length: 50 }, (_, i) => `flood ${i}`);
    ring.add(...flood);
    await until(() => linesOf(hub).length === 20);
    const { reads } = ring;
    for (let i = 0; i < 20; i += 1) {
      ring.add(...flood);
      await sleep(5);
    }
    // Within the window nothing more was read, however much arrived.
    expect(ring.reads).toBe(reads);
    vi.advanceTimersByTime(1_000);
    await until(() => linesOf(hub).some((line) => line.includes('overwritten')));
    expect(linesOf(hub)[20]).toBe('980 lines were overwritten before being read');
  });

  it('reports that the device failed and closes it', async () => {
    const hub = new LogHub();
    const ring = new Ring();
    ring.read = () => {
      throw errno('EIO');
    };
    ring.add('one');
    using _log = new KernelLog(hub, ring);
    await until(() => ring.isClosed);
    expect(hub.log('kernel')?.[0]?.line).toContain('EIO');
  });

  it('reads the log of the running kernel', async ({ skip }) => {
    let source: KmsgSource;
    try {
      source = openKmsg();
    } catch {
      skip('/dev/kmsg cannot be read here');
      return;
    }
    const hub = new LogHub();
    using _log = new KernelLog(hub, source);
    await until(() => (hub.records('kernel') ?? []).length > 0);
    expect(linesOf(hub).some((line) => line.startsWith("cannot read the kernel's log"))).toBe(false);
    const now = Date.now();
    const records = hub.records('kernel') ?? [];
    for (const { at } of records) expect(at).toBeLessThanOrEqual(now + 1_000);
    expect(records.every(({ line }) => !/^\d+,\d+,\d+/.test(line))).toBe(true);
  });
});
