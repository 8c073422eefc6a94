import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmulatorProcess } from '../../test/emulator/emulator.ts';
import { parsePrefix } from '../config/mod.ts';
import type { FibVppConfig, StaticRoute } from '../config/types.ts';
import {
  addDelAddress,
  addDelTable,
  createLoopback,
  setInterfaceFlags,
  tableId,
  VppApiClient,
} from '../vpp/api/mod.ts';
import { Fib, newRouteKey, readAskedDestination } from './mod.ts';
import { FIB_VPP_CONFIG } from '../../test/fixtures/fib-config.ts';

function route(text: string, ...to: string[]): StaticRoute {
  const { family, address, length } = parsePrefix(text)!;
  const nextHops = to.map((each) => {
    const [hop = '', name] = each.split('%');
    return { family: hop.includes(':') ? 6 : 4, address: hop, weight: 1, interface: name } as const;
  });
  const action =
    to[0] === 'blackhole'
      ? ({ kind: 'blackhole' } as const)
      : ({ kind: 'forward', nextHops, labels: [] } as const);
  return { destination: { family, address, length }, action, metric: 0, tableId: undefined, line: 1 };
}

let vpp: EmulatorProcess;
let client: VppApiClient;
let fib: Fib;
let known: Set<string>;

beforeEach(async () => {
  vpp = await EmulatorProcess.start();
  client = await VppApiClient.connect(vpp.apiSocket);
  known = new Set();
  // what next hops are reached through
  const loopback = await createLoopback(client);
  for (const text of ['192.0.2.254/24', '203.0.113.254/24', '2001:db8:1::254/64']) {
    await addDelAddress(client, loopback, parsePrefix(text)!, true);
  }
  await setInterfaceFlags(client, loopback, { adminUp: true });
});
afterEach(async () => {
  fib[Symbol.dispose]();
  await client[Symbol.asyncDispose]();
  await vpp[Symbol.asyncDispose]();
});

async function start(routes: StaticRoute[], config: FibVppConfig = FIB_VPP_CONFIG): Promise<void> {
  fib = new Fib({
    config,
    routes,
    resolveInterface: (name) => (known.has(name) ? (0 as never) : undefined),
    onError: () => {},
  });
  await fib.vpp.attach(client, 'first');
}

/** The API's routes in VPP: `0 10.0.0.0/8 192.0.2.1`. */
async function inVpp(): Promise<string[]> {
  const { routes } = await vpp.control({ command: 'fib' });
  return (routes as { table: number; prefix: string; paths: { nextHop: string; type: number }[] }[])
    .map(({ table, prefix, paths }) => {
      const to = paths.map(({ nextHop, type }) => (type === 2 ? 'drop' : nextHop));
      return `${table} ${prefix} ${to.sort().join()}`;
    })
    .sort();
}

async function received(): Promise<number> {
  const { received: counts } = await vpp.control({ command: 'state' });
  return (counts as Record<string, number>)['ip_route_add_del'] ?? 0;
}

async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`not in time: ${JSON.stringify(fib.vpp.status)}`);
    await sleep(10);
  }
}

function reconfigure(config: FibVppConfig, routes: readonly StaticRoute[]): void {
  fib.setRoutes(routes);
  void fib.vpp.reconfigure(config);
}

const settled = (): Promise<void> => until(() => fib.vpp.status.pending === 0);

