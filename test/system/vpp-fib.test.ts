/**
 * Never wrong: random changes from several sources, refusals, interfaces that come and go, broken connections and
 * restarts of VPP; at quiet points VPP's FIB is what a naive model says. 100,000 steps, or `FIB_STEPS` of them; the seed is
 * printed and taken from `FIB_SEED`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { defaultConfig, formatDestination } from '../../src/config/mod.ts';
import type { Destination, NextHop, RouteAction } from '../../src/config/types.ts';
import { ASKING_PREFIX, Fib, type RouteSource } from '../../src/fib/mod.ts';
import { createLoopback, dumpInterfaces, type SwIfIndex, VppConnection } from '../../src/vpp/api/mod.ts';
import type { ControlCommand } from '../emulator/control.ts';
import { EmulatorProcess } from '../emulator/emulator.ts';
import { type ReportedRoute, routeLine } from '../emulator/fib-report.ts';
import { randomNumbers } from './random.ts';

const STEPS = Number(process.env['FIB_STEPS'] ?? 100_000);
const SEED = Number(process.env['FIB_SEED'] ?? Date.now() % 2 ** 31);
/** Steps between two quiet points. */
const ROUND = 500;
const QUIET_MS = 60_000;
const SETTLE_MS = 5_000;
const RECURSIVE = 0xffff_ffff;
const ASKING = formatDestination(ASKING_PREFIX);
const IMPLICIT_NULL = 3;

const { random, pick } = randomNumbers(SEED);

const hop = (address: string, name?: string, weight = 1) =>
  ({ family: address.includes(':') ? 6 : 4, address, weight, interface: name }) as const;
/** Straight to an interface. */
const on = (family: 4 | 6, name: string, weight = 1) =>
  ({ family, address: undefined, weight, interface: name }) as const;
const via = (nextHops: NextHop[], labels: number[] = []): RouteAction => ({
  kind: 'forward',
  nextHops,
  labels,
});

const IPV4_ACTIONS: readonly RouteAction[] = [
  via([hop('192.0.2.1')]),
  via([hop('192.0.2.2')]),
  via([hop('192.0.2.1', 'loop0')]),
  via([hop('192.0.2.1', 'loop1')]),
  via([hop('192.0.2.1', 'loop0', 2), hop('192.0.2.9', 'loop1', 3), hop('192.0.2.77')]),
  via([hop('192.0.2.5')], [100]),
  via([hop('192.0.2.5', 'loop0')], [100, 200, 300]),
  via([on(4, 'loop0')]),
  via([on(4, 'loop1', 2), hop('192.0.2.1', 'loop0', 3)]),
  // Over IPv6 neighbours (RFC 8950).
  via([hop('fe80::1', 'loop0')]),
  via([hop('2001:db8::7'), hop('192.0.2.77')]),
  via([hop('2001:db8::5', 'loop1')], [700]),
  { kind: 'blackhole' },
  { kind: 'unreachable' },
  { kind: 'prohibit' },
];
const IPV6_ACTIONS: readonly RouteAction[] = [
  via([hop('2001:db8::1')]),
  via([hop('fe80::1', 'loop0')]),
  via([hop('fe80::1', 'loop1'), hop('2001:db8::2')]),
  via([on(6, 'loop1')]),
  via([on(6, 'loop0'), hop('fe80::9', 'loop1')]),
  { kind: 'blackhole' },
  { kind: 'unreachable' },
  { kind: 'prohibit' },
];
const MPLS_ACTIONS: readonly RouteAction[] = [
  via([hop('192.0.2.1', 'loop0')]),
  via([hop('192.0.2.1')], [500]),
  via([hop('2001:db8::1', 'loop1')], [600, 601]),
];

