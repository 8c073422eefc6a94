/** A status with something in every part, and a provider of it, for tests. */
import {
  type CounterTable,
  type ErrorCounter,
  INTERFACE_COUNTERS,
  type InterfaceCounters,
  makeSnapshot as snapshotOf,
  NODE_COUNTERS,
  type NodeCounters,
  type SnapshotParts,
  type StatsSnapshot,
} from '../vpp/stats/mod.ts';
import type { OwnNames } from './origin.ts';
import type { InterfaceStatus } from '../interfaces/status.ts';
import type { ApplianceStatus, BoxStatus, StatusProvider } from '../status/mod.ts';

/** The fixture's clock, Unix milliseconds. */
export const NOW = Date.UTC(2026, 6, 1, 12, 0, 0);

/** Text that breaks HTML, labels and terminals that take it as it is. */
export const HOSTILE = `<script>alert("1")</script>&'\\\u001b[31m\n`;

export function makeStatus(changes: Partial<ApplianceStatus> = {}): ApplianceStatus {
  const since = NOW - 60_000;
  return {
    version: '0.1.0',
    hostname: 'edge1',
    pid: 1,
    mode: 'pid1',
    uptimeSeconds: 125,
    kernel: '6.1.0-33-amd64',
    boot: {
      phases: [
        { name: 'mounts', state: 'done', startedMs: 3, ms: 12.5, detail: '11 file systems' },
        { name: 'modules', state: 'done', startedMs: 16, ms: 80 },
        { name: 'watchdog', state: 'skipped', reason: 'there is no /dev/watchdog' },
      ],
      totalMs: 140,
    },
    conditions: [],
    config: { state: 'ok', source: 'file', path: '/boot/appliance.ini', problems: [] },
    services: [
      {
        name: 'vpp',
        status: { state: 'running', pid: 77, since },
        restarts: 1,
        lastExit: {
          at: since - 1000,
          pid: 60,
          signal: 'SIGSEGV',
          lifeMs: 30_000,
          reason: 'killed by SIGSEGV after 30 s',
        },
        lastOutput: [{ at: since, line: 'vlib_plugin_early_init: plugin path /usr/lib/vpp_plugins' }],
      },
    ],
    vpp: {
      process: { state: 'running', pid: 77, since },
      api: { state: 'connected', since, vpePid: 77 },
      version: '25.02-release',
      pid: 77,
      startedAt: since,
      restarts: 1,
      hangs: 2,
    },
    stats: { state: 'fresh', since, ageSeconds: 1.5, stalledWorkers: [] },
    statsReads: { polls: 9, failures: 1, retries: 2, attachments: 2, lastReadMs: 4 },
    apiTraffic: {
      boundsSeconds: [0.001, 0.01],
      counts: [5, 3, 1],
      sumSeconds: 0.25,
      timeouts: 1,
      inFlight: 2,
    },
    telemetry: { zeroSeries: false },
    wans: [],
    objects: {
      objects: [{ kind: 'sub-interface', name: 'wan.100', state: { state: 'ok' }, facts: { members: 2 } }],
      drifts: 3,
    },
    nics: [
      {
        pciAddress: '0000:03:00.0',
        pciId: '8086:125c',
        mac: '02:00:00:00:00:01',
        kernelName: 'enp3s0',
        driver: 'vfio-pci',
        originalDriver: 'igc',
        link: 'unknown',
        iommuGroup: 12,
        groupMembers: [],
        use: { role: 'vpp', name: 'xe0' },
        iniLine: '[vpp.dpdk.interface.0000:03:00.0]\nname = xe0',
      },
      {
        pciAddress: '0000:04:00.0',
        mac: '02:00:00:00:00:02',
        kernelName: 'enp4s0',
        driver: 'igc',
        link: 'up',
        speedMbps: 2500,
        groupMembers: ['0000:04:00.1'],
        use: { role: 'management', name: 'enp4s0' },
        iniLine: '[vpp.dpdk.interface.0000:04:00.0]\nname = xe1',
      },
    ],
    interfaces: [
      {
        name: 'xe0',
        dataPlane: 'vpp',
        swIfIndex: 1,
        state: { state: 'ok' },
        adminUp: true,
        link: 'up',
        mtuBytes: 1500,
        addresses: ['192.0.2.1/24', '2001:db8::1/64'],
      },
    ],
    fib: [
      {
        backend: 'vpp',
        status: { state: 'synced', since },
        desired: 3,
        programmed: 3,
        pending: 0,
        failed: 0,
        unresolved: 0,
        families: [
          { family: 'ipv4', desired: 2, programmed: 2, pending: 0, failed: 0, unresolved: 0 },
          { family: 'ipv6', desired: 1, programmed: 1, pending: 0, failed: 0, unresolved: 0 },
          { family: 'mpls', desired: 0, programmed: 0, pending: 0, failed: 0, unresolved: 0 },
        ],
        failures: [],
        nextHopsLeftOut: 0,
        leftOut: [],
        audit: { state: { state: 'looking' }, compared: 12, rounds: 4, differences: 0, recent: [] },
        batches: 1,
        isReplaying: false,
        lastConvergenceMs: 12,
      },
    ],
    nextHops: [
      {
        address: '192.0.2.254',
        routes: 3,
        example: '203.0.113.0/24',
        reach: { kind: 'interface', interface: 'xe0' },
      },
    ],
    hugepages: [{ state: 'ok', pageSizeBytes: 2 << 20, requested: 800, allocated: 800 }],
    management: {
      state: 'ready',
      interface: 'enp4s0',
      method: 'static',
      addresses: ['198.51.100.2/24'],
      dns: [],
    },
    ...changes,
  };
}

