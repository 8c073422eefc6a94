/**
 * Requests without an answer, on the emulator and on a real VPP: they are executed, in their order; and whatever VPP
 * refuses, drops or loses of a bulk, it has what a naive model says in the end. `SILENT_SEED` repeats a run,
 * `SILENT_ROUNDS` and `SILENT_REFUSALS` make it longer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/mod.ts';
import type { NextHop, Prefix, RouteAction } from '../../src/config/types.ts';
import { Fib, type RouteSource } from '../../src/fib/mod.ts';
import * as vpp from '../../src/vpp/api/mod.ts';
import { ipRouteAddDel } from '../../src/vpp/api/messages/ip.ts';
import { mplsRouteAddDel } from '../../src/vpp/api/messages/mpls.ts';
import type { ControlCommand } from '../emulator/control.ts';
import { randomNumbers } from '../system/random.ts';
import { type ConformanceVpp, needsEmulator, realVppBinary, startVpp, targetName } from './harness.ts';
import { path, prefix, route, text } from './requests.ts';

const SEED = Number(process.env['SILENT_SEED'] ?? Date.now() % 2 ** 31);
const ROUNDS = Number(process.env['SILENT_ROUNDS'] ?? 6);
const REFUSALS = Number(process.env['SILENT_REFUSALS'] ?? (realVppBinary === undefined ? 10 : 100));
const CONFIG = { ...defaultConfig().fib.vpp, enabled: true, batchSize: 64, batchIntervalMs: 1 };
const PACE = { tickMs: 1, roundMs: 5, resolveMs: 500, settleMs: 50 };
/** Of each family more than begin a bulk, also when it is changed by half. */
const COUNT = 10_000;
const TABLE = 7;
const QUIET_MS = 120_000;
const MISSING_FIB = -3;

const LOOPS: readonly (readonly [name: string, instance: number, ...addresses: string[]])[] = [
  ['loop0', 0, '192.0.2.254/24', '2001:db8::ffff/64'],
  ['loop1', 1, '198.51.100.254/24', '2001:db8:1::ffff/64'],
];
const hop = (address: string, name?: string): NextHop => ({
  family: address.includes(':') ? 6 : 4,
  address,
  weight: 1,
  interface: name,
});
const via = (...nextHops: NextHop[]): RouteAction => ({ kind: 'forward', nextHops, labels: [] });
const ACTIONS: Readonly<Record<4 | 6, readonly RouteAction[]>> = {
  4: [
    via(hop('192.0.2.1', 'loop0')),
    via(hop('198.51.100.1', 'loop1')),
    via(hop('192.0.2.2', 'loop0'), hop('198.51.100.2', 'loop1')),
    via(hop('192.0.2.3')),
    { kind: 'blackhole' },
  ],
  6: [via(hop('2001:db8::1', 'loop0')), via(hop('2001:db8:1::1', 'loop1')), { kind: 'blackhole' }],
};
const DESTINATIONS = Array.from({ length: COUNT }, (_, index) => {
  const to: Prefix =
    index % 2 === 1
      ? { family: 6, address: `2001:db8:${(0x1000 + index).toString(16)}::`, length: 48 }
      : { family: 4, address: `10.${index >> 8}.${index & 255}.0`, length: 24 };
  return { to, tableId: index % 5 === 4 ? TABLE : undefined };
});

const { random, pick } = randomNumbers(SEED);
let target: ConformanceVpp;
let client: vpp.VppApiClient;
/** Somebody who changes VPP behind our back. */
let other: vpp.VppApiClient;
const interfaces = new Map<string, vpp.SwIfIndex>();

async function makeLoop([name, instance, ...addresses]: (typeof LOOPS)[number]): Promise<void> {
  const index = await vpp.createLoopback(other, { instance });
  for (const address of addresses) await vpp.addDelAddress(other, index, prefix(address), true);
  await vpp.setInterfaceFlags(other, index, { adminUp: true });
  interfaces.set(name, index);
}

