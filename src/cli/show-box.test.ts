/** What the viewers of a box print, asked of a real server over its socket. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type HttpServer, startHttpServer } from '../telemetry/mod.ts';
import { makeBox, makeProvider, makeStatus, makeTrial, NOW, OWN_NAMES } from '../../test/fixtures/status.ts';
import type { ApplianceStatus } from '../status/mod.ts';
import { runCommandLine } from './mod.ts';
import { boxText, statusText, updateText } from './show-box.ts';

let dir: string;
let server: HttpServer;
let status: ApplianceStatus;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'show-'));
  status = makeStatus({ box: makeBox({ update: makeTrial() }) });
  server = await startHttpServer({
    listen: [{ path: join(dir, 'appliance.sock') }],
    source: makeProvider({ status: () => status }),
    names: OWN_NAMES,
    logger: () => {},
  });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

/** What `appliance show …` prints. */
async function show(...words: string[]): Promise<string> {
  let printed = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    expect(await runCommandLine(['show', ...words, '--run-dir', dir], 0)).toBe(0);
  } finally {
    write.mockRestore();
  }
  return printed;
}

describe('appliance show', () => {
  test('update and box are JSON with --json', async () => {
    expect(JSON.parse(await show('update', '--json'))).toEqual(makeTrial());
    const { update: _, ...rest } = makeBox();
    expect(JSON.parse(await show('box', '--json'))).toEqual(rest);
  });

  test('update, box and status are tables', async () => {
    expect(await show('update')).toMatch(/^image +warning: version 0\.3\.0 is on trial/);
    expect(await show('box')).toMatch(/^watchdog +armed \(iTCO_wdt\)/m);
    expect(await show('status')).toMatch(/^edge1: version 0\.1\.0, up 125 s\nimage /);
  });

  test('says so where nobody owns the machine', async () => {
    status = makeStatus({ mode: 'run' });
    for (const what of ['update', 'box']) {
      expect(await show(what, '--json')).toBe('null\n');
      expect(await show(what)).toMatch(/does not own its machine/);
    }
    expect(await show('status')).toBe('edge1: version 0.1.0, up 125 s\nall is well\n');
  });
});

test('show update: the trial, the entries and how updates ended', () => {
  const lines = updateText(makeTrial(), NOW).replaceAll(/ +/g, ' ').split('\n');
  expect(lines).toEqual([
    'image warning: version 0.3.0 is on trial until 2026-07-01T12:03:20Z (in 3 min 20 s): without its verdict until then the box restarts; not met yet: vpp',
    'this run does not count as good yet: looked at since 2026-07-01T11:59:40Z',
    'next restart version 0.3.0, the one that runs (appliance-0.3.0+2-1.efi)',
    'not decided version 0.3.0, in place since 2026-07-01T11:58:00Z',
    'last failure version 0.2.5 failed 1 d 0 h ago, at 2026-06-30T12:00:00Z: no verdict within 300 s: routes: 2 of 9 routes are programmed',
    '',
    'CONDITION STATE HOW IT IS',
    'management met reachable at 198.51.100.2',
    'vpp not met VPP is connected for 20 s, 60 s are needed',
    '',
    'VERSION NOW RESTART SIZE FILE STATE',
    '0.3.0 runs next 80 MiB appliance-0.3.0+2-1.efi on trial, 2 boots left',
    '0.2.0 - - 80 MiB appliance-0.2.0.efi good',
    '0.1.0 - - 78 MiB appliance-0.1.0.efi good',
    '0.2.5 - - 78 MiB appliance-0.2.5+0-3.efi failed: no verdict within 300 s: routes: 2 of 9 routes are programmed',
    '',
    'ENDED VERSION FROM RESULT REASON',
    '2026-06-30T12:00:00Z 0.2.5 0.2.0 failed no verdict within 300 s: routes: 2 of 9 routes are programmed',
    '2026-07-01T11:00:00Z 0.2.0 0.1.0 good -',
    '',
  ]);
});

test('show box: what is not as it should be says so', () => {
  const text = boxText(
    makeBox({
      dataKept: false,
      watchdog: { state: 'off', reason: 'this machine has no watchdog (/dev/watchdog)' },
      cpuIsolation: { state: 'failed', reason: 'cpuset is missing' },
      time: { state: 'unsynchronised', reason: 'no answer', servers: ['192.0.2.9'], source: 'configuration' },
      crashes: [
        {
          at: NOW,
          service: 'vpp',
          reason: 'killed by SIGSEGV',
          file: 'crash-1.txt',
          core: 'core.1',
          bytes: 5,
        },
      ],
      lastPanic: 'the last boot ended in: Kernel panic',
    }),
    NOW,
  ).replaceAll(/ +/g, ' ');
  expect(text).toContain('data warning: not kept');
  expect(text).toContain(
    'watchdog off: this machine has no watchdog (/dev/watchdog)\nkernel panic the last boot',
  );
  expect(text).toContain('worker cores warning: could not be kept free: cpuset is missing');
  expect(text).toContain(
    'time warning: not synchronised: no answer (asked: 192.0.2.9, from the configuration)',
  );
  expect(text).toContain(
    'crashes 1 on record\n 2026-07-01T12:00:00Z vpp: killed by SIGSEGV (crash-1.txt and core.1, 5 B)',
  );
  expect(text).toContain('HTTPS self-signed, valid until 2046-01-01T00:00:00Z\n SHA-256 AB:CD:EF\n');
});

describe('show status', () => {
  test('is well on a box only when all of it is', () => {
    expect(statusText(makeStatus({ box: makeBox() }), NOW)).toMatch(/\nall is well\n$/);
    const trial = statusText(makeStatus({ box: makeBox({ update: makeTrial() }) }), NOW);
    expect(trial).not.toContain('all is well');
    expect(trial).toMatch(/^last failure +warning: version 0\.2\.5 failed/m);
  });

  test('calls a failed update that a good one followed by its name, and no trouble', () => {
    const { lastFailure, history } = makeTrial();
    if (lastFailure === undefined) throw new Error('the fixture has a failed update');
    const update = { ...makeBox().update, lastFailure, history: history.toReversed() };
    const text = statusText(makeStatus({ box: makeBox({ update }) }), NOW);
    expect(text).toMatch(/^last failure +version 0\.2\.5 failed/m);
    expect(text).toMatch(/\nall is well\n$/);
  });

  test('names what waits: for a confirmation, for a restart', () => {
    const pending = ['vpp.cpu.workers: 1 → 2 (needs a restart of VPP)'];
    const plan = { steps: [], restart: [], parts: [] };
    const change = { state: 'waiting', confirmBefore: NOW + 90_000, plan, pending } as const;
    const text = statusText(makeStatus({ change }), NOW);
    expect(text).toMatch(
      /^configuration +warning: the configuration in force must be confirmed by \S+ \(in 1 min 30 s\), or the previous one is restored/m,
    );
    expect(text).toMatch(/^not in force +vpp\.cpu\.workers: 1 → 2 \(needs a restart of VPP\)$/m);
    expect(text).not.toContain('all is well');
  });
});
