/**
 * 100,000 random steps of two sessions, one with additional paths, against a model that is maps of objects: announcements,
 * withdrawals, malformed attributes, refreshes, ends of RIB, restarts and goodbyes. `SEED` repeats a run, `STEPS` shortens it.
 */
import { expect, it } from 'vitest';
import { randomNumbers } from '../../test/system/random.ts';
import { formatGroup, formatKey, newRouteKey, RouteTable } from '../fib/mod.ts';
import { bgpError } from './bgp-error.ts';
import { type AddressFamily, IPV4, IPV6 } from './families.ts';
import { encodeNotification, encodeRefresh, frame, MessageType, RefreshKind } from './message.ts';
import {
  addressBytes,
  asPath,
  attribute,
  bodyOf,
  type FakeConnection,
  med,
  mpReach,
  mpUnreach,
  nextHop,
  nlri,
  theirOpen,
  u32,
  update,
} from './messages.fixture.ts';
import type { Neighbour } from './neighbour.ts';
import { connect, makeNeighbour, say } from './neighbour.fixture.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const STEPS = Number(process.env['STEPS'] ?? 100_000);

const PREFIXES: ReadonlyMap<AddressFamily, readonly string[]> = new Map([
  [IPV4, Array.from({ length: 24 }, (_, i) => `10.${i}.0.0/${i % 3 === 0 ? 16 : 24}`)],
  [IPV6, Array.from({ length: 12 }, (_, i) => `2001:db8:${(i + 1).toString(16)}::/48`)],
]);
const PATH_IDS = [1, 2, 0xffff_fff0] as const;

interface ModelPath {
  readonly hop: string;
  readonly asPathLength: number;
  readonly origin: number;
  readonly med: number;
}

/** One telling: by prefix its paths. */
interface Telling {
  readonly serial: number;
  readonly routes: Map<string, Map<number, ModelPath>>;
}

let serial = 0;

/** What the neighbour has said of one family. */
class ModelFamily {
  current: Telling | undefined;
  stale: Telling | undefined;

  begin(): void {
    this.retain();
    serial += 1;
    this.current = { serial, routes: new Map() };
  }

  retain(): void {
    if (this.current === undefined) return;
    this.stale = this.current;
    this.current = undefined;
  }

  announce(prefix: string, id: number, path: ModelPath): void {
    const paths = this.current?.routes.get(prefix) ?? new Map<number, ModelPath>();
    paths.set(id, path);
    this.current?.routes.set(prefix, paths);
    this.stale?.routes.delete(prefix);
  }

  withdraw(prefix: string, id: number): void {
    for (const telling of [this.current, this.stale]) {
      const paths = telling?.routes.get(prefix);
      if (paths?.delete(id) !== true) continue;
      if (paths.size === 0) telling?.routes.delete(prefix);
      return;
    }
  }
}

/** One neighbour, its session and what it should have brought. */
class Side {
  readonly neighbour: Neighbour;
  readonly hasPaths: boolean;
  readonly model = new Map([
    [IPV4, new ModelFamily()],
    [IPV6, new ModelFamily()],
  ]);
  connection: FakeConnection | undefined;
  restarts = false;

  constructor(table: RouteTable, hasPaths: boolean) {
    this.hasPaths = hasPaths;
    this.neighbour = makeNeighbour(table, { paths: hasPaths ? 'ecmp' : 'one' });
  }

  /** The OPEN: additional paths of both families, and a restart that kept some of them. */
  open(preserved: readonly AddressFamily[]): Buffer {
    const body = bodyOf(theirOpen());
    const capabilities: number[] = [];
    if (this.hasPaths) capabilities.push(69, 8, 0, 1, 1, 2, 0, 2, 1, 2);
    if (this.restarts) {
      const families = [IPV4, IPV6].flatMap((family) => [
        ...[0, family.afi, 1],
        preserved.includes(family) ? 0x80 : 0,
      ]);
      capabilities.push(64, 2 + families.length, 0, 120, ...families);
    }
    const parameter = capabilities.length === 0 ? [] : [2, capabilities.length, ...capabilities];
    const length = (body[9] ?? 0) + parameter.length;
    return frame(
      MessageType.open,
      Buffer.from([...body.subarray(0, 9), length, ...body.subarray(10), ...parameter]),
    );
  }
}

function bestOf(telling: Telling | undefined, prefix: string): { hops: string; med: number } | undefined {
  const paths = [...(telling?.routes.get(prefix)?.values() ?? [])];
  if (paths.length === 0) return undefined;
  const rank = ({ asPathLength, origin, med: metric }: ModelPath): number =>
    asPathLength * 1e6 + origin * 1e5 + metric;
  const least = Math.min(...paths.map(rank));
  const best = paths.filter((path) => rank(path) === least);
  return { hops: [...new Set(best.map(({ hop }) => hop))].sort().join(', '), med: best[0]?.med ?? 0 };
}

/** What the table should have: by prefix, of both sides, the lower MED and then the newer telling. */
function expected(sides: readonly Side[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const [family, prefixes] of PREFIXES) {
    for (const prefix of prefixes) {
      const candidates = sides.flatMap(({ model }) => {
        const { current, stale } = model.get(family) ?? {};
        return [current, stale].flatMap((telling) => {
          const best = bestOf(telling, prefix);
          return best === undefined ? [] : [{ ...best, serial: telling?.serial ?? 0 }];
        });
      });
      const [best] = candidates.sort((a, b) => a.med - b.med || b.serial - a.serial);
      if (best !== undefined) found.set(prefix, best.hops);
    }
  }
  return found;
}