/** A box on which all is well: version 0.2.0 runs, 0.1.0 is its fallback. `box` of a status has it when asked for. */
export function makeBox(changes: Partial<BoxStatus> = {}): BoxStatus {
  const since = NOW - 60_000;
  return {
    image: '0.2.0',
    bootDevice: '/dev/nvme0n1p1',
    dataKept: true,
    update: makeUpdate(),
    watchdog: {
      state: 'armed',
      identity: 'iTCO_wdt',
      timeoutSeconds: 30,
      lastFedAt: NOW - 4_000,
      lastBootResetByWatchdog: false,
      nowayout: false,
    },
    cpuIsolation: {
      state: 'active',
      cores: '2-3',
      threads: [
        { tid: 91, name: 'vpp_wk_0', core: 2 },
        { tid: 92, name: 'vpp_wk_1', core: 3 },
      ],
      movedInterrupts: 7,
      refusedInterrupts: 2,
      since,
      problems: [],
    },
    time: {
      state: 'synchronised',
      servers: ['198.51.100.1'],
      source: 'dhcp',
      server: '198.51.100.1',
      estimatedErrorSeconds: 0.0004,
      maximumErrorSeconds: 0.021,
    },
    crashes: [],
    https: { fingerprint: 'AB:CD:EF', source: 'self-signed', expiresAt: Date.UTC(2046, 0, 1) },
    ...changes,
  };
}

export function makeUpdate(changes: Partial<BoxStatus['update']> = {}): BoxStatus['update'] {
  const at = NOW - 3_600_000;
  return {
    running: { version: '0.2.0', file: 'appliance-0.2.0.efi', state: 'good' },
    verdict: {
      state: 'good',
      at: NOW - 30_000,
      conditions: [{ name: 'vpp', ok: true, words: 'VPP is connected and stable' }],
    },
    entries: [
      {
        file: 'appliance-0.2.0.efi',
        version: '0.2.0',
        sizeBytes: 80 << 20,
        state: 'good',
        running: true,
        next: true,
      },
      {
        file: 'appliance-0.1.0.efi',
        version: '0.1.0',
        sizeBytes: 78 << 20,
        state: 'good',
        running: false,
        next: false,
      },
    ],
    history: [{ at, version: '0.2.0', from: '0.1.0', result: 'good' }],
    ...changes,
  };
}

/** The running version 0.3.0 on trial, for want of VPP; 0.2.0 waits as its fallback, 0.2.5 failed before. */
export function makeTrial(): BoxStatus['update'] {
  const conditions = [
    { name: 'management', ok: true, words: 'reachable at 198.51.100.2' },
    { name: 'vpp', ok: false, words: 'VPP is connected for 20 s, 60 s are needed' },
  ] as const;
  const failed = {
    at: NOW - 86_400_000,
    version: '0.2.5',
    from: '0.2.0',
    result: 'failed',
    reason: 'no verdict within 300 s: routes: 2 of 9 routes are programmed',
  } as const;
  const [fallback, older] = makeUpdate().entries.map((entry) => ({ ...entry, running: false, next: false }));
  if (fallback === undefined || older === undefined) throw new Error('the fixture has two entries');
  return {
    running: { version: '0.3.0', file: 'appliance-0.3.0+2-1.efi', state: 'trial' },
    trial: { deadline: NOW + 200_000, conditions },
    verdict: { state: 'waiting', since: NOW - 20_000, conditions },
    entries: [
      {
        ...fallback,
        version: '0.3.0',
        file: 'appliance-0.3.0+2-1.efi',
        state: 'trial',
        left: 2,
        running: true,
        next: true,
      },
      fallback,
      older,
      {
        ...older,
        version: '0.2.5',
        file: 'appliance-0.2.5+0-3.efi',
        state: 'failed',
        left: 0,
        reason: failed.reason,
      },
    ],
    pending: { version: '0.3.0', at: NOW - 120_000 },
    history: [failed, ...makeUpdate().history],
    lastFailure: failed,
  };
}