describe('IPv6 neighbours of IPv4 routes', () => {
  it('are asked for when interfaces change, as long as routes go over them, and nothing is left of it', async () => {
    known.add('xe0');
    await start([
      route('10.0.0.0/8', 'fe80::1%xe0'),
      route('10.1.0.0/16', 'fe80::1%xe0'),
      route('10.2.0.0/16', '2001:db8::1%xe9'),
      route('10.3.0.0/16', '192.0.2.1%xe0'),
      route('2001:db8:1::/48', 'fe80::2%xe0'),
    ]);
    await settled();
    const before = await received();
    fib.vpp.interfacesChanged();
    // One that is over an interface, once: a route that asks, and its removal. A timer asks too.
    await until(async () => (await received()) >= before + 2);
    expect(((await received()) - before) % 2).toBe(0);
    const own = ['0 10.0.0.0/8 fe80::1', '0 10.1.0.0/16 fe80::1', '0 10.3.0.0/16 192.0.2.1'];
    expect(await inVpp()).toEqual([...own, '0 2001:db8:1::/48 fe80::2']);
    fib.setRoutes([route('10.3.0.0/16', '192.0.2.1%xe0')]);
    await settled();
    const then = await received();
    fib.vpp.interfacesChanged();
    await sleep(100);
    expect(await received()).toBe(then);
  });
});

