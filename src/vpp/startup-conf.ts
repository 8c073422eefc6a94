/**
 * Renders VPP's startup.conf from the configuration.
 *
 * Invariants: the same input gives the same text; every key exists in the version; a section is written only
 * with its plugin; no value can end its section or reach VPP's pre-parser, which looks at every word of the file.
 * Sources (VPP 25.02 and 26.06): src/vpp/vnet/main.c, src/vlib/unix/main.c, src/vlib/threads.c, src/vlib/buffer.c,
 * src/vlib/stats/init.c, src/plugins/dpdk/device/init.c, src/plugins/linux-cp/lcp_interface.c and lcp_nl.c,
 * src/plugins/acl/acl.c; of 26.06
 * src/vnet/dev/config.c.
 * VPP 25.x takes the file only from a command line of exactly `vpp -c FILE`.
 */
import type { DpdkInterfaceConfig, FibKernelConfig, VppConfig } from '../config/types.ts';
import { VppError } from './errors.ts';
import { NATIVE_DRIVER } from './native-driver.ts';
import { choosePlugins, type PluginChoice, type VppPlugin } from './plugins.ts';
import type { VppVersion } from './version.ts';

/** The parts of the configuration that startup.conf depends on. */
interface StartupSettings {
  readonly vpp: VppConfig;
  readonly fib: { readonly kernel: Pick<FibKernelConfig, 'import'> };
}

export interface StartupConfOptions {
  readonly version: VppVersion;
  /** VPP's runtime directory, which holds cli.sock; must exist (`/run/vpp`). */
  readonly runDir: string;
  /**
   * Whether /run/netns/NAME of `vpp.lcp.netns` exists. Without it linux_nl is left out: it would listen in the root
   * namespace and import the management routes.
   */
  readonly netnsPresent: boolean;
  /** The plugin directory; VPP's own guess (beside its binary) when absent. */
  readonly pluginDir?: string;
  /** Whether VPP has a plugin, by its file: missing ones are left out, with their sections. All exist when absent. */
  readonly hasPlugin?: (file: string) => boolean;
  /** False: heap, buffers and stats segment in ordinary pages, and no DPDK (default true). */
  readonly hugepages?: boolean;
  /** The NICs that were bound, by PCI address; all configured ones when absent. */
  readonly pciAddresses?: readonly string[];
  /** The driver that the NICs are bound to (default vfio-pci). */
  readonly uioDriver?: 'vfio-pci' | 'uio_pci_generic';
  /** Separates the shared memory of several VPPs on one machine. */
  readonly apiPrefix?: string;
}

/** The value of `net.core.rmem_max`, set at boot: a burst of kernel routes must fit. */
const NETLINK_BUFFER_BYTES = 64 * 2 ** 20;
/** Seconds between two updates of node counters, rates and heartbeat; VPP's default is 10. */
const STATS_UPDATE_SECONDS = 1;
const BUFFER_DATA_BYTES = 2048;

const PAGE_BYTES = { '2M': 2 * 2 ** 20, '1G': 2 ** 30 } as const;

/** The NICs that VPP gets, by driver. */
function nicsOf({ vpp }: StartupSettings, options: StartupConfOptions) {
  const given = (options.hugepages ?? true) ? vpp.dpdk.interfaces.filter((nic) => isGiven(nic, options)) : [];
  return {
    dpdk: given.filter(({ driver }) => driver === 'dpdk'),
    native: given.filter(({ driver }) => driver === 'native'),
  };
}

/** The plugins that the startup.conf of the same arguments names, and those that are missing. */
export function startupPlugins(config: StartupSettings, options: StartupConfOptions): PluginChoice {
  const { lcp } = config.vpp;
  const needs = {
    dpdk: nicsOf(config, options).dpdk.length > 0,
    linuxCp: lcp.enabled,
    // linux_nl would program the routes that we import from the namespace.
    linuxNl: lcp.enabled && options.netnsPresent && !config.fib.kernel.import,
  };
  return choosePlugins(options.version, needs, options.hasPlugin);
}

