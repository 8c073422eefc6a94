/**
 * Every leaf of appliance.ini: the single source of the JSON schema, the defaults, docs/configuration.md and the
 * default INI file.
 *
 * The leaves of `vpp.*` and `fib.vpp.*` are those of the specification of the VPP data plane; ranges that it leaves
 * open have their reason beside them. Capital parts of a section (`PCI`, `NAME`) and of a key (`PREFIX`) stand for
 * what the user names.
 */

/** What the text of a value must be; `words.ts` says each in words, `schema.ts` as JSON schema. */
export type LeafType =
  | 'boolean'
  | 'integer'
  | 'size'
  | 'choice'
  | 'hostname'
  | 'version'
  | 'interface-name'
  | 'netns'
  | 'socket-path'
  | 'file-path'
  | 'command'
  | 'listen'
  | 'address'
  | 'address-list'
  | 'host-list'
  | 'name-list'
  | 'endpoint'
  | 'dhcp-or-prefix'
  | 'prefix-list'
  | 'route';

export interface Leaf {
  /** `vpp.cpu.workers` */
  readonly path: string;
  readonly section: string;
  readonly key: string;
  readonly type: LeafType;
  /** As it would stand in the file; without one the leaf is optional, or `required`. */
  readonly default?: string;
  readonly required?: boolean;
  /** What holds when an optional leaf without a default is left out. */
  readonly absent?: string;
  /** `integer`: the value; `size`: bytes. */
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  readonly unit?: string;
  /** What it does, one sentence without the period. */
  readonly sentence: string;
  readonly example: string;
}

type Rest = Omit<Leaf, 'path' | 'section' | 'key'>;

function leaf<const S extends string, const K extends string, const R extends Rest>(
  section: S,
  key: K,
  rest: R,
) {
  return { path: `${section}.${key}` as const, section, key, ...rest };
}

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

