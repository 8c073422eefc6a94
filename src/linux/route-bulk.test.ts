import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { addAddress } from './addresses.ts';
import { linkIndex, setLinkUp } from './links.ts';
import { createNamedNetns, deleteNamedNetns } from './named-netns.ts';
import { withNetns } from './netns.ts';
import { NexthopObjects } from './nexthop-objects.ts';
import { AddMode, DONE, REMOVE, RouteBulk, UNKNOWN } from './route-bulk.ts';
import { listRoutes } from '../../test/fixtures/list-routes.ts';
import { dumpRoutes } from './route-dump.ts';
import { RouteMonitor } from './route-monitor.ts';
import type { RouteNotice } from './route-notice.ts';
import { encodeAddition, encodeRemoval } from './route-template.ts';

const isRoot = process.getuid?.() === 0;
const hasIp = spawnSync('ip', ['-V']).status === 0;
const netns = `test-bulk-${process.pid}`;
const PROTOCOL = 0xa7;
const TABLE = 1000;
const METRIC = 20;

function ip(...args: string[]): string {
  return withNetns(netns, () => execFileSync('ip', args, { encoding: 'utf8' }));
}

/** Prefixes of our table with their next hops. */
function shown(family: 4 | 6): Record<string, unknown>[] {
  return JSON.parse(ip(`-${family}`, '-j', 'route', 'show', 'table', String(TABLE))) as Record<
    string,
    unknown
  >[];
}

