/**
 * What daemons do to their kernel, at random: routes of every type and shape, several to a destination, nexthop objects,
 * links and addresses that come and go. At quiet points what is imported is what iproute2 shows, read by a naive model.
 * `FIB_STEPS` makes it longer or shorter, `FIB_SEED` repeats a run.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  formatGroup,
  formatKey,
  KernelImport,
  MAX_IMPORTED_NEXT_HOPS,
  newRouteKey,
  RouteTable,
} from '../../src/fib/mod.ts';
import { createNamedNetns, deleteNamedNetns, withNetns } from '../../src/linux/mod.ts';
import { randomNumbers } from './random.ts';

const STEPS = Number(process.env['FIB_STEPS'] ?? 1_200);
const SEED = Number(process.env['FIB_SEED'] ?? Math.floor(Math.random() * 2 ** 32)) >>> 0;
const STEPS_BETWEEN_LOOKS = 60;
const LOOK_MS = 30_000;
const netns = `test-import-random-${process.pid}`;
/** Two TAPs and a link that is none. */
const LINKS = ['xe0', 'xe1', 'wg0'];
const TABLES = ['main', '100'];

const { random, pick } = randomNumbers(SEED);
const below = (count: number): number => Math.floor(random() * count);
const chance = (share: number): boolean => random() < share;

const ipv4 = (link: string): string => `192.0.${LINKS.indexOf(link) + 2}.`;
const ipv6 = (link: string): string => `2001:db8:${LINKS.indexOf(link) + 1}::`;

/** A gateway, an interface, or both, as iproute2 takes them; IPv4 over IPv6 now and then. */
function hop(family: 4 | 6): string {
  const link = pick(LINKS);
  const dice = below(10);
  if (dice < 2) return `dev ${link}`;
  if (family === 6) return `via ${ipv6(link)}${2 + below(3)} dev ${link}`;
  if (dice === 2) return `via inet6 ${ipv6(link)}${2 + below(3)} dev ${link}`;
  if (dice === 3) return `via 198.51.100.${1 + below(3)} dev ${link} onlink`;
  return `via ${ipv4(link)}${2 + below(3)} dev ${link}`;
}

function shape(family: 4 | 6): { readonly type: string; readonly rest: string } {
  const dice = below(20);
  if (dice < 5) return { type: pick(['blackhole', 'unreachable', 'prohibit', 'throw']), rest: '' };
  if (dice === 5) return { type: 'anycast', rest: `dev ${pick(LINKS)}` };
  if (dice === 6) return { type: '', rest: `nhid ${pick([11, 12, 13, 14, 20, 21])}` };
  if (dice === 7) return { type: '', rest: `encap ${encapsulation(family)} dev ${pick(LINKS)}` };
  if (dice > 12) return { type: '', rest: hop(family) };
  const hops = Array.from({ length: 2 + below(3) }, () => `nexthop ${hop(family)} weight ${1 + below(9)}`);
  return { type: '', rest: hops.join(' ') };
}

function encapsulation(family: 4 | 6): string {
  return family === 4 ? 'ip id 5 dst 192.0.2.9' : 'seg6 mode encap segs 2001:db8::9';
}

function destination(): { readonly family: 4 | 6; readonly prefix: string } {
  const n = below(12);
  if (chance(0.5)) return { family: 4, prefix: pick([`10.${n}.0.0/16`, `10.99.0.${n}`, 'default']) };
  return { family: 6, prefix: pick([`2001:db8:ff${n}::/48`, `2001:db8:99::${n + 1}`, 'default']) };
}

/** A line for `ip -batch`. */
function step(): string {
  const dice = below(100);
  if (dice < 4) return linkStep();
  if (dice < 8) return nexthopStep();
  const { family, prefix } = destination();
  const flag = family === 6 ? '-6 ' : '';
  const where = `table ${pick(TABLES)}${chance(0.3) ? ` metric ${pick([5, 10])}` : ''}`;
  const from = family === 6 && chance(0.1) ? ' from 2001:db8:abcd::/48' : '';
  const tos = family === 4 && chance(0.05) ? ' tos 0x10' : '';
  if (dice < 28) return `${flag}route del ${prefix}${from}${tos} ${where}`;
  const { type, rest } = shape(family);
  const verb = pick(['add', 'replace', 'append', 'prepend']);
  return `${flag}route ${verb} ${type} ${prefix}${from}${tos} ${rest} ${where} proto ${pick(['bird', 'zebra', 'static'])}`;
}

