import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it, vi } from 'vitest';
import { isLibuvChild, spawnChild } from './children.ts';
import { reapOrphans } from './reaper.ts';
import { killAllProcesses, killGroup, killProcess } from './signals.ts';

const SUBREAPER = join(import.meta.dirname, '../../test/fixtures/subreaper.ts');

interface Seen {
  readonly ownExits: number[];
  readonly foreign: number;
  readonly shell: number;
  readonly missing: string;
  readonly reaped: number;
  readonly withSignal: number;
  readonly withCode: number;
  readonly zombies: number;
  readonly listed: string;
  readonly scanned: string;
}

function expectAllReaped(program: string): void {
  const seen: Seen = JSON.parse(
    execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', program], { encoding: 'utf8' }),
  );
  expect(seen.ownExits).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(seen).toMatchObject({ foreign: 42, shell: 5, missing: 'ENOENT', zombies: 0 });
  expect(seen.scanned).toBe(seen.listed);
  expect(seen.reaped).toBeGreaterThanOrEqual(200);
  expect(seen.withSignal).toBe(50);
  expect(seen.withCode).toBe(150);
}

describe('reapOrphans', () => {
  it('reaps 200 orphans, and libuv still reports its own children', () => {
    expectAllReaped(SUBREAPER);
  });

  it('does so from a bundled single file', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'linux-bundle-'));
    try {
      const outfile = join(dir, 'bundle.mjs');
      await build({
        entryPoints: [SUBREAPER],
        bundle: true,
        platform: 'node',
        format: 'esm',
        target: 'node26',
        external: ['node:*'],
        minify: true,
        outfile,
        logLevel: 'silent',
      });
      expectAllReaped(outfile);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('never reaps a child of libuv, even a dead and unreported one', async () => {
    const child = spawnChild('sh', ['-c', 'exit 9']);
    const pid = child.pid ?? 0;
    const until = performance.now() + 200;
    // The event loop is blocked, so libuv cannot see the exit; the reaper can.
    while (performance.now() < until) expect(reapOrphans().some((orphan) => orphan.pid === pid)).toBe(false);
    expect(isLibuvChild(pid)).toBe(true);
    expect(await once(child, 'exit')).toEqual([9, null]);
    expect(isLibuvChild(pid)).toBe(false);
  });
});

describe('spawnChild', () => {
  it('passes environment, directory and output', async () => {
    const output: string[] = [];
    const child = spawnChild('/bin/sh', ['-c', 'echo $NAME; pwd; echo bad >&2'], {
      env: { NAME: 'value' },
      cwd: '/',
      onOutput: (chunk, stream) =>
        output.push(
          ...chunk
            .toString()
            .trim()
            .split('\n')
            .map((line) => `${stream} ${line}`),
        ),
    });
    await once(child, 'close');
    expect(output.toSorted()).toEqual(['stderr bad', 'stdout /', 'stdout value']);
  });

  it('emits ENOENT for a missing command, and keeps no record of it', async () => {
    const child = spawnChild('/does/not/exist', []);
    expect(await once(child, 'error')).toMatchObject([{ code: 'ENOENT' }]);
    expect(child.pid).toBeUndefined();
  });
});

describe('killGroup', () => {
  it('reaches the whole group, and returns false once it is empty', async () => {
    const output: string[] = [];
    const child = spawnChild('sh', ['-c', 'sleep 60 & echo $!; wait'], {
      detached: true,
      onOutput: (chunk) => output.push(chunk.toString()),
    });
    const pid = child.pid ?? 0;
    await once(child.stdout ?? child, 'data');
    const grandchild = Number(output.join(''));
    expect(killProcess(grandchild, 0)).toBe(true);
    expect(killGroup(pid, 'SIGKILL')).toBe(true);
    // `close` comes when both have closed the pipe.
    await once(child, 'close');
    expect(child.signalCode).toBe('SIGKILL');
    // A zombie still counts as a member until its new parent has waited for it.
    await vi.waitFor(() => expect(killGroup(pid, 'SIGKILL')).toBe(false), 5000);
    expect(killProcess(pid, 'SIGTERM')).toBe(false);
  });

  it('refuses ids that mean more than one group', () => {
    for (const pgid of [0, 1, -1, 1.5, Number.NaN]) expect(() => killGroup(pgid, 0)).toThrow(RangeError);
    for (const pid of [0, -1, -5]) expect(() => killProcess(pid, 0)).toThrow(RangeError);
    expect(() => killAllProcesses('SIGTERM')).toThrow(/only PID 1/);
  });
});