const VPP_LEAVES = [
  leaf('vpp', 'enabled', {
    type: 'boolean',
    default: 'false',
    sentence: 'Master switch: without it VPP is not started and the kernel forwards',
    example: 'true',
  }),
  leaf('vpp', 'external', {
    type: 'boolean',
    default: 'false',
    sentence:
      'Connect to a VPP that something else started: no startup.conf, no NIC bound, no process of ours',
    example: 'true',
  }),
  leaf('vpp', 'binary', {
    type: 'file-path',
    default: '/usr/bin/vpp',
    sentence: 'The VPP executable',
    example: '/opt/vpp/bin/vpp',
  }),
  leaf('vpp', 'start-timeout', {
    type: 'integer',
    default: '60',
    min: 1,
    max: 3600,
    unit: 'seconds',
    sentence: 'Time from the start of VPP to a working API connection, after which it counts as stuck',
    example: '120',
  }),
  leaf('vpp', 'answer-timeout', {
    type: 'integer',
    default: '20',
    // Less than VPP is silent by itself while it works off a full table on a slow machine (docs/health.md).
    min: 2,
    max: 3600,
    unit: 'seconds',
    sentence:
      'Time without any answer on the API of a VPP that was connected, after which it counts as hung: it is ended and started again',
    example: '60',
  }),
  leaf('vpp', 'api-socket', {
    type: 'socket-path',
    default: '/run/vpp/api.sock',
    sentence: 'Unix socket of the binary API',
    example: '/run/vpp/api.sock',
  }),
  leaf('vpp.cpu', 'main-core', {
    type: 'integer',
    absent: 'VPP chooses; 0 when workers are set',
    min: 0,
    max: 255,
    sentence: "CPU core of VPP's main thread",
    example: '1',
  }),
  leaf('vpp.cpu', 'workers', {
    type: 'integer',
    absent: 'no worker: the main thread forwards',
    min: 0,
    max: 255,
    sentence: 'Worker threads, on the cores after main-core',
    example: '2',
  }),
  leaf('vpp.cpu', 'isolate', {
    type: 'boolean',
    default: 'true',
    sentence: "Keep everything else and the interrupts off the workers' cores",
    example: 'false',
  }),
  leaf('vpp.memory', 'main-heap', {
    type: 'size',
    default: '1G',
    // Less does not hold VPP's own tables and one FIB; more than any machine has is a slip of the unit.
    min: 256 * MIB,
    max: 256 * GIB,
    sentence: 'Main heap, where the FIB lives; a full table (958k IPv4 and 198k IPv6 routes) wants 1536M',
    example: '1536M',
  }),
  leaf('vpp.memory', 'hugepage-size', {
    type: 'choice',
    default: '2M',
    choices: ['2M', '1G'],
    sentence: 'Size of the hugepages that VPP gets; 1G is for large installations',
    example: '1G',
  }),
  leaf('vpp.memory', 'buffers', {
    type: 'integer',
    default: '128000',
    // Below, not even the descriptor rings of one NIC are filled; above, buffers alone take 40 GB.
    min: 1024,
    max: 16777216,
    unit: 'per NUMA node',
    sentence: 'Packet buffers; the default carries a full table at 10 Gbit/s and takes about 320 MB',
    example: '16384',
  }),
  leaf('vpp.dpdk', 'unsafe-no-iommu', {
    type: 'boolean',
    default: 'false',
    sentence:
      'Bind NICs by uio_pci_generic on a machine without an IOMMU: a NIC can then write anywhere in memory (also accepted in [dpdk])',
    example: 'true',
  }),
  leaf('vpp.dpdk.interface.PCI', 'name', {
    type: 'interface-name',
    required: true,
    sentence: 'Name of the interface in VPP and everywhere here',
    example: 'xe0',
  }),
  leaf('vpp.dpdk.interface.PCI', 'driver', {
    type: 'choice',
    default: 'dpdk',
    choices: ['dpdk', 'native'],
    sentence:
      "Who drives the NIC: DPDK, or VPP's own driver (`ige`, for Intel's I225 and I226, of VPP 26.02 and later), which was not tried on the hardware",
    example: 'native',
  }),
  leaf('vpp.dpdk.interface.PCI', 'rx-queues', {
    type: 'integer',
    absent: "VPP's default",
    min: 1,
    max: 255,
    sentence: 'Receive queues',
    example: '2',
  }),
  leaf('vpp.dpdk.interface.PCI', 'tx-queues', {
    type: 'integer',
    absent: "VPP's default",
    min: 1,
    max: 255,
    sentence: 'Transmit queues',
    example: '2',
  }),
  leaf('vpp.stats', 'segment-size', {
    type: 'size',
    default: '512M',
    // The directory of a VPP with its plugins (about 4,600 entries) and its counters; the upper bound as for the heap.
    min: 32 * MIB,
    max: 64 * GIB,
    sentence: 'Shared memory of the stats segment; every route takes counters in it, once per thread',
    example: '512M',
  }),
  leaf('vpp.stats', 'socket-path', {
    type: 'socket-path',
    default: '/run/vpp/stats.sock',
    sentence: 'Unix socket of the stats segment; another one than the api-socket',
    example: '/run/vpp/stats.sock',
  }),
  leaf('vpp.stats', 'poll-interval', {
    type: 'integer',
    default: '30',
    min: 1,
    max: 3600,
    unit: 'seconds',
    sentence: 'How often the stats segment is read for the metrics',
    example: '10',
  }),
  leaf('vpp.lcp', 'enabled', {
    type: 'boolean',
    default: 'true',
    sentence: 'Load the Linux Control Plane plugins, which mirror VPP interfaces as TAP devices',
    example: 'false',
  }),
  leaf('vpp.lcp', 'sync', {
    type: 'boolean',
    default: 'true',
    sentence: 'Mirror link state, MTU and addresses of VPP interfaces into their TAP devices',
    example: 'false',
  }),
  leaf('vpp.lcp', 'auto-subint', {
    type: 'boolean',
    default: 'true',
    sentence: 'Create TAP devices for dot1q and QinQ sub-interfaces too',
    example: 'false',
  }),
  leaf('vpp.lcp', 'netns', {
    type: 'netns',
    default: 'dataplane',
    sentence:
      'Network namespace in which the TAP devices appear, and on a box the NICs themselves while the kernel forwards',
    example: 'dataplane',
  }),
  leaf('fib.vpp', 'enabled', {
    type: 'boolean',
    default: 'false',
    sentence: "Program routes into VPP's FIB",
    example: 'true',
  }),
  leaf('fib.vpp', 'table-id', {
    type: 'integer',
    default: '0',
    min: 0,
    max: 4294967295,
    sentence: 'Table (VRF) that the routes go to; 0 is the default one',
    example: '10',
  }),
  leaf('fib.vpp', 'batch-size', {
    type: 'integer',
    default: '256',
    min: 1,
    max: 65535,
    unit: 'routes',
    sentence: 'Routes of one batch at most',
    example: '1024',
  }),
  leaf('fib.vpp', 'batch-interval-ms', {
    type: 'integer',
    default: '10',
    min: 0,
    max: 60000,
    unit: 'milliseconds',
    sentence: 'How long a batch that is not full waits for more routes; 0 sends at once',
    example: '50',
  }),
  leaf('fib.kernel', 'enabled', {
    type: 'boolean',
    default: 'false',
    sentence: 'Program routes into the kernel beside VPP; without VPP the kernel is programmed anyway',
    example: 'true',
  }),
  leaf('fib.kernel', 'table-id', {
    type: 'integer',
    default: '254',
    // 0 is no table; 255 is the kernel's own, of local addresses.
    min: 1,
    max: 4294967295,
    sentence: 'Kernel table for routes that name none; 254 is the main one',
    example: '100',
  }),
  leaf('fib.kernel', 'netns', {
    type: 'netns',
    absent: 'vpp.lcp.netns beside a VPP with LCP, else the own one',
    sentence: 'Network namespace that is programmed beside VPP',
    example: 'routers',
  }),
  leaf('fib.kernel', 'metric', {
    type: 'integer',
    default: '20',
    // 0 lets the kernel choose, another one for each family: what identifies a route would not be known.
    min: 1,
    max: 4294967295,
    sentence: 'Metric of our routes in the kernel, so that others with another metric stand beside them',
    example: '100',
  }),
  leaf('fib.kernel', 'import', {
    type: 'boolean',
    default: 'false',
    sentence:
      "Take over the routes that a routing daemon installs in vpp.lcp.netns; VPP's own plugin for that (linux_nl) is then not loaded",
    example: 'true',
  }),
  leaf('fib.kernel', 'import-distance', {
    type: 'integer',
    default: '200',
    min: 1,
    max: 255,
    sentence: 'Administrative distance of imported routes: of several to one prefix the lowest wins',
    example: '110',
  }),
] as const satisfies readonly Leaf[];