beforeEach(async () => {
  target = await startVpp();
  client = await vpp.VppApiClient.connect(target.apiSocket);
  other = await vpp.VppApiClient.connect(target.apiSocket);
  interfaces.clear();
  for (const loop of LOOPS) await makeLoop(loop);
});
afterEach(async () => {
  await other[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

/** Paths as one text, whatever their order. */
function shown(paths: readonly vpp.FibPath[]): string {
  const one = ({ type, swIfIndex, nextHop }: vpp.FibPath): string =>
    type === vpp.FibPathType.drop ? 'drop' : `${swIfIndex} ${nextHop.join('.')}`;
  return paths.map(one).sort().join(' and ');
}

/** Everything that VPP has to the destinations of this suite. */
async function inVpp(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const there = await vpp.dumpTables(other);
  for (const { tableId, family } of there) {
    for (const one of await vpp.dumpRoutes(other, { tableId, family })) {
      const { address, length } = one.prefix;
      const isOurs = family === 4 ? address.startsWith('10.') && length === 24 : length === 48;
      if (isOurs) found.set(`${tableId} ${text(one.prefix)}`, shown(one.paths));
    }
  }
  return found;
}

describe(`on ${targetName} a request that names no client is executed`, () => {
  it('in its order, and not answered: routes of IP and of labels, whether or not VPP takes them', async () => {
    const loop = interfaces.get('loop0')!;
    const template = (to: string, isAdd = true, table = 0): Uint8Array =>
      vpp.encodeRequest(ipRouteAddDel, vpp.routeBody(route(to, [path('192.0.2.1', loop)], isAdd, table)));
    const handled: number[] = [];
    const answered: [number, number | undefined][] = [];
    const options = {
      onHandled: (slot: number) => handled.push(slot),
      onReply: (slot: number, error: vpp.VppApiError | undefined) => answered.push([slot, error?.retval]),
    };
    using channel = client.bulk(ipRouteAddDel, options);
    const before = client.counters.framesReceived;
    channel.sendSilently(1, template('10.0.0.0/24'));
    channel.sendSilently(2, template('10.0.1.0/24'));
    channel.sendSilently(3, template('10.0.0.0/24', false));
    channel.sendSilently(4, template('10.0.2.0/24', true, 99));
    channel.send(5, template('10.0.3.0/24'));
    expect(channel.silentInFlight).toBe(4);
    await expect.poll(() => answered).toEqual([[5, undefined]]);
    expect(handled).toEqual([1, 2, 3, 4]);
    channel.sendSilently(6, template('10.0.4.0/24'));
    channel.fence();
    channel.fence();
    await expect.poll(() => handled).toEqual([1, 2, 3, 4, 6]);
    channel.send(7, template('10.0.5.0/24', true, 99));
    await expect
      .poll(() => answered)
      .toEqual([
        [5, undefined],
        [7, MISSING_FIB],
      ]);
    // Two answers and one of the ping.
    expect(client.counters.framesReceived - before).toBe(3);
    expect([...(await inVpp()).keys()].sort()).toEqual(['0 10.0.1.0/24', '0 10.0.3.0/24', '0 10.0.4.0/24']);

    await vpp.addDelMplsTable(client, vpp.tableId(0), true);
    using labels = client.bulk(mplsRouteAddDel, { onReply: () => {} });
    const body = { tableId: vpp.tableId(0), isEndOfStack: true, payload: vpp.MplsPayload.ip4 } as const;
    for (const label of [100, 101]) {
      const paths = [path('192.0.2.1', loop)];
      labels.sendSilently(
        label,
        vpp.encodeRequest(mplsRouteAddDel, vpp.mplsRouteBody({ ...body, label, isAdd: true, paths })),
      );
    }
    labels.fence();
    await expect.poll(() => labels.silentInFlight).toBe(0);
    const found = await vpp.dumpMplsRoutes(other, vpp.tableId(0));
    expect(found.map(({ label }) => label).filter((label) => label >= 16)).toEqual([100, 101]);
  });
});

interface Wanted {
  readonly family: 4 | 6;
  readonly action: RouteAction;
}

/** A FIB, a source of routes, and what VPP should have of them. */
class Trial implements Disposable {
  readonly fib: Fib;
  readonly said: string[] = [];
  readonly #source: RouteSource;
  readonly #model = new Map<string, Wanted>();

  constructor(verify: 'sample' | 'all' | 'answered') {
    this.fib = new Fib({
      config: { ...CONFIG, verify },
      routes: [],
      resolveInterface: (name) => interfaces.get(name),
      onError: (message) => void this.said.push(message),
      auditPace: PACE,
    });
    this.#source = this.fib.table.addSource({ name: 'feed', distance: 20, origin: 'feed' });
  }

  [Symbol.dispose](): void {
    this.fib[Symbol.dispose]();
  }

  /** Sets, with this probability, or removes each destination. */
  change(chance: number): void {
    for (const { to, tableId } of DESTINATIONS) {
      const key = `${tableId ?? 0} ${text(to)}`;
      if (random() < chance) {
        const action = pick(ACTIONS[to.family]);
        this.#source.setRoute({ destination: to, tableId, action, metric: 0 });
        this.#model.set(key, { family: to.family, action });
      } else if (this.#model.delete(key)) this.#source.removeRoute(to, tableId);
    }
  }

  /** Withdraws what is in a table. */
  empty(tableId: number): void {
    for (const destination of DESTINATIONS) {
      if (destination.tableId !== tableId) continue;
      this.#source.removeRoute(destination.to, tableId);
      this.#model.delete(`${tableId} ${text(destination.to)}`);
    }
  }

  /** Waits until VPP has what the model says, at most `QUIET_MS`; returns what differs then. */
  async settle(): Promise<string[]> {
    const { vpp: backend } = this.fib;
    const deadline = performance.now() + QUIET_MS;
    for (;;) {
      const { pending, failed } = backend.status;
      // A busy machine may be late with the dump.
      const differs =
        pending + failed === 0
          ? await this.#compare().catch((error: unknown) => [String(error)])
          : [JSON.stringify(backend.status)];
      if (differs.length === 0 || performance.now() > deadline) return differs;
      // What was refused is tried at once, not after its backoff.
      if (failed > 0) backend.interfacesChanged();
      await sleep(50);
    }
  }

  /** The same, and waits until the audit has come by all. */
  async prove(): Promise<string[]> {
    await expect.poll(() => this.fib.vpp.status.audit?.unproven, { timeout: QUIET_MS }).toBe(0);
    return this.settle();
  }

  async #compare(): Promise<string[]> {
    const found = await inVpp();
    const differs: string[] = [];
    for (const [key, { family, action }] of this.#model) {
      const wanted = this.#expected(family, action);
      if (found.get(key) !== wanted) differs.push(`${key}: VPP has ${found.get(key)}, not ${wanted}`);
      found.delete(key);
    }
    return [...differs, ...[...found].map(([key, paths]) => `${key}: VPP still has ${paths}`)];
  }

  #expected(family: 4 | 6, action: RouteAction): string {
    if (action.kind !== 'forward') return 'drop';
    const paths = action.nextHops.map(({ address = '', interface: name }) =>
      path(address, name === undefined ? undefined : interfaces.get(name)),
    );
    expect(paths[0]?.proto).toBe(family === 4 ? vpp.FibPathProto.ip4 : vpp.FibPathProto.ip6);
    return shown(paths);
  }
}

describe(`on ${targetName} a bulk that is told without answers`, () => {
  it('is proven by samples, or as a whole, and by the audit; answered it needs no proof', async () => {
    for (const verify of ['sample', 'all', 'answered'] as const) {
      using trial = new Trial(verify);
      await trial.fib.vpp.attach(client, 'first');
      const before = client.counters.framesReceived;
      trial.change(1);
      await trial.fib.vpp.settled();
      const answers = client.counters.framesReceived - before;
      if (verify === 'answered') expect(answers).toBeGreaterThanOrEqual(COUNT);
      else {
        expect(trial.fib.vpp.status.audit?.unproven).toBeGreaterThan(0);
        expect(answers).toBeLessThan(COUNT);
      }
      expect(await trial.prove()).toEqual([]);
      trial.change(0);
      expect(await trial.prove()).toEqual([]);
      expect(trial.fib.table.stores.map(({ size }) => size)).toEqual([0, 0, 0]);
      expect(trial.said).toEqual([]);
    }
  });

  it(`is as it should be in the end, whatever VPP refuses, drops or loses of it (${ROUNDS} rounds)`, {
    timeout: 600_000,
  }, async (ctx) => {
    needsEmulator(ctx, 'refuse, drop and lose single requests');
    process.stdout.write(`SILENT_SEED=${SEED} SILENT_ROUNDS=${ROUNDS}\n`);
    const emulator = target.emulator!;
    await emulator.control({ command: 'seed', seed: SEED });
    using trial = new Trial('sample');
    await trial.fib.vpp.attach(client, 'first');
    const message = 'ip_route_add_del';
    let repaired = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const fault: ControlCommand = [
        { command: 'lose', message, chance: 0.02 } as const,
        { command: 'error', message, retval: -1, chance: 0.02 } as const,
        // Those with an answer are only sent again when that is overdue.
        { command: 'drop', message, chance: 0.02 } as const,
      ][round % 3]!;
      await emulator.control(fault);
      trial.change(pick([1, 0.5, 0]));
      await Promise.race([trial.fib.vpp.settled(), sleep(2_000)]);
      await emulator.control({ command: 'clear' });
      expect(await trial.settle(), `seed ${SEED}, round ${round}, ${fault.command}`).toEqual([]);
      repaired = trial.fib.vpp.status.audit?.differences ?? 0;
    }
    expect(repaired).toBeGreaterThan(0);
  });

  it(`is as it should be after ${REFUSALS} refusals: an interface is deleted meanwhile, or a table`, {
    timeout: 900_000,
  }, async () => {
    process.stdout.write(`SILENT_SEED=${SEED} SILENT_REFUSALS=${REFUSALS}\n`);
    using trial = new Trial('sample');
    await trial.fib.vpp.attach(client, 'first');
    for (let round = 0; round < REFUSALS; round++) {
      const what = pick(['interface', 'table']);
      const chance = pick([1, 1, 0.5, 0]);
      if (what === 'interface') {
        const loop = pick(LOOPS);
        trial.change(chance);
        await sleep(random() * 10);
        await vpp.deleteLoopback(other, interfaces.get(loop[0])!);
        await sleep(random() * 20);
        interfaces.delete(loop[0]);
        trial.fib.vpp.interfacesChanged();
        await sleep(random() * 10);
        await makeLoop(loop);
        trial.fib.vpp.interfacesChanged();
      } else {
        // An empty one: 26.06 may die of a deleted table with routes in it ("BUG: ipv6 table 7 is not empty").
        trial.empty(TABLE);
        await trial.fib.vpp.settled();
        for (const family of [4, 6] as const)
          await vpp.addDelTable(other, { tableId: vpp.tableId(TABLE), family }, false);
        trial.change(chance);
      }
      expect(await trial.settle(), `seed ${SEED}, refusal ${round}, ${what}`).toEqual([]);
    }
    expect(await trial.prove()).toEqual([]);
  });
});
