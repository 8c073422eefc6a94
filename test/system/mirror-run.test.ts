/**
 * `appliance run` with a VPP of its own (the emulator, whose TAPs are real links here), and in the namespace of the TAPs
 * what daemons do, by iproute2: that all parts of the mirror are put together. Each by itself is in `mirror.test.ts`, with
 * daemons in `daemons.test.ts`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createNamedNetns, deleteNamedNetns, linkIndex, withNetns } from '../../src/linux/mod.ts';
import { askEmulator } from './ask-emulator.ts';
import { RunningAppliance, withOwnVpp } from './running-appliance.ts';

const NETNS = `mirror-run-${process.pid}`;
const WIRE = `mirror-run-wire-${process.pid}`;
const isPossible = process.getuid?.() === 0 && spawnSync('ip', ['-V']).status === 0;
const MORE = `[supervisor]
backoff-ms = 100
backoff-max-ms = 200
stable-ms = 1000
[fib.kernel]
import = true
[interface.loop0]
addresses = 192.0.2.1/24
[interface.loop1]
addresses = 198.51.100.1/24
[route]
192.0.2.77/32 = 198.51.100.7%loop1
10.2.0.0/16 = 203.0.113.9 label 100
`;

class Namespaces implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'mirror-run-'));

  constructor() {
    for (const netns of [NETNS, WIRE]) createNamedNetns(netns);
  }

  /** A line of a shell in the namespace of the TAPs. */
  run(line: string): string {
    return withNetns(NETNS, () => execFileSync('sh', ['-c', line], { encoding: 'utf8' }));
  }

  indexOf(name: string): number | undefined {
    return withNetns(NETNS, () => linkIndex(name));
  }

  [Symbol.dispose](): void {
    for (const netns of [NETNS, WIRE]) deleteNamedNetns(netns);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

it('has VPP do what is done to its TAPs, and the TAPs outlive it', { timeout: 120_000 }, async (ctx) => {
  if (!isPossible) ctx.skip('network namespaces need root, and links are changed by iproute2');
  using namespaces = new Namespaces();
  const control = join(namespaces.dir, 'control.sock');
  await using appliance = new RunningAppliance(withOwnVpp({ lcp: `netns = ${NETNS}`, more: MORE }), {
    env: { EMULATOR_CONTROL: control, EMULATOR_FAULTS: JSON.stringify({ wire: WIRE, startMs: 0 }) },
  });
  const comesToBe = (what: string, addresses: readonly string[]): Promise<unknown> =>
    appliance.until(what, ({ vpp, interfaces }) => {
      const loop0 = interfaces.find(({ name }) => name === 'loop0');
      return vpp.api.state === 'connected' && addresses.every((one) => loop0?.addresses.includes(one));
    });
  const isProgrammed = (prefix: string): Promise<unknown> =>
    appliance.untilSo(`${prefix} in VPP`, async () =>
      (await appliance.fib()).find((route) => route.prefix === prefix),
    );
  const proxyRanges = async (): Promise<unknown> => (await askEmulator(control))['proxyRanges'];

  await comesToBe('the TAP', ['192.0.2.1/24']);
  namespaces.run('ip address add 203.0.113.1/24 dev loop0');
  await comesToBe('an address of the TAP in VPP', ['203.0.113.1/24']);
  // A label needs the interface of its next hop, whose network has just come.
  await isProgrammed('10.2.0.0/16');
  namespaces.run('ip route add 10.1.0.0/16 via 192.0.2.2 proto bird');
  await isProgrammed('10.1.0.0/16');
  namespaces.run('echo 1 >/proc/sys/net/ipv4/conf/loop0/proxy_arp');
  // A host of its own network that a route leads elsewhere.
  await expect.poll(proxyRanges, { timeout: 20_000 }).toContain('0 192.0.2.77 192.0.2.77');

  const before = namespaces.indexOf('loop0');
  const pid = (await appliance.status())?.vpp.pid;
  await appliance.crashVpp();
  await appliance.until('another VPP', ({ vpp }) => vpp.pid !== pid && vpp.api.state === 'connected');
  await comesToBe('all addresses in the new VPP', ['192.0.2.1/24', '203.0.113.1/24']);
  await isProgrammed('10.1.0.0/16');
  expect(namespaces.indexOf('loop0')).toBe(before);
  expect(namespaces.run('ip route show 10.1.0.0/16')).toMatch(/via 192\.0\.2\.2 dev loop0 proto bird/);
});
