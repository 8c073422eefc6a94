/** The main job in a guest: boot, VPP, interfaces, routes, metrics; kill -9; orphans; the power button. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApplianceStatus } from '../../src/status/mod.ts';
import { TestGuest, whyNoGuest } from './harness.ts';

const skip = whyNoGuest();
if (skip !== undefined) process.stderr.write(`skipped: ${skip}\n`);

/** The demo's configuration; more starts are allowed before VPP counts as looping than the test kills. */
const INI = `${readFileSync(resolve(import.meta.dirname, '../../image/demo.ini'), 'utf8')}
[supervisor]
loop-after = 8
backoff-ms = 200
[service.follower]
command = /usr/bin/busybox tail -f /dev/null
netns = dataplane
`;
const ROUTES = 5;

function isWhole(status: ApplianceStatus): boolean {
  const fib = status.fib.find(({ backend }) => backend === 'vpp');
  const wanted = ['xe0', 'xe1', 'loop0'];
  const ready = wanted.every((name) =>
    status.interfaces.some(
      (one) => one.name === name && one.state.state === 'ok' && one.adminUp && one.link === 'up',
    ),
  );
  return status.vpp.api.state === 'connected' && ready && fib?.programmed === ROUTES;
}

describe.skipIf(skip !== undefined)('a guest that boots with a good configuration', () => {
  let guest: TestGuest;

  beforeAll(async () => {
    guest = await TestGuest.boot({ ini: INI, layout: 'mbr' });
    await guest.until('VPP connected, interfaces up, routes programmed', isWhole);
  });
  afterAll(async () => {
    await guest?.[Symbol.asyncDispose]();
  });

  it('runs as PID 1 and says its phases on the serial console', async () => {
    const console = guest.guest.console.text();
    expect(await guest.machine('read /proc/1/comm')).toMatch(/node|init/);
    expect((await guest.status())?.pid).toBe(1);
    expect((await guest.status())?.mode).toBe('pid1');
    for (const phase of [
      'modules',
      'watchdog',
      'boot-partition',
      'data-partition',
      'configuration',
      'management',
      'vpp-machine',
      'data-plane',
      'services',
      'http',
    ]) {
      expect(console).toMatch(new RegExp(`phase ${phase} \\(\\d+/\\d+\\) done in [\\d.]+ ms`));
    }
    expect((await guest.status())?.boot.phases.filter(({ state }) => state !== 'done')).toEqual([]);
  });

  it('has its file systems: hugetlbfs, cgroup2, the boot partition read-only', async () => {
    const mounts = await guest.machine('read /proc/mounts');
    expect(mounts).toMatch(/^hugetlbfs \/dev\/hugepages hugetlbfs \S*pagesize=2M/m);
    expect(mounts).toMatch(/ \/sys\/fs\/cgroup cgroup2 /);
    expect(mounts).toMatch(/^\/dev\/vda1 \/boot vfat ro,/m);
    for (const target of ['/proc', '/sys', '/dev', '/dev/pts', '/dev/shm', '/run', '/tmp']) {
      expect(mounts).toMatch(new RegExp(` ${target} `));
    }
  });

  it('allocated the hugepages of its budget', async () => {
    const status = await guest.status();
    expect(status?.hugepages[0]).toMatchObject({ state: 'ok', pageSizeBytes: 2 * 2 ** 20 });
    const total = Number(/HugePages_Total:\s+(\d+)/.exec(await guest.machine('read /proc/meminfo'))?.[1]);
    // Main heap 256M, stats segment 64M, 16,384 buffers of 2,496 bytes, DPDK: more than 180 pages of 2M.
    expect(total).toBeGreaterThan(180);
  });

  it('loaded vfio, what pushes labels and the links of a router, and gave both data plane NICs to it, each in a group of its own', async () => {
    const modules = await guest.machine('read /proc/modules');
    const wanted = ['vfio_pci', 'vfio_iommu_type1', 'vfat', 'virtio_net', 'mpls_iptunnel', 'dummy', 'vrf'];
    for (const name of wanted) expect(modules).toMatch(new RegExp(`^${name} `, 'm'));
    expect(await guest.machine('read /proc/1/net/dev')).not.toMatch(/dummy/);
    const status = await guest.status();
    const taken = status?.nics.filter(({ use }) => use.role === 'vpp') ?? [];
    expect(taken.map(({ pciAddress }) => pciAddress)).toEqual(['0000:02:00.0', '0000:03:00.0']);
    expect(new Set(taken.map(({ iommuGroup }) => iommuGroup)).size).toBe(2);
    for (const { pciAddress } of taken) {
      expect(await guest.machine(`link /sys/bus/pci/devices/${pciAddress}/driver`)).toMatch(/\/vfio-pci$/);
    }
  });

  it('left the management NIC with its driver, and has an address on it', async () => {
    const status = await guest.status();
    expect(await guest.machine('link /sys/bus/pci/devices/0000:01:00.0/driver')).toMatch(/\/virtio-pci$/);
    expect(status?.management).toMatchObject({ state: 'ready', method: 'dhcp', interface: 'eth0' });
    expect(status?.management).toMatchObject({ addresses: expect.arrayContaining(['10.0.2.15/24']) });
  });

  it('set the sysctls, forwards nothing for management, and made the namespace of the data plane', async () => {
    expect(await guest.machine('read /proc/sys/net/core/rmem_default')).toBe('67108864');
    expect(await guest.machine('read /proc/sys/net/core/rmem_max')).toBe('67108864');
    expect(await guest.machine('read /proc/sys/net/ipv4/ip_forward')).toBe('0');
    expect(await guest.machine('read /proc/sys/net/ipv6/conf/all/forwarding')).toBe('0');
    expect(await guest.machine('read /proc/sys/kernel/hostname')).toBe('demo');
    expect(await guest.machine('read /proc/mounts')).toMatch(/^nsfs \/run\/netns\/dataplane nsfs /m);
  });

  it('runs the program of [service.NAME] in its namespace', async () => {
    const status = await guest.status();
    const service = status?.services.find(({ name }) => name === 'follower');
    expect(service?.status.state).toBe('running');
    const pid = service?.status.state === 'running' ? service.status.pid : 0;
    const commandLine = await guest.machine(`read /proc/${pid}/cmdline`);
    expect(commandLine.split('\0')).toEqual(['/usr/bin/busybox', 'tail', '-f', '/dev/null', '']);
    const own = await guest.machine('link /proc/1/ns/net');
    expect(own).toMatch(/^net:/);
    expect(await guest.machine(`link /proc/${pid}/ns/net`)).not.toBe(own);
  });

  it('connected, configured interfaces and routes, and serves true metrics', async () => {
    const answered = /API answered (\d+) ms after its socket appeared/.exec(guest.guest.console.text());
    expect(answered).not.toBeNull();
    // The goal, on a machine that has nothing else to do, is two seconds.
    process.stdout.write(
      `under emulation: VPP's API answered ${answered?.[1]} ms after its socket appeared\n`,
    );
    const status = await guest.until('an interface has counters', ({ interfaces }) =>
      interfaces.some(({ name, counters }) => name === 'xe0' && (counters?.rxPackets ?? 0) > 0),
    );
    expect(status.interfaces.find(({ name }) => name === 'xe0')?.addresses).toEqual([
      '192.0.2.1/24',
      '2001:db8:1::1/64',
    ]);
    const metrics = (await guest.get('/metrics')) ?? '';
    expect(metrics).toMatch(/^vpp_interface_receive_packets_total\{interface="xe0"\} [1-9]/m);
    expect(metrics).toMatch(/^appliance_fib_routes\{backend="vpp",family="ipv4",state="programmed"\} 3$/m);
    expect(metrics).toMatch(/^appliance_fib_routes\{backend="vpp",family="ipv6",state="programmed"\} 2$/m);
    expect(metrics).toMatch(/^appliance_vpp_connected 1$/m);
    const routes = JSON.parse((await guest.get('/fib/vpp')) ?? '[]') as { prefix: string }[];
    expect(routes.map(({ prefix }) => prefix)).toContain('2001:db8:1000::/36');
    expect(await guest.get('/')).toContain('xe0');
  });

  it('prints the boot: phases, exec of VPP, and how that compares with a bare start of the runtime', async () => {
    const console = guest.guest.console.text();
    const execMs = Number(/VPP's exec (\d+) ms after the first own line/.exec(console)?.[1]);
    expect(execMs).toBeGreaterThan(0);
    const phases = console.match(/phase \S+ \(\d+\/\d+\) done in [\d.]+ ms/g) ?? [];
    const prepared = /prepared in (.*)/.exec(console)?.[1] ?? '';
    const take = (pattern: RegExp, text: string): number => Number(pattern.exec(text)?.[1] ?? 0);
    const modulesMs =
      take(/phase modules \S+ done in ([\d.]+)/, console) + take(/phase vfio \S+ done in ([\d.]+)/, console);
    // Asking the emulator for its version is a start of the runtime, which a real VPP does not need.
    const asideMs = modulesMs + take(/hugepages ([\d.]+)/, prepared) + take(/version ([\d.]+)/, prepared);
    const bareMs = Number(await guest.machine('runtime'));
    const ratio = ((execMs - asideMs) / bareMs).toFixed(2);
    process.stdout.write(
      `under emulation: VPP's exec ${execMs} ms after the first own line; ${(execMs - asideMs).toFixed(0)} ms of it without ` +
        `modules, hugepages and the emulator's version: ${ratio} times a bare start of the runtime (${bareMs} ms)\n` +
        `${phases.join('\n')}\nprepared in ${prepared}\n`,
    );
  });

  it('reaps each of 200 orphans within 5 s and still sees its own children end', async () => {
    await guest.machine('orphans 200');
    const deadline = performance.now() + 60_000;
    /** When a child of PID 1 that has ended was first seen, by pid. */
    const zombies = new Map<string, number>();
    for (;;) {
      await sleep(1_000);
      const processes = (await guest.machine('processes')).trim().split('\n');
      const now = performance.now();
      const ended = processes.filter((line) => / 1 Z /.test(line)).map((line) => line.split(' ')[0] ?? '');
      for (const pid of zombies.keys()) if (!ended.includes(pid)) zombies.delete(pid);
      for (const pid of ended) if (!zombies.has(pid)) zombies.set(pid, now);
      expect([...zombies].filter(([, seenAt]) => now - seenAt > 5_000)).toEqual([]);
      // the DHCP client and the follower
      const running = processes.filter((line) => / 1 \S busybox$/.test(line));
      if (running.length <= 2 && zombies.size === 0) break;
      expect(now, `still there: ${running.join(', ')}`).toBeLessThan(deadline);
    }
  });

  it('comes back from kill -9, five times, with everything, leaves no orphan, and says what happened', async () => {
    for (let round = 1; round <= 5; round += 1) {
      const before = await guest.status();
      await guest.killVpp();
      const after = await guest.until(
        `VPP is back after kill ${round}`,
        (status) => status.vpp.restarts === round && status.vpp.pid !== before?.vpp.pid && isWhole(status),
      );
      const service = after.services.find(({ name }) => name === 'vpp');
      expect(service?.lastExit).toMatchObject({ signal: 'SIGKILL' });
      expect(await guest.get('/')).toContain('killed by SIGKILL');
    }
    const vpps = (await guest.machine('processes'))
      .split('\n')
      .filter((line) => /node-MainThread/.test(line));
    // PID 1 and one VPP.
    expect(vpps).toHaveLength(2);
    const metrics = await guest.get('/metrics');
    expect(metrics).toMatch(/^appliance_service_restarts_total\{service="vpp"\} 5$/m);
  });

  it('powers off by the ACPI button, in order', async () => {
    const mark = guest.guest.console.lines.length;
    const startedAt = performance.now();
    const exit = await guest.guest.powerOff(60_000);
    expect(exit.reason).toBe('guest-shutdown');
    const seconds = (performance.now() - startedAt) / 1000;
    process.stdout.write(`under emulation: off ${seconds.toFixed(1)} s after the power button\n`);
    const lines = guest.guest.console.lines.slice(mark).map(({ text }) => text);
    const order = [
      /services stopped .*follower/,
      /VPP stopped/,
      /NICs restored .*0000:02:00.0 on virtio-pci, 0000:03:00.0 on virtio-pci/,
      /file systems unmounted/,
      /disks synced/,
      /power-off now/,
    ];
    const at = order.map((pattern) => lines.findIndex((line) => pattern.test(line)));
    expect(at.every((index) => index >= 0)).toBe(true);
    expect(at).toEqual([...at].sort((a, b) => a - b));
  });
});
