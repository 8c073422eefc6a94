import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { listRoutes } from '../../test/fixtures/list-routes.ts';
import { addAddress, listAddresses, removeAddress } from './addresses.ts';
import { linkIndex, listLinks, setLinkMtu, setLinkUp } from './links.ts';
import { MountFlag, mount, UnmountFlag, unmount } from './mount.ts';
import { createNamedNetns, deleteNamedNetns } from './named-netns.ts';
import { NETNS_DIR, withNetns } from './netns.ts';
import { type KernelRoute, deleteRoute, ROUTE_PROTOCOL, replaceRoute } from './routes.ts';

const isRoot = process.getuid?.() === 0;
const hasIp = spawnSync('ip', ['-V']).status === 0;
const name = `test-linux-${process.pid}`;
const home = isRoot ? readlinkSync('/proc/thread-self/ns/net') : '';

function ip(...args: string[]): string {
  // Not `ip -n`, which changes the root's mount and so fails where the root is not a mount point.
  return withNetns(name, () => execFileSync('ip', args, { encoding: 'utf8' }));
}

function needRoot(ctx: TestContext): void {
  if (!isRoot) ctx.skip('network namespaces need root');
}

function inside<T>(body: () => T): T {
  return withNetns(name, body);
}

beforeAll(() => {
  if (isRoot) createNamedNetns(name);
});
afterAll(() => {
  if (isRoot) deleteNamedNetns(name);
});

