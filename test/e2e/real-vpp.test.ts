/**
 * A flashed image with a real VPP, which VPP_DIR names (an installed tree, or a folder of its .deb files): its TAPs, BGP
 * up through them, and what BGP learnt in VPP, by our import and by VPP's own linux_nl. BGP's other end, and a host that
 * is reached only if VPP forwards, are namespaces of this machine.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extractPackage, fetchPackage } from '../../image/debian-package.ts';
import type { ApplianceStatus } from '../../src/status/mod.ts';
import { BIRD, whyNoBird } from '../system/bird.ts';
import { firstPassword, runCommandLine } from './box-client.ts';
import { DiskGuest, whyNoDiskGuest } from './disk-harness.ts';
import { whyNoField } from '../field/field.ts';
import type { Running } from '../field/namespace.ts';
import { Neighbour } from './tap-network.ts';

const VPP = process.env['VPP_DIR'];
const why =
  VPP === undefined
    ? 'VPP_DIR names no VPP (an installed tree, or a folder of its .deb files)'
    : (whyNoDiskGuest() ?? whyNoField() ?? whyNoBird());
if (why !== undefined) process.stdout.write(`skipped: a flashed image with a real VPP: ${why}\n`);

/** What the peer announces: an address of its own is in it. */
const LEARNT = '10.77.0.0/16';
const BEHIND_PEER = '10.77.0.1';
const ini = (isImport: boolean, rxQueues: number): string => `[vpp]
enabled = true
start-timeout = 300
[vpp.memory]
main-heap = 512M
buffers = 16384
[vpp.stats]
segment-size = 64M
poll-interval = 2
[vpp.dpdk.interface.0000:02:00.0]
name = xe0
rx-queues = 1
tx-queues = 1
[vpp.dpdk.interface.0000:03:00.0]
name = xe1
rx-queues = ${rxQueues}
[interface.xe0]
addresses = 192.0.2.1/24
mtu = 1500
[interface.xe1]
addresses = 198.51.100.1/24
mtu = 1500
[fib.vpp]
enabled = true
[fib.kernel]
import = ${isImport}
[update]
confirm-timeout = 600
[service.bird]
command = /usr/sbin/bird -f -c /boot/bird.conf -s /run/bird.ctl -P /run/bird.pid
netns = dataplane
`;
const bgp = (own: string, ownAs: number, other: string, otherAs: number, channel: string): string =>
  `router id ${own};
protocol device { scan time 1; }
protocol direct { ipv4; }
protocol bgp { local ${own} as ${ownAs}; neighbor ${other} as ${otherAs};
  connect delay time 1; connect retry time 1; error wait time 1, 2; ipv4 { ${channel} }; }
`;
const OWN_BIRD = `${bgp('192.0.2.1', 65001, '192.0.2.2', 65002, 'import all; export none;')}
protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }
`;
const PEER_BIRD = `${bgp('192.0.2.2', 65002, '192.0.2.1', 65001, 'import none; export where source = RTS_STATIC;')}
protocol static { ipv4; route ${LEARNT} blackhole; }
`;
const WAIT_MS = 300_000;

