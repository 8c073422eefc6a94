/** `appliance show fib vpp | kernel`: all routes of a FIB line by line, since a FIB may have a million; `show route`. */
import { once } from 'node:events';
import type { ExplainedRoute } from '../fib/mod.ts';
import type { FibRoute } from '../fib/status.ts';
import { formatTable } from './table.ts';
import { get, pieces, type Target } from './transport.ts';
import { UsageError } from './usage-error.ts';
import type { View } from './view.ts';

/** Wide enough for most prefixes of both families: the widest is known only at the end. */
const PREFIX_WIDTH = 24;

/** Prints the routes of a FIB, as JSON exactly what the appliance sends. */
export async function listFib(target: Target, backend: string, asJson: boolean): Promise<number> {
  const all = pieces(target, `/fib/${backend}`);
  if (asJson) {
    for await (const piece of all) await print(piece);
    return 0;
  }
  await print(`${'PREFIX'.padEnd(PREFIX_WIDTH)}  NEXT HOP\n`);
  let rest = '';
  for await (const piece of all) {
    const lines = (rest + piece.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    await print(lines.map(rowOf).join(''));
  }
  return 0;
}

/** The appliance writes one route a line, in ASCII, between brackets. */
function rowOf(line: string): string {
  if (!line.startsWith('{')) return '';
  const route = JSON.parse(line.replace(/,$/, '')) as FibRoute;
  const table = route.table === undefined ? '' : ` table ${route.table}`;
  return `${route.prefix.padEnd(PREFIX_WIDTH)}  ${route['next-hop']}${table}\n`;
}

/** Waits for a reader that is slower than the appliance. */
async function print(text: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Why packets to a destination go where they go: `words` are an address, a prefix, or `mpls` and a label. */
export async function explainRoute(
  target: Target,
  words: readonly string[],
  table: string | undefined,
): Promise<View> {
  if (words.length !== (words[0] === 'mpls' ? 2 : 1)) {
    throw new UsageError(
      `expected one address, one prefix, or mpls LABEL after "show route", got "${words.join(' ')}"`,
    );
  }
  const query = new URLSearchParams({ destination: words.join(' ') });
  if (table !== undefined) query.set('table', table);
  const route = JSON.parse(await get(target, `/fib/route?${query.toString()}`)) as ExplainedRoute;
  return { json: route, text: () => routeText(route) };
}

function routeText({ prefix, table, candidates, fibs }: ExplainedRoute): string {
  const head = `${prefix}${table === 'default' ? '' : ` in table ${table}`}\n\n`;
  const rows = candidates.map((one) => [
    one.isBest ? '*' : '',
    one.source,
    String(one.distance),
    String(one.metric),
    one['next-hop'],
    one.why,
  ]);
  const states = fibs.map((one) => [one.backend, stateText(one), one['next-hop'] ?? '-']);
  return `${head}${formatTable([['BEST', 'SOURCE', 'DISTANCE', 'METRIC', 'NEXT HOP', 'WHY'], ...rows])}\n${formatTable([['FIB', 'STATE', 'HAS'], ...states])}`;
}

function stateText(fib: ExplainedRoute['fibs'][number]): string {
  if ('reason' in fib) return `${fib.state}: ${fib.reason}`;
  const without = (fib['left-out'] ?? []).map((one) => `${one['next-hop']} (${one.reason})`);
  return without.length === 0 ? fib.state : `${fib.state} without ${without.join(', ')}`;
}
