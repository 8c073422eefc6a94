import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { buildTime } from './build-time.ts';
import { findTool, runCommand } from './run-command.ts';

const PACKAGED = 1_700_000_000;
const COMMITTED = 1_750_000_000;

let root: string;
let program: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'appliance-build-time-'));
  program = join(root, 'program');
  writeFileSync(program, '');
  utimesSync(program, PACKAGED, PACKAGED);
  vi.stubEnv('SOURCE_DATE_EPOCH', undefined);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(root, { recursive: true });
  });
});

async function commit(seconds: number): Promise<void> {
  const date = `${seconds} +0900`;
  const git = (...args: string[]) =>
    runCommand('git', ['-C', root, '-c', 'user.name=x', '-c', 'user.email=x@example.net', ...args], {
      env: { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
    });
  await git('init', '--quiet');
  await git('commit', '--quiet', '--allow-empty', '--message', 'x');
}

describe.skipIf(findTool('git') === undefined)('the build time of an image', () => {
  it('is the newest of the commit and the packages, whenever the build runs', async () => {
    await commit(COMMITTED);
    expect(await buildTime(root, [program])).toBe(COMMITTED);
    expect(await buildTime(root, [program])).toBe(COMMITTED);
    utimesSync(program, COMMITTED + 1, COMMITTED + 1);
    expect(await buildTime(root, [program])).toBe(COMMITTED + 1);
  });

  it('is later with a later commit', async () => {
    await commit(COMMITTED);
    await commit(COMMITTED + 60);
    expect(await buildTime(root, [program])).toBe(COMMITTED + 60);
  });

  it('is that of the packages for sources without a history, also inside another repository', async () => {
    await commit(COMMITTED);
    const inside = join(root, 'inside');
    mkdirSync(inside);
    expect(await buildTime(inside, [program])).toBe(PACKAGED);
  });

  it('is SOURCE_DATE_EPOCH if set', async () => {
    await commit(COMMITTED);
    vi.stubEnv('SOURCE_DATE_EPOCH', '1234567890');
    expect(await buildTime(root, [program])).toBe(1_234_567_890);
  });
});
