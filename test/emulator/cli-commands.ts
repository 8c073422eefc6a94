/** The CLI commands of the emulator, in the layout of VPP 25.02; everything else is "unknown input", as in VPP. */

import { addressText, macText } from './address-bytes.ts';
import { type CliCommand, type CliFacts, centred } from './cli-command.ts';
import { runDanger } from './cli-dangers.ts';
import { showFib, showFibRoute, showFibSummary } from './cli-fib.ts';
import type { Interface, VppState } from './vpp-state.ts';

export interface CliResult {
  readonly output: string;
  readonly isKnown: boolean;
}

/** The interfaces of these names; all of them without any. */
function sorted(state: VppState, names: readonly string[]): Interface[] {
  const all = [...state.interfaces.values()].sort((a, b) => a.swIfIndex - b.swIfIndex);
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

/** `vpp v25.02-release built by … on … at …` */
export function versionLine({ version, buildDate }: Pick<CliFacts, 'version' | 'buildDate'>): string {
  return `vpp v${version} built by emulator on localhost at ${buildDate}`;
}

function showInterface(state: VppState, facts: CliFacts, names: readonly string[]): string {
  const columns = [centred('Name', 32), centred('Idx', 5), centred('State', 10)];
  const head = [
    ...columns,
    centred('MTU (L3/IP4/IP6/MPLS)', 21),
    centred('Counter', 16),
    centred('Count', 16),
  ];
  const lines = [head.join('')];
  for (const one of sorted(state, names)) {
    const state = centred(one.adminUp ? 'up' : 'down', 10);
    const start = `${one.name.padEnd(32)}${centred(String(one.swIfIndex), 5)}${state}${centred(one.mtu.join('/'), 21)}`;
    const counters = (facts.countersOf?.(one.swIfIndex) ?? [])
      .filter(([, value]) => value > 0)
      .map(([name, value]) => `${name.padEnd(16)}${String(value).padStart(16)}`);
    lines.push(
      `${start}${counters[0] ?? ''}`,
      ...counters.slice(1).map((text) => `${' '.repeat(68)}${text}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

function showAddresses(state: VppState, _facts: CliFacts, names: readonly string[]): string {
  const lines: string[] = [];
  for (const one of sorted(state, names)) {
    lines.push(`${one.name} (${one.adminUp ? 'up' : 'dn'}):`);
    for (const { family, address, length } of one.addresses) {
      const table = one.tables[family] === 0 ? '' : ` ip${family} table-id ${one.tables[family]}`;
      lines.push(`  L3 ${addressText(address)}/${length}${table}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function showHardware(state: VppState, _facts: CliFacts, names: readonly string[]): string {
  const lines = [`${centred('Name', 32)}${centred('Idx', 6)}${centred('Link', 8)}Hardware`];
  for (const one of sorted(state, names)) {
    const link = centred(one.linkUp ? 'up' : 'down', 8);
    lines.push(`${one.name.padEnd(32)}${centred(String(one.swIfIndex), 6)}${link}${one.name}`);
    lines.push(`  Link speed: ${one.kind === 'dpdk' ? '10 Gbps' : 'unknown'}`);
    lines.push(one.kind === 'local' ? '  local' : `  Ethernet address ${macText(one.mac)}`);
  }
  return `${lines.join('\n')}\n`;
}

function showPlugins(_state: VppState, { plugins = [], version }: CliFacts): string {
  const lines = [
    ' Plugin path is: (emulated)',
    '',
    `     ${'Plugin'.padEnd(41)}${'Version'.padEnd(33)}Description`,
  ];
  for (const [index, name] of plugins.entries()) {
    lines.push(`${String(index + 1).padStart(3)}. ${name.padEnd(41)}${version.padEnd(33)}Emulated`);
  }
  return `${lines.join('\n')}\n`;
}

function showLcp(state: VppState): string {
  const netns = state.lcp.defaultNetns === '' ? '<unset>' : state.lcp.defaultNetns;
  const sync = state.lcp.isSync ? 'on' : 'off';
  const lines = [`lcp default netns '${netns}'`, 'lcp lcp-auto-subint off', `lcp lcp-sync ${sync}`];
  // VPP prints the name with its NUL.
  for (const [at, pair] of state.lcp.all().entries()) {
    const [phy, host] = [state.interfaces.get(pair.phy), state.interfaces.get(pair.host)];
    const where = pair.netns === '' ? '' : ` netns ${pair.netns}`;
    lines.push(
      `itf-pair: [${at}] ${phy?.name} ${host?.name} ${pair.hostIfName}\0 ${pair.vifIndex} type tap${where}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Switching it on copies at once what Linux lacks (lcp_set_sync). */
function setLcpSync(isSync: boolean): CliCommand {
  return (state) => {
    state.lcp.isSync = isSync;
    for (const { phy } of state.lcp.all()) {
      const found = state.interfaces.get(phy);
      if (found !== undefined) state.lcp.sync(found);
    }
    return '';
  };
}

/** Not counted: it ends with the last address (enable_ip4_interface_cmd). */
function enableIpv4(name: string, state: VppState): CliResult {
  const found = [...state.interfaces.values()].find((one) => one.name === name);
  if (found === undefined)
    return { output: `enable ip4 interface: unknown interface \`${name}'\n`, isKnown: false };
  found.isIpv4On = true;
  return { output: '', isKnown: true };
}

const COMMANDS: Readonly<Record<string, CliCommand>> = {
  'show version': (_state, facts) => `${versionLine(facts)}\n`,
  'show version verbose': (_state, { version, buildDate, vpePid }) => {
    const facts = [`v${version}`, 'emulator', 'localhost', buildDate, String(vpePid)];
    const names = ['Version', 'Compiled by', 'Compile host', 'Compile date', 'Current PID'];
    return `${names.map((name, at) => `${`${name}:`.padEnd(25)} ${facts[at]}`).join('\n')}\n`;
  },
  'show interface': showInterface,
  'show interface address': showAddresses,
  'show ip fib': showFib(4),
  'show ip6 fib': showFib(6),
  'show ip fib summary': showFibSummary(4),
  'show ip6 fib summary': showFibSummary(6),
  'show errors': () =>
    `${centred('Count', 11)}${centred('Node', 30)}${centred('Reason', 40)}${centred('Severity', 10)}\n`,
  'show hardware': showHardware,
  'show hardware-interfaces': showHardware,
  'show plugins': showPlugins,
  'show lcp': showLcp,
  'lcp lcp-sync on': setLcpSync(true),
  'lcp lcp-sync off': setLcpSync(false),
};

/** Commands that take names of interfaces after their own words. */
const OF_INTERFACES: readonly string[] = [
  'show interface address',
  'show interface',
  'show hardware-interfaces',
  'show hardware',
];

/** Runs one line; unknown commands are reported in VPP's words. */
export function runCommand(line: string, state: VppState, facts: CliFacts): CliResult {
  runDanger(line.trim());
  // VPP accepts any unambiguous abbreviation of a word; the usual ones are enough here.
  const words = line.trim().split(/\s+/);
  const full = words.map((word, at) => {
    if (at === 0) return /^sho?w?$/.test(word) ? 'show' : word;
    return /^int(e(r(f(a(c(e)?)?)?)?)?)?$/.test(word)
      ? 'interface'
      : /^addr(ess)?$/.test(word)
        ? 'address'
        : word;
  });
  if (/^enable ip4 interface \S+$/.test(full.join(' '))) return enableIpv4(full[3] ?? '', state);
  const name = full.join(' ');
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const output =
    command?.(state, facts, []) ?? showFibRoute(name, state) ?? runOfInterfaces(name, state, facts);
  if (output !== undefined) return { output, isKnown: true };
  if (full[0] === 'show')
    return { output: `show: unknown input \`${words.slice(1).join(' ')}'\n`, isKnown: false };
  return { output: `unknown input \`${words.join(' ')}'\n`, isKnown: false };
}

/** Undefined: not one of these commands, or an unknown interface. */
function runOfInterfaces(line: string, state: VppState, facts: CliFacts): string | undefined {
  const command = OF_INTERFACES.find((one) => line.startsWith(`${one} `));
  if (command === undefined) return undefined;
  const names = line
    .slice(command.length + 1)
    .split(' ')
    .filter((word) => !['brief', 'verbose', 'detail'].includes(word));
  const known = new Set([...state.interfaces.values()].map((one) => one.name));
  return names.every((one) => known.has(one)) ? COMMANDS[command]?.(state, facts, names) : undefined;
}
