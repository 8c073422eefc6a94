/** What VPP does with routes, as `VppAudit` tells it, on the emulator and on a real VPP. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePrefix } from '../../src/config/mod.ts';
import type { NextHop, StaticRoute } from '../../src/config/types.ts';
import { type ExplainedRoute, Fib, readAskedDestination } from '../../src/fib/mod.ts';
import {
  addDelAddress,
  addDelRoute,
  createLoopback,
  dumpInterfaces,
  fibPath,
  lookupRoute,
  setInterfaceFlags,
  tableId,
  VppApiClient,
} from '../../src/vpp/api/mod.ts';
import { type ConformanceVpp, startVpp, targetName } from './harness.ts';
import { FIB_VPP_CONFIG } from '../fixtures/fib-config.ts';

const PACE = { tickMs: 5, roundMs: 20, resolveMs: 50, settleMs: 5 };

let vpp: ConformanceVpp;
let client: VppApiClient;
/** Somebody who changes VPP behind our back. */
let other: VppApiClient;
let fib: Fib;
let said: string[];

beforeEach(async () => {
  vpp = await startVpp();
  client = await VppApiClient.connect(vpp.apiSocket);
  other = await VppApiClient.connect(vpp.apiSocket);
  said = [];
  const loopback = await createLoopback(other, { instance: 0 });
  for (const text of ['192.0.2.254/24', '2001:db8:1::254/64']) {
    await addDelAddress(other, loopback, parsePrefix(text)!, true);
  }
  await setInterfaceFlags(other, loopback, { adminUp: true });
});
afterEach(async () => {
  fib[Symbol.dispose]();
  await other[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  await vpp[Symbol.asyncDispose]();
});

function route(text: string, ...to: string[]): StaticRoute {
  const { family, address, length } = parsePrefix(text)!;
  const nextHops = to.map((hop) => ({ family, address: hop, weight: 1, interface: undefined }));
  const action =
    to[0] === 'blackhole' || to[0] === 'unreachable'
      ? ({ kind: to[0] } as const)
      : ({ kind: 'forward', nextHops, labels: [] } as const);
  return { destination: { family, address, length }, action, metric: 0, tableId: undefined, line: 1 };
}

async function start(...routes: StaticRoute[]): Promise<void> {
  fib = new Fib({
    config: FIB_VPP_CONFIG,
    routes,
    resolveInterface: () => undefined,
    onError: (message) => void said.push(message),
    auditPace: PACE,
  });
  await fib.vpp.attach(client, 'first');
}

function vppState(address: string): ExplainedRoute['fibs'][number] {
  const asked = readAskedDestination(address, undefined, 0);
  if ('error' in asked) throw new Error(asked.error);
  const [found] = fib.explain(asked.key)?.fibs ?? [];
  if (found === undefined) throw new Error(`no route to ${address}`);
  return found;
}

async function until(check: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!check()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${JSON.stringify(fib.vpp.status)}`);
    await sleep(5);
  }
}

/** Everything was compared from now on, and followed. */
async function looked(): Promise<void> {
  const rounds = fib.vpp.status.audit?.rounds ?? 0;
  await until(() => (fib.vpp.status.audit?.rounds ?? 0) >= rounds + 2);
}

describe(`on ${targetName} a route that VPP takes and whose packets it drops counts as unresolved`, () => {
  const cases: [string, StaticRoute[], string, string][] = [
    [
      'its next hop is in a blackhole',
      [route('203.0.113.0/24', 'blackhole'), route('10.0.0.0/8', '203.0.113.9')],
      '10.0.0.1',
      'VPP drops its packets: the next hop 203.0.113.9 is in 203.0.113.0/24, which is dropped',
    ],
    [
      'the next hop of its next hop is unreachable',
      [
        route('2001:db8:a::/48', 'unreachable'),
        route('2001:db8:b::/48', '2001:db8:a::1'),
        route('2001:db8:c::/48', '2001:db8:b::1'),
      ],
      '2001:db8:c::5',
      'VPP drops its packets: the next hop 2001:db8:a::1 is in 2001:db8:a::/48, which is dropped',
    ],
    [
      'no route leads to its next hop',
      [route('10.0.0.0/8', '198.51.100.1')],
      '10.0.0.1',
      'VPP drops its packets: no route leads to the next hop 198.51.100.1',
    ],
    [
      'its next hop is reached through itself',
      [route('203.0.113.0/24', '203.0.113.9')],
      '203.0.113.1',
      'VPP drops its packets: the next hop 203.0.113.9 is reached through 203.0.113.0/24, which leads back to itself',
    ],
    [
      'two routes lead to each other',
      [route('10.1.0.0/16', '10.2.0.1'), route('10.2.0.0/16', '10.1.0.1')],
      '10.1.0.9',
      'VPP drops its packets: the next hop 10.2.0.1 is reached through 10.2.0.0/16, which leads back to itself',
    ],
    [
      'its next hop is an address of VPP',
      [route('10.0.0.0/8', '192.0.2.254')],
      '10.0.0.1',
      'VPP keeps its packets: the next hop 192.0.2.254 is an address of VPP (192.0.2.254/32)',
    ],
    [
      'it goes to itself',
      [route('198.51.100.7/32', '198.51.100.7')],
      '198.51.100.7',
      'VPP drops its packets: the next hop is the destination itself',
    ],
    [
      'VPP has the prefix for itself',
      [route('240.0.0.0/4', '192.0.2.1')],
      '240.0.0.1',
      'VPP does not use it: it has a route of its own to this prefix (source special)',
    ],
  ];
  it.each(cases)('%s', async (_, routes, address, reason) => {
    await start(route('172.16.0.0/12', '192.0.2.1'), ...routes);
    // The first look may find the next hop before VPP has resolved the route itself, and give that as the reason.
    await expect
      .poll(() => vppState(address), { timeout: 30_000 })
      .toMatchObject({ state: 'unresolved', reason });
    expect(vppState('172.16.0.1').state).toBe('programmed');
    const { unresolved, failed, failures, desired } = fib.vpp.status;
    expect(unresolved).toBeGreaterThan(0);
    expect({ failed, desired }).toEqual({ failed: 0, desired: routes.length + 1 });
    expect(failures.map((one) => one.reason)).toContain(reason);
    await looked();
    expect(fib.vpp.status.audit).toMatchObject({ state: { state: 'looking' }, differences: 0 });
  });

  it('and as programmed once its next hop leads somewhere, whoever saw to that', async () => {
    const many = Array.from({ length: 50 }, (_, i) => route(`10.${i}.0.0/16`, '198.51.100.1'));
    await start(...many);
    await until(() => fib.vpp.status.unresolved === 50);
    // a network that comes to VPP without a word to us
    const [loopback] = (await dumpInterfaces(other)).filter(({ name }) => name === 'loop0');
    await addDelAddress(other, loopback!.swIfIndex, parsePrefix('198.51.100.254/24')!, true);
    await until(() => fib.vpp.status.programmed === 50);
    await addDelAddress(other, loopback!.swIfIndex, parsePrefix('198.51.100.254/24')!, false);
    await until(() => fib.vpp.status.unresolved === 50);
    fib.setRoutes([...many, route('198.51.100.0/24', '192.0.2.1')]);
    await until(() => fib.vpp.status.programmed === 51);
  });

  it('unless another next hop of it forwards', async () => {
    await start(route('203.0.113.0/24', 'blackhole'), route('10.0.0.0/8', '203.0.113.9', '192.0.2.1'));
    await looked();
    expect(fib.vpp.status).toMatchObject({ programmed: 2, unresolved: 0 });
  });
});

describe(`what VPP has otherwise than it was told is named, counted and told again (${targetName})`, () => {
  const table = tableId(0);

  it('a route that is gone', async () => {
    await start(route('10.0.0.0/8', '192.0.2.1'), route('2001:db8:2::/48', '2001:db8:1::1'));
    await looked();
    expect(fib.vpp.status.audit).toMatchObject({ differences: 0 });
    const prefix = parsePrefix('2001:db8:2::/48')!;
    await addDelRoute(other, { isAdd: false, tableId: table, prefix, paths: [] });
    await until(() => fib.vpp.status.audit?.differences === 1);
    expect(said).toEqual(['2001:db8:2::/48: VPP has lost it; it is told again']);
    await until(() => fib.vpp.status.programmed === 2);
    await looked();
    expect(fib.vpp.status.audit).toMatchObject({
      differences: 1,
      recent: [{ prefix: '2001:db8:2::/48', what: 'missing' }],
    });
  });

  it('a route with other next hops', async () => {
    await start(route('10.0.0.0/8', '192.0.2.1', '192.0.2.2'));
    await looked();
    const prefix = parsePrefix('10.0.0.0/8')!;
    const paths = [fibPath({ nextHop: Uint8Array.of(192, 0, 2, 9) })];
    await addDelRoute(other, { isAdd: true, tableId: table, prefix, paths });
    await until(() => fib.vpp.status.audit?.differences === 1);
    expect(said).toEqual(['10.0.0.0/8: VPP has other next hops than it was told; it is told again']);
    await until(() => fib.vpp.status.programmed === 1);
    const now = await lookupRoute(other, table, prefix, true);
    expect(now.paths.map(({ nextHop }) => nextHop.join('.')).toSorted()).toEqual(['192.0.2.1', '192.0.2.2']);
  });

  it('nothing of routes of all shapes', async () => {
    const loopback = (await dumpInterfaces(other)).find(({ name }) => name === 'loop0');
    const over = (text: string, ...to: [string | undefined, number][]): StaticRoute => {
      const one = route(text);
      const nextHops = to.map(([address, weight]): NextHop => {
        const interfaceName = 'loop0';
        const family = (address ?? text).includes(':') ? 6 : 4;
        return { family, address, weight, interface: interfaceName };
      });
      return { ...one, action: { kind: 'forward', nextHops, labels: [] } };
    };
    fib = new Fib({
      config: FIB_VPP_CONFIG,
      routes: [
        over('198.51.100.7/32', [undefined, 1]),
        over('198.51.100.8/29', [undefined, 1]),
        over('2001:db8:7::7/128', [undefined, 1]),
        over('10.1.0.0/16', ['192.0.2.1', 3], ['192.0.2.2', 1]),
        over('10.2.0.0/16', ['fe80::1', 1]),
        over('2001:db8:8::/48', ['fe80::1', 1]),
        route('10.3.0.0/16', '2001:db8:1::1'),
        route('10.4.0.0/16', 'unreachable'),
        route('10.5.0.0/16', '192.0.2.1', '192.0.2.9'),
        route('2001:db8:9::/48', 'blackhole'),
      ],
      resolveInterface: (name) => (name === 'loop0' ? loopback?.swIfIndex : undefined),
      onError: (message) => void said.push(message),
      auditPace: PACE,
    });
    await fib.vpp.attach(client, 'first');
    await looked();
    expect(said).toEqual([]);
    expect(fib.vpp.status.audit).toMatchObject({ differences: 0 });
    expect(fib.vpp.status).toMatchObject({ desired: 10, programmed: 10 });
  });

  it('nothing of a table that changes all the time', async () => {
    await start();
    for (let i = 0; i < 200; i++) {
      const routes = Array.from({ length: 20 }, (_, k) =>
        route(`10.${k}.0.0/16`, `192.0.2.${1 + ((i + k) % 5)}`),
      );
      fib.setRoutes(i % 3 === 0 ? routes.slice(0, 7) : routes);
      await sleep(i % 10);
    }
    await fib.vpp.settled();
    await looked();
    expect(said).toEqual([]);
    expect(fib.vpp.status.audit).toMatchObject({ differences: 0 });
    expect(fib.vpp.status.audit?.compared).toBeGreaterThan(20);
  });
});
