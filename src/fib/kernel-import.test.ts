import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
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
import type { KernelImportStatus } from './status.ts';
import { KernelImport } from './kernel-import.ts';
import type { RefusalNews } from './kernel-import-refusals.ts';
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
  ip('link', 'add', 'xe1', 'type', 'veth', 'peer', 'name', 'peer2');
  withNetns(netns, () => {
    for (const name of ['xe0', 'peer0', 'other', 'peer1', 'xe1', 'peer2']) setLinkUp(name, true);
    addAddress('xe0', '192.0.2.1', 24);
    addAddress('xe0', '2001:db8::1', 64);
    addAddress('xe1', '203.0.113.1', 24);
    addAddress('other', '198.51.100.1', 24);
  });
}

let table: RouteTable;
let heard: KernelImportStatus[];
let errors: string[];
let told: RefusalNews[];

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
    // The TAPs of VPP's GigabitEthernets are called xe0 and xe1; `other` is no TAP.
    interfaceOfTap: (name) => (/^xe\d$/.test(name) ? name.replace('xe', 'GigabitEthernet') : undefined),
    onStatus: (status) => heard.push(status),
    onRefused: (news) => told.push(news),
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
    told = [];
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
      '10.2.0.0/16 metric 0: 192.0.2.2%GigabitEthernet0',
      '10.3.0.0/16 table 100 metric 0: 192.0.2.3%GigabitEthernet0',
      '10.4.0.0/16 metric 0: blackhole',
      '10.6.0.0/16 metric 0: %GigabitEthernet0',
      '10.7.0.0/16 metric 0: fe80::7%GigabitEthernet0',
      '10.8.0.0/16 metric 20: 192.0.2.3%GigabitEthernet0',
      '2001:db8:1::/48 metric 1024: fe80::1%GigabitEthernet0',
      '2001:db8:2::/48 metric 1024: unreachable',
    ];
    await untilRoutes(expected);
    // The last route of a reading is not its end.
    await until(
      () => imported.status.state === 'following',
      () => imported.status,
    );
    expect(imported.status).toMatchObject({
      state: 'following',
      routes: 9,
      notTaken: {
        routes: 0,
        byReason: { 'link-not-in-vpp': 1 },
        first: [{ prefix: '10.2.0.0/16', reason: 'link-not-in-vpp', 'next-hop': '198.51.100.2 dev other' }],
      },
      readings: 1,
    });
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

  it.each([
    ['where the kernel writes the next hops out', '1'],
    ['where the objects alone tell', '0'],
  ])('by nexthop objects are resolved, also when an object becomes another, %s', async (_, mode) => {
    withNetns(netns, () => writeFileSync('/proc/sys/net/ipv4/nexthop_compat_mode', mode));
    await using _imported = start();
    ip('nexthop', 'add', 'id', '11', 'via', '192.0.2.2', 'dev', 'xe0');
    ip('nexthop', 'add', 'id', '12', 'via', '192.0.2.3', 'dev', 'xe0');
    ip('nexthop', 'add', 'id', '20', 'group', '11,3/12');
    ip('route', 'add', '10.1.0.0/16', 'nhid', '20', 'proto', 'zebra');
    await untilRoutes(['10.1.0.0/16 metric 0: 192.0.2.2@3%GigabitEthernet0, 192.0.2.3%GigabitEthernet0']);
    ip('nexthop', 'replace', 'id', '11', 'via', '192.0.2.9', 'dev', 'xe0');
    await untilRoutes(['10.1.0.0/16 metric 0: 192.0.2.3%GigabitEthernet0, 192.0.2.9@3%GigabitEthernet0']);
    ip('nexthop', 'del', 'id', '20');
    await untilRoutes([]);
  });

  it('by nexthop objects of every kind: a resilient group, over IPv6, a blackhole, more weight than VPP has', async () => {
    ip('link', 'set', 'lo', 'up');
    ip('nexthop', 'add', 'id', '11', 'via', '192.0.2.2', 'dev', 'xe0');
    ip('nexthop', 'add', 'id', '12', 'via', '192.0.2.3', 'dev', 'xe0');
    ip('nexthop', 'add', 'id', '13', 'via', 'fe80::2', 'dev', 'xe0');
    ip('nexthop', 'add', 'id', '14', 'blackhole');
    ip('nexthop', 'add', 'id', '15', 'dev', 'xe0');
    ip('nexthop', 'add', 'id', '16', 'via', '198.51.100.2', 'dev', 'other');
    ip('nexthop', 'add', 'id', '20', 'group', '11,2/12', 'type', 'resilient', 'buckets', '32');
    ip('nexthop', 'add', 'id', '21', 'group', '14');
    ip('nexthop', 'add', 'id', '22', 'group', '11,256/12,128');
    ip('nexthop', 'add', 'id', '23', 'group', '11/16');
    const ids = { 1: 20, 2: 13, 3: 14, 4: 15, 5: 21, 6: 22, 7: 23 };
    for (const [net, id] of Object.entries(ids)) {
      ip('route', 'add', `10.${net}.0.0/16`, 'nhid', String(id), 'proto', 'zebra');
    }
    // Where the kernel does not write the next hops out, the objects alone tell.
    withNetns(netns, () => writeFileSync('/proc/sys/net/ipv4/nexthop_compat_mode', '0'));
    await using imported = start();
    const over = (name: string, weight = '') => `${name}${weight}%GigabitEthernet0`;
    const expected = [
      `10.1.0.0/16 metric 0: ${over('192.0.2.2', '@2')}, ${over('192.0.2.3')}`,
      `10.2.0.0/16 metric 0: ${over('fe80::2')}`,
      '10.3.0.0/16 metric 0: blackhole',
      `10.4.0.0/16 metric 0: ${over('')}`,
      '10.5.0.0/16 metric 0: blackhole',
      `10.6.0.0/16 metric 0: ${over('192.0.2.2', '@255')}, ${over('192.0.2.3', '@128')}`,
      `10.7.0.0/16 metric 0: ${over('192.0.2.2')}`,
    ];
    await untilRoutes(expected);
    expect(imported.status.notTaken.byReason).toEqual({ 'link-not-in-vpp': 1 });
    // What is told later, too.
    ip('route', 'add', '10.8.0.0/16', 'nhid', '22', 'proto', 'zebra');
    await untilRoutes([
      ...expected,
      `10.8.0.0/16 metric 0: ${over('192.0.2.2', '@255')}, ${over('192.0.2.3', '@128')}`,
    ]);
  });

  it('become others of every type, in the reading and by notices, and leave nothing behind', async () => {
    ip('-6', 'route', 'add', 'prohibit', '2001:db8:9::/48', 'proto', 'bird');
    ip('route', 'add', 'throw', '10.9.0.0/16', 'proto', 'bird');
    await using imported = start();
    const read = ['10.9.0.0/16 metric 0: unreachable', '2001:db8:9::/48 metric 1024: prohibit'];
    await untilRoutes(read);
    const shapes = {
      'via 192.0.2.2': '192.0.2.2%GigabitEthernet0',
      prohibit: 'prohibit',
      'dev xe0': '%GigabitEthernet0',
      blackhole: 'blackhole',
      'via inet6 fe80::7 dev xe0': 'fe80::7%GigabitEthernet0',
      unreachable: 'unreachable',
      // Another table that a rule leads to would be asked next: in main that is none.
      throw: 'unreachable',
    };
    for (const [shape, what] of Object.entries(shapes)) {
      const [first = '', ...rest] = shape.split(' ');
      const words = rest.length === 0 ? [first, '10.1.0.0/16'] : ['10.1.0.0/16', first, ...rest];
      ip('route', 'replace', ...words, 'proto', 'bird');
      await untilRoutes([...read, `10.1.0.0/16 metric 0: ${what}`]);
    }
    // VPP has nothing for that: what it was must not stay.
    ip('route', 'replace', 'anycast', '10.1.0.0/16', 'dev', 'xe0', 'table', 'main', 'proto', 'bird');
    await untilRoutes(read);
    const refusal = { prefix: '10.1.0.0/16', reason: 'route-type', detail: 'anycast' };
    expect(imported.status.notTaken).toEqual({ routes: 1, byReason: { 'route-type': 1 }, first: [refusal] });
    ip('route', 'replace', 'prohibit', '10.1.0.0/16', 'proto', 'bird');
    await untilRoutes([...read, '10.1.0.0/16 metric 0: prohibit']);
    expect(imported.status.notTaken.routes).toBe(0);
    ip('route', 'del', 'prohibit', '10.1.0.0/16');
    ip('route', 'del', 'throw', '10.9.0.0/16');
    ip('-6', 'route', 'replace', '2001:db8:9::/48', 'dev', 'xe0', 'proto', 'bird');
    await untilRoutes(['2001:db8:9::/48 metric 1024: %GigabitEthernet0']);
    ip('-6', 'route', 'del', '2001:db8:9::/48');
    await untilRoutes([]);
    expect(imported.status.readings).toBe(1);
    expect(errors).toEqual([]);
  });

  it('that VPP cannot have are named, with the reason, and told of once', async () => {
    ip(
      '-6',
      'route',
      'add',
      '2001:db8:1::/48',
      'from',
      '2001:db8:b::/48',
      'via',
      '2001:db8::2',
      'proto',
      'babel',
    );
    ip('-6', 'route', 'add', '2001:db8:1::/48', 'via', '2001:db8::3', 'proto', 'babel');
    ip(
      '-6',
      'route',
      'add',
      '2001:db8:2::/48',
      'encap',
      'seg6',
      'mode',
      'encap',
      'segs',
      '2001:db8::9',
      'dev',
      'xe0',
    );
    ip('route', 'add', '10.1.0.0/16', 'encap', 'ip', 'id', '5', 'dst', '192.0.2.9', 'dev', 'xe0');
    ip('route', 'add', '10.2.0.0/16', 'tos', '0x10', 'via', '192.0.2.2');
    ip('route', 'add', '10.3.0.0/16', 'via', '198.51.100.2');
    ip('route', 'add', '10.4.0.0/16', 'dev', 'other', 'table', '100');
    ip('route', 'add', 'throw', '10.5.0.0/16', 'table', '100');
    // What Linux uses counts: the one behind it is no substitute.
    ip('route', 'add', '10.6.0.0/16', 'via', '198.51.100.2', 'metric', '5');
    ip('route', 'add', '10.6.0.0/16', 'via', '192.0.2.2', 'metric', '9');
    await using imported = start();
    const taken = ['10.5.0.0/16 table 100 metric 0: unreachable'];
    const six = '2001:db8:1::/48 metric 1024: 2001:db8::3%GigabitEthernet0';
    await untilRoutes([...taken, six]);
    const refusals = [
      { prefix: '10.1.0.0/16', reason: 'encapsulated', detail: 'ip' },
      { prefix: '10.2.0.0/16', reason: 'tos', detail: '0x10' },
      { prefix: '10.3.0.0/16', reason: 'link-not-in-vpp', detail: 'other' },
      { prefix: '10.4.0.0/16', table: 100, reason: 'link-not-in-vpp', detail: 'other' },
      { prefix: '10.5.0.0/16', table: 100, reason: 'throw-in-table' },
      { prefix: '10.6.0.0/16', reason: 'link-not-in-vpp', detail: 'other' },
      { prefix: '2001:db8:1::/48', from: '2001:db8:b::/48', reason: 'source-specific' },
      { prefix: '2001:db8:2::/48', reason: 'encapsulated', detail: 'seg6' },
    ];
    const byPrefix = (a: { prefix: string }, b: { prefix: string }) => (a.prefix < b.prefix ? -1 : 1);
    const byReason = {
      encapsulated: 2,
      tos: 1,
      'link-not-in-vpp': 3,
      'throw-in-table': 1,
      'source-specific': 1,
    };
    expect(imported.status.notTaken).toMatchObject({ routes: 7, byReason });
    expect([...imported.status.notTaken.first].sort(byPrefix)).toEqual(refusals);
    // Another reading names the same, and tells nothing again.
    imported.tapsChanged();
    await until(
      () => imported.status.readings === 2 && imported.status.state === 'following',
      () => imported.status,
    );
    expect(imported.status.notTaken).toMatchObject({ routes: 7, byReason });
    await until(
      () => told.length > 0,
      () => imported.status,
    );
    expect(told.map(({ named, more }) => ({ named: [...named].sort(byPrefix), more }))).toEqual([
      { named: refusals, more: {} },
    ]);
    // What goes is named no more; the better one gone, the other one comes.
    ip('-6', 'route', 'del', '2001:db8:1::/48', 'from', '2001:db8:b::/48');
    ip('-6', 'route', 'del', '2001:db8:2::/48');
    ip('route', 'del', '10.1.0.0/16');
    ip('route', 'del', '10.2.0.0/16', 'tos', '0x10');
    ip('route', 'del', '10.3.0.0/16');
    ip('route', 'del', '10.4.0.0/16', 'table', '100');
    ip('route', 'del', 'throw', '10.5.0.0/16', 'table', '100');
    ip('route', 'del', '10.6.0.0/16', 'metric', '5');
    await untilRoutes([six, '10.6.0.0/16 metric 9: 192.0.2.2%GigabitEthernet0']);
    await until(
      () => imported.status.notTaken.routes === 0,
      () => imported.status,
    );
    expect(imported.status.notTaken).toEqual({ routes: 0, byReason: {}, first: [] });
    expect(errors).toEqual([]);
  });

  it('over an on-link gateway bring an attached route to that, which goes with another reading', async () => {
    ip('route', 'add', '10.1.0.0/16', 'via', '172.31.1.1', 'dev', 'xe0', 'onlink', 'proto', 'bird');
    ip('-6', 'route', 'add', '2001:db8:1::/48', 'via', 'fe80::7', 'dev', 'xe0', 'onlink', 'proto', 'bird');
    await using imported = start();
    const six = '2001:db8:1::/48 metric 1024: fe80::7%GigabitEthernet0';
    const onlink = (host: string) => `172.31.1.${host}/32 metric 4294967295: %GigabitEthernet0`;
    const first = '10.1.0.0/16 metric 0: 172.31.1.1%GigabitEthernet0';
    await untilRoutes([first, onlink('1'), six]);
    expect(imported.status.routes).toBe(2);
    ip('route', 'replace', '10.1.0.0/16', 'via', '172.31.1.2', 'dev', 'xe0', 'onlink', 'proto', 'bird');
    await untilRoutes([first.replace('1.1%', '1.2%'), onlink('1'), onlink('2'), six]);
    imported.tapsChanged();
    await untilRoutes([first.replace('1.1%', '1.2%'), onlink('2'), six]);
    await imported[Symbol.asyncDispose]();
    expect(routes()).toEqual([]);
    expect(table.sources).toEqual([]);
  });

  it('of one metric to an interface each, in IPv6, are two, of which the first counts', async () => {
    await using _imported = start();
    await until(
      () => heard.at(-1)?.state === 'following',
      () => heard,
    );
    ip('-6', 'route', 'add', '2001:db8:1::/48', 'dev', 'xe0', 'proto', 'bird');
    ip('-6', 'route', 'append', '2001:db8:1::/48', 'via', '2001:db8::5', 'proto', 'bird');
    await untilRoutes(['2001:db8:1::/48 metric 1024: %GigabitEthernet0']);
    ip('-6', 'route', 'del', '2001:db8:1::/48', 'dev', 'xe0');
    await untilRoutes(['2001:db8:1::/48 metric 1024: 2001:db8::5%GigabitEthernet0']);
  });

  it('from one VRF to another are by the name of its device, or over its interfaces', async (ctx) => {
    if (spawnSync('ip', ['link', 'add', 'probe-vrf', 'type', 'vrf', 'table', '77']).status !== 0)
      ctx.skip('the kernel has no VRF devices (CONFIG_NET_VRF)');
    execFileSync('ip', ['link', 'del', 'probe-vrf']);
    for (const [vrf, number] of [
      ['red', '10'],
      ['blue', '20'],
    ] as const) {
      ip('link', 'add', vrf, 'type', 'vrf', 'table', number);
      ip('link', 'set', vrf, 'up');
    }
    ip('link', 'set', 'xe1', 'master', 'blue');
    ip('route', 'add', '10.1.0.0/16', 'dev', 'blue', 'vrf', 'red', 'proto', 'bird');
    ip('-6', 'route', 'add', '2001:db8:1::/48', 'dev', 'blue', 'vrf', 'red', 'proto', 'bird');
    ip('route', 'add', '10.2.0.0/16', 'via', '203.0.113.2', 'dev', 'xe1', 'vrf', 'red', 'proto', 'bird');
    await using imported = start();
    await untilRoutes([
      '10.1.0.0/16 table 10 metric 0: %blue',
      '10.2.0.0/16 table 10 metric 0: 203.0.113.2%GigabitEthernet1',
      '2001:db8:1::/48 table 10 metric 1024: %blue',
    ]);
    expect(imported.status.notTaken.routes).toBe(0);
  });

  it('that the kernel drops with a link, without a word, go', async () => {
    // A link without IPv6 keeps all its addresses when it goes down: only the link itself is told of.
    withNetns(netns, () => writeFileSync('/proc/sys/net/ipv6/conf/xe1/disable_ipv6', '1'));
    ip('route', 'add', '10.1.0.0/16', 'via', '192.0.2.2', 'proto', 'bird');
    ip('route', 'add', '10.2.0.0/16', 'via', '203.0.113.2', 'proto', 'bird');
    await using imported = start();
    await untilRoutes([
      '10.1.0.0/16 metric 0: 192.0.2.2%GigabitEthernet0',
      '10.2.0.0/16 metric 0: 203.0.113.2%GigabitEthernet1',
    ]);
    ip('addr', 'flush', 'dev', 'xe0');
    await untilRoutes(['10.2.0.0/16 metric 0: 203.0.113.2%GigabitEthernet1']);
    ip('link', 'set', 'xe1', 'down');
    await untilRoutes([]);
    expect(imported.status.notTaken.routes).toBe(0);
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
