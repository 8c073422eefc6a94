/**
 * VPP that does not stay up: `looping`, NICs back with the kernel, which forwards; then VPP again. And starts that
 * cannot succeed. Times are shortened by configuration.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestGuest, whyNoGuest } from './harness.ts';
import { Wire } from './wire.ts';

const skip = whyNoGuest();
const DEMO = readFileSync(resolve(import.meta.dirname, '../../image/demo.ini'), 'utf8');
const WIRES = [
  { localPort: 29_021, remotePort: 29_022 },
  { localPort: 29_031, remotePort: 29_032 },
] as const;

describe.skipIf(skip !== undefined)('a guest whose VPP keeps dying', () => {
  let guest: TestGuest;

  beforeAll(async () => {
    const ini = `${DEMO}
[vpp.dpdk.interface.0000:77:00.0]
name = xe9
[supervisor]
backoff-ms = 100
backoff-max-ms = 400
loop-after = 3
stable-ms = 600000
loop-retry-ms = 20000
`;
    guest = await TestGuest.boot({
      ini,
      guest: { dataNics: WIRES.map((ports) => ({ network: { kind: 'datagram', ...ports } })) },
    });
    await guest.until('VPP is connected', ({ vpp }) => vpp.api.state === 'connected');
  });
  afterAll(async () => {
    await guest?.[Symbol.asyncDispose]();
  });

  it('states a PCI address that is not there, and runs VPP with the others', async () => {
    const status = await guest.status();
    const condition = status?.conditions.find(({ subject }) => subject === 'nic 0000:77:00.0');
    expect(condition?.reason).toMatch(/0000:77:00\.0/);
    expect(condition?.reason).toMatch(/0000:02:00\.0/);
  });

  it('is looping after the third short life: NICs with the kernel, which has addresses and routes', async () => {
    for (let kill = 1; kill <= 3; kill += 1) {
      await guest.killVpp();
      await guest.until(`kill ${kill} had its effect`, ({ vpp }) =>
        kill < 3 ? vpp.restarts === kill && vpp.api.state === 'connected' : vpp.process.state === 'looping',
      );
    }
    const status = await guest.until('the kernel forwards', ({ fib }) =>
      fib.some(({ backend, programmed }) => backend === 'kernel' && programmed >= 4),
    );
    expect(status.nics.filter(({ use }) => use.role === 'fallback').map(({ driver }) => driver)).toEqual([
      'virtio-pci',
      'virtio-pci',
    ]);
    const xe0 = status.interfaces.find(({ name, dataPlane }) => name === 'xe0' && dataPlane === 'kernel');
    expect(xe0).toMatchObject({ state: { state: 'ok' }, adminUp: true });
    expect(await guest.get('/')).toContain('looping');
    expect(await guest.get('/metrics')).toMatch(
      /^appliance_service_state\{service="vpp",state="looping"\} 1$/m,
    );
    expect(guest.guest.console.text()).toMatch(/vpp: error: looping: 3 starts in a row/);
  });

  it('really forwards by the kernel: a packet in on one NIC leaves by the other', async () => {
    await using inside = await Wire.open({ localPort: WIRES[0].remotePort, remotePort: WIRES[0].localPort });
    await using outside = await Wire.open({ localPort: WIRES[1].remotePort, remotePort: WIRES[1].localPort });
    outside.answerFor('198.51.100.77');
    const seen = outside.waitForUdp('198.51.100.77', 10_000);
    const send = setInterval(() => {
      inside.sendUdp({ toMac: '52:54:00:00:00:02', from: '192.0.2.77', to: '198.51.100.77', ttl: 17 });
    }, 300);
    try {
      expect(await seen).toMatchObject({ from: '192.0.2.77', ttl: 16 });
    } finally {
      clearInterval(send);
    }
  });

  it('tries VPP again by itself, and hands the NICs over to it', async () => {
    const status = await guest.until(
      'VPP is back, and has the NICs',
      ({ vpp, nics }) =>
        vpp.api.state === 'connected' &&
        nics.filter(({ use, driver }) => use.role === 'vpp' && driver === 'vfio-pci').length === 2,
      60_000,
    );
    expect(status.fib.find(({ backend }) => backend === 'kernel')?.programmed).toBe(0);
  });
});

describe.skipIf(skip !== undefined)('a guest whose PID 1 throws', () => {
  it('logs it, stops VPP, restores the NICs and restarts, without a panic', async () => {
    await using guest = await TestGuest.boot({ ini: DEMO });
    await guest.until('VPP is connected', ({ vpp }) => vpp.api.state === 'connected');
    await guest.machine('signal 1 SIGQUIT').catch(() => {
      // VPP may be gone before it has answered.
    });
    const exit = await guest.guest.waitForExit(30_000);
    expect(exit?.reason).toBe('guest-reset');
    const text = guest.guest.console.text();
    expect(text).toMatch(/fatal: error: Error: SIGQUIT was received/);
    expect(text).toMatch(/NICs restored done in .*0000:02:00\.0 on virtio-pci, 0000:03:00\.0 on virtio-pci/);
    expect(text).toMatch(/file systems unmounted done/);
    expect(text).not.toMatch(/Kernel panic/);
  });
});

describe.skipIf(skip !== undefined)('a guest that cannot give VPP what it needs', () => {
  it('without a boot partition and with a disk: defaults, a stated condition, management up', async () => {
    await using guest = await TestGuest.boot({ ini: undefined, bootDisk: false });
    const status = await guest.until(
      'management has an address',
      ({ management }) => management.state === 'ready',
    );
    expect(status.config.state).toBe('missing');
    const reasons = status.conditions.map(({ subject, reason }) => `${subject}: ${reason}`).join('\n');
    expect(reasons).toMatch(/no partition with the label APPLIANCE/);
  });

  it('too little memory for the hugepages, then a binary that is not there: named, and the box is reachable', async () => {
    const ini = DEMO.replace('main-heap = 256M', 'main-heap = 16G');
    await using guest = await TestGuest.boot({ ini });
    const status = await guest.until(
      'the shortage is stated',
      ({ hugepages }) => hugepages[0]?.state === 'short',
    );
    expect(status.conditions.find(({ subject }) => subject === 'hugepages')?.reason).toMatch(
      /missing|short|fewer/,
    );
    expect(status.management.state).not.toBe('failed');
    expect(status.vpp.process.state).toMatch(/backoff|starting|looping/);
  });

  it('a VPP binary that is not there', async () => {
    const ini = DEMO.replace('[vpp]\nenabled = true', '[vpp]\nenabled = true\nbinary = /usr/bin/no-vpp');
    await using guest = await TestGuest.boot({ ini });
    const status = await guest.until('it is stated', ({ conditions }) =>
      conditions.some(({ subject, reason }) => subject === 'vpp' && reason.includes('/usr/bin/no-vpp')),
    );
    expect(status.nics.every(({ driver }) => driver === 'virtio-pci')).toBe(true);
  });
});
