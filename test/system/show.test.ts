/** `appliance show …` against `appliance run` with an emulated VPP: tables, JSON, exit codes, --watch. */
import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HealthReport } from '../../src/status/mod.ts';
import { EXECUTABLE, RunningAppliance, withOwnVpp } from './running-appliance.ts';

// long enough away to be looked at
const MORE = `[supervisor]
backoff-ms = 4000
[interface.loop0]
addresses = 192.0.2.1/24
[route]
10.0.0.0/8 = 192.0.2.254
`;

let appliance: RunningAppliance;
beforeAll(async () => {
  appliance = await RunningAppliance.serving(withOwnVpp({ more: MORE }));
  await appliance.until('routes are programmed', ({ fib }) => fib[0]?.status.state === 'synced');
  await appliance.until('counters were read', ({ stats }) => stats.state === 'fresh');
});
afterAll(() => appliance[Symbol.asyncDispose]());

const hasScript = spawnSync('script', ['--version']).status === 0;

/** On a terminal when it is asked for: `script` (util-linux) makes one. */
function show(words: string, { onTerminal = false, env = {} } = {}): { code: number | null; text: string } {
  const command = `${EXECUTABLE} show ${words} --run-dir ${appliance.runDir}`;
  const [file = '', ...args] = onTerminal
    ? ['script', '-qec', command, '/dev/null']
    : ['/bin/sh', '-c', `${command} 2>&1`];
  const { status, stdout } = spawnSync(file, args, { encoding: 'utf8', env: { ...process.env, ...env } });
  return { code: status, text: stdout.replaceAll('\r\n', '\n') };
}

describe('show', () => {
  it('is a table without colours where there is no terminal, and JSON with --json', () => {
    const { code, text } = show('fib');
    expect(code).toBe(0);
    expect(text).toMatch(/^BACKEND +DESIRED +PROGRAMMED /);
    expect(text).not.toContain('\u001b');
    for (const what of [
      'interfaces',
      'vpp',
      'workers',
      'nodes',
      'errors',
      'fib',
      'services',
      'boot',
      'health',
    ]) {
      const { code, text } = show(`${what} --json`);
      expect([what, code]).toEqual([what, 0]);
      expect(JSON.parse(text)).toBeTypeOf('object');
    }
  });

  it('sorts nodes by cost, and leaves out the zeros', async () => {
    let clocks: number[] = [];
    // the first reading may have come before VPP did anything
    for (let tries = 0; tries < 100 && clocks.length === 0; tries++) {
      const { items } = JSON.parse(show('nodes --json').text) as { items: { clocks: number }[] };
      clocks = items.map((one) => one.clocks);
      await sleep(200);
    }
    expect(clocks.length).toBeGreaterThan(0);
    expect(clocks).toEqual(clocks.toSorted((a, b) => b - a));
    const errors = JSON.parse(show('errors --json').text) as { items: { count: number }[] };
    expect(errors.items.every(({ count }) => count > 0)).toBe(true);
  });

  it('is an aligned table on a terminal, with colours unless NO_COLOR says otherwise', (ctx) => {
    if (!hasScript) ctx.skip('script (package bsdutils) makes the terminal');
    const plain = show('fib', { onTerminal: true, env: { NO_COLOR: '1' } });
    expect(plain.code).toBe(0);
    const [head = '', vpp = ''] = plain.text.split('\n');
    expect(head).toMatch(
      /^BACKEND +DESIRED +PROGRAMMED +PENDING +FAILED +UNRESOLVED +CONVERGED IN +SINCE +STATE$/,
    );
    expect(vpp.indexOf('1') + 1).toBe(head.indexOf('DESIRED') + 'DESIRED'.length);
    expect(plain.text).not.toContain('\u001b');
    const coloured = show('fib', {
      onTerminal: true,
      env: { NO_COLOR: undefined, TERM: 'xterm', FORCE_COLOR: '1' },
    });
    expect(coloured.text).toContain('\u001b[32msynced');
  });

  it('ends with its reader, without a word', () => {
    for (const command of ['interfaces', 'fib vpp', 'fib vpp --json', 'log --follow', 'health --help']) {
      const line = `${EXECUTABLE} show ${command} --run-dir ${appliance.runDir} | true`;
      const { stderr } = spawnSync('/bin/sh', ['-c', line], { encoding: 'utf8' });
      expect([command, stderr]).toEqual([command, '']);
    }
  });

  it.each([
    ['route 10.', '10.0.0.0/8'],
    ['log v', 'vpp'],
  ])('completes "show %s" in bash with what the appliance knows', async (begun, wanted) => {
    const words = `${EXECUTABLE} show --run-dir ${appliance.runDir} ${begun}`;
    const script = `source <(${EXECUTABLE} completion bash)
COMP_WORDS=(${words}); COMP_CWORD=5; _appliance; printf '%s' "\${COMPREPLY[@]}"`;
    const replies = (): string => spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout;
    // nothing is offered where the machine has no time to answer within a second
    await appliance.untilSo(`${wanted} is offered`, () => replies() === wanted || undefined);
  });

  it('says what does not exist, and who does not answer', () => {
    expect(show('nonsense')).toMatchObject({ code: 2 });
    expect(show('vpp --all').text).toContain(
      '"--all" of show vpp (it is an option of show nodes, show errors)',
    );
    const away = spawnSync(EXECUTABLE, ['show', 'health', '--run-dir', '/nowhere'], { encoding: 'utf8' });
    expect(away.status).toBe(1);
    expect(away.stderr).toContain('is the appliance running?');
  });

  it('draws again and again with --watch until Ctrl-C, and gives the terminal back', async (ctx) => {
    if (!hasScript) ctx.skip('script (package bsdutils) makes the terminal');
    // exec: a shell that stays gets Ctrl-C as well, and some say so with their exit code
    const command = `exec ${EXECUTABLE} show interfaces --watch --run-dir ${appliance.runDir}`;
    const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let screen = '';
    const drawn = Promise.withResolvers<void>();
    child.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString('utf8');
      // the beginning of each drawing
      if (screen.split('\u001b[H').length > 4) drawn.resolve();
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await drawn.promise;
    child.stdin.write('\u0003');
    expect(await ended).toBe(0);
    expect(screen).toContain('loop0');
    expect(screen.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  });

  it('streams JSON with --watch --json, and ends with its reader', async () => {
    const child = spawn(EXECUTABLE, ['show', 'vpp', '--watch', '--json', '--host', appliance.url]);
    let lines = 0;
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      lines += chunk.toString().split('\n').length - 1;
      if (lines >= 3) break;
    }
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(code).toBe(0);
  });

  it('health names the first broken step while VPP is away, with exit code 1', async () => {
    await appliance.crashVpp();
    await appliance.until('the crash is seen', ({ vpp }) => vpp.api.state !== 'connected');
    const { code, text } = show('health --json');
    expect(code).toBe(1);
    const { ready, broken } = JSON.parse(text) as HealthReport;
    expect(ready).toBe(false);
    expect(broken[0]).toMatchObject({ interfaces: ['loop0'], step: { step: 'vpp' } });
    const answer = await fetch(`${appliance.url}/readyz`);
    const body = (await answer.json()) as { reasons: string[] };
    expect(answer.status).toBe(503);
    expect(body.reasons[0]).toMatch(/^vpp: VPP is /);
    await appliance.until('it is back', ({ fib }) => fib[0]?.status.state === 'synced');
    expect((await fetch(`${appliance.url}/readyz`)).status).toBe(200);
  });
});
