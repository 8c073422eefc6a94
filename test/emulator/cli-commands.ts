/** The CLI commands the emulator knows, in the layout of VPP 25.02; everything else is "unknown input", as VPP says. */

import { addressText, macText } from './address-bytes.ts';
import { routeText } from './fib.ts';
import { runMachineCommand } from './machine-commands.ts';
import type { Interface, VppState } from './vpp-state.ts';

export interface CliFacts {
  readonly version: string;
  readonly buildDate: string;
  readonly vpePid: number;
  /** Counters of an interface, names as VPP prints them. */
  readonly countersOf?: (swIfIndex: number) => readonly (readonly [name: string, value: number])[];
  readonly plugins?: readonly string[];
}

export interface CliResult {
  readonly output: string;
  readonly isKnown: boolean;
}

type Command = (state: VppState, facts: CliFacts) => string;

/** `%=Ns` of VPP's format: centred, the extra blank in front. */
function centred(text: string, width: number): string {
  const left = Math.ceil((width - text.length) / 2);
  return text.length >= width ? text : `${' '.repeat(left)}${text}`.padEnd(width);
}

function sorted(state: VppState): Interface[] {
  return [...state.interfaces.values()].sort((a, b) => a.swIfIndex - b.swIfIndex);
}

/** `vpp v25.02-release built by … on … at …` */
export function versionLine({ version, buildDate }: Pick<CliFacts, 'version' | 'buildDate'>): string {
  return `vpp v${version} built by emulator on localhost at ${buildDate}`;
}

function showInterface(state: VppState, facts: CliFacts): string {
  const columns = [centred('Name', 32), centred('Idx', 5), centred('State', 10)];
  const head = [
    ...columns,
    centred('MTU (L3/IP4/IP6/MPLS)', 21),
    centred('Counter', 16),
    centred('Count', 16),
  ];
  const lines = [head.join('')];
  for (const one of sorted(state)) {
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

function showAddresses(state: VppState): string {
  const lines: string[] = [];
  for (const one of sorted(state)) {
    lines.push(`${one.name} (${one.adminUp ? 'up' : 'dn'}):`);
    for (const { family, address, length } of one.addresses) {
      const table = one.tables[family] === 0 ? '' : ` ip${family} table-id ${one.tables[family]}`;
      lines.push(`  L3 ${addressText(address)}/${length}${table}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function tableHead(family: 4 | 6, id: number, index: number): string {
  const hash =
    'flow hash:[src dst sport dport proto flowlabel ] epoch:0 flags:none locks:[default-route:1, ]';
  return `ipv${family}-VRF:${id}, fib_index:${index}, ${hash}`;
}

function showFibSummary(family: 4 | 6): Command {
  return (state) => {
    const lines: string[] = [];
    const tables = state.fib.tables().filter((table) => table.family === family);
    for (const [index, table] of tables.entries()) {
      lines.push(tableHead(family, table.id, index));
      lines.push(
        family === 4 ? '    Prefix length         Count     ' : '    Prefix length         Count     ',
      );
      const counts = new Map<number, number>();
      for (const { length } of table.dump()) counts.set(length, (counts.get(length) ?? 0) + 1);
      const lengths = [...counts.keys()].sort((a, b) => (family === 4 ? a - b : b - a));
      for (const length of lengths) {
        const count = String(counts.get(length));
        lines.push(
          family === 4
            ? `${String(length).padStart(20)}${count.padStart(16)}`
            : `${centred(String(length), 20)}${centred(count, 16)}`,
        );
      }
    }
    return `${lines.join('\n')}\n`;
  };
}

function showFib(family: 4 | 6): Command {
  return (state) => {
    const lines: string[] = [];
    const tables = state.fib.tables().filter((table) => table.family === family);
    for (const [index, table] of tables.entries()) {
      lines.push(tableHead(family, table.id, index));
      for (const shown of table.dump()) {
        const { paths, statsIndex } = shown;
        lines.push(routeText(shown), `  unicast-ip${family}-chain`);
        const head = `[proto:ip${family} index:${statsIndex} buckets:${paths.length} uRPF:0 to:[0:0]]`;
        lines.push(`  [@0]: dpo-load-balance: ${head}`);
        for (const [at, path] of paths.entries()) {
          const name = state.interfaces.get(path.swIfIndex)?.name ?? 'recursive';
          const via = `ipv${family} via ${addressText(path.nextHop)} ${name}`;
          const kinds = [via, `dpo-receive: ${addressText(path.nextHop)} on ${name}`, `dpo-drop ip${family}`];
          lines.push(`    [${at}] [@0]: ${kinds[path.type] ?? `dpo-icmp ip${family}`}`);
        }
      }
    }
    return `${lines.join('\n')}\n`;
  };
}

function showHardware(state: VppState): string {
  const lines = [`${centred('Name', 32)}${centred('Idx', 6)}${centred('Link', 8)}Hardware`];
  for (const one of sorted(state)) {
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

/** Switched on it copies at once what Linux lacks (lcp_set_sync). */
function setLcpSync(isSync: boolean): Command {
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

const COMMANDS: Readonly<Record<string, Command>> = {
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

/** Runs one line; what is unknown is said as VPP says it. */
export function runCommand(line: string, state: VppState, facts: CliFacts): CliResult {
  // VPP takes any prefix of a word that is not ambiguous; the abbreviations people type are enough here.
  const words = line.trim().split(/\s+/);
  const full = words.map((word, at) => {
    if (at === 0) return /^sho?w?$/.test(word) ? 'show' : word;
    return /^int(e(r(f(a(c(e)?)?)?)?)?)?$/.test(word)
      ? 'interface'
      : /^addr(ess)?$/.test(word)
        ? 'address'
        : word;
  });
  if (full[0] === 'show' && full[1] === 'machine') {
    const output = runMachineCommand(words.slice(2));
    if (output !== undefined) return { output, isKnown: true };
  }
  if (/^enable ip4 interface \S+$/.test(full.join(' '))) return enableIpv4(full[3] ?? '', state);
  const name = full.join(' ');
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return { output: command(state, facts), isKnown: true };
  if (full[0] === 'show')
    return { output: `show: unknown input \`${words.slice(1).join(' ')}'\n`, isKnown: false };
  return { output: `unknown input \`${words.join(' ')}'\n`, isKnown: false };
}
