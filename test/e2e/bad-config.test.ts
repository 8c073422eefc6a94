/** A configuration with twelve mistakes: the guest boots on defaults, says so everywhere, and stays reachable. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pressCtrlAltDelete } from './hands.ts';
import { TestGuest, whyNoGuest } from './harness.ts';

const skip = whyNoGuest();
const EXECUTABLE = resolve(import.meta.dirname, '../../dist/appliance');

/** Each line that is wrong, by its number. */
const INI = `[system]
hostname = not_a_hostname!
[vpp]
enabled = maybe
api-socket = run/vpp/api.sock
binray = /usr/bin/vpp
[vpp.cpu]
workers = many
[vpp.memory]
main-heap = 1X
hugepage-size = 4M
[vpp.stats]
poll-interval = 0
[vpp.lcp]
netns = a/b
[vpp.dpdk.interface.03:00.0]
name = xe0
[interface.xe1]
mtu = 12
[fib.vpp]
batch-size = 70000
[route]
10.0.0.1/8 = 192.0.2.1
`;
const WRONG_LINES = [2, 4, 5, 6, 8, 10, 11, 13, 15, 16, 19, 21, 23];

describe('twelve mistakes and more', () => {
  it('are all reported by appliance check, each with its line', () => {
    const dir = mkdtempSync(join(tmpdir(), 'appliance-check-'));
    try {
      const file = join(dir, 'appliance.ini');
      writeFileSync(file, INI);
      const { status, stderr } = spawnSync(EXECUTABLE, ['check', file], { encoding: 'utf8' });
      expect(status).toBe(1);
      const lines = stderr
        .split('\n')
        .map((line) => /^[^:]+appliance\.ini:(\d+): \S+: ./.exec(line)?.[1])
        .filter((line) => line !== undefined)
        .map(Number);
      for (const wrong of WRONG_LINES) expect(lines).toContain(wrong);
      expect(stderr).toContain('binray');
      expect(stderr).toMatch(/binary/);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('and the executable says its version', () => {
    expect(execFileSync(EXECUTABLE, ['version'], { encoding: 'utf8' })).toMatch(
      /^appliance \d+\.\d+\.\d+ \(node v26/,
    );
  });
});

describe.skipIf(skip !== undefined)('a guest whose configuration is wrong', () => {
  let guest: TestGuest;

  beforeAll(async () => {
    guest = await TestGuest.boot({ ini: INI, layout: 'whole' });
    await guest.until('management has an address', ({ management }) => management.state === 'ready');
  });
  afterAll(async () => {
    await guest?.[Symbol.asyncDispose]();
  });

  it('runs on defaults, VPP off, and says every mistake on console, page, status and metrics', async () => {
    const status = await guest.status();
    expect(status?.config).toMatchObject({ state: 'rejected', source: 'default' });
    expect(status?.vpp.process.state).toBe('disabled');
    const lines = status?.config.problems.map(({ line }) => line);
    for (const wrong of WRONG_LINES) expect(lines).toContain(wrong);
    const console = guest.guest.console.text();
    for (const wrong of WRONG_LINES) expect(console).toMatch(new RegExp(`appliance\\.ini:${wrong}: `));
    const page = (await guest.get('/')) ?? '';
    expect(page).toContain('vpp.enabled');
    expect(page).toContain('maybe');
    expect(await guest.get('/metrics')).toMatch(/^appliance_config_state\{state="rejected"\} 1$/m);
  });

  it('names the line that would give each NIC to VPP', () => {
    expect(guest.guest.console.text()).toMatch(
      /nic: 0000:02:00\.0 .*\[vpp\.dpdk\.interface\.0000:02:00\.0\] name = xe/,
    );
  });

  it('restarts by Ctrl-Alt-Del', async () => {
    const startedAt = performance.now();
    await pressCtrlAltDelete(guest.guest);
    const exit = await guest.guest.waitForExit(60_000);
    expect(exit?.reason).toBe('guest-reset');
    const seconds = (performance.now() - startedAt) / 1000;
    process.stdout.write(`under emulation: restarted ${seconds.toFixed(1)} s after Ctrl-Alt-Del\n`);
    expect(guest.guest.console.text()).toContain('restart: SIGINT');
    expect(guest.guest.console.text()).toMatch(/file systems unmounted done/);
  });
});