/** Links and addresses go, and come back sooner. */
function linkStep(): string {
  const link = pick(LINKS);
  switch (below(8)) {
    case 0:
      return `link set ${link} down`;
    case 1:
      return `address del ${ipv4(link)}1/24 dev ${link}`;
    case 2:
    case 3:
      return `link set ${link} up`;
    case 4:
    case 5:
      return `address replace ${ipv4(link)}1/24 dev ${link}`;
    default:
      return `address replace ${ipv6(link)}1/64 dev ${link} nodad`;
  }
}

function nexthopStep(): string {
  const id = pick([11, 12, 13, 14, 20, 21]);
  if (chance(0.2)) return `nexthop del id ${id}`;
  if (id >= 20) return `nexthop replace id ${id} group 11,${1 + below(300)}/12${chance(0.5) ? '/13' : ''}`;
  return `nexthop replace id ${id} ${id === 14 ? 'blackhole' : hop(pick([4, 6]))}`;
}

interface ShownHop {
  readonly gateway?: string;
  readonly via?: { readonly host: string };
  readonly dev?: string;
  readonly weight?: number;
  readonly encap?: string;
}

interface Shown extends ShownHop {
  readonly type?: string;
  readonly dst: string;
  readonly from?: string;
  readonly tos?: string;
  readonly table?: string;
  readonly protocol: string;
  readonly metric?: number;
  readonly nexthops?: readonly ShownHop[];
}

/** What iproute2 shows, in the kernel's order: of several to a destination the first of the lowest metric counts. */
function model(): { readonly routes: Map<string, string>; readonly refused: number } {
  const best = new Map<string, Shown & { readonly family: 4 | 6 }>();
  const limited = new Set<string>();
  for (const family of [4, 6] as const) {
    const args = [`-${family}`, '-d', '-j', 'route', 'show', 'table', 'all'];
    const text = withNetns(netns, () => execFileSync('ip', args, { encoding: 'utf8' }));
    // What a tunnel puts on its packets is called as the route's own.
    const plain = text.replaceAll(/"encap":"ip",.*?"tos":0/g, '"encap":"ip"');
    for (const shown of JSON.parse(plain) as Shown[]) {
      const { protocol, table = 'main', dst, from, tos, metric = 0 } = shown;
      if (table === 'local' || protocol === 'kernel' || protocol === 'ra') continue;
      if (dst.startsWith('fe80') || dst.startsWith('ff00') || shown.type === 'multicast') continue;
      if (from !== undefined || tos !== undefined) {
        limited.add(`${family} ${table} ${dst} ${from} ${tos} ${metric}`);
        continue;
      }
      const key = `${family} ${table} ${dst}`;
      const before = best.get(key);
      if (before === undefined || metric < (before.metric ?? 0)) best.set(key, { ...shown, family });
    }
  }
  let refused = limited.size;
  const routes = new Map<string, string>();
  for (const [key, shown] of best) {
    const what = meaning(shown);
    if (what === undefined) refused += 1;
    else routes.set(key, `metric ${shown.metric ?? 0}: ${what}`);
  }
  return { routes, refused };
}

/** In our words; undefined for what is not taken. */
function meaning(shown: Shown & { readonly family: 4 | 6 }): string | undefined {
  const { type = 'unicast', nexthops } = shown;
  if (type === 'throw') return 'unreachable';
  if (type === 'blackhole' || type === 'unreachable' || type === 'prohibit') return type;
  if (type !== 'unicast') return undefined;
  const hops = nexthops ?? [shown];
  const heaviest = Math.max(...hops.map(({ weight = 1 }) => weight));
  const weights = new Map<string, number>();
  for (const { gateway, via, dev = '', weight = 1, encap } of hops.slice(0, MAX_IMPORTED_NEXT_HOPS)) {
    if (encap !== undefined || !/^xe\d$/.test(dev)) continue;
    const share = heaviest > 255 ? Math.max(1, Math.round((weight * 255) / heaviest)) : weight;
    const name = `${gateway ?? via?.host ?? ''}%vpp-${dev}`;
    weights.set(name, Math.min(255, share + (weights.get(name) ?? 0)));
  }
  if (weights.size === 0) return undefined;
  const texts = [...weights].map(([name, weight]) =>
    weight === 1 || weights.size === 1 ? name : name.replace('%', `@${weight}%`),
  );
  return texts.sort().join(', ');
}

