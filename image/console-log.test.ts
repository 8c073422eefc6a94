import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { waitForLine } from '../test/fixtures/console-lines.ts';
import { ConsoleLog } from './console-log.ts';

describe('ConsoleLog', () => {
  it('joins pieces to lines and drops control sequences', () => {
    using log = new ConsoleLog();
    log.append('\u001b[2J\u001b[1;1Hfir');
    log.append('st\r\nsec');
    expect(log.lines.map(({ text }) => text)).toEqual(['first']);
    log.append('ond\n');
    expect(log.lines.map(({ text }) => text)).toEqual(['first', 'second']);
  });

  it('waits for a line, past or future', async () => {
    using log = new ConsoleLog();
    log.append('boot: phase mounts\n');
    expect((await waitForLine(log, /phase (\w+)/, { timeoutMs: 10 })).text).toBe('boot: phase mounts');
    const waiting = waitForLine(log, /later/, { timeoutMs: 1000 });
    await sleep(5);
    log.append('later\n');
    expect((await waiting).text).toBe('later');
  });

  it('does not count lines before the mark', async () => {
    using log = new ConsoleLog();
    log.append('vpp: connected\n');
    const after = log.lines.at(-1);
    await expect(waitForLine(log, /connected/, { timeoutMs: 10, after })).rejects.toThrow(
      'no console line matched',
    );
    log.append('vpp: connected\n');
    await waitForLine(log, /connected/, { timeoutMs: 10, after });
  });

  it('quotes the last lines when no line matches', async () => {
    using log = new ConsoleLog();
    log.append('Kernel panic\n');
    await expect(waitForLine(log, /ready/, { timeoutMs: 5 })).rejects.toThrow(
      /\/ready\/ within 5 ms.*\n.*Kernel panic/,
    );
  });

  it('gives up with the reason of its signal', async () => {
    using log = new ConsoleLog();
    const controller = new AbortController();
    const waiting = waitForLine(log, /x/, { timeoutMs: 1000, signal: controller.signal });
    controller.abort(new Error('the guest ended'));
    await expect(waiting).rejects.toThrow('the guest ended');
  });

  it('limits a line without an end', () => {
    using log = new ConsoleLog();
    for (let count = 0; count < 100; count += 1) log.append('x'.repeat(1000));
    log.append('\n');
    expect(log.lines[0]?.text.length).toBe(8192);
  });
});
