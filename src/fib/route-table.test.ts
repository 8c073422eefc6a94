import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePrefix } from '../config/mod.ts';
import type { Prefix, RouteAction } from '../config/types.ts';
import { explainRoute } from './explain.ts';
import { newRouteKey, setKey } from './route-key.ts';
import type { Holder } from './route-store.ts';
import { MAX_SOURCES, type RouteSource, RouteTable } from './route-table.ts';

function to(address: string): RouteAction {
  const family = address.includes(':') ? 6 : 4;
  return { kind: 'forward', nextHops: [{ family, address, weight: 1, interface: undefined }], labels: [] };
}

function prefix(text: string): Prefix {
  const { family, address, length } = parsePrefix(text)!;
  return { family, address, length };
}

/** The next hop of the best route to a prefix. */
function bestOf(table: RouteTable, text: string): string | undefined {
  const key = setKey(newRouteKey(), prefix(text), undefined);
  const store = table.store(key.family);
  const slot = store.find(key);
  if (slot < 0 || store.source[slot] === 0) return undefined;
  const action = table.groups.action(store.group[slot]!);
  return action.kind === 'forward' ? action.nextHops[0]?.address : action.kind;
}

/** A FIB that only counts how often it is told of each slot, and holds what it is told to. */
class Follower implements Holder {
  told = 0;
  readonly held = new Set<number>();
  capacity = 0;
  changed(): void {
    this.told += 1;
  }
  holds(slot: number): boolean {
    return this.held.has(slot);
  }
  grow(capacity: number): void {
    this.capacity = capacity;
  }
}

