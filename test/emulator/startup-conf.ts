/**
 * What VPP accepts in startup.conf, and what it refuses, with its messages and exit codes: a mistake in a section that
 * is read early ends VPP with 1, one in a section that is read late with 0 (vlib_main returns then). Checked against a
 * real VPP 25.02; differences of 25.06 to 26.06 are by version.
 */

import { isFrom, type Release, releaseOf } from './release.ts';
import {
  type DpdkDevice,
  type Draft,
  type NativeDevice,
  readApiSegment,
  readBuffers,
  readCpu,
  readLogging,
  readMemory,
  readSocksvr,
  readStatseg,
  readUnix,
  type Reader,
} from './startup-conf-core.ts';
import { readDevices, readDpdk, readLinuxCp, readLinuxNl, readPlugins } from './startup-conf-plugins.ts';
import { readSections, type Section, type Token, TokenCursor } from './startup-conf-text.ts';
import { refuse, StartupRefusal } from './startup-refusal.ts';

/** What the emulator uses of a startup.conf. */
export interface StartupConf {
  readonly runtimeDir: string;
  readonly cliSocket: string | undefined;
  readonly apiSocket: string | undefined;
  readonly statsSocket: string | undefined;
  readonly statsBytes: number;
  readonly perNodeCounters: boolean;
  readonly workers: number;
  /** Cores that the configuration names; undefined: VPP chooses. */
  readonly mainCore: number | undefined;
  readonly workerCores: readonly number[] | undefined;
  readonly nodaemon: boolean;
  readonly startupConfig: string | undefined;
  readonly dpdkDevices: readonly DpdkDevice[];
  readonly nativeDevices: readonly NativeDevice[];
  readonly lcpDefaultNetns: string | undefined;
  /** Addresses, MTU and admin state of an interface are copied to its TAP. */
  readonly lcpSync: boolean;
  readonly warnings: readonly string[];
  isPluginEnabled(name: string): boolean;
  /** Whether VPP can make TAPs: its core up to 25.10, the tap plugin from 26.02 on. */
  readonly hasTaps: boolean;
}

const anything: Reader = () => {};

interface KnownSection {
  readonly read: Reader;
  /** Without it VPP does not have the section. */
  readonly plugin?: string;
  /** First release with it. */
  readonly since?: Release;
  /** First release without it. */
  readonly until?: Release;
}

/** Off unless they are named, for any `plugin default` (`default_disabled` of their registrations). */
const OFF_BY_DEFAULT: ReadonlySet<string> = new Set([
  'linux_cp_plugin.so',
  'linux_nl_plugin.so',
  'npt66_plugin.so',
]);

/** Sections by name. Early ones come first. */
const SECTIONS: Readonly<Record<string, KnownSection>> = {
  unix: { read: readUnix },
  cpu: { read: readCpu },
  buffers: { read: readBuffers },
  statseg: { read: readStatseg },
  'api-segment': { read: readApiSegment },
  logging: { read: readLogging },
  'linux-cp': { read: readLinuxCp, plugin: 'linux_cp_plugin.so' },
  physmem: { read: anything },
  vlib: { read: anything },
  ip: { read: anything },
  ip6: { read: anything },
  mpls: { read: anything },
  socksvr: { read: readSocksvr },
  dpdk: { read: readDpdk, plugin: 'dpdk_plugin.so' },
  'linux-nl': { read: readLinuxNl, plugin: 'linux_nl_plugin.so' },
  plugins: { read: anything },
  memory: { read: anything },
  heapsize: { read: anything, until: [26, 2] },
  l3fib: { read: anything, since: [25, 6] },
  'crypto-engines': { read: anything, since: [25, 6] },
  interface: { read: anything, since: [26, 6] },
  plugin_path: { read: anything },
  test_plugin_path: { read: anything },
  node: { read: anything },
  'unix-cli': { read: anything },
  'api-trace': { read: anything },
  'api-queue': { read: anything },
  devices: { read: readDevices },
  tap: { read: anything, until: [26, 2] },
  tuntap: { read: anything },
  ethernet: { read: anything },
  punt: { read: anything },
  ipsec: { read: anything },
  l2fib: { read: anything },
  l2learn: { read: anything },
  session: { read: anything },
  tcp: { read: anything },
  tls: { read: anything },
  udp: { read: anything },
  'acl-plugin': { read: anything, plugin: 'acl_plugin.so' },
  'vhost-user': { read: anything, plugin: 'vhost_plugin.so' },
  dns: { read: anything, plugin: 'dns_plugin.so' },
};

