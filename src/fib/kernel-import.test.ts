import { execFileSync, spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AddMode,
  addAddress,
  createNamedNetns,
  deleteNamedNetns,
  encodeAddition,
  REMOVE,
  encodeRemoval,
  RouteBulk,
  ROUTE_PROTOCOL,
  setLinkUp,
  withNetns,
} from '../linux/mod.ts';
import type { KernelImportStatus } from '../telemetry/status.ts';
import { KernelImport } from './kernel-import.ts';
import { formatGroup } from './next-hop-groups.ts';
import { formatKey, newRouteKey } from './route-key.ts';
import { RouteTable } from './route-table.ts';

const isRoot = process.getuid?.() === 0;
const hasIp = spawnSync('ip', ['-V']).status === 0;
const netns = `test-import-${process.pid}`;
const BIRD = 12;
const WAIT_MS = 50_000;

function ip(...args: string[]): string {
  return withNetns(netns, () => execFileSync('ip', args, { encoding: 'utf8' }));
}

function makeNamespace(): void {
  createNamedNetns(netns);
  ip('link', 'add', 'xe0', 'type', 'veth', 'peer', 'name', 'peer0');
  ip('link', 'add', 'other', 'type', 'veth', 'peer', 'name', 'peer1');
  withNetns(netns, () => {
    for (const name of ['xe0', 'peer0', 'other', 'peer1']) setLinkUp(name, true);
    addAddress('xe0', '192.0.2.1', 24);
    addAddress('xe0', '2001:db8::1', 64);
    addAddress('other', '198.51.100.1', 24);
  });
}

let table: RouteTable;
let heard: KernelImportStatus[];
let errors: string[];

/** `PREFIX[ table N] metric M: NEXT HOPS`, sorted. */
function routes(): string[] {
  const key = newRouteKey();
  const all: string[] = [];
  for (const store of table.stores) {
    for (let slot = 0; slot < store.top; slot++) {
      if (store.source[slot] === 0) continue;
      store.readKey(slot, key);
      const where = key.tableId === -1 ? '' : ` table ${key.tableId}`;
      // The kernel orders the next hops of IPv6 by itself.
      const what = formatGroup(table.groups.action(store.group[slot] ?? 0), key.family)
        .split(', ')
        .sort()
        .join(', ');
      all.push(`${formatKey(key)}${where} metric ${store.metric[slot]}: ${what}`);
    }
  }
  return all.sort();
}