const BOX_LEAVES = [
  leaf('system', 'hostname', {
    type: 'hostname',
    default: 'appliance',
    sentence: 'Host name of the box',
    example: 'edge-1',
  }),
  leaf('management', 'interface', {
    type: 'interface-name',
    absent: 'the first NIC that is not given to VPP',
    sentence: 'Kernel name of the NIC through which the box is managed; VPP never gets it',
    example: 'eth0',
  }),
  leaf('management', 'address', {
    type: 'dhcp-or-prefix',
    default: 'dhcp',
    sentence: 'Address of the management interface',
    example: '192.0.2.10/24',
  }),
  leaf('management', 'gateway', {
    type: 'address',
    absent: 'none; by DHCP when address is dhcp',
    sentence: 'Default gateway of the management interface, inside the subnet of a static address',
    example: '192.0.2.1',
  }),
  leaf('management', 'dns', {
    type: 'address-list',
    absent: 'none; by DHCP when address is dhcp',
    sentence:
      'Name servers, separated by commas; a service in a network namespace asks them through management, then through its namespace',
    example: '192.0.2.53, 2001:db8::53',
  }),
  leaf('management', 'ntp', {
    type: 'host-list',
    absent: 'those that DHCP names, else none',
    sentence: 'Time servers (NTP), names or addresses, separated by commas',
    example: '192.0.2.123, ntp.example.net',
  }),
  leaf('http', 'listen', {
    type: 'listen',
    // `::` of a Linux socket takes IPv4 as well (bindv6only is 0), so this is every address of both families.
    default: '[::]:8080',
    sentence:
      'Where the status page and the metrics are served; without a host, every address of both families',
    example: '192.0.2.10:8080',
  }),
  leaf('http', 'https-listen', {
    type: 'listen',
    absent: 'on the box [::]:8443; under `appliance run` none',
    sentence:
      'Where the same is served over TLS, and where alone a change is taken from the network; another port than that of listen',
    example: '192.0.2.10:8443',
  }),
  leaf('http', 'names', {
    type: 'name-list',
    absent: 'none',
    sentence:
      "DNS names by which the box is asked, beside its addresses, localhost, its hostname and hostname.local: a request to another name is refused (not `/metrics`, `/healthz`, `/readyz`). The box's own certificate is made for them too; a new name is a new certificate",
    example: 'router.example.net',
  }),
  leaf('telemetry', 'zero-series', {
    type: 'boolean',
    default: 'false',
    sentence:
      'Show also the graph nodes, errors and kinds of traffic of VPP that counted nothing yet in the metrics',
    example: 'true',
  }),
  leaf('update', 'confirm-timeout', {
    type: 'integer',
    default: '120',
    min: 5,
    max: 3600,
    unit: 'seconds',
    sentence:
      'Time in which a configuration put over HTTP is to be confirmed, before the one before comes back',
    example: '300',
  }),
  leaf('update', 'trial-stable', {
    type: 'integer',
    default: '60',
    min: 1,
    max: 3600,
    unit: 'seconds',
    sentence: 'How long VPP must have been connected without a break before a new version is marked good',
    example: '120',
  }),
  leaf('update', 'trial-timeout', {
    type: 'integer',
    default: '300',
    min: 10,
    max: 86400,
    unit: 'seconds',
    sentence:
      'Time from power-on in which a new version must be marked good, before the box restarts into the one before; more than trial-stable',
    example: '600',
  }),
  leaf('update', 'route-tolerance', {
    type: 'integer',
    default: '5',
    min: 0,
    max: 100,
    unit: 'percent',
    sentence: 'How many routes fewer than in the last good run a new version may have',
    example: '10',
  }),
  leaf('update', 'minimum-version', {
    type: 'version',
    absent: 'any',
    sentence:
      'Refuse images of a lower version; ordered as by the boot loader, by which a suffix makes a version higher (0.2.0 < 0.2.0-rc.1 < 0.2.1)',
    example: '0.2.0',
  }),
  leaf('update', 'allow-older-builds', {
    type: 'boolean',
    default: 'true',
    sentence:
      'Take images that were built before the running one; without it the manifest of an image must say when it was built, and not before',
    example: 'false',
  }),
  leaf('watchdog', 'enabled', {
    type: 'boolean',
    default: 'true',
    sentence:
      'Let the hardware reset the box when this program hangs; without effect where there is no watchdog',
    example: 'false',
  }),
  leaf('watchdog', 'timeout', {
    type: 'integer',
    default: '30',
    min: 5,
    max: 600,
    unit: 'seconds',
    sentence:
      'After how long without a sign of life the hardware resets the box; it is fed at a third of that',
    example: '60',
  }),
  leaf('log', 'syslog', {
    type: 'endpoint',
    absent: 'none',
    sentence: 'Where every log line is sent as well, as syslog (RFC 5424) over UDP',
    example: '192.0.2.14:514',
  }),
  leaf('log', 'disk-size', {
    type: 'size',
    default: '32M',
    min: 1 * MIB,
    max: 16 * GIB,
    sentence: 'How much the logs on the data partition may take',
    example: '256M',
  }),
] as const satisfies readonly Leaf[];

