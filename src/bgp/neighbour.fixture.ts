/** A neighbour for tests, and the connections to it without a network between. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BgpNeighborConfig } from '../config/types.ts';
import { type RouteTable, Turns } from '../fib/mod.ts';
import { frame, MessageType } from './message.ts';
import { FakeConnection, theirOpen } from './messages.fixture.ts';
import { Neighbour, type NeighbourOptions } from './neighbour.ts';

const CONFIG: BgpNeighborConfig = {
  name: 'peer',
  address: { address: '192.0.2.2', interface: undefined },
  as: 65002,
  port: 179,
  passive: true,
  local: undefined,
  netns: undefined,
  families: ['ipv4', 'ipv6'],
  distance: 20,
  paths: 'one',
  holdTimeSeconds: 90,
  retrySeconds: 5,
  line: 1,
};

/** Waits for the neighbour to connect. */
export function makeNeighbour(
  table: RouteTable,
  config: Partial<BgpNeighborConfig> = {},
  more: Partial<NeighbourOptions> = {},
): Neighbour {
  return new Neighbour({
    config: { ...CONFIG, ...config },
    as: 65001,
    routerId: '192.0.2.1',
    table,
    turns: new Turns(),
    isBehind: () => false,
    log: () => {},
    onChange: () => {},
    ...more,
  });
}

export const KEEPALIVE = frame(MessageType.keepalive);

/** Opens a session from the neighbour's side, with this OPEN. Resolves when its messages were read. */
export async function connect(neighbour: Neighbour, open: Buffer = theirOpen()): Promise<FakeConnection> {
  const connection = new FakeConnection();
  neighbour.accept(connection);
  await say(neighbour, connection, [open, KEEPALIVE]);
  return connection;
}

/** Has messages read; resolves when they were, or the session is over. */
export async function say(
  neighbour: Neighbour,
  connection: FakeConnection,
  messages: readonly Buffer[],
): Promise<void> {
  const wanted = neighbour.status.messages + messages.length;
  connection.push(Buffer.concat(messages));
  for (let turn = 0; turn < 100; turn++) {
    await nextTurn();
    if (neighbour.status.messages >= wanted || connection.destroyed || connection.writableEnded) break;
  }
  // What ends in the background, such as withdrawals.
  await nextTurn();
}
