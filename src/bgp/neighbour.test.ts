/** A neighbour: what becomes of its routes when a session ends, restarts or is told anew. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { RouteTable } from '../fib/mod.ts';
import { encodeNotification, encodeRefresh, frame, MessageType, RefreshKind } from './message.ts';
import { bgpError } from './bgp-error.ts';
import { IPV4 } from './families.ts';
import {
  asPath,
  bodyOf,
  FakeConnection,
  nextHop,
  nlri,
  ORIGIN,
  theirOpen,
  update,
} from './messages.fixture.ts';
import type { Neighbour } from './neighbour.ts';
import { connect, KEEPALIVE, makeNeighbour, say } from './neighbour.fixture.ts';

const ATTRIBUTES = [...ORIGIN, ...asPath(65002), ...nextHop('192.0.2.7')];
const announce = (...prefixes: readonly string[]): Buffer =>
  update({ attributes: ATTRIBUTES, nlri: prefixes.flatMap((prefix) => nlri(prefix)) });
const END_OF_RIB = update({});
/** The capability of an OPEN: it restarts within 120 s, and its IPv4 routes were kept. */
const RESTARTS = [64, 6, 0, 120, 0, 1, 1, 0x80];

/** An OPEN with a capability more. */
function openWith(capability: readonly number[]): Buffer {
  const body = bodyOf(theirOpen());
  const parameter = [2, capability.length, ...capability];
  const length = (body[9] ?? 0) + parameter.length;
  return frame(
    MessageType.open,
    Buffer.from([...body.subarray(0, 9), length, ...body.subarray(10), ...parameter]),
  );
}

let table: RouteTable;
let neighbour: Neighbour;

beforeEach(() => {
  table = new RouteTable();
  neighbour = makeNeighbour(table);
  return async () => neighbour.remove(bgpError(6, 3));
});

const size = (): number => table.store(4).size;

describe('the routes of a session', () => {
  it('are withdrawn when the connection breaks', async () => {
    const connection = await connect(neighbour);
    expect(neighbour.status).toMatchObject({ state: 'established', holdTimeSeconds: 90, ups: 1 });
    await say(neighbour, connection, [announce('10.0.0.0/8', '11.0.0.0/8')]);
    expect(size()).toBe(2);
    connection.destroy(new Error('read ECONNRESET'));
    await say(neighbour, connection, []);
    await vi.waitFor(() => expect(size()).toBe(0));
    expect(neighbour.status).toMatchObject({ state: 'active', lastError: { text: 'read ECONNRESET' } });
  });

  it('are withdrawn at a NOTIFICATION, though the neighbour could restart', async () => {
    const connection = await connect(neighbour, openWith(RESTARTS));
    const goodbye = encodeNotification(bgpError(6, 2, undefined, Buffer.from('\u0004noon')));
    await say(neighbour, connection, [announce('10.0.0.0/8'), goodbye]);
    expect(size()).toBe(0);
    expect(neighbour.status.lastError?.text).toBe('received Cease: Administrative Shutdown (noon)');
  });

  it('stay while the neighbour restarts, and what it does not announce again goes', async () => {
    const first = await connect(neighbour, openWith(RESTARTS));
    await say(neighbour, first, [announce('10.0.0.0/8', '11.0.0.0/8'), END_OF_RIB]);
    first.destroy();
    await say(neighbour, first, []);
    expect(size()).toBe(2);
    expect(neighbour.status.families[0]).toMatchObject({ prefixes: 0, stale: 2 });
    expect(neighbour.status.staleUntil).toBeGreaterThan(Date.now() + 100_000);

    const second = await connect(neighbour, openWith(RESTARTS));
    await say(neighbour, second, [announce('10.0.0.0/8')]);
    expect(size()).toBe(2);
    await say(neighbour, second, [END_OF_RIB]);
    expect(size()).toBe(1);
    expect(neighbour.status.families[0]).toMatchObject({ prefixes: 1, stale: 0 });
  });

  it('go at once when a restarted neighbour has not kept its own', async () => {
    const first = await connect(neighbour, openWith(RESTARTS));
    await say(neighbour, first, [announce('10.0.0.0/8')]);
    first.destroy();
    await say(neighbour, first, []);
    expect(size()).toBe(1);
    await connect(neighbour, openWith([64, 6, 0x80, 120, 0, 1, 1, 0]));
    expect(size()).toBe(0);
  });

  it('stay when a restarted neighbour connects before its old connection was missed', async () => {
    const first = await connect(neighbour, openWith(RESTARTS));
    await say(neighbour, first, [announce('10.0.0.0/8')]);
    const second = await connect(neighbour, openWith(RESTARTS));
    expect(first.destroyed).toBe(true);
    expect(first.notification).toBeUndefined();
    expect(neighbour.status).toMatchObject({ state: 'established', ups: 2 });
    expect(size()).toBe(1);
    await say(neighbour, second, [END_OF_RIB]);
    expect(size()).toBe(0);
  });

  it('that a refresh does not mention go at its end (RFC 7313)', async () => {
    const connection = await connect(neighbour);
    await say(neighbour, connection, [announce('10.0.0.0/8', '11.0.0.0/8')]);
    await say(neighbour, connection, [encodeRefresh(IPV4, RefreshKind.begin), announce('11.0.0.0/8')]);
    expect(size()).toBe(2);
    await say(neighbour, connection, [encodeRefresh(IPV4, RefreshKind.end)]);
    expect(size()).toBe(1);
  });
});

