/** An appliance with something of everything, well and not: what no running one has at once. */
import {
  makeBox,
  makeCounters,
  makeInterface,
  makeProvider,
  makeSnapshot,
  makeStatus,
  makeTrial,
  NOW,
} from '../fixtures/status.ts';
import type { NicStatus } from '../../src/dpdk/status.ts';
import type { ApplianceStatus, StatusProvider } from '../../src/status/mod.ts';
import { StatsHistory, type StatsSnapshot } from '../../src/vpp/stats/mod.ts';

const since = NOW - 90_000;
/** Of traffic. */
const SECONDS = 290;

const nic = (slot: number, changes: Partial<NicStatus>): NicStatus => ({
  pciAddress: `0000:0${slot}:00.0`,
  pciId: '8086:125c',
  mac: `02:00:00:00:00:0${slot}`,
  kernelName: `enp${slot}s0`,
  driver: 'vfio-pci',
  link: 'unknown',
  speedMbps: 2500,
  iommuGroup: 10 + slot,
  groupMembers: [],
  use: { role: 'free' },
  iniLine: `[vpp.dpdk.interface.0000:0${slot}:00.0]\nname = xe${slot}`,
  ...changes,
});

/** As on a machine without an IOMMU. */
function withoutGroup(one: NicStatus): NicStatus {
  const { iommuGroup: _, ...rest } = one;
  return rest;
}

const looping = {
  state: 'looping',
  since,
  nextTryAt: NOW + 200_000,
  failures: 5,
  reason: 'exited with code 1 after 0.2 s',
} as const;

