import { execFileSync, spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../config/mod.ts';
import {
  addAddress,
  createNamedNetns,
  deleteNamedNetns,
  getRlimit,
  ROUTE_PROTOCOL,
  setLinkUp,
  setRlimit,
  withNetns,
} from '../linux/mod.ts';
import { KernelBackend } from './kernel-backend.ts';
import { replaceRoutes, type RouteSource, RouteTable } from './route-table.ts';

const isRoot = process.getuid?.() === 0;
const hasIp = spawnSync('ip', ['-V']).status === 0;
const netns = `test-backend-${process.pid}`;
const WAIT_MS = 15_000;
const INTERFACES = '[interface.xe0]\nmtu = 1500\n[interface.xe1]\nmtu = 1500\n';

let table: RouteTable;
let source: RouteSource;

function ip(...args: string[]): string {
  return withNetns(netns, () => execFileSync('ip', args, { encoding: 'utf8' }));
}

function makeNamespace(): void {
  createNamedNetns(netns);
  ip('link', 'add', 'xe0', 'type', 'veth', 'peer', 'name', 'peer0');
  withNetns(netns, () => {
    setLinkUp('peer0', true);
    setLinkUp('xe0', true);
    addAddress('xe0', '192.0.2.1', 24);
  });
}

/** Another link, without an address. */
function addLink(): void {
  ip('link', 'add', 'xe1', 'type', 'veth', 'peer', 'name', 'peer1');
  for (const name of ['xe1', 'peer1']) ip('link', 'set', name, 'up');
}

/**
 * Two routes by 192.0.2.2 and 198.51.100.2, neither of which is a neighbour any more: the kernel keeps 10.1.0.0/16 by
 * the first one, and takes 10.2.0.0/16 not at all.
 */
async function keepWithoutNeighbour(backend: KernelBackend): Promise<void> {
  // With another address on the link the kernel lets go of nothing.
  ip('addr', 'add', '10.9.9.1/24', 'dev', 'xe0');
  setRoutes('10.1.0.0/16 = 192.0.2.2, 198.51.100.2');
  await backend.attach(netns);
  ip('addr', 'del', '192.0.2.1/24', 'dev', 'xe0');
  setRoutes('10.1.0.0/16 = 192.0.2.2, 198.51.100.2', '10.2.0.0/16 = 192.0.2.2, 198.51.100.2');
  await until(
    () => backend.status.unresolved === 1,
    () => backend.status,
  );
}

/** `[route]` lines into the table's source. */
function setRoutes(...lines: string[]): void {
  const parsed = parseConfig(`${INTERFACES}[route]\n${lines.join('\n')}\n`, 'test.ini');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  replaceRoutes(source, [], parsed.config.routes);
}

/** A /16 by 192.0.2.2. */
function setRoute(
  address: string,
  { labels = [], tableId }: { readonly labels?: readonly number[]; readonly tableId?: number },
): void {
  const hop = { family: 4, address: '192.0.2.2', weight: 1, interface: undefined } as const;
  const destination = { family: 4, address, length: 16 } as const;
  source.setRoute({ destination, action: { kind: 'forward', nextHops: [hop], labels }, tableId });
}

function newBackend(settings = '', errors: string[] = []): KernelBackend {
  const parsed = parseConfig(`[fib.kernel]\n${settings}`, 'test.ini');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const onError = (message: string): void => void errors.push(message);
  const { kernel } = parsed.config.fib;
  return new KernelBackend({ table, config: kernel, kernelName: (name) => name, onError }, 'idle');
}

function ours(): string[] {
  const lines = ip('route', 'show', 'proto', String(ROUTE_PROTOCOL), 'table', 'all').split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

async function until(isSo: () => boolean, what: () => unknown): Promise<void> {
  for (const start = Date.now(); !isSo(); ) {
    if (Date.now() - start > WAIT_MS) throw new Error(`not within ${WAIT_MS} ms: ${JSON.stringify(what())}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('the kernel as a FIB', () => {
  beforeEach((ctx) => {
    if (!isRoot) ctx.skip('network namespaces need root');
    if (!hasIp) ctx.skip('iproute2 makes links and is compared with');
    table = new RouteTable();
    source = table.addSource({ name: 'static', distance: 1, origin: 'static' });
    makeNamespace();
  });
  afterEach(() => {
    if (isRoot) deleteNamedNetns(netns);
  });

  it('takes over what an earlier run left, without a word, and removes what nobody wants any more', async () => {
    setRoutes(
      '10.1.0.0/16 = 192.0.2.2',
      '10.2.0.0/16 = 192.0.2.2@2, 192.0.2.3@1',
      '10.3.0.0/16 = blackhole',
      '10.4.0.0/16 = 192.0.2.2@2, 198.51.100.2@3%xe1',
      '10.5.0.0/16 = 192.0.2.2, 192.0.2.3, 203.0.113.2',
    );
    {
      await using first = newBackend();
      await first.attach(netns);
      expect(first.status).toMatchObject({ programmed: 5, failed: 0, unresolved: 0, nextHopsLeftOut: 2 });
    }
    const before = ours();
    expect(before).not.toEqual([]);
    source.removeRoute({ family: 4, address: '10.3.0.0', length: 16 }, undefined);
    await using second = newBackend();
    await second.attach(netns);
    expect(second.status).toMatchObject({ programmed: 4, batches: 1, nextHopsLeftOut: 2 });
    expect(ours()).toEqual(before.filter((line) => !line.includes('10.3.0.0')));
  });

  it('has routes to an interface, over IPv6 neighbours, and prohibit; adopts, changes and removes them', async () => {
    const shapes = [
      '10.1.0.0/16 = %xe0',
      '10.2.0.0/16 = @2%xe0, 192.0.2.2@3',
      '10.3.0.0/16 = fe80::1%xe0',
      '10.4.0.0/16 = 2001:db8:a::2, 192.0.2.2',
      '10.5.0.0/16 = prohibit',
      '2001:db8:1::/48 = %xe0',
      '2001:db8:2::/48 = prohibit',
    ];
    const expected = [
      '10.1.0.0/16 dev xe0 scope link metric 20',
      'nexthop dev xe0 weight 2',
      'nexthop via 192.0.2.2 dev xe0 weight 3',
      '10.3.0.0/16 via inet6 fe80::1 dev xe0 metric 20',
      'nexthop via inet6 2001:db8:a::2 dev xe0 weight 1',
      'nexthop via 192.0.2.2 dev xe0 weight 1',
      'prohibit 10.5.0.0/16 metric 20',
      '2001:db8:1::/48 dev xe0 metric 20',
      'prohibit 2001:db8:2::/48 dev lo metric 20',
    ];
    const shown = (): string =>
      [...ours(), ...ip('-6', 'route', 'show', 'proto', String(ROUTE_PROTOCOL)).split('\n')].join('\n');
    ip('addr', 'add', '2001:db8:a::1/64', 'dev', 'xe0', 'nodad');
    setRoutes(...shapes);
    {
      await using first = newBackend();
      await first.attach(netns);
      expect(first.status).toMatchObject({ programmed: shapes.length, failed: 0, unresolved: 0 });
    }
    for (const line of expected) expect(shown()).toContain(line);
    // What an earlier run left is the same: nothing is sent.
    await using second = newBackend();
    await second.attach(netns);
    expect(second.status).toMatchObject({ programmed: shapes.length, batches: 0 });
    // Each becomes another one.
    setRoutes(
      '10.1.0.0/16 = prohibit',
      '10.2.0.0/16 = %xe0',
      '10.3.0.0/16 = 192.0.2.2',
      '10.4.0.0/16 = %xe0',
      '10.5.0.0/16 = fe80::1%xe0',
      '2001:db8:1::/48 = 2001:db8:a::2',
      '2001:db8:2::/48 = %xe0',
    );
    await second.settled();
    expect(second.status).toMatchObject({ programmed: shapes.length, failed: 0 });
    const changed = [
      'prohibit 10.1.0.0/16 metric 20',
      '10.2.0.0/16 dev xe0 scope link metric 20',
      '10.3.0.0/16 via 192.0.2.2 dev xe0 metric 20',
      '10.4.0.0/16 dev xe0 scope link metric 20',
      '10.5.0.0/16 via inet6 fe80::1 dev xe0 metric 20',
      '2001:db8:1::/48 via 2001:db8:a::2 dev xe0 metric 20',
      '2001:db8:2::/48 dev xe0 metric 20',
    ];
    for (const line of changed) expect(shown()).toContain(line);
    expect(ip('-6', 'route', 'show', 'proto', String(ROUTE_PROTOCOL)).trim().split('\n')).toHaveLength(2);
    await second.detach('the end');
    expect(ours()).toEqual([]);
  });

  it('finds a gateway on an interface by an attached route of ours', async () => {
    setRoutes('0.0.0.0/0 = 172.31.1.1');
    await using backend = newBackend();
    await backend.attach(netns);
    expect(backend.status).toMatchObject({ programmed: 0, unresolved: 1 });
    setRoutes('172.31.1.1/32 = %xe0');
    await until(
      () => backend.status.programmed === 2,
      () => backend.status,
    );
    expect(ours().join('\n')).toContain('default via 172.31.1.1 dev xe0');
  });

  it('says that the kernel takes no IPv6 route over several next hops of which one is an interface', async () => {
    setRoutes('2001:db8:1::/48 = %xe0, fe80::1%xe0');
    await using backend = newBackend();
    await backend.attach(netns);
    expect(backend.status.failures).toEqual([
      {
        prefix: '2001:db8:1::/48',
        code: 'failed',
        nextHops: ['fe80::1'],
        reason: expect.stringMatching(/Device only routes/) as string,
      },
    ]);
  });

  it('says why a route is not there: another’s in its place, a second name of its table, labels', async () => {
    ip('route', 'add', '10.1.0.0/16', 'via', '192.0.2.9', 'proto', 'bird', 'metric', '20');
    setRoutes('10.1.0.0/16 = 192.0.2.2');
    setRoute('10.2.0.0', { tableId: 254 });
    setRoute('10.3.0.0', { labels: [100, 200] });
    await using backend = newBackend();
    await backend.attach(netns);
    const reasons = new Map(backend.status.failures.map(({ prefix, reason }) => [prefix, reason]));
    expect(reasons.get('10.1.0.0/16')).toMatch(
      /another program has a route there with the same metric \(20\)/,
    );
    expect(reasons.get('10.2.0.0/16')).toMatch(/leave "table 254" out/);
    // Where the kernel can push labels it does.
    const hasLabels = ours().some((line) => line.includes('encap mpls 100/200'));
    if (!hasLabels) expect(reasons.get('10.3.0.0/16')).toMatch(/cannot push MPLS labels.*mpls_iptunnel/);
    expect(ip('route', 'show', '10.1.0.0/16')).toMatch(/via 192\.0\.2\.9 .*proto bird/);
    // As soon as the other one goes, ours comes: not by a timer.
    ip('route', 'del', '10.1.0.0/16');
    await until(() => ours().some((line) => line.startsWith('10.1.0.0/16 via 192.0.2.2')), ours);
  });

  it('tries one route of a group when a link comes, and all when that is taken', async () => {
    const total = 3_000;
    const hop = { family: 4, address: '192.0.2.2', weight: 1, interface: undefined } as const;
    const action = { kind: 'forward', nextHops: [hop], labels: [] } as const;
    for (let n = 0; n < total; n++) {
      const destination = { family: 4, address: `10.${n >> 8}.${n & 255}.0`, length: 24 } as const;
      source.setRoute({ destination, action });
    }
    await using backend = newBackend();
    await backend.attach(netns);
    expect(backend.status.programmed).toBe(total);
    withNetns(netns, () => setLinkUp('xe0', false));
    await until(
      () => backend.status.unresolved === total,
      () => backend.status,
    );
    const { batches } = backend.status;
    // Another link: one route is tried, in vain.
    ip('link', 'add', 'xe1', 'type', 'veth', 'peer', 'name', 'peer1');
    ip('link', 'set', 'xe1', 'up');
    ip('addr', 'add', '198.51.100.1/24', 'dev', 'xe1');
    await until(
      () => backend.status.batches > batches,
      () => backend.status,
    );
    expect(backend.status.batches - batches).toBeLessThan(5);
    expect(backend.status.unresolved).toBe(total);
    withNetns(netns, () => setLinkUp('xe0', true));
    await until(
      () => backend.status.programmed === total,
      () => backend.status,
    );
    expect(ours()).toHaveLength(total);
  });

  it('leaves out next hops that are not there while others are, and takes them back', async () => {
    setRoutes(
      '10.1.0.0/16 = 192.0.2.2@2, 198.51.100.2@3%xe1',
      '10.2.0.0/16 = 192.0.2.2, 203.0.113.2',
      '2001:db8:1::/48 = 2001:db8:a::2%xe0, 2001:db8:b::2',
    );
    ip('addr', 'add', '2001:db8:a::1/64', 'dev', 'xe0', 'nodad');
    await using backend = newBackend();
    await backend.attach(netns);
    const over = (...shown: string[]) => expect(ours().sort()).toEqual(shown);
    over(
      '10.1.0.0/16 via 192.0.2.2 dev xe0 metric 20',
      '10.2.0.0/16 via 192.0.2.2 dev xe0 metric 20',
      '2001:db8:1::/48 via 2001:db8:a::2 dev xe0 metric 20 pref medium',
    );
    expect(backend.status).toMatchObject({
      programmed: 3,
      failed: 0,
      unresolved: 0,
      nextHopsLeftOut: 3,
      leftOut: [
        { 'next-hop': '198.51.100.2%xe1', reason: 'the kernel has no interface for xe1' },
        {
          'next-hop': '203.0.113.2',
          reason: 'the kernel cannot reach it now: Nexthop has invalid gateway',
        },
        { 'next-hop': '2001:db8:b::2' },
      ],
    });
    expect([...backend.programmed()][0]).toEqual({ prefix: '10.1.0.0/16', 'next-hop': '192.0.2.2@2' });
    addLink();
    for (const address of ['198.51.100.1/24', '203.0.113.1/24']) ip('addr', 'add', address, 'dev', 'xe1');
    ip('addr', 'add', '2001:db8:b::1/64', 'dev', 'xe1', 'nodad');
    await until(
      () => backend.status.nextHopsLeftOut === 0 && backend.status.programmed === 3,
      () => backend.status,
    );
    const lines = ours();
    expect(
      lines.filter((line) => /^nexthop via (198\.51\.100\.2|203\.0\.113\.2|2001:db8:b::2) /.test(line)),
    ).toHaveLength(3);
    expect(lines.filter((line) => line.startsWith('nexthop via'))).toHaveLength(6);
    // With the last of its interfaces a route goes; with one of them it stays.
    ip('link', 'del', 'xe1');
    await until(
      () => backend.status.nextHopsLeftOut === 3 && backend.status.programmed === 3,
      () => [backend.status, ...ours()],
    );
    withNetns(netns, () => setLinkUp('xe0', false));
    await until(
      () => backend.status.unresolved === 3,
      () => [backend.status, ...ours()],
    );
    expect(backend.status).toMatchObject({ programmed: 0, nextHopsLeftOut: 0 });
    expect(ours()).toEqual([]);
  });

  it('tells routes again that were left over a next hop which is no neighbour any more', async () => {
    await using backend = newBackend();
    await keepWithoutNeighbour(backend);
    expect(ours()).toEqual(['10.1.0.0/16 via 192.0.2.2 dev xe0 metric 20']);
    addLink();
    ip('addr', 'add', '198.51.100.1/24', 'dev', 'xe1');
    const both = ['10.1.0.0/16', '10.2.0.0/16'].map((one) => `${one} via 198.51.100.2 dev xe1 metric 20`);
    await until(() => JSON.stringify(ours().sort()) === JSON.stringify(both), ours);
  });

  it('reads again what it could not read: without descriptors it does not miss what the kernel dropped', async () => {
    setRoutes('10.1.0.0/16 = 192.0.2.2');
    const errors: string[] = [];
    await using backend = newBackend('', errors);
    await backend.attach(netns);
    expect(backend.status.programmed).toBe(1);
    withNetns(netns, () => setLinkUp('xe0', false));
    // The kernel's notice is heard in a later turn.
    const { soft, hard } = getRlimit('nofile');
    setRlimit('nofile', 0, hard);
    try {
      await until(
        () => errors.length > 0,
        () => backend.status,
      );
    } finally {
      setRlimit('nofile', soft, hard);
    }
    expect(errors[0]).toMatch(/read our routes of the kernel: .*EMFILE/);
    await until(
      () => backend.status.unresolved === 1,
      () => backend.status,
    );
  });

  it('takes over a route as the kernel has it: with a next hop that is gone, and without it', async () => {
    addLink();
    ip('addr', 'add', '198.51.100.1/24', 'dev', 'xe1');
    setRoutes('10.9.0.0/16 = 192.0.2.2, 198.51.100.2');
    {
      await using first = newBackend();
      await first.attach(netns);
      ip('link', 'set', 'xe1', 'down');
      setRoutes('10.9.0.0/16 = 192.0.2.2, 198.51.100.2', '10.1.0.0/16 = 192.0.2.2, 198.51.100.2');
      await until(() => first.status.programmed === 2 && first.status.pending === 0, ours);
    }
    const before = ours();
    expect(before).toContain('10.1.0.0/16 via 192.0.2.2 dev xe0 metric 20');
    expect(before.join()).toContain('10.9.0.0/16 metric 20,nexthop via 192.0.2.2');
    await using second = newBackend();
    await second.attach(netns);
    expect(second.status).toMatchObject({ programmed: 2, batches: 0, nextHopsLeftOut: 1 });
    expect(ours()).toEqual(before);
    ip('link', 'set', 'xe1', 'up');
    await until(
      () => ours().filter((line) => /^nexthop via 198.51.100.2 dev xe1 weight 1$/.test(line)).length === 2,
      ours,
    );
    await second.settled();
    expect(second.status).toMatchObject({ programmed: 2, nextHopsLeftOut: 0 });
  });

  it('leaves out nothing that the kernel takes, whatever routes lead to it', async () => {
    // A more specific route to a neighbour: the kernel looks for links only.
    setRoutes('192.0.2.2/32 = 192.0.2.3', '10.1.0.0/16 = 192.0.2.2, 203.0.113.2', '10.2.0.0/16 = 192.0.2.2');
    await using backend = newBackend();
    await backend.attach(netns);
    const own = () => ours().filter((line) => line.startsWith('10.1.'));
    expect(own()).toEqual(['10.1.0.0/16 via 192.0.2.2 dev xe0 metric 20']);
    // A network on a link without an address of its own comes and goes.
    ip('route', 'add', '203.0.113.0/24', 'dev', 'xe0');
    await until(() => own().join() === '10.1.0.0/16 metric 20', own);
    expect(backend.status.nextHopsLeftOut).toBe(0);
    ip('route', 'del', '203.0.113.0/24', 'dev', 'xe0');
    setRoutes(
      '192.0.2.2/32 = 192.0.2.3',
      '10.1.0.0/16 = 192.0.2.2, 203.0.113.2',
      '10.3.0.0/16 = 203.0.113.2, 192.0.2.2',
    );
    await until(() => backend.status.programmed === 4, ours);
    expect(ours()).toContain('10.3.0.0/16 via 192.0.2.2 dev xe0 metric 20');
    // What it could take once it keeps, whatever became of the way to it.
    expect(own()).toEqual(['10.1.0.0/16 metric 20']);
    expect(ip('route', 'show', 'table', 'all')).not.toContain('table 42949');
  });

  it('leaves alone what the kernel keeps, when something else happens', async () => {
    await using backend = newBackend();
    await keepWithoutNeighbour(backend);
    const { batches } = backend.status;
    ip('link', 'add', 'xe1', 'type', 'veth', 'peer', 'name', 'peer1');
    ip('link', 'set', 'xe1', 'up');
    await until(
      () => backend.status.batches > batches,
      () => backend.status,
    );
    await backend.settled();
    expect(ours()).toEqual(['10.1.0.0/16 via 192.0.2.2 dev xe0 metric 20']);
    expect(backend.status).toMatchObject({ programmed: 1, unresolved: 1, nextHopsLeftOut: 1 });
  });

  it('goes on in a namespace that comes later, or comes back', async () => {
    setRoutes('10.1.0.0/16 = 192.0.2.2');
    deleteNamedNetns(netns);
    await using backend = newBackend();
    await backend.attach(netns);
    expect(backend.status.status).toMatchObject({ state: 'waiting' });
    for (let round = 0; round < 2; round++) {
      makeNamespace();
      await until(
        () => ours().length === 1,
        () => backend.status,
      );
      deleteNamedNetns(netns);
    }
  });

  it('moves to another table and metric, and leaves nothing behind when it is detached', async () => {
    setRoutes('10.1.0.0/16 = 192.0.2.2', '10.3.0.0/16 = 203.0.113.1');
    setRoute('10.2.0.0', { tableId: 77 });
    await using backend = newBackend();
    await backend.attach(netns);
    expect(ours()).toEqual([
      '10.2.0.0/16 via 192.0.2.2 dev xe0 table 77 metric 20',
      '10.1.0.0/16 via 192.0.2.2 dev xe0 metric 20',
    ]);
    const parsed = parseConfig('[fib.kernel]\ntable-id = 100\nmetric = 30', 'test.ini');
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    await backend.reconfigure(parsed.config.fib.kernel);
    expect(ours().sort()).toEqual([
      '10.1.0.0/16 via 192.0.2.2 dev xe0 table 100 metric 30',
      '10.2.0.0/16 via 192.0.2.2 dev xe0 table 77 metric 30',
    ]);
    await backend.detach('done');
    expect(ours()).toEqual([]);
    expect(backend.status).toMatchObject({ desired: 0, programmed: 0, unresolved: 0, pending: 0 });
  });
});