describe('what is answered', () => {
  it('is an OPEN, a KEEPALIVE, and that there are no routes to come', async () => {
    const connection = await connect(neighbour);
    const { open, keepalive } = MessageType;
    expect(connection.types).toEqual([open, keepalive, MessageType.update, MessageType.update]);
  });

  it('to a request for routes is that there are none, between borders', async () => {
    const connection = await connect(neighbour);
    const before = connection.written.length;
    await say(neighbour, connection, [encodeRefresh(IPV4, RefreshKind.request)]);
    expect(connection.written.slice(before).map((message) => message.toString('hex'))).toEqual(
      [RefreshKind.begin, RefreshKind.end].map((kind) => encodeRefresh(IPV4, kind).toString('hex')),
    );
  });

  it.each<[string, Buffer, [number, number]]>([
    ['another AS', theirOpen({ as: 65003 }), [2, 2]],
    ['a KEEPALIVE before the OPEN', KEEPALIVE, [5, 1]],
    ['no marker', Buffer.alloc(19), [1, 1]],
    ['a message of type 9', frame(9), [1, 3]],
    ['a KEEPALIVE with a body', frame(MessageType.keepalive, Buffer.alloc(1)), [1, 2]],
  ])('to %s is a NOTIFICATION', async (_what, message, expected) => {
    const connection = await connect(neighbour, message);
    expect(connection.notification).toEqual(expected);
    expect(neighbour.status.state).toBe('active');
  });

  it.each<[string, Buffer, [number, number]]>([
    ['a second OPEN', theirOpen(), [5, 3]],
    ['a ROUTE-REFRESH of five bytes', frame(MessageType.refresh, Buffer.alloc(5)), [7, 1]],
    ['a prefix of 33 bits', update({ attributes: ATTRIBUTES, nlri: [33, 10, 0, 0, 0, 0] }), [3, 10]],
  ])('in a session to %s is a NOTIFICATION', async (_what, message, expected) => {
    const connection = await connect(neighbour);
    await say(neighbour, connection, [message]);
    expect(connection.notification).toEqual(expected);
  });

  it('to another connection is that there is a session', async () => {
    const first = await connect(neighbour);
    const second = await connect(neighbour);
    expect(second.notification).toEqual([6, 7]);
    expect(first.destroyed).toBe(false);
    expect(neighbour.status).toMatchObject({ state: 'established', ups: 1 });
    expect(neighbour.status.lastError).toBeUndefined();
  });
});

describe('input', () => {
  it('is read in whatever pieces it comes', async () => {
    const connection = new FakeConnection();
    neighbour.accept(connection);
    const bytes = Buffer.concat([theirOpen(), KEEPALIVE, announce('10.0.0.0/8', '11.0.0.0/8')]);
    for (const byte of bytes) {
      connection.push(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(size()).toBe(2));
  });

  it('waits while the FIBs are behind', async () => {
    let isBehind = false;
    neighbour = makeNeighbour(table, {}, { isBehind: () => isBehind });
    const connection = await connect(neighbour);
    isBehind = true;
    await say(neighbour, connection, [announce('10.0.0.0/8')]);
    expect(size()).toBe(0);
    expect(connection.isPaused()).toBe(true);
    isBehind = false;
    await vi.waitFor(() => expect(size()).toBe(1));
    expect(neighbour.status.waits).toBeGreaterThan(0);
  });

  it('may be long where both sides said so (RFC 8654)', async () => {
    const connection = await connect(neighbour);
    const prefixes = Array.from({ length: 2000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
    const message = announce(...prefixes);
    expect(message.length).toBeGreaterThan(4096);
    await say(neighbour, connection, [message]);
    expect(size()).toBe(2000);
  });
});

describe('the hold timer', () => {
  it('ends a session that says nothing', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    try {
      const connection = await connect(neighbour, theirOpen({ holdTimeSeconds: 3 }));
      expect(neighbour.status.holdTimeSeconds).toBe(3);
      for (let passed = 0; passed < 2_900; passed += 100) vi.advanceTimersByTime(100);
      expect(neighbour.status.state).toBe('established');
      for (let passed = 0; passed < 1_000; passed += 100) vi.advanceTimersByTime(100);
      expect(neighbour.status.state).toBe('active');
      expect(connection.notification).toEqual([4, 0]);
      // A KEEPALIVE each second.
      expect(connection.types.filter((type) => type === MessageType.keepalive).length).toBeGreaterThanOrEqual(
        3,
      );
      expect(neighbour.status.lastError?.text).toBe('sent Hold Timer Expired');
    } finally {
      vi.useRealTimers();
    }
  });
});