export function makeCounters(index: number, name: string, scale = 1): InterfaceCounters {
  return {
    index,
    name,
    rxPackets: 100 * scale,
    rxBytes: 6400 * scale,
    txPackets: 50 * scale,
    txBytes: 3200 * scale,
    drops: 3,
    punt: 0,
    ip4: 90,
    ip6: 10,
    mpls: 0,
    rxMiss: 1,
    rxNoBuf: 0,
    rxError: 0,
    txError: 2,
  };
}

interface SnapshotChanges extends Partial<SnapshotParts> {
  readonly interfaces?: readonly InterfaceCounters[];
  readonly nodes?: readonly NodeCounters[];
  readonly errors?: readonly ErrorCounter[];
}

export function makeSnapshot(changes: SnapshotChanges = {}): StatsSnapshot {
  const {
    interfaces = [makeCounters(0, 'local0', 0), makeCounters(1, 'xe0')],
    nodes = [
      { name: 'ip4-lookup', clocks: 1000, vectors: 30, calls: 10, suspends: 0 },
      { name: 'never-called', clocks: 0, vectors: 0, calls: 0, suspends: 0 },
    ],
    errors = [
      { node: 'ip4-input', reason: 'ip4 ttl <= 1', count: 4 },
      { node: 'ip4-input', reason: 'never seen', count: 0 },
    ],
    ...parts
  } = changes;
  return snapshotOf({
    epoch: 5,
    interfaceTable: tableOf(interfaces, INTERFACE_COUNTERS),
    nodeTable: tableOf(nodes, NODE_COUNTERS),
    errorTable: { sources: errors, counts: Float64Array.from(errors, ({ count }) => count) },
    system: {
      vectorRate: 7,
      vectorRatePerWorker: [0, 7],
      loopsPerWorker: [1000, 2_000_000],
      inputRate: 1234,
      numWorkerThreads: 1,
      lastUpdate: 60,
      heartbeat: 12,
      bootTime: 1_780_000_000,
    },
    bufferPools: [{ name: 'default-numa-0', cached: 10, used: 100, available: 16_000 }],
    memory: [{ name: 'main heap', total: 1 << 30, used: 1 << 20, free: (1 << 30) - (1 << 20) }],
    ...parts,
  });
}

function tableOf<K extends string>(
  rows: readonly ({ readonly name: string; readonly index?: number } & { readonly [C in K]?: number })[],
  counters: readonly K[],
): CounterTable<K> {
  const columns: Partial<Record<K, Float64Array>> = {};
  for (const counter of counters) columns[counter] = Float64Array.from(rows, (row) => row[counter] ?? 0);
  return {
    names: rows.map(({ name }) => name),
    indexes: rows.map(({ index }, row) => index ?? row),
    columns: columns as Record<K, Float64Array>,
  };
}

export function makeInterface(name: string, changes: Partial<InterfaceStatus> = {}): InterfaceStatus {
  return {
    name,
    dataPlane: 'vpp',
    state: { state: 'ok' },
    adminUp: true,
    link: 'up',
    mtuBytes: 1500,
    addresses: [],
    ...changes,
  };
}

export interface ProviderOptions {
  readonly status?: () => ApplianceStatus;
  readonly snapshot?: StatsSnapshot | undefined;
  readonly ageSeconds?: number;
  readonly fibRoutes?: StatusProvider['fibRoutes'];
  readonly explainRoute?: StatusProvider['explainRoute'];
  readonly history?: StatusProvider['history'];
  readonly watch?: StatusProvider['watch'];
}

/** What the machine of the tests is called. */
export const OWN_NAMES = (): OwnNames => ({ hostname: 'edge1', names: ['router.example.net'] });

export function makeProvider(options: ProviderOptions = {}): StatusProvider {
  const { status = makeStatus, snapshot = makeSnapshot(), ageSeconds = 1.5 } = options;
  return {
    status: () => status(),
    statsSnapshot: () => ({ snapshot, ageSeconds }),
    fibRoutes: options.fibRoutes ?? (() => [{ prefix: '198.51.100.0/24', 'next-hop': '192.0.2.2' }]),
    explainRoute: options.explainRoute ?? (() => ({ kind: 'none', reason: 'no route covers it' })),
    log: (service) => (service === 'vpp' ? [{ at: NOW, line: `hello ${HOSTILE}` }] : undefined),
    followLog: (service) => (service === 'vpp' ? () => {} : undefined),
    history: options.history ?? (() => undefined),
    watch: options.watch ?? (() => () => {}),
  };
}