function flatText(tokens: readonly Token[]): string {
  return ` ${new TokenCursor(tokens).rest} `;
}

function isKnown(
  { plugin, since, until }: KnownSection,
  release: Release,
  isPluginEnabled: (name: string) => boolean,
): boolean {
  if (since !== undefined && !isFrom(release, since)) return false;
  if (until !== undefined && isFrom(release, until)) return false;
  return plugin === undefined || isPluginEnabled(plugin);
}

/** Parses a startup.conf; throws StartupRefusal where a VPP of that version would not start. */
export function readStartupConf(text: string, version = '25.02-release'): StartupConf {
  const release = releaseOf(version);
  const sections = readSections(text);
  const draft: Draft = {
    release,
    runtimeDir: '/run/vpp',
    statsBytes: 32 * 1024 * 1024,
    perNodeCounters: false,
    workers: 0,
    nodaemon: false,
    dpdkDevices: [],
    nativeDevices: [],
    warnings: [],
    plugins: new Map(),
    pluginsByDefault: true,
  };
  const of = (name: string): Section[] => sections.filter((section) => section.name === name);
  // main() looks for `heapsize` among the bare words, fails, and gives up all pre-parsing: the memory section too.
  // 26.02 reads only whole sections there.
  const isPreParsed = of('heapsize').length === 0 || isFrom(release, [26, 2]);
  if (!isPreParsed) draft.warnings.push("warning: heapsize parse error 'heapsize', use default 1073741824");
  for (const { tokens } of isPreParsed ? of('memory') : []) readMemory(new TokenCursor(tokens), draft);
  for (const { tokens } of of('plugins')) readPlugins(new TokenCursor(tokens), draft);

  const isPluginEnabled = (name: string): boolean =>
    draft.plugins.get(name) ?? (draft.pluginsByDefault && !OFF_BY_DEFAULT.has(name));
  for (const { name, tokens } of sections) {
    const known = Object.hasOwn(SECTIONS, name) ? SECTIONS[name] : undefined;
    if (known === undefined || !isKnown(known, release, isPluginEnabled)) {
      refuse(`vlib_call_all_config_functions: unknown input \`${name} ${flatText(tokens)}'`, 1);
    }
  }
  for (const [name, { read }] of Object.entries(SECTIONS)) {
    for (const { tokens } of of(name)) read(new TokenCursor(tokens), draft);
  }
  if (isPluginEnabled('linux_nl_plugin.so') && !isPluginEnabled('linux_cp_plugin.so')) {
    throw new StartupRefusal(
      'received signal SIGSEGV, PC 0x7fcf2935eb68, faulting address 0x7c',
      134,
      'SIGSEGV',
    );
  }
  return {
    ...draft,
    mainCore: draft.mainCore,
    workerCores: draft.workerCores,
    cliSocket: draft.cliSocket,
    apiSocket: draft.apiSocket,
    statsSocket: draft.statsSocket,
    startupConfig: draft.startupConfig,
    lcpDefaultNetns: draft.lcpDefaultNetns,
    lcpSync: draft.lcpSync ?? false,
    isPluginEnabled,
    hasTaps: !isFrom(release, [26, 2]) || isPluginEnabled('tap_plugin.so'),
  };
}