describe.skipIf(why !== undefined)('a flashed image with a real VPP', () => {
  let box: DiskGuest;
  let peer: Neighbour;
  let host: Neighbour;
  let busybox: string;
  let scratch: string;
  let password: string;
  let peerBird: Running;

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'appliance-real-vpp-'));
    busybox = join(await extractPackage(await fetchPackage('busybox-static')), 'bin/busybox');
    peer = new Neighbour('peer');
    host = new Neighbour('host');
    box = await DiskGuest.create({
      image: { vpp: VPP ?? '' },
      ini: ini(true, 1),
      guest: { memoryMiB: 3072, dataNics: [peer, host].map(({ network }) => ({ network })) },
    });
    await box.writeBootFile('bird.conf', OWN_BIRD);
    await box.powerOn();
    await peer.plugIn('192.0.2.2/24');
    peer.ip(`address add ${BEHIND_PEER}/32 dev lo`);
    peer.ip('route add 198.51.100.0/24 via 192.0.2.1');
    await host.plugIn('198.51.100.2/24');
    host.ip(`route add ${LEARNT} via 198.51.100.1`);
    const file = (name: string): string => join(scratch, name);
    writeFileSync(file('peer.conf'), PEER_BIRD);
    const places = ['-c', file('peer.conf'), '-s', file('peer.ctl'), '-P', file('peer.pid')];
    peerBird = peer.start(BIRD, ['-f', ...places]);
    password = await firstPassword(box);
  }, 1_800_000);
  afterAll(async () => {
    for (const one of [box, peer, host]) await one?.[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  const ping = async (to: string): Promise<boolean> =>
    (await host.run(busybox, ['ping', '-c', '1', '-W', '2', to])).code === 0;

  /** The host reaches what BGP announced: VPP forwards by a route that it learnt. */
  async function untilForwarded(): Promise<void> {
    for (const end = performance.now() + WAIT_MS; performance.now() < end; await sleep(500)) {
      if (await ping(BEHIND_PEER)) return;
    }
    const status = JSON.stringify((await box.status())?.services, undefined, 1);
    throw new Error(`${BEHIND_PEER} was never reached\npeer: ${peerBird.output}\nbox: ${status}`);
  }

  const hasTaps = ({ interfaces }: ApplianceStatus): boolean =>
    ['xe0', 'xe1'].every((name) =>
      interfaces.some((one) => one.name === name && one.hostInterface?.state === 'paired'),
    );

  /** Nothing that is configured is not so; resolves with what was said against it last. */
  async function untilReady(): Promise<string[]> {
    let reasons: string[] = ['no answer'];
    for (const end = performance.now() + WAIT_MS; performance.now() < end; await sleep(500)) {
      const answer = await fetch(`${box.guest.url}/readyz`).catch(() => undefined);
      if (answer === undefined) continue;
      ({ reasons } = (await answer.json()) as { reasons: string[] });
      if (answer.ok) break;
    }
    return reasons;
  }

  it('has TAPs, BGP through them, and forwards by what BGP learnt', async () => {
    const status = await box.until('both interfaces have their TAPs', hasTaps, WAIT_MS);
    process.stdout.write(`real VPP ${status.vpp.version}: TAPs are there\n`);
    expect(status.conditions.filter(({ subject }) => subject.startsWith('plugin '))).toEqual([]);
    expect(status.interfaces.find(({ name }) => name === 'xe0')?.hostInterface).toEqual({
      state: 'paired',
      name: 'xe0',
      netns: 'dataplane',
    });
    const learnt = await box.until(
      'the route of BGP is taken over',
      ({ kernelImport, fib }) => kernelImport?.routes === 1 && fib[0]?.programmed === 1,
      WAIT_MS,
    );
    expect(learnt.kernelImport?.state).toBe('following');
    expect(JSON.parse((await box.get('/fib/vpp')) ?? '')).toEqual([
      { prefix: LEARNT, 'next-hop': expect.stringContaining('192.0.2.2') },
    ]);
    await untilForwarded();
    expect(await untilReady()).toEqual([]);
    expect(await box.get('/metrics')).toMatch(/^appliance_interface_tap\{interface="xe0"\} 1$/m);
  });

  it('forwards by the same route with import = false: by linux_nl, and without a mirror of ours', async () => {
    const file = join(scratch, 'appliance.ini');
    // More than the NIC has, which DPDK passes over in silence.
    writeFileSync(file, ini(false, 4));
    const put = await runCommandLine(box, password, ['config', 'put', file, '--restart-vpp']);
    expect(put.code, put.text).toBe(0);
    await runCommandLine(box, password, ['config', 'confirm']);
    const status = await box.until(
      'VPP is there again, with its TAPs, and nothing is imported',
      (now) => now.kernelImport === undefined && now.vpp.api.state === 'connected' && hasTaps(now),
      WAIT_MS,
    );
    expect(status.fib[0]?.desired).toBe(0);
    await untilForwarded();
    expect(JSON.parse((await box.get('/fib/vpp')) ?? '')).toEqual([]);
    await box.until('readiness says what the NIC has not', ({ interfaces }) =>
      interfaces.some(({ name, state }) => name === 'xe1' && state.state === 'failed'),
    );
    const { reasons } = JSON.parse(await (await fetch(`${box.guest.url}/readyz`)).text()) as {
      reasons: string[];
    };
    expect(reasons).toEqual(['interfaces: xe1: it has 1 of 4 receive queues: the NIC has no more']);
  });
});