function crowdedStatus(): ApplianceStatus {
  return makeStatus({
    uptimeSeconds: 400_000,
    boot: {
      phases: [
        { name: 'mounts', state: 'done', startedMs: 3, ms: 12.5, detail: '11 file systems' },
        { name: 'modules', state: 'done', startedMs: 16, ms: 820 },
        { name: 'disks', state: 'failed', startedMs: 836, ms: 410, reason: 'no partition APPLIANCE-DATA' },
        { name: 'data-plane', state: 'done', startedMs: 1246, ms: 96 },
        { name: 'watchdog', state: 'skipped', reason: 'there is no /dev/watchdog' },
        { name: 'http', state: 'running', startedMs: 1342 },
      ],
    },
    conditions: [
      { severity: 'error', subject: 'nic 0000:05:00.0', reason: 'xe5 is not given to VPP: no IOMMU', since },
      { severity: 'warning', subject: 'machine.cores', reason: '2 CPU cores: VPP wants at least 4', since },
      { severity: 'info', subject: 'https', reason: 'the certificate is self-signed', since },
    ],
    config: {
      state: 'rejected',
      source: 'last-good',
      path: '/boot/appliance.ini',
      reason: '2 errors',
      problems: [
        { severity: 'error', line: 12, leaf: 'vpp.cpu.workers', message: '"many" is not a number' },
        {
          severity: 'error',
          line: 31,
          leaf: 'interface.xe9.addresses',
          message: '"192.0.2/24" is no prefix',
        },
        { severity: 'warning', line: 0, leaf: 'machine.cores', message: '2 CPU cores: VPP wants at least 4' },
      ],
    },
    services: [
      {
        name: 'vpp',
        status: { state: 'running', pid: 77, since },
        restarts: 2,
        lastExit: {
          at: since,
          pid: 60,
          signal: 'SIGSEGV',
          lifeMs: 30_000,
          reason: 'killed by SIGSEGV after 30 s',
        },
        lastOutput: Array.from({ length: 12 }, (_, i) => ({
          at: since + i * 100,
          line: `dpdk/cryptodev: line ${i} of what VPP says, ${'which may be long '.repeat(i % 4)}`,
        })),
      },
      {
        name: 'chronyd',
        status: looping,
        restarts: 5,
        lastOutput: [{ at: since, line: 'Could not open socket' }],
      },
      {
        name: 'udhcpc',
        status: { state: 'stopped', since, reason: 'the address is static' },
        restarts: 0,
        lastOutput: [],
      },
    ],
    nics: [
      nic(3, { use: { role: 'vpp', name: 'xe0' } }),
      nic(4, { use: { role: 'vpp', name: 'xe1' } }),
      withoutGroup(
        nic(5, {
          driver: 'igc',
          use: {
            role: 'refused',
            name: 'xe5',
            code: 'no-iommu',
            reason: 'the kernel has no IOMMU, which vfio-pci needs',
          },
        }),
      ),
      nic(6, { driver: 'igc', link: 'up', use: { role: 'management', name: 'enp6s0' } }),
      nic(7, { driver: 'igc', link: 'down' }),
      {
        pciAddress: '0000:09:00.0',
        link: 'unknown',
        groupMembers: [],
        use: { role: 'missing', name: 'xe9', reason: 'no PCI device at 0000:09:00.0' },
        iniLine: '',
      },
    ],
    interfaces: [
      makeInterface('xe0', { swIfIndex: 1, speedMbps: 2500, addresses: ['192.0.2.1/24', '2001:db8::1/64'] }),
      makeInterface('xe1', { swIfIndex: 2, speedMbps: 2500, link: 'down', addresses: ['198.51.100.1/24'] }),
      makeInterface('xe9', {
        state: { state: 'failed', reason: 'VPP has no interface of that name' },
        adminUp: false,
        link: 'unknown',
      }),
      makeInterface('loop0', { swIfIndex: 3, addresses: ['203.0.113.1/32'] }),
      makeInterface('loop1', { swIfIndex: 4, state: { state: 'failed', reason: 'ADDRESS_IN_USE (-71)' } }),
      makeInterface('local0', {
        swIfIndex: 0,
        adminUp: false,
        link: 'down',
        state: { state: 'unconfigured' },
      }),
    ],
    fib: [
      {
        backend: 'vpp',
        status: { state: 'degraded', since, reason: '2 of 1000000 routes were refused' },
        desired: 1_000_000,
        programmed: 999_998,
        pending: 0,
        failed: 2,
        unresolved: 0,
        batches: 4000,
        isReplaying: false,
        families: [
          { family: 'ipv4', desired: 800_000, programmed: 799_999, pending: 0, failed: 1, unresolved: 0 },
          { family: 'ipv6', desired: 200_000, programmed: 199_999, pending: 0, failed: 1, unresolved: 0 },
        ],
        failures: [
          { prefix: '203.0.113.0/24', code: 'failed', nextHops: [], reason: 'NO_SUCH_TABLE (-11)' },
          { prefix: '2001:db8:ffff::/48', code: 'failed', nextHops: [], reason: 'NO_SUCH_ENTRY (-56)' },
        ],
        nextHopsLeftOut: 1,
        leftOut: [
          {
            'next-hop': '2001:db8:b::ffff:ffff:ffff%name-of-15-chars',
            reason: 'VPP has no interface name-of-15-chars',
          },
        ],
        lastConvergenceMs: 1_840,
        lastFullConvergenceMs: 2_610,
      },
      {
        backend: 'kernel',
        status: { state: 'programming', since },
        desired: 1_000_000,
        programmed: 612_000,
        pending: 388_000,
        failed: 0,
        unresolved: 12,
        batches: 2400,
        isReplaying: true,
        families: [],
        failures: [],
        nextHopsLeftOut: 0,
        leftOut: [],
      },
    ],
    hugepages: [
      {
        state: 'short',
        pageSizeBytes: 2 << 20,
        requested: 800,
        allocated: 300,
        reason: 'memory is fragmented',
      },
    ],
    change: {
      state: 'waiting',
      confirmBefore: NOW + 120_000,
      pending: ['vpp.cpu.workers from 1 to 2'],
      plan: {
        steps: [{ leaf: 'interface.xe1.mtu', words: 'from 1500 to 9000', effect: 'live' }],
        restart: [],
        parts: ['data-plane'],
      },
    },
    box: makeBox({
      update: makeTrial(),
      dataKept: false,
      lastPanic: 'Kernel panic - not syncing: Fatal exception in interrupt',
      crashes: [
        {
          at: since,
          service: 'vpp',
          reason: 'killed by SIGSEGV',
          file: 'vpp-1.log',
          core: 'vpp-1.core.zst',
          bytes: 4 << 20,
        },
      ],
      time: {
        state: 'unsynchronised',
        reason: 'no server answered',
        servers: ['198.51.100.1'],
        source: 'dhcp',
      },
    }),
  });
}

/** With five minutes of traffic, read every second. */
export function crowdedProvider(): StatusProvider {
  const status = crowdedStatus();
  const history = new StatsHistory(5000);
  const names = ['xe0', 'xe1', 'loop0', 'local0'];
  const system = { ...makeSnapshot().system, vectorRatePerWorker: [0.2, 31.5, 240.1] };
  const snapshotAt = (second: number): StatsSnapshot => {
    const scale = (second * 20 + 150 * Math.sin(second / 20)) * 40;
    const interfaces = names.map((name, i) => makeCounters(i, name, scale * (4 - i)));
    return makeSnapshot({ interfaces, system });
  };
  const now = Date.now();
  for (let second = 0; second <= SECONDS; second++) {
    history.record(snapshotAt(second), now - (SECONDS - second) * 1000);
  }
  return makeProvider({
    status: () => status,
    snapshot: snapshotAt(SECONDS),
    ageSeconds: 0,
    history: () => history,
  });
}