const base = { table: TABLE, metric: METRIC, protocol: PROTOCOL } as const;
const via = (family: 4 | 6, ...gateways: string[]) =>
  encodeAddition({
    ...base,
    family,
    kind: 'unicast',
    nextHops: gateways.map((gateway) => ({ gateway, weight: 1 })),
  });

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const start = Date.now(); !isSo(); ) {
    if (Date.now() - start > 20_000) throw new Error(`not within 20 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function flush(): void {
  for (const family of ['-4', '-6']) {
    // A table without any route so far is an error.
    withNetns(netns, () => spawnSync('ip', [family, 'route', 'flush', 'table', String(TABLE)]));
  }
}

/** 10.N.0.0/16 */
const net = (n: number): number => ((10 << 24) | (n << 16)) >>> 0;
/** 2001:db8:N::/48 */
const NET6 = 0x2001_0db8;

function needRoot(ctx: TestContext): void {
  if (!isRoot) ctx.skip('network namespaces need root');
  if (!hasIp) ctx.skip('iproute2 is not there to make links and to compare with');
}

beforeAll(() => {
  if (!isRoot || !hasIp) return;
  createNamedNetns(netns);
  ip('link', 'add', 't0', 'type', 'veth', 'peer', 'name', 't0peer');
  withNetns(netns, () => {
    setLinkUp('t0', true);
    setLinkUp('t0peer', true);
    addAddress('t0', '192.0.2.1', 24);
    addAddress('t0', '2001:db8::1', 64);
  });
});
afterAll(() => {
  if (isRoot) deleteNamedNetns(netns);
});

describe('many routes in one send', () => {
  beforeEach((ctx) => {
    needRoot(ctx);
    flush();
  });

  it('are done unless refused, though only the last requests an answer', async () => {
    using bulk = new RouteBulk({ netns });
    const good = via(4, '192.0.2.2');
    const bad = via(4, '203.0.113.1');
    for (const [n, template] of [good, bad, good, bad, good].entries()) {
      bulk.push(100 + n, template, AddMode.exclusive, 16, net(n), 0, 0, 0);
    }
    await bulk.send();
    expect(Array.from({ length: 5 }, (_, index) => bulk.tagAt(index))).toEqual([100, 101, 102, 103, 104]);
    const outcomes = Array.from({ length: 5 }, (_, index) => bulk.outcomeAt(index));
    expect(outcomes).toEqual([DONE, 101, DONE, 101, DONE]);
    expect(bulk.errorAt(1, 'addRoute', '10.1.0.0/16').message).toBe(
      'addRoute("10.1.0.0/16"): ENETUNREACH (Network is unreachable): Nexthop has invalid gateway',
    );
    expect(shown(4).map(({ dst }) => dst)).toEqual(['10.0.0.0/16', '10.2.0.0/16', '10.4.0.0/16']);
    // The sequence numbers continue; an error of the last message is its answer.
    bulk.clear();
    bulk.push(1, encodeRemoval({ ...base, family: 4 }), REMOVE, 16, net(2), 0, 0, 0);
    bulk.push(2, good, AddMode.exclusive, 16, net(4), 0, 0, 0);
    await bulk.send();
    expect([bulk.outcomeAt(0), bulk.outcomeAt(1)]).toEqual([DONE, 17]);
    expect(shown(4).map(({ dst }) => dst)).toEqual(['10.0.0.0/16', '10.4.0.0/16']);
  });

  it('are unknown, not done, when the receive buffer overran', async () => {
    // The kernel's minimum is 2304 bytes: a few answers.
    using bulk = new RouteBulk({ netns, receiveBytes: 1 });
    const bad = via(4, '203.0.113.1');
    const good = via(4, '192.0.2.2');
    for (let n = 0; n < 60; n++)
      bulk.push(n, n % 2 === 0 ? bad : good, AddMode.exclusive, 16, net(n), 0, 0, 0);
    await bulk.send();
    const outcomes = Array.from({ length: 60 }, (_, index) => bulk.outcomeAt(index));
    expect(new Set(outcomes)).toEqual(new Set([101, UNKNOWN]));
    expect(outcomes[0]).toBe(101);
    expect(shown(4)).toHaveLength(30);
    // The socket still works.
    bulk.clear();
    bulk.push(7, good, AddMode.exclusive, 16, net(100), 0, 0, 0);
    await bulk.send();
    expect(bulk.outcomeAt(0)).toBe(DONE);
  });

  it('support weights, several next hops, blackholes, and IPv4 via an IPv6 neighbour', async () => {
    using bulk = new RouteBulk({ netns });
    const weighted = (family: 4 | 6, hops: [string, number][]) =>
      encodeAddition({
        ...base,
        family,
        kind: 'unicast',
        nextHops: hops.map(([gateway, weight]) => ({ gateway, weight })),
      });
    const ifIndex = withNetns(netns, () => linkIndex('t0') ?? 0);
    const overIpv6 = encodeAddition({
      ...base,
      family: 4,
      kind: 'unicast',
      nextHops: [{ gateway: '2001:db8::2', ifIndex, weight: 1 }],
    });
    const hops4: [string, number][] = [
      ['192.0.2.2', 1],
      ['192.0.2.3', 255],
    ];
    const hops6: [string, number][] = [
      ['2001:db8::2', 3],
      ['2001:db8::3', 1],
    ];
    bulk.push(0, weighted(4, hops4), AddMode.exclusive, 16, net(0), 0, 0, 0);
    bulk.push(1, overIpv6, AddMode.exclusive, 16, net(1), 0, 0, 0);
    const blackhole4 = encodeAddition({ ...base, family: 4, kind: 'blackhole', nextHops: [] });
    bulk.push(2, blackhole4, AddMode.exclusive, 0, 0, 0, 0, 0);
    bulk.push(3, weighted(6, hops6), AddMode.exclusive, 48, NET6, 1 << 16, 0, 0);
    const unreachable6 = encodeAddition({ ...base, family: 6, kind: 'unreachable', nextHops: [] });
    bulk.push(4, unreachable6, AddMode.exclusive, 128, NET6, 2 << 16, 0, 1);
    await bulk.send();
    expect(Array.from({ length: 5 }, (_, index) => bulk.outcomeAt(index))).toEqual([0, 0, 0, 0, 0]);
    expect(shown(4)).toMatchObject([
      { type: 'blackhole', dst: 'default' },
      {
        dst: '10.0.0.0/16',
        protocol: String(PROTOCOL),
        metric: METRIC,
        nexthops: [
          { gateway: '192.0.2.2', weight: 1 },
          { gateway: '192.0.2.3', weight: 255 },
        ],
      },
      { dst: '10.1.0.0/16', via: { family: 'inet6', host: '2001:db8::2' } },
    ]);
    expect(shown(6)).toMatchObject([
      {
        dst: '2001:db8:1::/48',
        nexthops: [{ gateway: '2001:db8::2', weight: 3 }, { gateway: '2001:db8::3' }],
      },
      { type: 'unreachable', dst: '2001:db8:2::1' },
    ]);
  });

  it('change our IPv4 routes without touching foreign ones: one appended, then the first of ours removed', async () => {
    using bulk = new RouteBulk({ netns });
    bulk.push(0, via(4, '192.0.2.2'), AddMode.exclusive, 16, net(0), 0, 0, 0);
    await bulk.send();
    bulk.clear();
    const foreign = ['10.0.0.0/16', 'via', '192.0.2.99', 'table', String(TABLE), 'metric', String(METRIC)];
    ip('route', 'prepend', ...foreign, 'proto', 'bird');
    bulk.push(0, via(4, '192.0.2.3'), AddMode.beside, 16, net(0), 0, 0, 0);
    bulk.push(0, encodeRemoval({ ...base, family: 4 }), REMOVE, 16, net(0), 0, 0, 0);
    await bulk.send();
    expect([bulk.outcomeAt(0), bulk.outcomeAt(1)]).toEqual([DONE, DONE]);
    expect(shown(4).map(({ gateway, protocol }) => `${String(gateway)} ${String(protocol)}`)).toEqual([
      '192.0.2.99 bird',
      `192.0.2.3 ${PROTOCOL}`,
    ]);
    // An exclusive addition is refused beside a foreign route; removing a missing route of ours removes no foreign one.
    bulk.clear();
    bulk.push(0, encodeRemoval({ ...base, family: 4 }), REMOVE, 16, net(0), 0, 0, 0);
    bulk.push(0, encodeRemoval({ ...base, family: 4 }), REMOVE, 16, net(0), 0, 0, 0);
    bulk.push(0, via(4, '192.0.2.3'), AddMode.exclusive, 16, net(0), 0, 0, 0);
    await bulk.send();
    expect([bulk.outcomeAt(0), bulk.outcomeAt(1), bulk.outcomeAt(2)]).toEqual([DONE, 3, 17]);
    expect(shown(4)).toMatchObject([{ gateway: '192.0.2.99' }]);
  });

  it('change our IPv6 routes without touching foreign ones: next hops added, then ours removed', async () => {
    using bulk = new RouteBulk({ netns });
    bulk.push(0, via(6, '2001:db8::2', '2001:db8::3'), AddMode.exclusive, 48, NET6, 1 << 16, 0, 0);
    await bulk.send();
    bulk.clear();
    // The kernel merges it into our route.
    const foreign = [
      '2001:db8:1::/48',
      'via',
      '2001:db8::99',
      'table',
      String(TABLE),
      'metric',
      String(METRIC),
    ];
    ip('-6', 'route', 'append', ...foreign, 'proto', 'bird');
    const nextHops = [{ gateway: '2001:db8::2', weight: 1 }];
    bulk.push(0, via(6, '2001:db8::4'), AddMode.beside, 48, NET6, 1 << 16, 0, 0);
    bulk.push(0, encodeRemoval({ ...base, family: 6 }, nextHops), REMOVE, 48, NET6, 1 << 16, 0, 0);
    await bulk.send();
    expect([bulk.outcomeAt(0), bulk.outcomeAt(1)]).toEqual([DONE, DONE]);
    const gateways = (): string[] => {
      const text = ip('-6', 'route', 'show', 'table', String(TABLE));
      return [...text.matchAll(/via (\S+)/g)].map(([, gateway]) => gateway ?? '').sort();
    };
    expect(gateways()).toEqual(['2001:db8::3', '2001:db8::4', '2001:db8::99']);
    bulk.clear();
    const ours = ['2001:db8::3', '2001:db8::4'].map((gateway) => ({ gateway, weight: 1 }));
    bulk.push(0, encodeRemoval({ ...base, family: 6 }, ours), REMOVE, 48, NET6, 1 << 16, 0, 0);
    bulk.push(0, via(6, '2001:db8::2'), AddMode.exclusive, 48, NET6, 1 << 16, 0, 0);
    await bulk.send();
    expect([bulk.outcomeAt(0), bulk.outcomeAt(1)]).toEqual([DONE, 17]);
    expect(gateways()).toEqual(['2001:db8::99']);
  });

  it('are refused when the batch is full or in flight, or the route is invalid', async () => {
    using bulk = new RouteBulk({ netns, sendBytes: 200 });
    const template = via(4, '192.0.2.2');
    for (let n = 0; bulk.hasRoom(template.bytes.length); n++)
      bulk.push(n, template, AddMode.exclusive, 16, net(n), 0, 0, 0);
    expect(bulk.count).toBe(3);
    expect(() => bulk.push(9, template, AddMode.exclusive, 16, net(9), 0, 0, 0)).toThrow(/full/);
    bulk.clear();
    bulk.push(0, template, AddMode.exclusive, 16, net(0), 0, 0, 0);
    const sent = bulk.send();
    expect(() => bulk.push(1, template, AddMode.exclusive, 16, net(1), 0, 0, 0)).toThrow(/in flight/);
    await sent;
    expect(bulk.outcomeAt(0)).toBe(DONE);
    expect(() => encodeAddition({ ...base, family: 4, kind: 'unicast', nextHops: [] })).toThrow(/EINVAL/);
    expect(() => new RouteBulk({ netns: 'no-such' })).toThrow(/setns\(".*no-such"\): ENOENT/);
  });
});

describe('a batch in flight', () => {
  beforeEach((ctx) => {
    needRoot(ctx);
    flush();
  });

  it('does not block the event loop', async () => {
    using bulk = new RouteBulk({ netns });
    const template = via(4, '192.0.2.2');
    for (let n = 0; bulk.hasRoom(template.bytes.length); n++)
      bulk.push(n, template, AddMode.exclusive, 32, net(0) + n, 0, 0, 0);
    let isAnswered = false;
    const sent = bulk.send().then(() => {
      isAnswered = true;
    });
    // A synchronous send would have been answered by its own turn.
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    await sent;
    expect(bulk.outcomeAt(bulk.count - 1)).toBe(DONE);
  });

  it('is done though disposed, and its descriptor is closed afterwards', async () => {
    const bulk = new RouteBulk({ netns });
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    bulk.push(0, via(4, '192.0.2.2'), AddMode.exclusive, 16, net(0), 0, 0, 0);
    const sent = bulk.send();
    bulk[Symbol.dispose]();
    expect(open()).toBe(before);
    await sent;
    expect(open()).toBe(before - 1);
    expect(shown(4).map(({ dst }) => dst)).toEqual(['10.0.0.0/16']);
    bulk[Symbol.dispose]();
  });
});

describe('a dump in slices', () => {
  beforeEach((ctx) => {
    needRoot(ctx);
    flush();
  });

  it('yields every route, filtered by table and protocol, without blocking the event loop', async () => {
    using bulk = new RouteBulk({ netns });
    const template = encodeAddition({ ...base, family: 6, kind: 'blackhole', nextHops: [] });
    const total = 20_000;
    for (let n = 0; n < total; n++) {
      if (!bulk.hasRoom(template.bytes.length)) {
        await bulk.send();
        bulk.clear();
      }
      bulk.push(n, template, AddMode.exclusive, 64, NET6, n, 0, 0);
    }
    await bulk.send();
    ip(
      '-6',
      'route',
      'add',
      '2001:db8:ffff:ffff::/64',
      'via',
      '2001:db8::2',
      'table',
      String(TABLE),
      'proto',
      'bird',
    );
    const seen = new Set<number>();
    let turns = 0;
    const ticker = setInterval(() => {
      turns += 1;
    }, 0);
    const { consistent } = await dumpRoutes({ netns, family: 6, protocol: PROTOCOL }, (notice) => {
      if (notice.table !== TABLE) return;
      expect(notice.kind).toBe('blackhole');
      expect([notice.length, notice.metric, notice.w0]).toEqual([64, METRIC, NET6]);
      seen.add(notice.w1);
    });
    clearInterval(ticker);
    expect(consistent).toBe(true);
    expect(seen.size).toBe(total);
    expect(turns).toBeGreaterThan(0);
    expect(withNetns(netns, () => listRoutes({ family: 4, table: 4711 }))).toEqual([]);
    const stop = AbortSignal.abort(new Error('enough'));
    await expect(dumpRoutes({ netns, family: 6, signal: stop }, () => {})).rejects.toThrow('enough');
  });
});

describe('a monitor', () => {
  beforeEach((ctx) => {
    needRoot(ctx);
    flush();
  });

  it('reports foreign routes, links, addresses and nexthop objects, not our own changes', async () => {
    using bulk = new RouteBulk({ netns });
    const heard: string[] = [];
    const objects = new NexthopObjects();
    const describeRoute = (notice: RouteNotice): string => {
      const hops =
        notice.nextHopId === 0 ? notice.nextHops() : JSON.stringify(objects.resolve(notice.nextHopId));
      const words = `${notice.w0.toString(16)}/${notice.length} ${notice.table} ${notice.metric} ${notice.protocol}`;
      return `${notice.isNew ? 'add' : 'del'} ${words} ${notice.kind ?? notice.type} ${JSON.stringify(hops)}`;
    };
    using _monitor = new RouteMonitor(
      {
        onRoute: (notice) => {
          if (notice.table === TABLE) heard.push(describeRoute(notice));
        },
        onLink: (link, isNew) => heard.push(`link ${link.name} ${isNew ? link.up : 'gone'}`),
        onAddress: ({ family, isNew }) => heard.push(`address ${family} ${isNew}`),
        onNexthop: (buffer, offset) => void objects.take(buffer, offset),
        onOverrun: () => heard.push('overrun'),
      },
      { netns, ignoredPort: bulk.portId },
    );
    const ifIndex = withNetns(netns, () => linkIndex('t0'));
    bulk.push(0, via(4, '192.0.2.2'), AddMode.exclusive, 16, net(7), 0, 0, 0);
    await bulk.send();
    const table = ['table', String(TABLE)];
    ip('route', 'add', '10.8.0.0/16', 'via', '192.0.2.2', ...table, 'proto', 'bird', 'metric', '32');
    ip('route', 'del', '10.7.0.0/16', ...table);
    ip('nexthop', 'add', 'id', '11', 'via', '192.0.2.3', 'dev', 't0');
    ip('nexthop', 'add', 'id', '12', 'via', '192.0.2.4', 'dev', 't0');
    ip('nexthop', 'add', 'id', '20', 'group', '11,3/12');
    ip('route', 'add', '10.9.0.0/16', 'nhid', '20', ...table, 'proto', 'zebra');
    ip('addr', 'add', '198.51.100.1/24', 'dev', 't0');
    ip('link', 'add', 't1', 'type', 'veth', 'peer', 'name', 't1peer');
    ip('link', 'del', 't1');
    await until('everything was notified', () => heard.includes('link t1 gone'));
    const legs = JSON.stringify({
      kind: 'unicast',
      nextHops: [
        { gateway: '192.0.2.3', ifIndex, weight: 3 },
        { gateway: '192.0.2.4', ifIndex, weight: 1 },
      ],
    });
    expect(heard.filter((line) => /^(add|del) /.test(line))).toEqual([
      `add a080000/16 ${TABLE} 32 12 unicast ${JSON.stringify([{ gateway: '192.0.2.2', ifIndex, weight: 1 }])}`,
      `del a070000/16 ${TABLE} ${METRIC} ${PROTOCOL} unicast ${JSON.stringify([{ gateway: '192.0.2.2', ifIndex, weight: 1 }])}`,
      `add a090000/16 ${TABLE} 0 11 unicast ${JSON.stringify(legs)}`,
    ]);
    expect(heard).toContain('address 4 true');
    expect(heard).toContain('link t1 false');
    // The same by a dump.
    const read = new NexthopObjects();
    await read.load({ netns });
    expect(JSON.stringify(read.resolve(20))).toBe(legs);
    expect(read.resolve(99)).toEqual({ kind: 'unknown' });
  });

  it('reports an overrun of its receive buffer', async () => {
    using bulk = new RouteBulk({ netns });
    const template = encodeAddition({ ...base, family: 4, kind: 'blackhole', nextHops: [] });
    for (let n = 0; n < 200; n++) bulk.push(n, template, AddMode.exclusive, 32, net(0) + n, 0, 0, 0);
    await bulk.send();
    let overruns = 0;
    let routes = 0;
    using _monitor = new RouteMonitor(
      {
        onRoute: () => {
          routes += 1;
        },
        onLink: () => {},
        onAddress: () => {},
        onOverrun: () => {
          overruns += 1;
        },
      },
      { netns, receiveBytes: 4096 },
    );
    // By a child, synchronously: nothing is read meanwhile.
    flush();
    await until('the overrun is reported', () => overruns > 0);
    expect(routes).toBeLessThan(200);
  });
});
