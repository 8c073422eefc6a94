import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { activeConsoles, Console } from './console.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'appliance-console-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});

/** A named pipe: like a terminal that holds 64 kB and then blocks. */
async function makeFifo(): Promise<string> {
  const path = join(dir, 'fifo');
  const child = spawn('mkfifo', [path]);
  await new Promise((resolve) => child.once('exit', resolve));
  return path;
}

describe('Console', () => {
  it('lists every active console', () => {
    expect(activeConsoles(dir)).toEqual(['/dev/console']);
    expect(activeConsoles('/nowhere')).toEqual(['/dev/console']);
  });

  it('writes lines with seconds and subject, and replaces control characters', () => {
    const path = join(dir, 'log');
    writeFileSync(path, '');
    using console = new Console([path]);
    console.warning('vpp', 'bell\u0007 and \u001b[31mred');
    expect(readFileSync(path, 'utf8')).toMatch(/^\[ *\d+\.\d{3}\] vpp: warning: bell\? and \?\[31mred\n$/);
  });

  it('is not slowed by an unread console, drops what does not fit, and reports it later', async () => {
    const path = await makeFifo();
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    using console = new Console([path]);
    // Blocking writes would never return.
    for (let i = 0; i < 5_000; i += 1) console.info('test', `${i} ${'x'.repeat(100)}`);
    expect(console.hub.log('appliance')?.at(-1)?.line).toContain('4999');

    const bytes = Buffer.alloc(256 * 1024);
    let text = '';
    const drain = (): void => {
      for (;;) {
        let length = 0;
        try {
          length = readSync(reader, bytes);
        } catch {
          return;
        }
        if (length === 0) return;
        text += bytes.toString('latin1', 0, length);
      }
    };
    for (let i = 0; i < 10; i += 1) {
      drain();
      await sleep(60);
    }
    console.info('test', 'after');
    drain();
    const dropped = /\[(\d+) lines dropped: this console was not read\]/.exec(text)?.[1];
    expect(Number(dropped)).toBeGreaterThan(3_000);
    expect(text.trimEnd().endsWith('test: after')).toBe(true);
    closeSync(reader);
  });

  it('passes every line once to the log, under its service', () => {
    const path = join(dir, 'log');
    writeFileSync(path, '');
    using console = new Console([path]);
    console.warning('config', 'odd');
    console.output('vpp', 'bell\u0007');
    console.note('vpp', 'error', 'it ended');
    expect(console.hub.records('all')).toMatchObject([
      { service: 'appliance', severity: 'warning', line: 'config: odd' },
      { service: 'vpp', severity: 'info', line: 'bell?' },
      { service: 'vpp', severity: 'error', line: 'it ended' },
    ]);
    const shown = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(shown.map((line) => line.replace(/^.*?\] /, ''))).toEqual(['config: warning: odd', 'vpp: bell?']);
  });

  it('survives a console that hangs up', async () => {
    const path = await makeFifo();
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    using console = new Console([path]);
    console.info('test', 'one');
    closeSync(reader);
    console.info('test', 'two');
    console.info('test', 'three');
    expect(console.hub.log('appliance')).toHaveLength(3);

    const again = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const later = performance.now() + 60_000;
    vi.spyOn(performance, 'now').mockReturnValue(later);
    console.info('test', 'four');
    const shown = Buffer.alloc(1024);
    const text = shown.toString('latin1', 0, readSync(again, shown));
    const dropped = /\[(\d+) lines dropped: this console was not read\]/.exec(text)?.[1];
    expect(Number(dropped)).toBeGreaterThan(0);
    expect(text.trimEnd().endsWith('test: four')).toBe(true);
    closeSync(again);
  });
});