describe('the FIB of VPP with another configuration', () => {
  it('programs the difference: one message for each route that changed, none for the others', async () => {
    const many = Array.from({ length: 100 }, (_, i) => route(`10.1.${i}.0/24`, '192.0.2.1'));
    await start([...many, route('10.2.0.0/16', '192.0.2.1', '192.0.2.2'), route('10.3.0.0/16', 'blackhole')]);
    const before = await received();
    reconfigure(FIB_VPP_CONFIG, [
      ...many,
      route('10.2.0.0/16', '192.0.2.2', '192.0.2.9'),
      route('2001:db8::/32', '2001:db8:1::1'),
    ]);
    await settled();
    expect(await received()).toBe(before + 3);
    const now = await inVpp();
    expect(now).toContain('0 10.2.0.0/16 192.0.2.2,192.0.2.9');
    expect(now).toContain('0 2001:db8::/32 2001:db8:1::1');
    expect(now).toHaveLength(102);
    expect(fib.vpp.status).toMatchObject({ desired: 102, programmed: 102, status: { state: 'synced' } });
    expect([...fib.vpp.programmed()]).toHaveLength(102);
  });

  it('leaves no trace of what was asked for in between', async () => {
    await start([route('10.0.0.0/8', '192.0.2.1')]);
    await vpp.control({ command: 'late', message: 'ip_route_add_del', ms: 100, count: 4 });
    for (const hop of ['192.0.2.2', '192.0.2.3', '192.0.2.4']) {
      reconfigure(FIB_VPP_CONFIG, [route('10.0.0.0/8', hop)]);
      await sleep(20);
    }
    reconfigure(FIB_VPP_CONFIG, []);
    await sleep(20);
    reconfigure(FIB_VPP_CONFIG, [route('10.0.0.0/8', '192.0.2.5')]);
    await settled();
    expect(await inVpp()).toEqual(['0 10.0.0.0/8 192.0.2.5']);
  });

  it('takes all routes out when it is switched off, and puts them back', async () => {
    await start([route('10.0.0.0/8', '192.0.2.1')]);
    reconfigure({ ...FIB_VPP_CONFIG, enabled: false }, [route('10.0.0.0/8', '192.0.2.1')]);
    await settled();
    expect(await inVpp()).toEqual([]);
    expect(fib.vpp.status).toMatchObject({ backend: 'none', desired: 0, status: { state: 'disabled' } });
    reconfigure(FIB_VPP_CONFIG, [route('10.0.0.0/8', '192.0.2.1')]);
    await settled();
    expect(await inVpp()).toEqual(['0 10.0.0.0/8 192.0.2.1']);
  });

  it('moves the routes to another table', async () => {
    await start([route('10.0.0.0/8', '192.0.2.1'), route('2001:db8::/32', '2001:db8:1::1')]);
    reconfigure({ ...FIB_VPP_CONFIG, tableId: 7 }, [route('10.0.0.0/8', '192.0.2.1')]);
    await until(async () => (await inVpp()).join() === '7 10.0.0.0/8 192.0.2.1');
    await settled();
    reconfigure(FIB_VPP_CONFIG, [route('10.0.0.0/8', '192.0.2.1')]);
    // The other table's may go later than this one's come.
    await until(async () => (await inVpp()).join() === '0 10.0.0.0/8 192.0.2.1');
  });

  it('lets go of a table once no route is in it, and has it made again for the next one', async () => {
    known.add('xe0');
    const inTable = { ...route('10.0.0.0/8', '192.0.2.1%xe0'), tableId: 100 };
    await start([inTable, route('10.1.0.0/16', '192.0.2.1')]);
    await settled();
    expect(fib.vpp.letGoOfTable(100)).toBe(false);
    fib.setRoutes([]);
    // The route is still in VPP.
    expect(fib.vpp.letGoOfTable(100)).toBe(false);
    await settled();
    expect(fib.vpp.letGoOfTable(100)).toBe(true);
    // The default table is never anybody else's.
    expect(fib.vpp.letGoOfTable(FIB_VPP_CONFIG.tableId)).toBe(false);
    for (const family of [4, 6] as const) {
      await addDelTable(client, { tableId: tableId(100), family }, false);
    }
    fib.setRoutes([inTable]);
    await until(async () => (await inVpp()).join() === '100 10.0.0.0/8 192.0.2.1');
    await settled();
    expect(fib.vpp.status.failed).toBe(0);
  });

  it('tries again to take out what VPP would not let go', async () => {
    await start([route('10.0.0.0/8', '192.0.2.1')]);
    await vpp.control({ command: 'error', message: 'ip_route_add_del', retval: -1, count: 1 });
    reconfigure(FIB_VPP_CONFIG, []);
    await until(() => fib.vpp.status.failed === 1);
    expect(fib.vpp.status.failures[0]?.prefix).toBe('10.0.0.0/8');
    await until(async () => (await inVpp()).length === 0);
    await until(() => fib.vpp.status.failed === 0);
  });

  it('keeps the old paths of a route until VPP can take the new ones', async () => {
    await start([route('10.0.0.0/8', '192.0.2.1')]);
    reconfigure(FIB_VPP_CONFIG, [route('10.0.0.0/8', '192.0.2.2%xe9')]);
    await until(() => fib.vpp.status.failed === 1);
    expect(await inVpp()).toEqual(['0 10.0.0.0/8 192.0.2.1']);
    known.add('xe9');
    fib.vpp.interfacesChanged();
    await until(async () => (await inVpp()).join() === '0 10.0.0.0/8 192.0.2.2');
  });

  it('takes out what left the configuration while the connection was broken', async () => {
    await start([route('10.0.0.0/8', '192.0.2.1'), route('10.1.0.0/16', '192.0.2.1')]);
    fib.vpp.detach('the test says so');
    reconfigure({ ...FIB_VPP_CONFIG, tableId: 3 }, [route('10.0.0.0/8', '192.0.2.1')]);
    await using again = await VppApiClient.connect(vpp.apiSocket);
    await fib.vpp.attach(again, 'reconnected');
    expect(await inVpp()).toEqual(['3 10.0.0.0/8 192.0.2.1']);
    fib.vpp.detach('the connection ends');
  });

  it('waits for a VPP, and programs what is wanted then', async () => {
    fib = new Fib({
      config: FIB_VPP_CONFIG,
      routes: [route('10.0.0.0/8', '192.0.2.1')],
      resolveInterface: () => undefined,
      onError: () => {},
    });
    reconfigure(FIB_VPP_CONFIG, [route('10.1.0.0/16', '192.0.2.1')]);
    const before = await received();
    await fib.vpp.attach(client, 'first');
    expect(await inVpp()).toEqual(['0 10.1.0.0/16 192.0.2.1']);
    expect(await received()).toBe(before + 1);
  });
});