const TRAFFIC_LEAVES = [
  leaf('interface.NAME', 'enabled', {
    type: 'boolean',
    default: 'true',
    sentence: 'Admin state: whether the interface is up',
    example: 'false',
  }),
  leaf('interface.NAME', 'mtu', {
    type: 'integer',
    absent: "VPP's default",
    min: 68,
    max: 65535,
    unit: 'bytes',
    sentence: 'Layer 3 MTU; with an IPv6 address at least 1280',
    example: '1500',
  }),
  leaf('interface.NAME', 'addresses', {
    type: 'prefix-list',
    absent: 'none',
    sentence: 'Addresses with their prefix lengths, separated by commas',
    example: '192.0.2.1/24, 2001:db8::1/64',
  }),
  leaf('interface.NAME', 'mpls', {
    type: 'boolean',
    default: 'false',
    sentence: 'Accept MPLS packets on the interface',
    example: 'true',
  }),
  leaf('route', 'PREFIX', {
    type: 'route',
    absent: 'no static route',
    sentence: 'A static route: the key is a prefix or `mpls LABEL`, the value where its packets go',
    example: '192.0.2.1',
  }),
] as const satisfies readonly Leaf[];

const SUPERVISOR_LEAVES = [
  leaf('supervisor', 'backoff-ms', {
    type: 'integer',
    default: '1000',
    min: 10,
    max: 60000,
    unit: 'milliseconds',
    sentence: 'Delay before a service that ended is started again; doubles at every failure',
    example: '500',
  }),
  leaf('supervisor', 'backoff-max-ms', {
    type: 'integer',
    default: '30000',
    min: 10,
    max: 3600000,
    unit: 'milliseconds',
    sentence: 'Longest delay between two starts; at least backoff-ms',
    example: '60000',
  }),
  leaf('supervisor', 'stable-ms', {
    type: 'integer',
    default: '60000',
    min: 100,
    max: 86400000,
    unit: 'milliseconds',
    sentence: 'Life after which a service counts as stable and its delay begins anew',
    example: '120000',
  }),
  leaf('supervisor', 'loop-after', {
    type: 'integer',
    default: '5',
    min: 1,
    max: 1000,
    unit: 'starts',
    sentence: 'Starts without reaching stable-ms after which a service counts as looping',
    example: '10',
  }),
  leaf('supervisor', 'loop-retry-ms', {
    type: 'integer',
    default: '300000',
    min: 100,
    max: 86400000,
    unit: 'milliseconds',
    sentence: 'Time between two tries of a looping service',
    example: '600000',
  }),
] as const satisfies readonly Leaf[];