function inTable(table: RouteTable): Map<string, string> {
  const found = new Map<string, string>();
  const key = newRouteKey();
  for (const store of table.stores) {
    for (let slot = 0; slot < store.top; slot++) {
      if (store.source[slot] === 0) continue;
      store.readKey(slot, key);
      const hops = formatGroup(table.groups.action(store.group[slot]!), store.family);
      found.set(formatKey(key), hops.split(', ').sort().join(', '));
    }
  }
  return found;
}

it(`two sessions are as the model says after each of ${STEPS} steps (SEED=${SEED})`, {
  timeout: 600_000,
}, async () => {
  const { random, pick } = randomNumbers(SEED);
  const table = new RouteTable();
  const sides = [new Side(table, true), new Side(table, false)];

  const randomPath = (family: AddressFamily): ModelPath => ({
    hop:
      family === IPV4
        ? `192.0.2.${1 + Math.floor(random() * 5)}`
        : `2001:db8::${1 + Math.floor(random() * 5)}`,
    asPathLength: 1 + Math.floor(random() * 2),
    origin: pick([0, 0, 2]),
    med: pick([0, 0, 5]),
  });
  const somePrefixes = (
    side: Side,
    family: AddressFamily,
  ): { prefix: string; id: number; bytes: number[] }[] =>
    Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
      const prefix = pick(PREFIXES.get(family) ?? []);
      const id = side.hasPaths ? pick(PATH_IDS) : 0;
      return { prefix, id, bytes: nlri(prefix, side.hasPaths ? id : undefined) };
    });
  const bytesOf = (all: readonly { bytes: number[] }[]): number[] => all.flatMap(({ bytes }) => bytes);

  const announcement = (side: Side, isBroken: boolean): Buffer => {
    const family = pick([IPV4, IPV6]);
    const routes = somePrefixes(side, family);
    const path = randomPath(family);
    const model = side.model.get(family);
    const ases = Array.from({ length: path.asPathLength }, (_, i) => 65002 + i);
    const broken = isBroken
      ? pick([attribute(4, [1]), attribute(8, [1, 2]), attribute(8, u32(1), 0x40)])
      : [];
    const good = [
      ...attribute(1, [path.origin]),
      ...asPath(...ases),
      // Of one that comes twice the first counts.
      ...broken,
      ...med(path.med),
    ];
    for (const { prefix, id } of routes) {
      if (isBroken) model?.withdraw(prefix, id);
      else model?.announce(prefix, id, path);
    }
    return family === IPV4
      ? update({ attributes: [...good, ...nextHop(path.hop)], nlri: bytesOf(routes) })
      : update({ attributes: [...good, ...mpReach(addressBytes(path.hop), bytesOf(routes))] });
  };
  const withdrawal = (side: Side): Buffer => {
    const family = pick([IPV4, IPV6]);
    const routes = somePrefixes(side, family);
    for (const { prefix, id } of routes) side.model.get(family)?.withdraw(prefix, id);
    return family === IPV4
      ? update({ withdrawn: bytesOf(routes) })
      : update({ attributes: mpUnreach(bytesOf(routes)) });
  };

  /** Messages that an established session brings, and what they do to the model. */
  const message = (side: Side): Buffer => {
    const kind = random();
    if (kind < 0.55) return announcement(side, false);
    if (kind < 0.62) return announcement(side, true);
    if (kind < 0.9) return withdrawal(side);
    const family = pick([IPV4, IPV6]);
    const model = side.model.get(family);
    if (kind < 0.94) {
      model?.begin();
      return encodeRefresh(family, RefreshKind.begin);
    }
    if (model !== undefined) model.stale = undefined;
    if (kind < 0.97) return encodeRefresh(family, RefreshKind.end);
    return family === IPV4 ? update({}) : update({ attributes: mpUnreach([]) });
  };

  const lose = async (side: Side, connection: FakeConnection): Promise<void> => {
    const isGoodbye = random() < 0.4;
    for (const model of side.model.values()) {
      model.retain();
      if (isGoodbye || !side.restarts) model.stale = undefined;
    }
    side.connection = undefined;
    if (isGoodbye) await say(side.neighbour, connection, [encodeNotification(bgpError(6, 4))]);
    else {
      connection.destroy();
      await say(side.neighbour, connection, []);
    }
  };
  const bringUp = async (side: Side): Promise<void> => {
    side.restarts = random() < 0.7;
    const preserved = side.restarts ? [IPV4, IPV6].filter(() => random() < 0.8) : [];
    for (const [family, model] of side.model) {
      if (!preserved.includes(family)) model.stale = undefined;
      model.begin();
    }
    side.connection = await connect(side.neighbour, side.open(preserved));
  };

  for (let step = 0; step < STEPS; ) {
    const side = pick(sides);
    const { connection } = side;
    if (connection === undefined) {
      await bringUp(side);
      step += 1;
    } else if (random() < 0.01) {
      await lose(side, connection);
      step += 1;
    } else {
      const messages = Array.from({ length: 1 + Math.floor(random() * 6) }, () => message(side));
      await say(side.neighbour, connection, messages);
      step += messages.length;
    }
    const [found, wanted] = [inTable(table), expected(sides)];
    // Comparing maps costs more than all the rest: only what differs is compared in words.
    const isSame =
      found.size === wanted.size && [...wanted].every(([prefix, hops]) => found.get(prefix) === hops);
    if (!isSame) expect(found, `SEED=${SEED}, step ${step}`).toEqual(wanted);
  }
  expect(sides.every(({ neighbour }) => neighbour.status.ups > STEPS / 1000)).toBe(true);
  for (const { neighbour } of sides) await neighbour.remove(bgpError(6, 3));
  expect(inTable(table).size).toBe(0);
  expect(table.groups.size).toBe(0);
  expect(table.sources).toEqual([]);
});