/** The text of startup.conf. Throws VppError `unsafe-value` for a value that would change the file's meaning. */
export function renderStartupConf(config: StartupSettings, options: StartupConfOptions): string {
  const { vpp } = config;
  const hugepages = options.hugepages ?? true;
  const nics = nicsOf(config, options);
  const { enabled } = startupPlugins(config, options);
  // VPP exits at a section of a plugin that is not loaded.
  const has = (file: string): boolean => enabled.some((plugin) => plugin.file === file);
  const sections = [
    unixSection(options),
    section('logging', [
      'default-log-level info',
      'default-syslog-log-level info',
      // Logs each disabled plugin as an error.
      'class vat-plug/load { level disabled syslog-level disabled }',
    ]),
    options.apiPrefix === undefined
      ? ''
      : section('api-segment', [`prefix ${word('api prefix', options.apiPrefix)}`]),
    section('socksvr', [`socket-name ${word('vpp.api-socket', vpp.apiSocket)}`]),
    memorySection(vpp, hugepages),
    section('cpu', cpuLines(vpp)),
    section('buffers', [
      `buffers-per-numa ${vpp.memory.buffers}`,
      `default data-size ${BUFFER_DATA_BYTES}`,
      `page-size ${hugepages ? 'default-hugepage' : 'default'}`,
    ]),
    statsSection(vpp, hugepages),
    pluginsSection(enabled, options.pluginDir),
    has('dpdk_plugin.so') ? dpdkSection(nics.dpdk, options.uioDriver ?? 'vfio-pci') : '',
    section('devices', nics.native.map(nativeDevice)),
    has('linux_cp_plugin.so') ? linuxCpSection(vpp, options.netnsPresent) : '',
    // A session that a new rule denies ends with its next packet; VPP's default lets it go on.
    has('acl_plugin.so') ? section('acl-plugin', ['reclassify sessions 1']) : '',
    has('linux_nl_plugin.so') ? section('linux-nl', [`nl-rx-buffer-size ${NETLINK_BUFFER_BYTES}`]) : '',
  ];
  const header = `# Written for VPP ${word('version', options.version.text)}; replaced at each start of VPP.\n`;
  return [header, ...sections.filter((text) => text !== '')].join('\n');
}

function isGiven(nic: DpdkInterfaceConfig, options: StartupConfOptions): boolean {
  return options.pciAddresses === undefined || options.pciAddresses.includes(nic.pciAddress);
}

// nosyslog: VPP's messages go to stderr, into the supervisor's ring; nocolor: without escape sequences.
function unixSection(options: StartupConfOptions): string {
  const runDir = word('run directory', options.runDir);
  return section('unix', [
    'nodaemon',
    'nosyslog',
    'nocolor',
    `runtime-dir ${runDir}`,
    `cli-listen ${runDir}/cli.sock`,
  ]);
}

function memorySection(vpp: VppConfig, hugepages: boolean): string {
  const page = vpp.memory.hugepageSize;
  return section('memory', [
    `main-heap-size ${size(vpp.memory.mainHeapBytes)}`,
    ...(hugepages ? [`main-heap-page-size ${page}`, `default-hugepage-size ${page}`] : []),
  ]);
}

/** The core of the main thread when the configuration names none. */
const DEFAULT_MAIN_CORE = 0;

/** The cores of VPP's threads as startup.conf has them: worker N (`vpp_wk_N`) runs on `workers[N]`. */
export function vppCores(cpu: Pick<VppConfig['cpu'], 'mainCore' | 'workers'>): {
  readonly main: number;
  readonly workers: readonly number[];
} {
  const main = cpu.mainCore ?? DEFAULT_MAIN_CORE;
  return { main, workers: Array.from({ length: cpu.workers ?? 0 }, (_, index) => main + 1 + index) };
}

// VPP exits at corelist-workers without main-core.
function cpuLines(vpp: VppConfig): string[] {
  const { main, workers } = vppCores(vpp.cpu);
  const [first] = workers;
  if (first === undefined) return vpp.cpu.mainCore === undefined ? [] : [`main-core ${main}`];
  const last = main + workers.length;
  return [`main-core ${main}`, `corelist-workers ${first === last ? first : `${first}-${last}`}`];
}