describe('a recursive next hop', () => {
  it('moves all prefixes behind it by one message', async () => {
    const many = 100_000;
    await start([route('198.51.100.0/24', '192.0.2.1')]);
    const feed = fib.table.addSource({ name: 'feed', distance: 20, origin: 'feed' });
    const action = { kind: 'forward', nextHops: [], labels: [] } as const;
    const hop = { family: 4, address: '198.51.100.7', weight: 1, interface: undefined } as const;
    const group = fib.table.groups.intern(4, { ...action, nextHops: [hop] });
    const key = newRouteKey();
    key.length = 24;
    for (let i = 0; i < many; i++) {
      key.w0 = (0x0a00_0000 + i * 256) >>> 0;
      feed.set(key, group, 0);
    }
    await fib.vpp.settled();
    expect(fib.vpp.status).toMatchObject({ desired: many + 1, programmed: many + 1, failed: 0 });
    const before = await received();
    reconfigure(FIB_VPP_CONFIG, [route('198.51.100.0/24', '192.0.2.99')]);
    await fib.vpp.settled();
    expect(await received()).toBe(before + 1);
  });

  it('of a prefix that flaps is told once, whatever happened in between', async () => {
    await start([]);
    const before = await received();
    for (let i = 0; i < 1_000; i++) {
      fib.setRoutes([route('10.0.0.0/8', `192.0.2.${1 + (i % 7)}`)]);
      if (i % 3 === 1) fib.setRoutes([]);
    }
    await fib.vpp.settled();
    expect(await received()).toBe(before + 1);
    expect(await inVpp()).toHaveLength(fib.table.store(4).size);
  });
});

describe('a route over several interfaces', () => {
  it('goes over those that VPP has, says which it lacks, and gets them back', async () => {
    known.add('xe0');
    await start([
      route('10.0.0.0/8', '192.0.2.1%xe0', '198.51.100.1%xe1'),
      route('10.1.0.0/16', '192.0.2.1%xe0', '198.51.100.1%xe1', '203.0.113.1'),
      route('10.2.0.0/16', '198.51.100.1%xe1'),
    ]);
    await settled();
    expect(await inVpp()).toEqual(['0 10.0.0.0/8 192.0.2.1', '0 10.1.0.0/16 192.0.2.1,203.0.113.1']);
    const leftOut = [{ 'next-hop': '198.51.100.1%xe1', reason: 'VPP has no interface xe1' }];
    expect(fib.vpp.status).toMatchObject({ programmed: 2, failed: 1, nextHopsLeftOut: 1, leftOut });
    expect([...fib.vpp.programmed()][0]).toEqual({ prefix: '10.0.0.0/8', 'next-hop': '192.0.2.1%xe0' });
    const asked = readAskedDestination('10.0.0.1', undefined, 0);
    if ('error' in asked) throw new Error(asked.error);
    const explained = fib.explain(asked.key)?.fibs[0];
    expect(explained).toMatchObject({ 'next-hop': '192.0.2.1%xe0', 'left-out': leftOut });

    known.add('xe1');
    fib.vpp.interfacesChanged();
    await fib.vpp.settled();
    const whole = [
      '0 10.0.0.0/8 192.0.2.1,198.51.100.1',
      '0 10.1.0.0/16 192.0.2.1,198.51.100.1,203.0.113.1',
      '0 10.2.0.0/16 198.51.100.1',
    ];
    expect(await inVpp()).toEqual(whole);
    expect(fib.vpp.status).toMatchObject({ failed: 0, nextHopsLeftOut: 0, leftOut: [] });

    known.delete('xe0');
    fib.vpp.interfacesChanged();
    await until(async () => (await inVpp())[0] === '0 10.0.0.0/8 198.51.100.1');
    known.delete('xe1');
    fib.vpp.interfacesChanged();
    await until(() => fib.vpp.status.failed === 2 && fib.vpp.status.pending === 0);
    expect(fib.vpp.status).toMatchObject({ programmed: 1, nextHopsLeftOut: 2 });
  });

  it('is not settled before it is whole again', async () => {
    known.add('xe0');
    await start([route('10.0.0.0/8', '192.0.2.1%xe0', '198.51.100.1%xe1')]);
    expect(await inVpp()).toEqual(['0 10.0.0.0/8 192.0.2.1']);
    known.add('xe1');
    fib.vpp.interfacesChanged();
    await fib.vpp.settled();
    expect(await inVpp()).toEqual(['0 10.0.0.0/8 192.0.2.1,198.51.100.1']);
  });

  it('that is not the best, or not wanted in VPP, does without nothing', async () => {
    known.add('xe0');
    await start([route('10.0.0.0/8', '192.0.2.1%xe0', '198.51.100.1%xe1')]);
    await settled();
    expect(fib.vpp.status.nextHopsLeftOut).toBe(1);
    const better = fib.table.addSource({ name: 'better', distance: 0, origin: 'static' });
    better.setRoute(route('10.0.0.0/8', '192.0.2.9'));
    await until(async () => (await inVpp())[0] === '0 10.0.0.0/8 192.0.2.9');
    expect(fib.vpp.status.nextHopsLeftOut).toBe(0);
    await better[Symbol.asyncDispose]();
    await until(() => fib.vpp.status.nextHopsLeftOut === 1);
    reconfigure({ ...FIB_VPP_CONFIG, enabled: false }, [
      route('10.0.0.0/8', '192.0.2.1%xe0', '198.51.100.1%xe1'),
    ]);
    await until(() => fib.vpp.status.pending === 0);
    expect(fib.vpp.status).toMatchObject({ desired: 0, nextHopsLeftOut: 0 });
  });
});

