/**
 * Which ports a box answers on, as its kernel lists them (`/proc/net/tcp`, `udp` and those of IPv6; proc_net(5)). Those of
 * 127.0.0.0/8 are not among them: a network does not reach them (net.ipv4.conf.*.route_localnet is 0).
 */
import type { DiskGuest } from './disk-harness.ts';

/** States of the fourth column: TCP's LISTEN; UDP's for a socket that takes datagrams from anybody. */
const OPEN = { tcp: '0A', tcp6: '0A', udp: '07', udp6: '07' } as const;
type Table = keyof typeof OPEN;
const TABLES = ['tcp', 'tcp6', 'udp', 'udp6'] as const satisfies readonly Table[];

/** `tcp6 8080`, `udp 68` …: sorted, once each. */
export async function openPorts(box: DiskGuest): Promise<string[]> {
  const found = new Set<string>();
  for (const table of TABLES) {
    for (const port of parseTable(table, await box.machine(`read /proc/1/net/${table}`))) {
      found.add(`${table} ${port}`);
    }
  }
  return [...found].sort();
}

function parseTable(table: Table, text: string): number[] {
  const [header = '', ...rows] = text.trimEnd().split('\n');
  // Another answer, such as an error, must not count as a table without rows.
  if (!/^\s*sl\s+local_address\s/.test(header)) throw new Error(`"${header}" is no head of ${table}`);
  return rows.flatMap((row) => {
    const match = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /.exec(row);
    if (match === null) throw new Error(`"${row}" is no row of ${table}`);
    const [, address = '', port = '', state] = match;
    // The bytes of an IPv4 address as a little-endian word.
    if (/^[0-9A-F]{6}7F$/.test(address)) return [];
    return state === OPEN[table] ? [Number.parseInt(port, 16)] : [];
  });
}