function statsSection(vpp: VppConfig, hugepages: boolean): string {
  // The segment is a memfd: with hugepages its size must be whole pages.
  const pageBytes = PAGE_BYTES[vpp.memory.hugepageSize];
  const bytes = hugepages
    ? Math.ceil(vpp.stats.segmentBytes / pageBytes) * pageBytes
    : vpp.stats.segmentBytes;
  return section('statseg', [
    `socket-name ${word('vpp.stats.socket-path', vpp.stats.socketPath)}`,
    `size ${size(bytes)}`,
    ...(hugepages ? [`page-size ${vpp.memory.hugepageSize}`] : []),
    'per-node-counters on',
    `update-interval ${STATS_UPDATE_SECONDS}`,
  ]);
}

function pluginsSection(plugins: readonly VppPlugin[], pluginDir: string | undefined): string {
  return section('plugins', [
    ...(pluginDir === undefined ? [] : [`path ${word('plugin directory', pluginDir)}`]),
    'plugin default { disable }',
    ...plugins.map(({ file }) => `plugin ${file} { enable }`),
  ]);
}

// An empty dpdk section would take every NIC; uio-driver auto would switch VFIO to its unsafe mode.
function dpdkSection(nics: readonly DpdkInterfaceConfig[], uioDriver: string): string {
  const devices = nics.map((nic) => `dev ${pciAddress(nic)} { ${interfaceKeys(nic)} }`);
  return section('dpdk', [`uio-driver ${uioDriver}`, ...devices]);
}

// Not in the section dpdk: DPDK leaves NICs alone that it does not name.
function nativeDevice(nic: DpdkInterfaceConfig): string {
  return `dev pci/${pciAddress(nic)} { driver ${NATIVE_DRIVER.name} port 0 { ${interfaceKeys(nic)} } }`;
}

/** The keys that DPDK's `dev` and a native driver's `port` share. */
function interfaceKeys(nic: DpdkInterfaceConfig): string {
  return [
    `name ${interfaceName(nic)}`,
    ...(nic.rxQueues === undefined ? [] : [`num-rx-queues ${nic.rxQueues}`]),
    ...(nic.txQueues === undefined ? [] : [`num-tx-queues ${nic.txQueues}`]),
  ].join(' ');
}

function linuxCpSection(vpp: VppConfig, netnsPresent: boolean): string {
  const { netns, sync, autoSubint, follow } = vpp.lcp;
  if (netnsPresent && !/^[^/]{1,31}$/.test(netns)) throw unsafe('vpp.lcp.netns', netns);
  const lines = [
    ...(netnsPresent ? [`default netns ${word('vpp.lcp.netns', netns)}`] : []),
    ...(sync ? ['lcp-sync'] : []),
    // VPP would set a VLAN device that someone made down when it makes the pair: before the sub-interface can be up.
    ...(autoSubint && !follow ? ['lcp-auto-subint'] : []),
  ];
  return section('linux-cp', lines);
}

/** `NAME {` and its lines; nothing for no lines (VPP's defaults apply). */
function section(name: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `${name} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

/** In GiB or MiB when whole, else in bytes: unformat_memory_size takes all three. */
function size(bytes: number): string {
  if (bytes % 2 ** 30 === 0) return `${bytes / 2 ** 30}G`;
  if (bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20}M`;
  return String(bytes);
}

/** Words that VPP 25.x's pre-parser acts on when a word anywhere begins with them. */
const PRE_PARSED = /^(?:interactive|heapsize|main-core|nosyslog|plugin_path|test_plugin_path)/;

function word(leaf: string, value: string): string {
  if (!/^[A-Za-z0-9_./:@%+=,~-]+$/.test(value) || PRE_PARSED.test(value)) throw unsafe(leaf, value);
  return value;
}

function interfaceName(nic: DpdkInterfaceConfig): string {
  const leaf = `vpp.dpdk.interface.${nic.pciAddress}.name`;
  if (!/^[A-Za-z][A-Za-z0-9_.-]{0,14}$/.test(nic.name)) throw unsafe(leaf, nic.name);
  return word(leaf, nic.name);
}

function pciAddress(nic: DpdkInterfaceConfig): string {
  if (!/^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(nic.pciAddress)) {
    throw unsafe('vpp.dpdk.interface', nic.pciAddress);
  }
  return nic.pciAddress;
}

function unsafe(leaf: string, value: string): VppError {
  const reason = 'VPP would misread its characters or first word';
  return new VppError(
    'unsafe-value',
    `cannot write ${leaf} = ${JSON.stringify(value)} into startup.conf: ${reason}`,
  );
}