describe('named network namespaces', () => {
  beforeEach(needRoot);

  it('are created with their loopback up, beside ours', () => {
    expect(existsSync(join(NETNS_DIR, name))).toBe(true);
    expect(inside(() => listLinks())).toEqual([
      { index: 1, name: 'lo', mac: '00:00:00:00:00:00', up: true, running: true, mtu: 65536 },
    ]);
    expect(inside(() => readlinkSync('/proc/thread-self/ns/net'))).not.toBe(home);
    expect(readlinkSync('/proc/thread-self/ns/net')).toBe(home);
    const seen = inside(() => execFileSync('cat', ['/proc/net/dev'], { encoding: 'utf8' }));
    expect(seen.match(/^\s*\w+:/gm)?.map((line) => line.trim())).toEqual(['lo:']);
  });

  it('are kept when they exist, and repaired: loopback set up, a leftover name bound again', () => {
    const other = `${name}-b`;
    try {
      inside(() => setLinkUp('lo', false));
      expect(createNamedNetns(name)).toBe('existing');
      expect(inside(() => listLinks()[0]?.up)).toBe(true);
      writeFileSync(join(NETNS_DIR, other), '');
      expect(createNamedNetns(other)).toBe('created');
      expect(withNetns(other, () => listLinks()).length).toBe(1);
    } finally {
      expect(deleteNamedNetns(other)).toBe(true);
    }
    expect(deleteNamedNetns(other)).toBe(false);
    expect(() => withNetns(other, () => 1)).toThrow(/setns\(".*"\): ENOENT/);
  });

  it('refuse names with separators, and files that are not namespaces', () => {
    const dir = mkdtempSync(join(tmpdir(), 'linux-netns-'));
    try {
      writeFileSync(join(dir, 'text'), 'precious');
      mkdirSync(join(dir, 'folder'));
      writeFileSync(join(dir, 'uts'), '');
      mount('/proc/self/ns/uts', join(dir, 'uts'), 'none', MountFlag.bind);
      for (const bad of ['text', 'folder', 'uts']) {
        expect(() => createNamedNetns(bad, dir)).toThrow(
          /EINVAL .*: the file exists and is not a network namespace/,
        );
      }
      expect(() => withNetns('text', () => 1, dir)).toThrow(/setns\(".*"\): EINVAL/);
      for (const bad of ['', '.', '..', 'a/b', 'a\0b'])
        expect(() => createNamedNetns(bad)).toThrow(RangeError);
    } finally {
      unmount(join(dir, 'uts'), UnmountFlag.detach);
      rmSync(dir, { recursive: true });
    }
    expect(readlinkSync('/proc/thread-self/ns/net')).toBe(home);
  });

  it('are left when the body throws', () => {
    expect(() =>
      inside(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(readlinkSync('/proc/thread-self/ns/net')).toBe(home);
  });
});

describe('rtnetlink', () => {
  beforeEach((ctx) => {
    needRoot(ctx);
    if (!hasIp) ctx.skip('iproute2 is not there to make links and to compare with');
    if (inside(() => linkIndex('t0')) !== undefined) ip('link', 'del', 't0');
    ip('link', 'add', 't0', 'type', 'veth', 'peer', 'name', 't0peer');
    inside(() => {
      setLinkUp('t0', true);
      setLinkUp('t0peer', true);
    });
  });

  it('sets links up, down and their MTU', () => {
    inside(() => setLinkMtu('t0', 9000));
    const [shown]: {
      mtu: number;
      flags: string[];
      address: string;
      ifindex: number;
    }[] = JSON.parse(ip('-j', 'link', 'show', 't0'));
    expect(shown?.mtu).toBe(9000);
    expect(shown?.flags).toEqual(expect.arrayContaining(['UP', 'LOWER_UP']));
    const link = inside(() => listLinks()).find((entry) => entry.name === 't0');
    expect(link).toEqual({
      index: shown?.ifindex,
      name: 't0',
      mac: shown?.address,
      up: true,
      running: true,
      mtu: 9000,
      kind: 'veth',
    });
    inside(() => setLinkUp('t0', false));
    expect(ip('link', 'show', 't0')).not.toMatch(/[<,]UP[,>]/);
    expect(inside(() => linkIndex('t0'))).toBe(shown?.ifindex);
    expect(inside(() => linkIndex('nosuch'))).toBeUndefined();
    expect(() => inside(() => setLinkUp('nosuch', true))).toThrow(/setLinkUp\("nosuch", true\): ENODEV/);
    expect(() => inside(() => setLinkMtu('t0', 10_000_000))).toThrow(/EINVAL .*mtu/);
  });

  it('adds, lists, removes and flushes addresses of both families', () => {
    inside(() => {
      addAddress('t0', '192.0.2.1', 24);
      addAddress('t0', '192.0.2.1', 24);
      addAddress('t0', '2001:db8::1', 64);
    });
    const shown = ip('addr', 'show', 't0');
    expect(shown).toContain('inet 192.0.2.1/24 brd 192.0.2.255 scope global t0');
    expect(shown).toMatch(/inet6 2001:db8::1\/64 scope global nodad/);
    const index = inside(() => linkIndex('t0'));
    const listed = inside(() => listAddresses('t0')).filter((entry) => !entry.address.startsWith('fe80'));
    expect(listed).toEqual([
      { ifIndex: index, family: 4, address: '192.0.2.1', length: 24, tentative: false },
      { ifIndex: index, family: 6, address: '2001:db8::1', length: 64, tentative: false },
    ]);
    expect(inside(() => removeAddress('t0', '192.0.2.1', 24))).toBe(true);
    expect(inside(() => removeAddress('t0', '192.0.2.1', 24))).toBe(false);
    inside(() => {
      for (const { address, length } of listAddresses('t0')) removeAddress('t0', address, length);
    });
    expect(inside(() => listAddresses('t0'))).toEqual([]);
    expect(() => inside(() => addAddress('t0', '192.0.2.300', 24))).toThrow(/EINVAL/);
    expect(() => inside(() => addAddress('t0', '192.0.2.1', 33))).toThrow(/prefix length must be 0–32/);
    expect(() => inside(() => addAddress('nosuch', '192.0.2.1', 24))).toThrow(/ENODEV/);
  });

  it('replaces, lists and deletes routes', () => {
    const route = (fields: Partial<KernelRoute>): KernelRoute => ({
      family: 4,
      address: '10.0.0.0',
      length: 8,
      kind: 'unicast',
      nextHops: [],
      ...fields,
    });
    const ifIndex = inside(() => {
      addAddress('t0', '192.0.2.1', 24);
      addAddress('t0', '2001:db8::1', 64);
      return linkIndex('t0') ?? 0;
    });
    const routes = [
      route({ nextHops: [{ gateway: '192.0.2.2', weight: 1 }] }),
      route({
        address: '10.1.0.0',
        length: 16,
        nextHops: [
          { gateway: '192.0.2.2', weight: 1 },
          { gateway: '192.0.2.3', weight: 3 },
        ],
      }),
      route({ address: '10.2.0.0', length: 16, nextHops: [{ ifIndex, weight: 1 }] }),
      route({ address: '10.3.0.0', length: 16, kind: 'blackhole' }),
      route({ address: '10.4.0.0', length: 16, kind: 'unreachable', table: 1000, metric: 20 }),
      route({ address: '10.5.0.0', length: 16, nextHops: [{ gateway: '2001:db8::2', ifIndex, weight: 1 }] }),
      route({ address: '0.0.0.0', length: 0, nextHops: [{ gateway: '192.0.2.2', weight: 1 }] }),
      route({
        family: 6,
        address: '2001:db8:1::',
        length: 48,
        nextHops: [{ gateway: '2001:db8::2', weight: 1 }],
      }),
      route({
        family: 6,
        address: '2001:db8:2::',
        length: 48,
        nextHops: [
          { gateway: '2001:db8::2', weight: 2 },
          { gateway: '2001:db8::3', weight: 1 },
        ],
      }),
      route({ family: 6, address: '2001:db8:3::', length: 48, kind: 'blackhole' }),
    ];
    inside(() => {
      for (const entry of routes) replaceRoute(entry);
      for (const entry of routes) replaceRoute(entry);
    });
    const shown = ip('-4', 'route', 'show', 'table', 'all', 'proto', String(ROUTE_PROTOCOL)).replaceAll(
      '\\',
      '',
    );
    expect(shown).toMatch(/^default via 192\.0\.2\.2 dev t0/m);
    expect(shown).toMatch(/^10\.0\.0\.0\/8 via 192\.0\.2\.2 dev t0/m);
    expect(shown).toMatch(
      /^10\.1\.0\.0\/16 *\n\s*nexthop via 192\.0\.2\.2 dev t0 weight 1 *\n\s*nexthop via 192\.0\.2\.3 dev t0 weight 3/m,
    );
    expect(shown).toMatch(/^10\.2\.0\.0\/16 dev t0 .*scope link/m);
    expect(shown).toMatch(/^blackhole 10\.3\.0\.0\/16/m);
    expect(shown).toMatch(/^unreachable 10\.4\.0\.0\/16 table 1000 metric 20/m);
    expect(shown).toMatch(/^10\.5\.0\.0\/16 via inet6 2001:db8::2 dev t0/m);
    const shown6 = ip('-6', 'route', 'show', 'proto', String(ROUTE_PROTOCOL));
    expect(shown6).toMatch(/^2001:db8:1::\/48 via 2001:db8::2 dev t0/m);
    expect(shown6).toMatch(/nexthop via 2001:db8::2 dev t0 weight 2/);

    const listed = inside(() => listRoutes({ protocol: ROUTE_PROTOCOL }));
    expect(listed).toHaveLength(routes.length);
    const byPrefix = new Map(listed.map((entry) => [`${entry.address}/${entry.length}`, entry]));
    for (const entry of routes) {
      const found = byPrefix.get(`${entry.address}/${entry.length}`);
      expect(found).toMatchObject({
        family: entry.family,
        kind: entry.kind,
        protocol: ROUTE_PROTOCOL,
        table: entry.table ?? 254,
      });
      // The kernel resolves the interface and may reorder IPv6 siblings.
      const plain = (hops: KernelRoute['nextHops']): string[] =>
        hops.map((hop) => `${hop.gateway} ${hop.weight}`).toSorted();
      expect(plain(found?.nextHops ?? [])).toEqual(plain(entry.nextHops));
    }
    expect(inside(() => listRoutes({ table: 1000 }))).toMatchObject([{ address: '10.4.0.0', metric: 20 }]);
    expect(inside(() => listRoutes({ table: 4711 }))).toEqual([]);
    expect(inside(() => listRoutes({ family: 6, protocol: ROUTE_PROTOCOL }))).toHaveLength(3);

    inside(() =>
      replaceRoute(
        route({ address: '10.1.2.3', length: 16, nextHops: [{ gateway: '192.0.2.9', weight: 1 }] }),
      ),
    );
    expect(ip('route', 'show', '10.1.0.0/16')).toMatch(/via 192\.0\.2\.9/);
    for (const entry of routes) expect(inside(() => deleteRoute(entry))).toBe(true);
    for (const entry of routes) expect(inside(() => deleteRoute(entry))).toBe(false);
    expect(inside(() => listRoutes({ protocol: ROUTE_PROTOCOL }))).toEqual([]);
  });

  it('reports the kernel’s reason for a refused route', () => {
    const bad =
      (fields: Partial<KernelRoute>): (() => void) =>
      () =>
        inside(() =>
          replaceRoute({
            family: 4,
            address: '10.0.0.0',
            length: 8,
            kind: 'unicast',
            nextHops: [{ gateway: '203.0.113.1', weight: 1 }],
            ...fields,
          }),
        );
    expect(bad({})).toThrow(
      /replaceRoute\("10\.0\.0\.0\/8"\): ENETUNREACH \(.*\): Nexthop has invalid gateway/,
    );
    expect(bad({ nextHops: [] })).toThrow(/EINVAL/);
    expect(bad({ kind: 'blackhole' })).toThrow(/EINVAL/);
    expect(bad({ length: 40 })).toThrow(/not an IPv4 prefix/);
  });

  it('lists more than fits into one datagram', () => {
    inside(() => {
      for (let i = 0; i < 2000; i++) {
        replaceRoute({
          family: 4,
          address: `10.${i >> 8}.${i & 255}.0`,
          length: 24,
          kind: 'blackhole',
          nextHops: [],
        });
      }
      expect(listRoutes({ protocol: ROUTE_PROTOCOL })).toHaveLength(2000);
    });
  });
});