describe('the best route', () => {
  it('is that of the lowest distance, then metric, then the newest source', () => {
    const table = new RouteTable();
    const source = (name: string, distance: number): RouteSource =>
      table.addSource({ name, distance, origin: 'feed' });
    const [far, near, older, newer] = [
      source('far', 200),
      source('near', 1),
      source('a', 20),
      source('b', 20),
    ];
    const destination = prefix('10.0.0.0/8');
    far.setRoute({ destination, action: to('192.0.2.200') });
    expect(bestOf(table, '10.0.0.0/8')).toBe('192.0.2.200');
    older.setRoute({ destination, action: to('192.0.2.20'), metric: 5 });
    newer.setRoute({ destination, action: to('192.0.2.21'), metric: 5 });
    expect(bestOf(table, '10.0.0.0/8')).toBe('192.0.2.21');
    older.setRoute({ destination, action: to('192.0.2.20'), metric: 4 });
    expect(bestOf(table, '10.0.0.0/8')).toBe('192.0.2.20');
    near.setRoute({ destination, action: { kind: 'blackhole' } });
    expect(bestOf(table, '10.0.0.0/8')).toBe('blackhole');
    expect(near.removeRoute(destination, undefined)).toBe(true);
    expect(near.removeRoute(destination, undefined)).toBe(false);
    expect(bestOf(table, '10.0.0.0/8')).toBe('192.0.2.20');
  });

  it('is told of when it is another one, and only then', () => {
    const table = new RouteTable();
    const follower = new Follower();
    table.store(4).attach(follower);
    const one = table.addSource({ name: 'one', distance: 20, origin: 'feed' });
    const two = table.addSource({ name: 'two', distance: 30, origin: 'feed' });
    const destination = prefix('10.0.0.0/8');
    expect(one.setRoute({ destination, action: to('192.0.2.1') })).toBe('added');
    expect(follower.told).toBe(1);
    expect(one.setRoute({ destination, action: to('192.0.2.1') })).toBe('same');
    expect(one.setRoute({ destination, action: to('192.0.2.1'), metric: 7 })).toBe('changed');
    expect(two.setRoute({ destination, action: to('192.0.2.2') })).toBe('added');
    expect(two.removeRoute(destination, undefined)).toBe(true);
    expect(follower.told).toBe(1);
    expect(one.setRoute({ destination, action: to('192.0.2.3'), metric: 7 })).toBe('changed');
    expect(follower.told).toBe(2);
  });

  it('does not change when a source says again what an older one said, and what it left out goes', async () => {
    const table = new RouteTable();
    const follower = new Follower();
    const first = table.addSource({ name: 'feed', distance: 20, origin: 'feed' });
    for (const text of ['10.0.0.0/8', '10.1.0.0/16', '2001:db8::/32']) {
      const destination = prefix(text);
      first.setRoute({ destination, action: to(destination.family === 4 ? '192.0.2.1' : '2001:db8::1') });
    }
    table.store(4).attach(follower);
    const second = table.addSource({ name: 'feed', distance: 20, origin: 'feed' });
    second.setRoute({ destination: prefix('10.0.0.0/8'), action: to('192.0.2.1') });
    await first[Symbol.asyncDispose]();
    expect(bestOf(table, '10.0.0.0/8')).toBe('192.0.2.1');
    expect(bestOf(table, '10.1.0.0/16')).toBeUndefined();
    expect(bestOf(table, '2001:db8::/32')).toBeUndefined();
    expect(table.sources.map(({ name }) => name)).toEqual(['feed']);
    expect(table.groups.size).toBe(1);
  });

  it('is what a naive model says, through any changes of four sources', () => {
    const steps = fc.array(
      fc.record({
        source: fc.nat(3),
        destination: fc.nat(30),
        hop: fc.nat(3),
        metric: fc.nat(2),
        isRemoval: fc.boolean(),
      }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(steps, (moves) => {
        const table = new RouteTable();
        const distances = [1, 20, 20, 200];
        const sources = distances.map((distance, at) =>
          table.addSource({ name: `s${at}`, distance, origin: 'feed' }),
        );
        const model = new Map<number, Map<number, { metric: number; hop: string }>>();
        for (const { source, destination, hop, metric, isRemoval } of moves) {
          const where = prefix(`10.${destination}.0.0/16`);
          const of = model.get(destination) ?? new Map<number, { metric: number; hop: string }>();
          model.set(destination, of);
          if (isRemoval) {
            expect(sources[source]!.removeRoute(where, undefined)).toBe(of.delete(source));
            continue;
          }
          const address = `192.0.2.${hop + 1}`;
          sources[source]!.setRoute({ destination: where, action: to(address), metric });
          of.set(source, { metric, hop: address });
        }
        for (const [destination, of] of model) {
          const best = [...of].sort(
            ([a, one], [b, two]) => distances[a]! - distances[b]! || one.metric - two.metric || b - a,
          )[0];
          expect(bestOf(table, `10.${destination}.0.0/16`)).toBe(best?.[1].hop);
        }
        expect(sources.map(({ size }) => size)).toEqual(
          sources.map((_, at) => [...model.values()].filter((of) => of.has(at)).length),
        );
      }),
    );
  });
});

describe('a slot', () => {
  it('is not used for another destination while a FIB holds it', () => {
    const table = new RouteTable();
    const follower = new Follower();
    const store = table.store(4);
    store.attach(follower);
    const source = table.addSource({ name: 'feed', distance: 20, origin: 'feed' });
    const [a, b] = [prefix('10.0.0.0/8'), prefix('10.1.0.0/16')];
    source.setRoute({ destination: a, action: to('192.0.2.1') });
    follower.held.add(0);
    source.removeRoute(a, undefined);
    source.setRoute({ destination: b, action: to('192.0.2.1') });
    expect(store.find(setKey(newRouteKey(), b, undefined))).toBe(1);
    follower.held.delete(0);
    store.released(0);
    source.setRoute({ destination: prefix('10.2.0.0/16'), action: to('192.0.2.1') });
    expect(store.find(setKey(newRouteKey(), prefix('10.2.0.0/16'), undefined))).toBe(0);
    expect(store.top).toBe(2);
  });

  it('is free again when its route goes, where no FIB wanted it', () => {
    const table = new RouteTable();
    table.store(4).attach(new Follower());
    const source = table.addSource({ name: 'feed', distance: 20, origin: 'feed' });
    for (let n = 0; n < 1_000; n++) {
      const destination = prefix(`10.${n >> 8}.${n & 255}.0/24`);
      source.setRoute({ destination, action: to('192.0.2.1') });
      source.removeRoute(destination, undefined);
    }
    expect(table.store(4).top).toBe(1);
  });

  it('is found among hundreds of thousands, also after half of them have gone', () => {
    const table = new RouteTable();
    const source = table.addSource({ name: 'feed', distance: 20, origin: 'feed' });
    const store = table.store(6);
    const group = table.groups.intern(6, to('2001:db8::1'));
    const key = newRouteKey();
    const at = (i: number): typeof key => {
      key.family = 6;
      key.w0 = 0x2001_0db8;
      key.w1 = Math.imul(i, 0x9e37_79b1) >>> 0;
      key.length = 64;
      return key;
    };
    const many = 200_000;
    for (let i = 0; i < many; i++) source.set(at(i), group, 0);
    for (let i = 0; i < many; i += 2) source.remove(at(i));
    let found = 0;
    for (let i = 0; i < many; i++) if (store.find(at(i)) >= 0 === (i % 2 === 1)) found += 1;
    expect(found).toBe(many);
    expect(store.size).toBe(many / 2);
    expect(store.bytes / store.capacity).toBeLessThan(64);
  });
});

describe('sources', () => {
  it('are bounded, and one that is gone makes room', async () => {
    const table = new RouteTable();
    const all = Array.from({ length: MAX_SOURCES }, (_, at) =>
      table.addSource({ name: `s${at}`, distance: 20, origin: 'feed' }),
    );
    expect(() => table.addSource({ name: 'one more', distance: 20, origin: 'feed' })).toThrow(/255 sources/);
    await all[7]![Symbol.asyncDispose]();
    expect(table.addSource({ name: 'one more', distance: 20, origin: 'feed' }).id).toBe(all[7]!.id);
    expect(() => all[7]!.setRoute({ destination: prefix('10.0.0.0/8'), action: to('192.0.2.1') })).toThrow(
      /no source of routes any more/,
    );
  });

  it('set both routes of a label, and the number of the default table means the default table', () => {
    const table = new RouteTable(7);
    const source = table.addSource({ name: 'feed', distance: 20, origin: 'feed' });
    source.setRoute({ destination: { family: 'mpls', label: 100 }, action: to('192.0.2.1') });
    expect(table.store('mpls').size).toBe(2);
    expect(source.size).toBe(1);
    source.removeRoute({ family: 'mpls', label: 100 }, undefined);
    expect(table.store('mpls').size).toBe(0);
    const destination = prefix('10.0.0.0/8');
    source.setRoute({ destination, action: to('192.0.2.1'), tableId: 7 });
    expect(source.removeRoute(destination, undefined)).toBe(true);
  });
});

describe('explainRoute', () => {
  it('finds the longest match, and says why the best is the best', () => {
    const table = new RouteTable();
    const near = table.addSource({ name: 'static', distance: 1, origin: 'static' });
    const feed = table.addSource({ name: 'bird', distance: 20, origin: 'feed' });
    near.setRoute({ destination: prefix('0.0.0.0/0'), action: to('192.0.2.254') });
    near.setRoute({ destination: prefix('10.0.0.0/8'), action: to('192.0.2.1') });
    feed.setRoute({ destination: prefix('10.0.0.0/8'), action: to('192.0.2.2') });
    const ask = (text: string): ReturnType<typeof explainRoute> =>
      explainRoute(table, [], setKey(newRouteKey(), prefix(text), undefined));
    expect(ask('10.9.9.9/32')).toEqual({
      prefix: '10.0.0.0/8',
      table: 'default',
      candidates: [
        {
          source: 'static',
          distance: 1,
          metric: 0,
          'next-hop': '192.0.2.1',
          isBest: true,
          why: 'its distance 1 is the lowest',
        },
        {
          source: 'bird',
          distance: 20,
          metric: 0,
          'next-hop': '192.0.2.2',
          isBest: false,
          why: 'distance 20 is more than 1',
        },
      ],
      fibs: [],
    });
    expect(ask('11.0.0.1/32')?.prefix).toBe('0.0.0.0/0');
    expect(ask('2001:db8::1/128')).toBeUndefined();
  });
});

describe('what of a network is elsewhere', () => {
  type Action = Parameters<RouteSource['setRoute']>[0]['action'];
  const hop = (address: string) => ({ family: 4, address, weight: 1, interface: undefined }) as const;
  const through = (...addresses: string[]): Action => ({
    kind: 'forward',
    nextHops: addresses.map(hop),
    labels: [],
  });
  const on = (name: string): Action => ({ kind: 'attached', interface: name });

  it('is each prefix in it whose route leaves by another interface', () => {
    const table = new RouteTable();
    const connected = table.addSource({ name: 'connected', origin: 'connected', distance: 0 });
    const add = (source: RouteSource, text: string, action: Action): void => {
      source.setRoute({ destination: prefix(text), action });
    };
    add(connected, '192.0.2.0/24', on('xe0'));
    add(connected, '198.51.100.0/24', on('xe1'));
    const feed = table.addSource({ name: 'bird', origin: 'feed', distance: 20 });
    add(feed, '192.0.2.77/32', through('198.51.100.2'));
    add(feed, '192.0.2.128/26', on('xe1'));
    // By the interface itself, by both, into nowhere, to nobody.
    add(feed, '192.0.2.5/32', through('192.0.2.9'));
    add(feed, '192.0.2.6/32', through('198.51.100.2', '192.0.2.9'));
    add(feed, '192.0.2.7/32', { kind: 'blackhole' });
    add(feed, '192.0.2.8/32', through('203.0.113.1'));
    add(feed, '192.0.3.77/32', through('198.51.100.2'));
    const of = (text: string): string[] =>
      table.elsewhere('xe0', parsePrefix(text)!, 0).map(({ address, length }) => `${address}/${length}`);
    expect(of('192.0.2.1/24')).toEqual(['192.0.2.128/26', '192.0.2.77/32']);
    // Too large to be looked into.
    expect(of('192.0.0.1/16')).toEqual([]);
  });
});
