/**
 * Never wrong, in the kernel: random changes of several sources, links that flap, addresses that go and come, others'
 * routes in the place of ours, our routes taken away by hand, and restarts of our process; at quiet points iproute2's
 * view is compared with a naive model. `FIB_STEPS` makes it longer or shorter, `FIB_SEED` repeats a run.
 */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/mod.ts';
import type { NextHop } from '../../src/config/types.ts';
import { formatKey, KernelBackend, newRouteKey, type RouteSource, RouteTable } from '../../src/fib/mod.ts';
import {
  AddMode,
  addAddress,
  createNamedNetns,
  deleteNamedNetns,
  DONE,
  encodeAddition,
  encodeRemoval,
  REMOVE,
  removeAddress,
  ROUTE_PROTOCOL,
  RouteBulk,
  setLinkUp,
  withNetns,
} from '../../src/linux/mod.ts';
import {
  ip,
  KernelModel,
  type ModelAction,
  type ModelHop,
  type ModelLink,
  readByIproute2,
} from './kernel-model.ts';
import { randomNumbers } from './random.ts';

const STEPS = Number(process.env['FIB_STEPS'] ?? 100_000);
const SEED = Number(process.env['FIB_SEED'] ?? Math.floor(Math.random() * 2 ** 32)) >>> 0;
const STEPS_BETWEEN_LOOKS = 250;
const LOOK_MS = 30_000;

const netns = `test-random-${process.pid}`;
const MAIN = 254;
const OTHER = 77;
const FOREIGN_PROTOCOL = 12;
/** NLM_F_REPLACE | NLM_F_CREATE | NLM_F_REQUEST. */
const REPLACE = 0x501;

interface Destination {
  readonly family: 4 | 6;
  readonly address: string;
  readonly length: number;
  readonly words: readonly [number, number, number, number];
}

const DESTINATIONS: readonly Destination[] = [
  { family: 4, address: '0.0.0.0', length: 0, words: [0, 0, 0, 0] },
  { family: 6, address: '::', length: 0, words: [0, 0, 0, 0] },
  ...Array.from({ length: 24 }, (_, n): Destination => {
    const length = [8, 16, 24, 32][n % 4] ?? 32;
    const bytes = [10 + (n >> 2), 1, 2, 3].map((byte, at) => (at < length / 8 ? byte : 0));
    const word = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    return { family: 4, address: bytes.join('.'), length, words: [word, 0, 0, 0] };
  }),
  ...Array.from({ length: 24 }, (_, n): Destination => {
    const third = n + 1;
    const address = `2001:db9:${third.toString(16)}::`;
    return {
      family: 6,
      address,
      length: [48, 64, 128][n % 3] ?? 64,
      words: [0x2001_0db9, third * 65_536, 0, 0],
    };
  }),
];