const DESTINATIONS: readonly Destination[] = [
  { family: 4, address: '0.0.0.0', length: 0 },
  { family: 6, address: '::', length: 0 },
  ...Array.from({ length: 60 }, (_, i) => ({ family: 4 as const, address: `10.${i}.0.0`, length: 16 })),
  ...Array.from({ length: 60 }, (_, i) => ({ family: 4 as const, address: `10.0.${i}.0`, length: 24 })),
  ...Array.from({ length: 60 }, (_, i) => ({
    family: 6 as const,
    address: `2001:db8:${i + 1}::`,
    length: 48,
  })),
  ...Array.from({ length: 10 }, (_, i) => ({ family: 4 as const, address: `10.77.0.${i}`, length: 32 })),
  ...Array.from({ length: 10 }, (_, i) => ({
    family: 6 as const,
    address: `2001:db8:77::${i + 1}`,
    length: 128,
  })),
  ...Array.from({ length: 20 }, (_, i) => ({ family: 'mpls' as const, label: 100 + i })),
];

interface ModelRoute {
  readonly destination: Destination;
  readonly tableId: number | undefined;
  readonly action: RouteAction;
  readonly metric: number;
}

/** A source and what it said, by table and destination. */
interface ModelSource {
  readonly source: RouteSource;
  readonly serial: number;
  readonly routes: Map<string, ModelRoute>;
}

const keyOf = (destination: Destination, tableId: number | undefined): string =>
  `${tableId ?? 0} ${formatDestination(destination)}`;

/** The best route of each destination. */
function bestOf(sources: readonly ModelSource[]): Map<string, ModelRoute> {
  const best = new Map<string, { rank: number[]; route: ModelRoute }>();
  for (const { source, serial, routes } of sources) {
    for (const [key, route] of routes) {
      const rank = [source.distance, route.metric, -serial];
      const now = best.get(key);
      if (now === undefined || isLess(rank, now.rank)) best.set(key, { rank, route });
    }
  }
  return new Map([...best].map(([key, { route }]) => [key, route]));
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (const [at, value] of a.entries()) if (value !== b[at]) return value < (b[at] ?? 0);
  return false;
}

/** What VPP should report of a route; undefined when it has none of the interfaces that it names. */
function expectedOf(route: ModelRoute, interfaces: ReadonlyMap<string, number>): string[] | undefined {
  const { destination, tableId = 0 } = route;
  if (destination.family !== 'mpls') {
    const { family, address, length } = destination;
    const paths = pathsOf(route, interfaces);
    return paths && [routeLine({ table: tableId, family, prefix: `${address}/${length}`, paths })];
  }
  const [eos, neos] = [pathsOf(route, interfaces), pathsOf(route, interfaces, [IMPLICIT_NULL])];
  if (eos === undefined || neos === undefined) return undefined;
  const payload = route.action.kind === 'forward' && route.action.nextHops[0]?.family === 6 ? 1 : 0;
  const base = { table: 0, family: 'mpls' } as const;
  return [
    routeLine({ ...base, prefix: `${destination.label}/eos`, payload, paths: eos }),
    routeLine({ ...base, prefix: `${destination.label}/neos`, payload: 2, paths: neos }),
  ];
}

function pathsOf(
  { destination, action, tableId = 0 }: ModelRoute,
  interfaces: ReadonlyMap<string, number>,
  noLabels: readonly number[] = [],
): ReportedRoute['paths'] | undefined {
  if (action.kind !== 'forward') {
    const nextHop = destination.family === 6 ? '::' : '0.0.0.0';
    const type = { blackhole: 2, unreachable: 5, prohibit: 6 }[action.kind];
    const drops = { swIfIndex: RECURSIVE, nextHop, weight: 1, type, tableId: 0 };
    if (action.kind === 'blackhole') return [drops];
    // VPP 25.02 needs a path beside it that no packet takes (vpp-templates.ts).
    const dummy = destination.family === 6 ? '100::1' : '192.0.0.8';
    return [drops, { swIfIndex: RECURSIVE, nextHop: dummy, weight: 1, type: 0, tableId }];
  }
  const labels = action.labels.length === 0 ? noLabels : action.labels;
  const paths: ReportedRoute['paths'][number][] = [];
  for (const { address, interface: name, weight } of action.nextHops) {
    // A labelled path has an interface: that of the connected network.
    const via = name ?? (labels.length > 0 ? 'loop0' : undefined);
    const swIfIndex = via === undefined ? RECURSIVE : interfaces.get(via);
    // Left out while others are there.
    if (swIfIndex === undefined) continue;
    if (address === undefined) {
      paths.push({ swIfIndex, nextHop: attachedTo(destination), weight, type: 0, tableId: 0 });
      continue;
    }
    // Only what is looked up has a table.
    const base = {
      swIfIndex,
      nextHop: address,
      weight,
      type: 0,
      tableId: swIfIndex === RECURSIVE ? tableId : 0,
    };
    paths.push(labels.length === 0 ? base : { ...base, labels });
  }
  return paths.length === 0 ? undefined : paths;
}

