/** The command line as somebody types it: help, mistakes, and where options may stand. */
import { describe, expect, test, vi } from 'vitest';
import { type AnyCommand, type Group, isGroup } from './command.ts';
import { COMMANDS } from './commands.ts';
import { runCommandLine } from './mod.ts';

// The code of the command loads the whole program.
vi.mock('./version.ts', () => ({
  version: async () => (process.stdout.write('appliance 0.1.0\n'), 0),
}));

async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((said.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((said.err += String(text)), true));
  const code = await runCommandLine(words, 0);
  vi.restoreAllMocks();
  return { code, ...said };
}

function everyCommand(group: Group, path: readonly string[] = []): [path: string, one: AnyCommand | Group][] {
  return group.commands.flatMap((one): [path: string, one: AnyCommand | Group][] => {
    const words = [...path, one.name];
    return [[words.join(' '), one], ...(isGroup(one) ? everyCommand(one, words) : [])];
  });
}

describe('help', () => {
  test.each(everyCommand(COMMANDS))('of %s says what it takes, with an example of it', async (path, one) => {
    const asked = await run('help', ...path.split(' '));
    expect(asked).toMatchObject({ code: 0, err: '' });
    expect(asked.out).toMatch(new RegExp(`^Usage: appliance ${path}\\b`));
    expect(asked.out).toContain(one.about);
    expect(one.examples.some((line) => line.includes(`appliance ${path}`))).toBe(true);
    expect(asked.out).toContain(`Examples:\n  ${one.examples[0]}\n`);
    expect(await run(...path.split(' '), '--help')).toEqual(asked);
  });

  test('of the whole lists the commands; without any word the exit code is 2', async () => {
    const asked = await run('--help');
    expect(asked).toMatchObject({ code: 0, err: '' });
    for (const { name, hidden } of COMMANDS.commands) {
      expect(new RegExp(`^  ${name}\\b`, 'm').test(asked.out)).toBe(hidden !== true);
    }
    expect(await run()).toEqual({ ...asked, code: 2 });
  });
});

describe('a mistake is one line, with what was probably meant', () => {
  test.each([
    ['shwo', 'unknown command "shwo" (did you mean "show"?)'],
    ['shwo --help', 'unknown command "shwo" (did you mean "show"?)'],
    ['help shwo', 'unknown command "shwo" (did you mean "show"?)'],
    ['show fob', 'unknown command "show fob" (did you mean "show fib"?)'],
    ['show nonsense', 'unknown command "show nonsense" (see "appliance help show")'],
    ['nonsense', 'unknown command "nonsense" (see "appliance help")'],
    ['show vpp --jsn', 'unknown option "--jsn" of show vpp (did you mean "--json"?)'],
    ['show --jsn vpp', 'unknown option "--jsn" of show vpp (did you mean "--json"?)'],
    ['show vpp --all', 'unknown option "--all" of show vpp (it is an option of show nodes, show errors)'],
    ['show fib vp', 'expected vpp or kernel after "show fib", got "vp" (did you mean "vpp"?)'],
    ['show fib vpp x', 'unexpected word "x" after "show fib"'],
    ['show vpp --json=yes', 'expected no value after "--json" of show vpp, got "--json=yes"'],
    ['show vpp --host', 'expected <url> after "--host"'],
    ['config', 'expected one of put, confirm, show after "config"'],
    ['check', 'expected <file> after "check"'],
    ['power', 'expected restart or off after "power"'],
    ['power up', 'expected restart or off after "power", got "up"'],
    ['routes load t --host x', 'unknown option "--host" of routes load (it is an option of routes show)'],
    ['--json', 'expected a command (see "appliance help")'],
  ])('%s', async (line, message) => {
    expect(await run(...line.split(' '))).toEqual({ code: 2, out: '', err: `appliance: ${message}\n` });
  });
});

test('a file that cannot be read is named, with exit code 1', async () => {
  expect(await run('check', '/nonexistent.ini')).toEqual({
    code: 1,
    out: '',
    err: 'appliance: cannot open /nonexistent.ini: no such file or directory (ENOENT)\n',
  });
});

test.each([
  'show status --run-dir /nowhere',
  'show --run-dir /nowhere status',
  'show --run-dir=/nowhere --json status',
  '--run-dir /nowhere show status',
])('options may stand anywhere: %s', async (line) => {
  const { code, err } = await run(...line.split(' '));
  expect(code).toBe(1);
  expect(err).toContain('/nowhere/appliance.sock');
});

test('--version is version', async () => {
  expect(await run('--version')).toEqual({ code: 0, out: 'appliance 0.1.0\n', err: '' });
});
