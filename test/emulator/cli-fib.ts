/** The FIB commands of the emulator's CLI, in the layout of VPP 25.02. */
import { addressBytes, addressText } from './address-bytes.ts';
import { type CliCommand, centred } from './cli-command.ts';
import { routeText, type Shown, type Table } from './fib.ts';
import type { VppState } from './vpp-state.ts';

function tableHead(family: 4 | 6, id: number, index: number): string {
  const hash =
    'flow hash:[src dst sport dport proto flowlabel ] epoch:0 flags:none locks:[default-route:1, ]';
  return `ipv${family}-VRF:${id}, fib_index:${index}, ${hash}`;
}

/** `show ip fib summary`, `show ip6 fib summary`. */
export function showFibSummary(family: 4 | 6): CliCommand {
  return (state) => {
    const lines: string[] = [];
    for (const [index, table] of tablesOf(state, family).entries()) {
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

/** `show ip fib`, `show ip6 fib`: every route of every table. */
export function showFib(family: 4 | 6): CliCommand {
  return (state) => {
    const lines: string[] = [];
    for (const [index, table] of tablesOf(state, family).entries()) {
      lines.push(tableHead(family, table.id, index));
      for (const shown of table.dump()) lines.push(...routeLines(family, shown, state));
    }
    return `${lines.join('\n')}\n`;
  };
}

/** `show ip fib ADDRESS[/LENGTH] [table N]` and the IPv6 form: the longest match; undefined: not such a command. */
export function showFibRoute(line: string, state: VppState): string | undefined {
  const match = /^show ip(6)? fib ([0-9a-f.:]+)(?:\/(\d+))?(?: table (\d+))?$/.exec(line);
  const address = match === null ? undefined : addressBytes(match[2] ?? '');
  const family = match?.[1] === '6' ? 6 : 4;
  if (match === null || address?.length !== (family === 4 ? 4 : 16)) return undefined;
  const length = Number(match[3] ?? 8 * address.length);
  const lines: string[] = [];
  for (const [index, table] of tablesOf(state, family).entries()) {
    if (match[4] !== undefined && Number(match[4]) !== table.id) continue;
    lines.push(tableHead(family, table.id, index));
    const shown = table.lookup(address, length, false);
    if (shown !== undefined) lines.push(...routeLines(family, shown, state));
  }
  return `${lines.join('\n')}\n`;
}

function tablesOf(state: VppState, family: 4 | 6): readonly Table[] {
  return state.fib.tables().filter((table) => table.family === family);
}

function routeLines(family: 4 | 6, shown: Shown, state: VppState): string[] {
  const { paths, statsIndex } = shown;
  const head = `[proto:ip${family} index:${statsIndex} buckets:${paths.length} uRPF:0 to:[0:0]]`;
  const lines = [routeText(shown), `  unicast-ip${family}-chain`, `  [@0]: dpo-load-balance: ${head}`];
  for (const [at, path] of paths.entries()) {
    const name = state.interfaces.get(path.swIfIndex)?.name ?? 'recursive';
    const via = `ipv${family} via ${addressText(path.nextHop)} ${name}`;
    const kinds = [via, `dpo-receive: ${addressText(path.nextHop)} on ${name}`, `dpo-drop ip${family}`];
    lines.push(`    [${at}] [@0]: ${kinds[path.type] ?? `dpo-icmp ip${family}`}`);
  }
  return lines;
}