/** What VPP makes the next hop of a route to an interface: a host is its own one. */
function attachedTo(destination: Destination): string {
  if (destination.family === 'mpls') throw new Error('a label has a next hop with an address');
  const { family, address, length } = destination;
  if (length === (family === 4 ? 32 : 128)) return address;
  return family === 4 ? '0.0.0.0' : '::';
}

it(`holds what a naive model says, whatever happens (${STEPS} steps)`, { timeout: 600_000 }, async () => {
  process.stdout.write(`FIB_SEED=${SEED} FIB_STEPS=${STEPS}\n`);
  await using vpp = await EmulatorProcess.start();
  const interfaces = new Map<string, SwIfIndex>();
  /** What VPP has, whether we are told of it or not. */
  const inVpp = new Map<string, SwIfIndex>();
  using fib = new Fib({
    config: { ...defaultConfig().fib.vpp, enabled: true, batchSize: 16, batchIntervalMs: 1 },
    routes: [],
    resolveInterface: (name) => interfaces.get(name),
    onError: () => {},
  });
  fib.setConnected([
    { interface: 'loop0', prefix: { family: 4, address: '192.0.2.254', length: 24 } },
    { interface: 'loop0', prefix: { family: 6, address: '2001:db8::ffff', length: 64 } },
  ]);
  await using connection = new VppConnection({
    socketPath: vpp.apiSocket,
    clientName: 'test',
    reconnectMs: 20,
  });
  connection.on('connected', ({ client, kind }) => {
    const attach = async (): Promise<void> => {
      const present = new Map((await dumpInterfaces(client)).map(({ name, swIfIndex }) => [name, swIfIndex]));
      for (const [instance, name] of ['loop0', 'loop1'].entries()) {
        const index = present.get(name) ?? (await createLoopback(client, { instance }));
        inVpp.set(name, index);
        interfaces.set(name, index);
      }
      await fib.vpp.attach(client, kind);
    };
    // A break in between is followed by the next connection.
    attach().catch(() => {});
  });
  connection.on('disconnected', () => fib.vpp.detach('disconnected'));
  connection.start();

  let serial = 0;
  const newSource = (name: string, distance: number): ModelSource => {
    serial += 1;
    const origin = name === 'static' ? 'static' : 'feed';
    return { source: fib.table.addSource({ name, distance, origin }), serial, routes: new Map() };
  };
  const sources = [newSource('static', 1), newSource('a', 20), newSource('b', 20), newSource('c', 200)];

  const change = (): void => {
    const { source, routes } = pick(sources);
    const destination = pick(DESTINATIONS);
    const tableId = destination.family !== 'mpls' && random() < 0.2 ? 7 : undefined;
    const key = keyOf(destination, tableId);
    if (random() < 0.35) {
      expect(source.removeRoute(destination, tableId)).toBe(routes.delete(key));
      return;
    }
    const actions =
      destination.family === 4 ? IPV4_ACTIONS : destination.family === 6 ? IPV6_ACTIONS : MPLS_ACTIONS;
    const route = { destination, tableId, action: pick(actions), metric: Math.floor(random() * 3) };
    source.setRoute(route);
    routes.set(key, route);
  };
  /** A feeder that comes back says some of what it said, and something new; what it does not say again goes. */
  const refeed = async (): Promise<void> => {
    const at = 1 + Math.floor(random() * 3);
    const old = sources[at];
    if (old === undefined) return;
    const fresh = newSource(old.source.name, old.source.distance);
    sources.push(fresh);
    for (const [key, route] of old.routes) {
      if (random() < 0.7) {
        fresh.source.setRoute(route);
        fresh.routes.set(key, route);
      }
    }
    await old.source[Symbol.asyncDispose]();
    sources.splice(at, 1, fresh);
    sources.pop();
  };
  /** A VPP that is just being restarted cannot be disturbed. */
  const tell = async (command: ControlCommand): Promise<boolean> =>
    vpp.control(command).then(
      () => true,
      () => false,
    );
  const disturb = async (): Promise<void> => {
    const what = random();
    if (what < 0.3) {
      const message = random() < 0.8 ? 'ip_route_add_del' : 'mpls_route_add_del';
      await tell({ command: 'error', message, retval: -1, count: 1 + Math.floor(random() * 5) });
    } else if (what < 0.5) await refeed();
    else if (what < 0.7) {
      const name = pick(['loop0', 'loop1']);
      const index = inVpp.get(name);
      if (interfaces.has(name)) interfaces.delete(name);
      else if (index !== undefined) interfaces.set(name, index);
      fib.vpp.interfacesChanged();
    } else if (what < 0.95) {
      await tell({ command: 'disconnect', afterRequests: Math.floor(random() * 200) });
    } else await tell({ command: 'restart' });
  };
  const compare = async (): Promise<void> => {
    while (!(await tell({ command: 'clear' }))) await sleep(20);
    const best = bestOf(sources);
    const deadline = performance.now() + QUIET_MS;
    let differs: string[] = ['never looked'];
    while (differs.length > 0) {
      if (performance.now() > deadline) {
        const words = JSON.stringify([connection.status, fib.vpp.status]);
        throw new Error(
          `seed ${SEED}: not what the model says: ${differs.slice(0, 10).join('\n')}\n${words}`,
        );
      }
      // What was refused is tried at once, not after its backoff.
      fib.vpp.interfacesChanged();
      // What never settles is told of below, not waited for.
      await Promise.race([fib.vpp.settled(), sleep(SETTLE_MS, undefined, { ref: false })]);
      await sleep(5);
      const wanted = new Set<string>();
      const unknown = new Set<string>();
      let failing = 0;
      for (const [key, route] of best) {
        const lines = expectedOf(route, interfaces);
        if (lines !== undefined) for (const line of lines) wanted.add(line);
        else {
          // VPP has what it had before, or nothing.
          failing += 1;
          unknown.add(key);
        }
      }
      differs = [`the connection is ${connection.status.state}`];
      if (connection.status.state !== 'connected') continue;
      const found = await Array.fromAsync(vpp.dumpFib()).catch(() => undefined);
      if (found === undefined) continue;
      differs = [];
      for (const route of found) {
        const destination = route.family === 'mpls' ? `mpls ${route.prefix.split('/')[0]}` : route.prefix;
        // There for a moment: it has VPP ask for an IPv6 neighbour of IPv4 routes.
        if (unknown.has(`${route.table} ${destination}`) || route.prefix === ASKING) continue;
        const line = routeLine(route);
        if (!wanted.delete(line)) differs.push(`VPP has ${line}`);
      }
      for (const line of wanted) differs.push(`VPP lacks ${line}`);
      const { failed, pending } = fib.vpp.status;
      // Of a label one of its two routes may fail, or both.
      if (failed < failing || failed > 2 * failing)
        differs.push(`${failed} failed, ${failing} routes should`);
      if (pending !== 0) differs.push(`${pending} pending`);
    }
  };

  for (let step = 1; step <= STEPS; step++) {
    if (random() < 0.01) await disturb();
    else change();
    if (step % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (step % ROUND === 0) await compare();
  }
  // Everything goes, and nothing is left.
  for (const { source, routes } of sources) {
    routes.clear();
    await source[Symbol.asyncDispose]();
  }
  await compare();
  expect(fib.vpp.status).toMatchObject({ desired: 0, programmed: 0, failed: 0, pending: 0 });
  // Those of the connected networks.
  expect(fib.table.groups.size).toBe(2);
});