describe('random changes of the kernel’s routes', () => {
  const isRoot = process.getuid?.() === 0;
  const hasIp = spawnSync('ip', ['-V']).status === 0;
  const links: ModelLink[] = [
    { name: 'p0', isUp: true, hasIpv4: true, hasIpv6: true, ipv4: '192.0.2.', ipv6: '2001:db8:a::' },
    { name: 'p1', isUp: true, hasIpv4: true, hasIpv6: true, ipv4: '198.51.100.', ipv6: '2001:db8:b::' },
    { name: 'p2', isUp: true, hasIpv4: true, hasIpv6: true, ipv4: '203.0.113.', ipv6: '2001:db8:c::' },
  ];

  beforeAll(() => {
    if (!isRoot || !hasIp) return;
    createNamedNetns(netns);
    for (const { name } of links) {
      ip(netns, 'link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}peer`);
      ip(netns, 'link', 'set', `${name}peer`, 'up');
      ip(netns, 'link', 'set', name, 'up');
    }
    withNetns(netns, () => {
      for (const { name, ipv4, ipv6 } of links) {
        addAddress(name, `${ipv4}1`, 24);
        addAddress(name, `${ipv6}1`, 64);
      }
    });
  });
  afterAll(() => {
    if (isRoot) deleteNamedNetns(netns);
  });

  it(
    `are what a naive model says, after ${STEPS} steps`,
    async (ctx) => {
      if (!isRoot) ctx.skip('network namespaces need root');
      if (!hasIp) ctx.skip('iproute2 makes the links and is compared with');
      process.stderr.write(`FIB_SEED=${SEED} FIB_STEPS=${STEPS}\n`);
      await using run = new Run(links);
      for (let step = 1; step <= STEPS; step++) {
        await run.step();
        if (step % STEPS_BETWEEN_LOOKS === 0 || step === STEPS) await run.look(step);
        // The kernel's notices are heard between two turns.
        if (step % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      process.stderr.write(`${run.looks} looks; ${JSON.stringify(run.done)}\n`);
      // A check that never saw anything would be none.
      expect(run.mostRoutes).toBeGreaterThan(20);
    },
    120_000 + STEPS * 30,
  );
});

class Run implements AsyncDisposable {
  readonly #numbers = randomNumbers(SEED);
  readonly #model: KernelModel;
  readonly #table = new RouteTable();
  readonly #sources = new Map<string, RouteSource>();
  readonly #foreign = new RouteBulk({ netns });
  #backend: KernelBackend;
  #serial = 0;
  looks = 0;
  mostRoutes = 0;
  readonly done: Record<string, number> = {};

  constructor(links: ModelLink[]) {
    this.#model = new KernelModel(links);
    for (const name of ['static', 'feed-a', 'feed-b']) this.#newSource(name);
    this.#backend = this.#newBackend();
  }

  async step(): Promise<void> {
    const dice = this.#random(1000);
    const what =
      dice < 500
        ? 'set'
        : dice < 800
          ? 'remove'
          : dice < 880
            ? 'foreign'
            : dice < 930
              ? 'byHand'
              : this.#rare(dice);
    this.done[what] = (this.done[what] ?? 0) + 1;
    await this[`_${what}`]();
  }

  #rare(dice: number): 'flap' | 'address' | 'feeder' | 'restart' {
    if (dice < 965) return 'flap';
    if (dice < 990) return 'address';
    return dice < 997 ? 'feeder' : 'restart';
  }

  /** Waits until the kernel is as the model says; fails with what is wrong. */
  async look(step: number): Promise<void> {
    this.looks += 1;
    let wrong: string[] = [];
    for (const start = Date.now(); Date.now() - start < LOOK_MS; ) {
      await this.#backend.settled();
      const found = readByIproute2(netns, [MAIN, OTHER], ROUTE_PROTOCOL);
      this.mostRoutes = Math.max(this.mostRoutes, found.size);
      wrong = this.#model.differences(found);
      const { programmed } = this.#backend.status;
      if (wrong.length === 0 && programmed !== found.size) {
        wrong = [`${programmed} are programmed by our count, ${found.size} in the kernel`];
      }
      if (wrong.length === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const foreign = readByIproute2(netns, [MAIN, OTHER], FOREIGN_PROTOCOL);
    for (const key of this.#model.foreign) {
      if (foreign.get(key) !== 'blackhole')
        wrong.push(`another's route ${key} is ${foreign.get(key) ?? 'gone'}`);
    }
    for (const key of foreign.keys())
      if (!this.#model.foreign.has(key)) wrong.push(`${key} is another's again`);
    if (wrong.length > 0) {
      const links = JSON.stringify(this.#model.links);
      const { failures: _, ...status } = this.#backend.status;
      const said = [links, JSON.stringify(status), ...this.#thoughts()];
      throw new Error(`FIB_SEED=${SEED}, step ${step}: ${wrong.join('\n')}\n${said.join('\n')}`);
    }
  }

  /** What the backend thinks of each route that it has, or would have. */
  #thoughts(): string[] {
    const key = newRouteKey();
    return this.#backend.states.flatMap((state) =>
      Array.from({ length: state.store.top }, (_, slot) => {
        const thought = state.stateOf(slot);
        if (thought.state === 'absent') return '';
        state.store.readKey(slot, key);
        return `${formatKey(key)} table ${key.tableId}: ${Object.values(thought).join(': ')}`;
      }).filter((line) => line !== ''),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#backend.detach('the test ends');
    await this.#backend[Symbol.asyncDispose]();
    this.#foreign[Symbol.dispose]();
  }

  _set(): void {
    const [key, destination, tableId] = this.#anyKey();
    const name = this.#anySource();
    const action = this.#anyAction(destination);
    const metric = this.#random(3);
    this.#put(name, key, destination, tableId, action, metric);
  }

  _remove(): void {
    const [key, destination, tableId] = this.#anyKey();
    for (const [name, source] of this.#sources) {
      if (this.#random(2) === 0) continue;
      this.#model.sources.get(name)?.routes.delete(key);
      source.removeRoute(destination, tableId);
    }
  }

  /** Another program adds, replaces or removes a route where ours is or would be. */
  async _foreign(): Promise<void> {
    const [key, { family, length, words }, tableId] = this.#anyKey();
    const base = { family, table: tableId ?? MAIN, metric: 20, protocol: FOREIGN_PROTOCOL } as const;
    const isThere = this.#model.foreign.has(key);
    const mode = isThere ? REMOVE : this.#random(2) === 0 ? REPLACE : AddMode.exclusive;
    const template = isThere
      ? encodeRemoval(base)
      : encodeAddition({ ...base, kind: 'blackhole', nextHops: [] });
    this.#foreign.push(0, template, mode, length, ...words);
    await this.#foreign.send();
    const isDone = this.#foreign.outcomeAt(0) === DONE;
    this.#foreign.clear();
    if (!isDone) return;
    if (isThere) this.#model.foreign.delete(key);
    else this.#model.foreign.add(key);
  }

  /** Somebody removes a route of ours. */
  async _byHand(): Promise<void> {
    const [, { family, length, words }, tableId] = this.#anyKey();
    const base = { family, table: tableId ?? MAIN, metric: 20, protocol: ROUTE_PROTOCOL } as const;
    this.#foreign.push(0, encodeRemoval(base), REMOVE, length, ...words);
    await this.#foreign.send();
    this.#foreign.clear();
  }

  _flap(): void {
    const link = this.#anyLink();
    link.isUp = !link.isUp;
    withNetns(netns, () => setLinkUp(link.name, link.isUp));
    // With the link the kernel takes IPv6 addresses away.
    if (!link.isUp) link.hasIpv6 = false;
    else if (this.#random(4) > 0) this.#setIpv6(link, true);
  }

  _address(): void {
    const link = this.#anyLink();
    if (this.#random(2) === 0) {
      // The last one of a link: the kernel drops all its routes with it, without a word.
      link.hasIpv4 = !link.hasIpv4;
      withNetns(netns, () => {
        if (link.hasIpv4) addAddress(link.name, `${link.ipv4}1`, 24);
        else removeAddress(link.name, `${link.ipv4}1`, 24);
      });
    } else if (link.isUp && !link.hasIpv6) this.#setIpv6(link, true);
  }

  /** A feeder comes back, and sends a part of what it sent before. */
  async _feeder(): Promise<void> {
    const name = this.#random(2) === 0 ? 'feed-a' : 'feed-b';
    const old = this.#sources.get(name);
    const before = this.#model.sources.get(name)?.routes ?? new Map<string, never>();
    this.#newSource(name);
    for (const [key, { action, metric }] of before) {
      if (this.#random(3) === 0) continue;
      const [family, table, prefix] = key.split(' ');
      const destination = DESTINATIONS.find(
        (one) => String(one.family) === family && `${one.address}/${one.length}` === prefix,
      );
      if (destination === undefined) continue;
      this.#put(name, key, destination, table === String(OTHER) ? OTHER : undefined, action, metric);
    }
    await old?.[Symbol.asyncDispose]();
  }

  /** Our process ends and starts again: what it left is adopted. */
  async _restart(): Promise<void> {
    if (this.#random(2) === 0) await this.#backend.detach('for a while');
    await this.#backend[Symbol.asyncDispose]();
    this.#backend = this.#newBackend();
    if (this.#random(2) === 0) await this.#backend.settled();
  }

  #put(
    name: string,
    key: string,
    destination: Destination,
    tableId: number | undefined,
    action: ModelAction,
    metric: number,
  ): void {
    this.#model.sources.get(name)?.routes.set(key, { action, metric });
    const { family } = destination;
    const hops = action.kind === 'forward' ? action.hops : [];
    const nextHops = hops.map((hop) => nextHopOf(hop, family));
    this.#sources.get(name)?.setRoute({
      destination,
      metric,
      tableId,
      action: action.kind === 'forward' ? { kind: 'forward', labels: [], nextHops } : action,
    });
  }

  #newSource(name: string): void {
    const distance = name === 'static' ? 1 : 20;
    const origin = name === 'static' ? 'static' : 'feed';
    this.#sources.set(name, this.#table.addSource({ name, distance, origin }));
    this.#serial += 1;
    this.#model.sources.set(name, { distance, serial: this.#serial, routes: new Map() });
  }

  #newBackend(): KernelBackend {
    const parsed = parseConfig('', 'test.ini');
    if (!parsed.ok) throw new Error('the empty configuration has a mistake');
    const onError = (message: string): void => void process.stderr.write(`${message}\n`);
    const { kernel } = parsed.config.fib;
    const options = { table: this.#table, config: kernel, kernelName: (name: string) => name, onError };
    const backend = new KernelBackend(options, 'idle');
    void backend.attach(netns);
    return backend;
  }

  #setIpv6(link: ModelLink, isThere: boolean): void {
    link.hasIpv6 = isThere;
    withNetns(netns, () => addAddress(link.name, `${link.ipv6}1`, 64));
  }

  /** A whole number from 0 on. */
  #random(below: number): number {
    return Math.floor(this.#numbers.random() * below);
  }

  #anyLink(): ModelLink {
    return this.#numbers.pick(this.#model.links);
  }

  #anySource(): string {
    return this.#numbers.pick(['static', 'feed-a', 'feed-b']);
  }

  #anyKey(): [key: string, destination: Destination, tableId: number | undefined] {
    const destination = this.#numbers.pick(DESTINATIONS);
    const tableId = this.#random(4) === 0 ? OTHER : undefined;
    const { family, address, length } = destination;
    return [`${family} ${tableId ?? MAIN} ${address}/${length}`, destination, tableId];
  }

  #anyAction({ family, length }: Destination): ModelAction {
    const dice = this.#random(20);
    if (dice === 0) return { kind: 'blackhole' };
    if (dice === 1) return { kind: this.#random(2) === 0 ? 'unreachable' : 'prohibit' };
    if (dice === 2) {
      const gateway = family === 4 ? '192.88.99.9' : '2001:db8:ffff::9';
      return { kind: 'forward', hops: [{ gateway, weight: 1, interface: undefined }] };
    }
    const count = dice < 12 ? 1 : 2 + this.#random(3);
    const hops = new Map<string, ModelHop>();
    for (let n = 0; n < count; n++) {
      const weight = count === 1 ? 1 : 1 + this.#random(3);
      // The kernel takes no IPv6 route over several next hops of which one is an interface alone; and with a default
      // route to an interface it would find every gateway there.
      const hop = this.#anyHop(family, length > 0 && (family === 4 || count === 1), weight);
      hops.set(hop.gateway ?? `dev ${hop.interface}`, hop);
    }
    return { kind: 'forward', hops: [...hops.values()] };
  }

  #anyHop(family: 4 | 6, mayBeAttached: boolean, weight: number): ModelHop {
    const link = this.#anyLink();
    if (mayBeAttached && this.#random(5) === 0) return { gateway: undefined, weight, interface: link.name };
    // Of IPv4 now and then over an IPv6 neighbour.
    const isOverIpv4 = family === 4 && this.#random(5) > 0;
    const gateway = `${isOverIpv4 ? link.ipv4 : link.ipv6}${2 + this.#random(6)}`;
    return { gateway, weight, interface: this.#random(3) === 0 ? link.name : undefined };
  }
}

function nextHopOf({ gateway, weight, interface: name }: ModelHop, family: 4 | 6): NextHop {
  if (gateway === undefined) return { family, address: undefined, weight, interface: name ?? '' };
  return { family: gateway.includes(':') ? 6 : 4, address: gateway, weight, interface: name };
}
