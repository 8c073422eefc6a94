/** The scripts in the shells themselves, with a program in the place of the appliance that shows what it is asked. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCommandLine } from './mod.ts';

let dir: string;
let program: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'completion-'));
  program = join(dir, 'appliance');
  // The words it is given go to a file, one a line; what it offers comes from another.
  writeFileSync(program, `#!/bin/sh\nprintf '<%s>\\n' "$@" > ${dir}/asked\ncat ${dir}/offered\n`);
  chmodSync(program, 0o755);
  for (const shell of ['bash', 'zsh', 'fish']) {
    let script = '';
    const write = vi
      .spyOn(process.stdout, 'write')
      .mockImplementation((text) => ((script += String(text)), true));
    expect(await runCommandLine(['completion', shell], 0)).toBe(0);
    write.mockRestore();
    writeFileSync(join(dir, shell), script);
  }
});
afterAll(() => rmSync(dir, { recursive: true }));

/** What bash makes of words as it splits them, and what the program was asked. */
function inBash(words: readonly string[], offers: string): { replies: string[]; asked: string[] } {
  writeFileSync(join(dir, 'offered'), offers);
  const script = `cd ${dir}; source ./bash; complete -p appliance > /dev/null || exit 1
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _appliance; printf '%s\\n' "\${COMPREPLY[@]}"; echo; cat asked`;
  const args = ['-c', script, 'bash', program, ...words];
  const { stdout, stderr } = spawnSync('bash', args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  const [replies = '', asked = ''] = stdout.split('\n\n');
  return { replies: replies.split('\n'), asked: [...asked.matchAll(/<(.*)>/g)].map(([, word = '']) => word) };
}

describe('bash', () => {
  test('offers words without their descriptions', () => {
    expect(inBash(['show', 'f'], 'fib\tState of the FIBs\nfoo\n')).toEqual({
      replies: ['fib', 'foo'],
      asked: ['complete', '--', 'show', 'f'],
    });
  });

  test('asks for an empty word after a blank', () => {
    const { asked } = inBash(['show', ''], 'fib\n');
    expect(asked).toEqual(['complete', '--', 'show', '']);
  });

  test('puts together what it splits at colons and equals signs, and offers what comes after the last', () => {
    expect(
      inBash(['show', 'route', '2001', ':', 'db8', '::'], '2001:db8::/32\tx\n2001:db8::1/128\n'),
    ).toEqual({
      replies: ['/32', '1/128'],
      asked: ['complete', '--', 'show', 'route', '2001:db8::'],
    });
    expect(inBash(['show', '--host', '=', 'http', ':', '//x', 'f'], 'fib\n')).toEqual({
      replies: ['fib'],
      asked: ['complete', '--', 'show', '--host=http://x', 'f'],
    });
  });

  test('offers files where they are wanted', () => {
    expect(inBash(['check', 'off'], ':files\n').replies).toEqual(['offered']);
  });
});

const SHELLS = [
  ['zsh', '-n'],
  ['fish', '--no-execute'],
] as const;

describe.each(SHELLS)('%s', (shell, check) => {
  test('reads its script', (ctx) => {
    if (spawnSync(shell, ['--version']).status !== 0) ctx.skip(`there is no ${shell} to read its script`);
    const { status, stderr } = spawnSync(shell, [check, join(dir, shell)], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});
