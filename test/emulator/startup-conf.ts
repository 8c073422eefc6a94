/**
 * What VPP 25.02 takes from startup.conf, and what it refuses, in its words and with its exit codes: a mistake in a
 * section that is read early ends VPP with 1, one in a section that is read late with 0 (vlib_main returns then).
 * Checked against a real VPP 25.02.
 */

import {
  type DpdkDevice,
  type Draft,
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
import { readDpdk, readLinuxCp, readLinuxNl, readPlugins } from './startup-conf-plugins.ts';
import { readSections, type Section, type Token, TokenCursor } from './startup-conf-text.ts';
import { refuse, StartupRefusal } from './startup-refusal.ts';

/** What the emulator does with a startup.conf. */
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
  readonly lcpDefaultNetns: string | undefined;
  /** Addresses, MTU and admin state of an interface are copied to its TAP. */
  readonly lcpSync: boolean;
  readonly warnings: readonly string[];
  isPluginEnabled(name: string): boolean;
}

const anything: Reader = () => {};

/** Sections by name: who reads them, and the plugin without which VPP does not know them. Early ones come first. */
const SECTIONS: Readonly<Record<string, { readonly read: Reader; readonly plugin?: string }>> = {
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
  heapsize: { read: anything },
  plugin_path: { read: anything },
  test_plugin_path: { read: anything },
  node: { read: anything },
  'unix-cli': { read: anything },
  'api-trace': { read: anything },
  'api-queue': { read: anything },
  devices: { read: anything },
  tap: { read: anything },
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

/** Reads a startup.conf; throws StartupRefusal where VPP 25.02 would not start. */
export function readStartupConf(text: string): StartupConf {
  const sections = readSections(text);
  const draft: Draft = {
    runtimeDir: '/run/vpp',
    statsBytes: 32 * 1024 * 1024,
    perNodeCounters: false,
    workers: 0,
    nodaemon: false,
    dpdkDevices: [],
    warnings: [],
    plugins: new Map(),
    pluginsByDefault: true,
  };
  const of = (name: string): Section[] => sections.filter((section) => section.name === name);
  // main() looks for `heapsize` among the bare words, fails, and gives up all pre-parsing: the memory section too.
  const isPreParsed = of('heapsize').length === 0;
  if (!isPreParsed) draft.warnings.push("warning: heapsize parse error 'heapsize', use default 1073741824");
  for (const { tokens } of isPreParsed ? of('memory') : []) readMemory(new TokenCursor(tokens));
  for (const { tokens } of of('plugins')) readPlugins(new TokenCursor(tokens), draft);

  const isPluginEnabled = (name: string): boolean => draft.plugins.get(name) ?? draft.pluginsByDefault;
  for (const { name, tokens } of sections) {
    const known = Object.hasOwn(SECTIONS, name) ? SECTIONS[name] : undefined;
    if (known === undefined || (known.plugin !== undefined && !isPluginEnabled(known.plugin))) {
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
  };
}
