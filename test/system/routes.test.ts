/**
 * `appliance routes`, `show route` and `show fib`, as a user gives them to a running appliance whose VPP is the
 * emulator: what is loaded is in VPP's FIB, and what is withdrawn is not.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EmulatorProcess } from '../emulator/emulator.ts';
import { EXECUTABLE, RunningAppliance, withExternalVpp } from './running-appliance.ts';

const ROUTES = 50_000;

let vpp: EmulatorProcess;
let running: RunningAppliance;

beforeEach(async () => {
  vpp = await EmulatorProcess.start();
  const more = `[interface.loop0]
addresses = 192.0.2.200/24
mpls = true
[route]
10.0.0.0/8 = blackhole
`;
  running = new RunningAppliance(withExternalVpp(vpp, { more }));
  await running.untilSo('the static route', async () =>
    (await routesInVpp()).includes('10.0.0.0/8') ? true : undefined,
  );
});

afterEach(async () => {
  await running[Symbol.asyncDispose]();
  await vpp[Symbol.asyncDispose]();
});

/** Prefixes and labels (`100/eos`) that the API has put into VPP. */
async function routesInVpp(): Promise<string[]> {
  const prefixes: string[] = [];
  for await (const { prefix } of vpp.dumpFib()) prefixes.push(prefix);
  return prefixes;
}

async function appliance(
  args: readonly string[],
  input = '',
): Promise<{ code: number; out: string; err: string }> {
  const command = spawn(EXECUTABLE, [...args, '--run-dir', running.runDir]);
  command.stdin.end(input);
  const [out, err, [code]] = await Promise.all([
    text(command.stdout),
    text(command.stderr),
    once(command, 'exit') as Promise<[number]>,
  ]);
  return { code, out, err };
}

const inNet = (prefix: string): boolean => prefix.startsWith('10.') && prefix.endsWith('/24');

it('loads a file, explains and lists its routes, and withdraws them', { timeout: 120_000 }, async () => {
  const file = join(running.dir, 'table.txt');
  const lines = Array.from(
    { length: ROUTES },
    (_, i) => `10.${i >> 8}.${i & 255}.0/24 via 192.0.2.${1 + (i % 64)}`,
  );
  // The last line without its newline, as editors leave it.
  writeFileSync(file, lines.join('\n'));
  const loaded = await appliance(['routes', 'load', file, '--wait', '--json']);
  expect([loaded.code, loaded.err]).toEqual([0, '']);
  expect(JSON.parse(loaded.out)).toMatchObject({
    errors: 0,
    summary: `${ROUTES} routes, ${ROUTES + 3} lines, 0 errors, 0 stale routes withdrawn; its routes are retained`,
    synced: expect.stringMatching(
      new RegExp(`^${ROUTES} routes, 0 errors; FIBs: ${ROUTES + 1} programmed, 0 pending, 0 failed`),
    ),
  });
  expect((await routesInVpp()).filter(inNet).length).toBe(ROUTES);

  const listed = JSON.parse((await appliance(['show', 'fib', 'vpp', '--json'])).out) as {
    prefix: string;
    'next-hop': string;
  }[];
  expect(listed.length).toBe(ROUTES + 1);
  expect(listed).toContainEqual({ prefix: '10.1.2.0/24', 'next-hop': '192.0.2.3' });
  expect(JSON.parse((await appliance(['show', 'fib', 'kernel', '--json'])).out)).toEqual([]);
  const begin = spawnSync('sh', [
    '-c',
    `${EXECUTABLE} show fib vpp --json --run-dir ${running.runDir} | head -c 2`,
  ]);
  expect([begin.stdout.toString(), begin.stderr.toString()]).toEqual(['[\n', '']);

  const explained = JSON.parse((await appliance(['show', 'route', '10.1.2.3', '--json'])).out) as object;
  expect(explained).toMatchObject({
    prefix: '10.1.2.0/24',
    candidates: [{ source: 'table.txt', distance: 20, isBest: true }],
    fibs: [
      { backend: 'vpp', state: 'programmed', 'next-hop': '192.0.2.3' },
      { backend: 'kernel', state: 'absent' },
    ],
  });
  const none = await appliance(['show', 'route', '203.0.113.1']);
  expect([none.code, none.err]).toEqual([1, expect.stringContaining('no route covers 203.0.113.1')]);

  // Half of the file, then what is left by its name.
  const half = lines.filter((_, i) => i % 2 === 0).join('\n');
  const withdrawn = await appliance(['routes', 'withdraw', '-', '--name', 'table.txt', '--wait'], half);
  expect([withdrawn.code, withdrawn.err]).toEqual([0, '']);
  expect((await routesInVpp()).filter(inNet).length).toBe(ROUTES / 2);
  expect(JSON.parse((await appliance(['routes', 'show', '--json'])).out)).toMatchObject({
    connected: 0,
    errors: 0,
    sources: [{ name: 'table.txt', state: 'held', routes: ROUTES / 2, hold: 'forever' }],
  });
  expect((await appliance(['routes', 'withdraw', '--name', 'table.txt', '--wait'])).code).toBe(0);
  await running.untilSo('an empty net', async () => ((await routesInVpp()).some(inNet) ? undefined : true));
  const again = await appliance(['routes', 'withdraw', '--name', 'table.txt']);
  expect([again.code, again.err]).toEqual([
    1,
    'appliance: no routes were loaded as "table.txt": nothing is loaded\n',
  ]);
});

it('replaces what was loaded under the same name, and says which lines are wrong', {
  timeout: 120_000,
}, async () => {
  const first = await appliance(
    ['routes', 'load', '-', '--wait'],
    '10.1.0.0/24 via 192.0.2.1\n10.2.0.0/24 via 192.0.2.1\nmpls 100 via 192.0.2.1%loop0 swap 200\n',
  );
  expect([first.code, first.err]).toEqual([0, '']);
  const labels = (await routesInVpp()).filter((prefix) => prefix.startsWith('100/'));
  expect(labels.sort()).toEqual(['100/eos', '100/neos']);
  const bad = join(running.dir, 'bad.txt');
  writeFileSync(
    bad,
    '# two of these are wrong\n10.2.0.0/24 via 192.0.2.2\n10.3.0.1/24 via 192.0.2.2\nnonsense\n10.4.0.0/24 via 192.0.2.2',
  );
  const second = await appliance(['routes', 'load', bad, '--name', 'load', '--distance', '30', '--wait']);
  expect(second.code).toBe(1);
  expect(second.err.split('\n')).toEqual([
    `${bad}:3: "10.3.0.1/24" has host bits set: write 10.3.0.0/24`,
    `${bad}:4: "nonsense" is not a route: expected PREFIX via NEXT-HOP, PREFIX blackhole, PREFIX unreachable, PREFIX prohibit or del PREFIX`,
    '',
  ]);
  expect((await routesInVpp()).filter(inNet).sort()).toEqual(['10.2.0.0/24', '10.4.0.0/24']);
  const missing = await appliance(['routes', 'load', join(running.dir, 'nothing.txt'), '--name', 'load']);
  expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('ENOENT')]);
  expect((await routesInVpp()).filter(inNet).length).toBe(2);
  const wrong = await appliance(['routes', 'load', bad, '--distance', '0']);
  expect([wrong.code, wrong.err]).toEqual([1, `${bad}: expected a distance (1–255), got "0"\n`]);
});