/** What the table has, in the model's words. */
function imported(table: RouteTable): Map<string, string> {
  const key = newRouteKey();
  const found = new Map<string, string>();
  for (const store of table.stores) {
    for (let slot = 0; slot < store.top; slot++) {
      if (store.source[slot] === 0) continue;
      store.readKey(slot, key);
      const full = key.family === 4 ? '/32' : '/128';
      const prefix = formatKey(key).replace(new RegExp(`${full}$`), '');
      const dst = /^(0\.0\.0\.0|::)\/0$/.test(prefix) ? 'default' : prefix;
      const text = formatGroup(table.groups.action(store.group[slot] ?? 0), key.family);
      const hops = text.split(', ').sort().join(', ');
      // Attached routes to on-link gateways stay until the next reading.
      if (prefix.startsWith('198.51.100.')) continue;
      const name = `${key.family} ${key.tableId === -1 ? 'main' : key.tableId} ${dst}`;
      found.set(name, `metric ${store.metric[slot]}: ${hops}`);
    }
  }
  return found;
}

const isRoot = process.getuid?.() === 0;
const hasIp = spawnSync('ip', ['-V']).status === 0;

/** Runs lines of `ip -batch`; those that the kernel refuses change nothing. */
function run(lines: readonly string[]): void {
  withNetns(netns, () =>
    spawnSync('ip', ['-force', '-batch', '-'], { input: `${lines.join('\n')}\n`, encoding: 'utf8' }),
  );
}

beforeAll(() => {
  if (!isRoot || !hasIp) return;
  createNamedNetns(netns);
  run([
    'link set lo up',
    ...LINKS.flatMap((link) => [
      `link add ${link} type veth peer name ${link}peer`,
      `link set ${link}peer up`,
      `link set ${link} up`,
      `address add ${ipv4(link)}1/24 dev ${link}`,
      `address add ${ipv6(link)}1/64 dev ${link} nodad`,
    ]),
  ]);
});
afterAll(() => {
  if (isRoot) deleteNamedNetns(netns);
});

it(`imports what iproute2 shows, after ${STEPS} steps`, { timeout: 60_000 + STEPS * 50 }, async (ctx) => {
  if (!isRoot) ctx.skip('network namespaces need root');
  if (!hasIp) ctx.skip('iproute2 makes the routes and is compared with');
  process.stderr.write(`FIB_SEED=${SEED} FIB_STEPS=${STEPS}\n`);
  const table = new RouteTable();
  const errors: string[] = [];
  await using source = new KernelImport({
    table,
    netns,
    distance: 200,
    interfaceOfTap: (name) => (/^xe\d$/.test(name) ? `vpp-${name}` : undefined),
    onStatus: () => {},
    onRefused: () => {},
    onError: (message) => errors.push(message),
  });
  let routes = 0;
  let refused = 0;
  for (let done = 0; done < STEPS; done += STEPS_BETWEEN_LOOKS) {
    run(Array.from({ length: STEPS_BETWEEN_LOOKS }, step));
    const wanted = model();
    routes += wanted.routes.size;
    refused += wanted.refused;
    const isSame = (): boolean => {
      const found = imported(table);
      const differs = [...wanted.routes].some(([key, what]) => found.get(key) !== what);
      return (
        !differs && found.size === wanted.routes.size && source.status.notTaken.routes === wanted.refused
      );
    };
    for (const start = Date.now(); !isSame(); ) {
      if (Date.now() - start > LOOK_MS) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const words = `FIB_SEED=${SEED}, step ${done + STEPS_BETWEEN_LOOKS}`;
    expect([words, sorted(imported(table))]).toEqual([words, sorted(wanted.routes)]);
    expect([words, source.status.notTaken.routes]).toEqual([words, wanted.refused]);
  }
  process.stderr.write(
    `${routes} routes and ${refused} refused ones looked at, ${source.status.readings} readings\n`,
  );
  // A check that never saw anything would be none.
  expect(routes).toBeGreaterThan(STEPS / 20);
  expect(refused).toBeGreaterThan(STEPS / 200);
  expect(errors).toEqual([]);
});

/** So that a difference is shown where it is. */
function sorted(routes: ReadonlyMap<string, string>): string[] {
  return [...routes].map(([key, what]) => `${key} ${what}`).sort();
}