async function until(isSo: () => boolean, what: () => unknown): Promise<void> {
  for (const start = Date.now(); !isSo(); ) {
    if (Date.now() - start > WAIT_MS) throw new Error(`not within ${WAIT_MS} ms: ${JSON.stringify(what())}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function untilRoutes(expected: readonly string[]): Promise<void> {
  const wanted = JSON.stringify([...expected].sort());
  await until(() => JSON.stringify(routes()) === wanted, routes).catch(() => {
    expect(routes()).toEqual([...expected].sort());
  });
}

function start(): KernelImport {
  return new KernelImport({
    table,
    netns,
    distance: 200,
    // The TAP of VPP's GigabitEthernet is called xe0; `other` is no TAP.
    interfaceOfTap: (name) => (name === 'xe0' ? 'GigabitEthernet0' : undefined),
    onStatus: (status) => heard.push(status),
    onError: (message) => errors.push(message),
  });
}

describe('routes of a routing daemon', () => {
  beforeEach((ctx) => {
    if (!isRoot) ctx.skip('network namespaces need root');
    if (!hasIp) ctx.skip('iproute2 makes links and routes');
    table = new RouteTable();
    heard = [];
    errors = [];
    makeNamespace();
  });
  afterEach(() => {
    if (isRoot) deleteNamedNetns(netns);
  });

  it('are read with metric, table and next hops by VPP’s interfaces; the kernel’s own and ours are not', async () => {
    ip('route', 'add', '10.1.0.0/16', 'via', '192.0.2.2', 'proto', 'bird', 'metric', '32');
    ip(
      'route',
      'add',
      '10.2.0.0/16',
      'proto',
      'bird',
      'nexthop',
      'via',
      '192.0.2.2',
      'weight',
      '3',
      'nexthop',
      'via',
      '198.51.100.2',
    );
    ip('route', 'add', '10.3.0.0/16', 'via', '192.0.2.3', 'proto', 'bird', 'table', '100');
    ip('route', 'add', 'blackhole', '10.4.0.0/16', 'proto', 'bird');
    ip('route', 'add', '10.5.0.0/16', 'via', '192.0.2.2', 'proto', String(ROUTE_PROTOCOL));
    ip('route', 'add', '10.6.0.0/16', 'dev', 'xe0', 'proto', 'bird');
    ip('route', 'add', '10.7.0.0/16', 'via', 'inet6', 'fe80::7', 'dev', 'xe0', 'proto', 'bird');
    ip('-6', 'route', 'add', '2001:db8:1::/48', 'via', 'fe80::1', 'dev', 'xe0', 'proto', 'bird');
    ip('-6', 'route', 'add', 'unreachable', '2001:db8:2::/48', 'proto', 'bird');
    ip('route', 'add', '10.8.0.0/16', 'via', '192.0.2.2', 'proto', 'bird', 'metric', '30');
    ip('route', 'add', '10.8.0.0/16', 'via', '192.0.2.3', 'proto', 'bird', 'metric', '20');
    await using imported = start();
    const expected = [
      '10.1.0.0/16 metric 32: 192.0.2.2%GigabitEthernet0',
      '10.2.0.0/16 metric 0: 192.0.2.2@3%GigabitEthernet0, 198.51.100.2',
      '10.3.0.0/16 table 100 metric 0: 192.0.2.3%GigabitEthernet0',
      '10.4.0.0/16 metric 0: blackhole',
      '10.7.0.0/16 metric 0: fe80::7%GigabitEthernet0',
      '10.8.0.0/16 metric 20: 192.0.2.3%GigabitEthernet0',
      '2001:db8:1::/48 metric 1024: fe80::1%GigabitEthernet0',
      '2001:db8:2::/48 metric 1024: unreachable',
    ];
    await untilRoutes(expected);
    expect(imported.status).toMatchObject({ state: 'following', routes: 8, skipped: 1, readings: 1 });
    expect(heard.map(({ state }) => state)).toEqual(['reading', 'following']);
    await imported[Symbol.asyncDispose]();
    expect(routes()).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('are followed: added, replaced, removed, and several to one destination', async () => {
    await using imported = start();
    await until(
      () => imported.status.state === 'following',
      () => imported.status,
    );
    ip('route', 'add', '10.1.0.0/16', 'via', '192.0.2.2', 'proto', 'bird');
    ip('-6', 'route', 'add', '2001:db8:1::/48', 'via', '2001:db8::2', 'proto', 'bird');
    await untilRoutes([
      '10.1.0.0/16 metric 0: 192.0.2.2%GigabitEthernet0',
      '2001:db8:1::/48 metric 1024: 2001:db8::2%GigabitEthernet0',
    ]);
    ip('route', 'replace', '10.1.0.0/16', 'via', '192.0.2.3', 'proto', 'bird');
    ip('-6', 'route', 'append', '2001:db8:1::/48', 'via', '2001:db8::3', 'proto', 'bird');
    await untilRoutes([
      '10.1.0.0/16 metric 0: 192.0.2.3%GigabitEthernet0',
      '2001:db8:1::/48 metric 1024: 2001:db8::2%GigabitEthernet0, 2001:db8::3%GigabitEthernet0',
    ]);
    expect(imported.status.readings).toBe(1);
    // One of two next hops, and a better and a worse one to a destination.
    ip('-6', 'route', 'del', '2001:db8:1::/48', 'via', '2001:db8::2', 'proto', 'bird');
    ip('route', 'add', '10.1.0.0/16', 'via', '192.0.2.4', 'proto', 'bird', 'metric', '5');
    ip('route', 'del', '10.1.0.0/16', 'via', '192.0.2.3', 'proto', 'bird');
    await untilRoutes([
      '10.1.0.0/16 metric 5: 192.0.2.4%GigabitEthernet0',
      '2001:db8:1::/48 metric 1024: 2001:db8::3%GigabitEthernet0',
    ]);
    ip('route', 'del', '10.1.0.0/16');
    ip('-6', 'route', 'del', '2001:db8:1::/48');
    await untilRoutes([]);
    expect(errors).toEqual([]);
  });

  it('by nexthop objects are resolved, also when an object becomes another', async () => {
    await using _imported = start();
    ip('nexthop', 'add', 'id', '11', 'via', '192.0.2.2', 'dev', 'xe0');
    ip('nexthop', 'add', 'id', '12', 'via', '198.51.100.2', 'dev', 'other');
    ip('nexthop', 'add', 'id', '20', 'group', '11,3/12');
    ip('route', 'add', '10.1.0.0/16', 'nhid', '20', 'proto', 'zebra');
    await untilRoutes(['10.1.0.0/16 metric 0: 192.0.2.2@3%GigabitEthernet0, 198.51.100.2']);
    ip('nexthop', 'replace', 'id', '11', 'via', '192.0.2.9', 'dev', 'xe0');
    await untilRoutes(['10.1.0.0/16 metric 0: 192.0.2.9@3%GigabitEthernet0, 198.51.100.2']);
    ip('nexthop', 'del', 'id', '20');
    await untilRoutes([]);
  });

  it('that the kernel drops with a link, without a word, go', async () => {
    ip('route', 'add', '10.1.0.0/16', 'via', '192.0.2.2', 'proto', 'bird');
    ip('route', 'add', '10.2.0.0/16', 'via', '198.51.100.2', 'proto', 'bird');
    await using _imported = start();
    await untilRoutes([
      '10.1.0.0/16 metric 0: 192.0.2.2%GigabitEthernet0',
      '10.2.0.0/16 metric 0: 198.51.100.2',
    ]);
    ip('link', 'set', 'xe0', 'down');
    await untilRoutes(['10.2.0.0/16 metric 0: 198.51.100.2']);
    ip('addr', 'flush', 'dev', 'other');
    await untilRoutes([]);
  });

  it('change fast: 20,000 of them, withdrawn and announced again, end as they are in the kernel', async () => {
    await using imported = start();
    using bulk = new RouteBulk({ netns });
    const base = { family: 4, table: 254, metric: 32, protocol: BIRD } as const;
    const add = encodeAddition({ ...base, kind: 'unicast', nextHops: [{ gateway: '192.0.2.2', weight: 1 }] });
    const remove = encodeRemoval(base);
    const total = 20_000;
    const all = async (template: typeof add, mode: number, step: number): Promise<void> => {
      for (let n = 0; n < total; n += step) {
        if (!bulk.hasRoom(template.bytes.length)) {
          await bulk.send();
          bulk.clear();
        }
        bulk.push(n, template, mode, 24, (0x0a00_0000 + n * 256) >>> 0, 0, 0, 0);
      }
      await bulk.send();
      bulk.clear();
    };
    await all(add, AddMode.exclusive, 1);
    await until(
      () => imported.status.routes === total,
      () => imported.status,
    );
    await all(remove, REMOVE, 2);
    await all(add, AddMode.exclusive, 4);
    const left = Array.from({ length: total }, (_, n) => n).filter((n) => n % 2 === 1 || n % 4 === 0);
    await untilRoutes(left.map((n) => `10.${n >> 8}.${n & 255}.0/24 metric 32: 192.0.2.2%GigabitEthernet0`));
    expect(errors).toEqual([]);
  });

  it('of a namespace that is not there, goes, and comes as another one', async () => {
    deleteNamedNetns(netns);
    await using imported = start();
    expect(imported.status).toMatchObject({
      state: 'waiting',
      reason: expect.stringContaining(netns) as string,
    });
    makeNamespace();
    ip('route', 'add', '10.1.0.0/16', 'via', '192.0.2.2', 'proto', 'bird');
    await untilRoutes(['10.1.0.0/16 metric 0: 192.0.2.2%GigabitEthernet0']);
    deleteNamedNetns(netns);
    makeNamespace();
    ip('route', 'add', '10.2.0.0/16', 'via', '192.0.2.2', 'proto', 'bird');
    await untilRoutes(['10.2.0.0/16 metric 0: 192.0.2.2%GigabitEthernet0']);
    deleteNamedNetns(netns);
    await untilRoutes([]);
    expect(imported.status.state).toBe('waiting');
    expect(errors).toEqual([]);
  });
});
