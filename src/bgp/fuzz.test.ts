/**
 * 10,000 messages that somebody has spoilt, in established sessions: each is taken, withdraws its routes, or ends the
 * session with the code that belongs to it; none crashes, and none leaves anything behind. `SEED` repeats a run.
 */
import { expect, it } from 'vitest';
import { randomNumbers } from '../../test/system/random.ts';
import { RouteTable } from '../fib/mod.ts';
import { bgpError } from './bgp-error.ts';
import { encodeRefresh, frame, HEADER_BYTES, MessageType } from './message.ts';
import { IPV6 } from './families.ts';
import {
  addressBytes,
  asPath,
  attribute,
  type FakeConnection,
  FLAGS,
  med,
  mpReach,
  mpUnreach,
  nextHop,
  nlri,
  ORIGIN,
  theirOpen,
  update,
} from './messages.fixture.ts';
import { connect, KEEPALIVE, makeNeighbour, say } from './neighbour.fixture.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const MESSAGES = 10_000;

/** The codes that a message may be answered with, by what the receiver sees of its header first (RFC 4271, 6.1). */
function allowedCodes(message: Buffer): readonly string[] {
  if (message.subarray(0, 16).some((byte) => byte !== 0xff)) return ['1/1'];
  const length = message.readUInt16BE(16);
  const type = message[18] ?? 0;
  const least = { 1: 29, 2: 23, 3: 21, 4: 19, 5: 19 }[type] ?? 19;
  const most = type === 1 || type === 4 ? 4096 : 65_535;
  if (length < least || length > most || (type === 4 && length !== 19)) return ['1/2'];
  switch (type) {
    case MessageType.open:
      // It is out of place, and may be wrong too.
      return ['5/3', '2/0', '2/1', '2/2', '2/3', '2/4', '2/6', '2/7'];
    case MessageType.update:
      return ['taken', '3/1', '3/2', '3/9', '3/10'];
    case MessageType.notification:
      return ['ended'];
    case MessageType.keepalive:
      return ['taken'];
    case MessageType.refresh:
      return length === HEADER_BYTES + 4 ? ['taken'] : ['7/1'];
    default:
      return ['1/3'];
  }
}

it(`${MESSAGES} spoilt messages are judged, and crash nothing (SEED=${SEED})`, {
  timeout: 300_000,
}, async () => {
  const { random, pick } = randomNumbers(SEED);
  const below = (limit: number): number => Math.floor(random() * limit);
  const table = new RouteTable();
  const neighbour = makeNeighbour(table);
  let connection: FakeConnection | undefined;

  const someAttributes = (): number[] => {
    const known = [
      ORIGIN,
      asPath(65002, 65003),
      nextHop('192.0.2.7'),
      med(7),
      mpReach(addressBytes('2001:db8::7'), nlri('2001:db8:1::/48')),
      mpUnreach(nlri('2001:db8:2::/48')),
    ];
    const other = (): number[] =>
      attribute(
        random() < 0.8 ? Number(pick(Object.keys(FLAGS))) : below(256),
        Array.from({ length: below(20) }, () => below(256)),
        random() < 0.7 ? undefined : below(256),
      );
    return [...known.filter(() => random() < 0.9), ...Array.from({ length: below(3) }, other)].flat();
  };
  const good = (): Buffer => {
    const kind = random();
    if (kind < 0.04) return theirOpen();
    if (kind < 0.08) return encodeRefresh(IPV6, below(4));
    if (kind < 0.1) return KEEPALIVE;
    if (kind < 0.12) return frame(MessageType.notification, Buffer.from([below(9), below(12), below(256)]));
    const withdrawn = random() < 0.3 ? nlri('10.9.0.0/16') : [];
    return update({
      withdrawn,
      attributes: someAttributes(),
      nlri: random() < 0.7 ? nlri('10.1.0.0/16') : [],
    });
  };
  const spoil = (message: Buffer): Buffer => {
    const bytes = Buffer.from(message);
    const kind = random();
    if (kind < 0.1) return bytes;
    if (kind < 0.15) {
      const body = Buffer.from(Array.from({ length: below(80) }, () => below(256)));
      return frame(1 + below(6), body);
    }
    // The rest of the message is gone, and its header says so.
    if (kind < 0.3 && bytes.length > HEADER_BYTES)
      return frame(
        bytes[18] ?? 0,
        bytes.subarray(HEADER_BYTES, HEADER_BYTES + below(bytes.length - HEADER_BYTES)),
      );
    const first = random() < 0.05 ? 0 : HEADER_BYTES;
    for (let i = 0; i <= below(4) && bytes.length > first; i++) {
      const at = first + below(bytes.length - first);
      bytes[at] = random() < 0.5 ? below(256) : (bytes[at] ?? 0) ^ (1 << below(8));
    }
    return bytes;
  };

  const outcomes = new Map<string, number>();
  for (let i = 0; i < MESSAGES; i++) {
    connection ??= await connect(neighbour);
    const spoilt = spoil(good());
    const allowed = allowedCodes(spoilt);
    const before = neighbour.status.treatedAsWithdraw;
    // As long as its header says: another length would make the next message of the rest, or wait for more.
    const isFramed = allowed[0]?.startsWith('1/') !== true;
    const message = Buffer.alloc(isFramed ? spoilt.readUInt16BE(16) : spoilt.length);
    spoilt.copy(message);
    await say(neighbour, connection, [message]);
    const { state, treatedAsWithdraw } = neighbour.status;
    const notification = connection.notification?.join('/');
    const outcome = state === 'established' ? 'taken' : (notification ?? 'ended');
    const words = `SEED=${SEED}, message ${i}: ${message.toString('hex')}`;
    expect(allowed, words).toContain(outcome);
    const counted = outcome === 'taken' && treatedAsWithdraw > before ? 'withdrawn' : outcome;
    outcomes.set(counted, (outcomes.get(counted) ?? 0) + 1);
    if (state !== 'established') {
      connection = undefined;
      expect(table.store(4).size + table.store(6).size, words).toBe(0);
    }
  }
  process.stdout.write(`fuzz, SEED=${SEED}: ${JSON.stringify(Object.fromEntries(outcomes))}\n`);
  // Each way was gone, and often.
  for (const one of ['taken', 'withdrawn', '1/1', '1/2', '3/1', '3/10', '3/9', '5/3'])
    expect(outcomes.get(one) ?? 0, one).toBeGreaterThan(5);
  await neighbour.remove(bgpError(6, 3));
  expect(table.groups.size).toBe(0);
});