const SERVICE_LEAVES = [
  leaf('service.NAME', 'command', {
    type: 'command',
    required: true,
    sentence: 'The program and its arguments; it stays in the foreground',
    example: '/usr/sbin/bird -f -c /boot/bird.conf -s /run/bird.ctl',
  }),
  leaf('service.NAME', 'netns', {
    type: 'netns',
    absent: "the box's own",
    sentence: 'The network namespace that it runs in, made when it is not there',
    example: 'dataplane',
  }),
  leaf('service.NAME', 'restart', {
    type: 'choice',
    choices: ['always', 'on-failure', 'never'],
    default: 'always',
    sentence: 'When it is started again after its end; `on-failure`: unless it ended with exit code 0',
    example: 'on-failure',
  }),
] as const satisfies readonly Leaf[];

const TABLE = [
  ...BOX_LEAVES,
  ...VPP_LEAVES,
  ...TRAFFIC_LEAVES,
  ...SUPERVISOR_LEAVES,
  ...SERVICE_LEAVES,
] as const;

/** One of the leaves, with literal types: what the typed getter of `values.ts` computes with. */
export type KnownLeaf = (typeof TABLE)[number];

/** Every leaf, in the order of the reference page. */
export const LEAVES: readonly Leaf[] = TABLE;

/** What each section is for; the order is that of the reference page and of the default INI. */
export const SECTIONS: ReadonlyMap<string, string> = new Map([
  ['system', 'The box itself.'],
  ['management', 'The NIC through which the box is reached; it stays with the kernel.'],
  ['http', 'The status page, the JSON and the metrics.'],
  ['telemetry', 'What the metrics hold.'],
  ['update', 'Which images are taken, and how a new version and a new configuration prove themselves.'],
  ['watchdog', "The machine's watchdog."],
  ['log', 'Where logs go beside the memory.'],
  ['vpp', 'FD.io VPP, the data plane.'],
  ['vpp.cpu', "Cores for VPP's threads."],
  ['vpp.memory', 'Heap, hugepages and packet buffers.'],
  ['vpp.dpdk', 'How NICs are given to VPP.'],
  [
    'vpp.dpdk.interface.PCI',
    'One NIC for VPP, by its PCI address: a section like `[vpp.dpdk.interface.0000:03:00.0]` for each.',
  ],
  ['vpp.stats', "VPP's stats segment, the source of the metrics."],
  ['vpp.lcp', 'The Linux Control Plane plugin: VPP interfaces as TAP devices.'],
  ['fib.vpp', "Programming of VPP's FIB."],
  ['fib.kernel', "Programming of the kernel's FIB, and what is learnt from it."],
  [
    'interface.NAME',
    'One interface: a section like `[interface.xe0]` for each. NAME is the name of a NIC given to VPP, or `loop0`, `loop1` … for a loopback.',
  ],
  ['route', 'Static routes, one a line.'],
  ['supervisor', 'How a service that ends is restarted.'],
  [
    'service.NAME',
    'A program that the box keeps running beside VPP, a routing daemon for example: a section like `[service.bird]` for each. It must be in the image (`./appliance image --add bird2`).',
  ],
]);

/** The section of `[dpdk] unsafe-no-iommu`, which is accepted for `[vpp.dpdk] unsafe-no-iommu`. */
export const DPDK_ALIAS = { section: 'dpdk', target: 'vpp.dpdk' } as const;

/** The leaves of one section, in order. */
export function leavesOf(section: string): Leaf[] {
  return LEAVES.filter((candidate) => candidate.section === section);
}