describe('what happens while something is in flight', () => {
  it('an interface goes: the answer that comes after it does not count', async () => {
    await start([]);
    known.add('xe0');
    const before = await received();
    await vpp.control({ command: 'late', message: 'ip_route_add_del', ms: 300, count: 1 });
    reconfigure(FIB_VPP_CONFIG, [route('10.0.0.0/8', '192.0.2.1%xe0')]);
    await until(async () => (await received()) === before + 1);
    known.delete('xe0');
    fib.vpp.interfacesChanged();
    await until(() => fib.vpp.status.failed === 1);
    expect(fib.vpp.status).toMatchObject({
      programmed: 0,
      failures: [{ prefix: '10.0.0.0/8', reason: 'VPP has no interface xe0' }],
    });
  });

  it('a connection that ended before it was attached does not end the one that came after it', async () => {
    await start([route('10.0.0.0/8', '192.0.2.1')]);
    const late = await VppApiClient.connect(vpp.apiSocket);
    await late[Symbol.asyncDispose]();
    await fib.vpp.attach(late, 'reconnected');
    reconfigure(FIB_VPP_CONFIG, [route('10.1.0.0/16', '192.0.2.1')]);
    await fib.vpp.settled();
    expect(await inVpp()).toEqual(['0 10.1.0.0/16 192.0.2.1']);
  });

  it('a removal that has to come before another payload is refused: it is tried again later, not at once', async () => {
    const label = (hop: string, family: 4 | 6): StaticRoute => ({
      destination: { family: 'mpls', label: 100 },
      action: {
        kind: 'forward',
        nextHops: [{ family, address: hop, weight: 1, interface: 'xe0' }],
        labels: [],
      },
      metric: 0,
      tableId: undefined,
      line: 1,
    });
    known.add('xe0');
    await start([label('192.0.2.1', 4)]);
    const count = async (): Promise<number> => {
      const { received: counts } = await vpp.control({ command: 'state' });
      return (counts as Record<string, number>)['mpls_route_add_del'] ?? 0;
    };
    await vpp.control({ command: 'error', message: 'mpls_route_add_del', retval: -1, count: 1_000 });
    const before = await count();
    reconfigure(FIB_VPP_CONFIG, [label('2001:db8::1', 6)]);
    await until(() => fib.vpp.status.failed === 2);
    await sleep(300);
    // One for each of the label's two routes; the next tries are a second away.
    expect((await count()) - before).toBeLessThan(10);
    await vpp.control({ command: 'clear' });
    await until(() => fib.vpp.status.programmed === 2);
  });
});
