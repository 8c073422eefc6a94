import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BULK_CONTEXT, BulkChannel, type BulkOptions, BulkRing, RING_SIZE, SILENT_WINDOW } from './bulk.ts';
import { VppApiError } from './errors.ts';

const IDS = { messageId: 10, replyId: 11, pingId: 12, pingReplyId: 13, name: 'ip_route_add_del' };
const FRAME = new Uint8Array(20);

class Peer {
  readonly contexts: number[] = [];
  congested = false;
  readonly ring = new BulkRing({
    isCongested: () => this.congested,
    writeTemplate: (_, context) => {
      this.contexts.push(context);
      return 0;
    },
    bytes: FRAME,
    view: new DataView(FRAME.buffer),
  });

  open(options: BulkOptions): BulkChannel {
    const channel = new BulkChannel(this.ring, IDS, options);
    this.ring.add(channel);
    return channel;
  }
}

describe('bulk requests', () => {
  test('every reply reaches its slot, in any order', () => {
    const slots = fc.uniqueArray(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(slots, fc.infiniteStream(fc.nat()), (wanted, random) => {
        const peer = new Peer();
        const seen = new Map<number, number | undefined>();
        const channel = peer.open({ onReply: (slot, error) => seen.set(slot, error?.retval) });
        for (const slot of wanted) expect(channel.send(slot, FRAME)).toBe(0);
        const order = wanted
          .map((slot, at) => ({ slot, at, by: random.next().value }))
          .sort((a, b) => a.by - b.by);
        for (const { at } of order)
          peer.ring.receive(peer.contexts[at] ?? 0, IDS.replyId, at % 3 === 0 ? -3 : 0);
        expect(seen).toEqual(new Map(wanted.map((slot, at) => [slot, at % 3 === 0 ? -3 : undefined])));
        expect(channel.inFlight).toBe(0);
      }),
    );
  });

  test('the window limits the requests in flight, and room is offered when half of it is free', () => {
    const peer = new Peer();
    let rooms = 0;
    const channel = peer.open({ window: 8, onReply: () => {}, onRoom: () => rooms++ });
    let sent = 0;
    while (channel.send(sent, FRAME) >= 0) sent++;
    expect(sent).toBe(8);
    for (let i = 0; i < 3; i++) peer.ring.receive(peer.contexts[i] ?? 0, IDS.replyId, 0);
    expect(rooms).toBe(0);
    peer.ring.receive(peer.contexts[3] ?? 0, IDS.replyId, 0);
    expect(rooms).toBe(1);
    expect(channel.send(99, FRAME)).toBe(0);
  });

  test('a congested socket pauses sending until it has drained', () => {
    const peer = new Peer();
    let rooms = 0;
    const channel = peer.open({ onReply: () => {}, onRoom: () => rooms++ });
    peer.congested = true;
    expect(channel.send(1, FRAME)).toBe(-1);
    peer.congested = false;
    peer.ring.wake();
    expect(rooms).toBe(1);
    expect(channel.send(1, FRAME)).toBe(0);
  });

  test('silent requests are handled when a later one is answered, even refused, and lost when it is overdue', () => {
    const peer = new Peer();
    const handled: number[] = [];
    const replies: string[] = [];
    const channel = peer.open({
      timeoutMs: 50,
      onHandled: (slot) => handled.push(slot),
      onReply: (slot, error) => replies.push(`${slot} ${error?.code ?? 'ok'}`),
    });
    const answer = (retval: number, id = IDS.replyId): boolean =>
      peer.ring.receive(peer.contexts.at(-1) ?? 0, id, retval);
    channel.sendSilently(1, FRAME);
    channel.send(2, FRAME);
    channel.sendSilently(3, FRAME);
    expect([handled, replies]).toEqual([[], []]);
    peer.ring.receive(peer.contexts[1] ?? 0, IDS.replyId, -3);
    expect([handled, replies]).toEqual([[1], ['2 retval']]);
    channel.fence();
    expect(() => answer(0)).toThrow(/unexpected message id/);
    answer(0, IDS.pingReplyId);
    expect([handled, channel.inFlight, channel.silentInFlight]).toEqual([[1, 3], 0, 0]);
    channel.sendSilently(4, FRAME);
    channel.fence();
    peer.ring.sweep(performance.now() + 60);
    expect(replies).toEqual(['2 retval', '4 timeout']);
    channel.sendSilently(5, FRAME);
    peer.ring.fail(new VppApiError('disconnected', 'gone'));
    expect(replies).toEqual(['2 retval', '4 timeout', '5 disconnected']);
    expect(handled).toEqual([1, 3]);
  });

  test('the window of silent requests ends with their number, and opens with an answer', () => {
    const peer = new Peer();
    let rooms = 0;
    const channel = peer.open({ onReply: () => {}, onRoom: () => rooms++ });
    let sent = 0;
    while (channel.sendSilently(sent, FRAME) >= 0) sent++;
    expect(sent).toBe(SILENT_WINDOW);
    channel.fence();
    peer.ring.receive(peer.contexts.at(-1) ?? 0, IDS.pingReplyId, 0);
    expect([rooms, channel.silentInFlight]).toEqual([1, 0]);
    expect(channel.sendSilently(0, FRAME)).toBe(0);
  });

  test('an overdue request fails, its late reply is dropped, and only then its place is used again', () => {
    const peer = new Peer();
    const seen: string[] = [];
    const channel = peer.open({
      timeoutMs: 50,
      onReply: (slot, error) => seen.push(`${slot} ${error?.code}`),
    });
    channel.send(1, FRAME);
    peer.ring.sweep(performance.now());
    expect(seen).toEqual([]);
    peer.ring.sweep(performance.now() + 60);
    expect(seen).toEqual(['1 timeout']);
    expect(peer.ring.receive(peer.contexts[0] ?? 0, IDS.replyId, 0)).toBe(false);
    expect(seen).toEqual(['1 timeout']);
  });

  test('a request that is never answered does not block the ring', () => {
    const peer = new Peer();
    let answered = 0;
    const channel = peer.open({ window: 4, timeoutMs: 1e9, onReply: () => answered++ });
    channel.send(0, FRAME);
    for (let i = 1; i <= 2 * RING_SIZE; i++) {
      expect(channel.send(i, FRAME)).toBe(0);
      expect(peer.ring.receive(peer.contexts[i] ?? 0, IDS.replyId, 0)).toBe(true);
    }
    expect(answered).toBe(2 * RING_SIZE);
    expect(channel.inFlight).toBe(1);
    expect(new Set(peer.contexts).size).toBe(peer.contexts.length);
    expect(peer.contexts.every((context) => context >= BULK_CONTEXT)).toBe(true);
  });

  test('a channel that starves on the ring is notified when another makes room', () => {
    const peer = new Peer();
    let rooms = 0;
    const greedy = peer.open({ window: RING_SIZE, onReply: () => {} });
    const other = peer.open({ onReply: () => {}, onRoom: () => rooms++ });
    while (greedy.send(0, FRAME) >= 0);
    expect(greedy.inFlight).toBe(RING_SIZE);
    expect(other.send(1, FRAME)).toBe(-1);
    peer.ring.receive(peer.contexts[5] ?? 0, IDS.replyId, 0);
    expect(rooms).toBe(1);
    expect(other.send(1, FRAME)).toBe(0);
  });

  test('the end of the connection fails all requests, once; a closed channel gets no callbacks', () => {
    const peer = new Peer();
    const seen: number[] = [];
    const channel = peer.open({ onReply: (slot) => seen.push(slot) });
    const closed = peer.open({ onReply: () => expect.unreachable() });
    channel.send(1, FRAME);
    channel.send(2, FRAME);
    closed.send(3, FRAME);
    closed.close();
    peer.ring.fail(new VppApiError('disconnected', 'gone'));
    expect(seen).toEqual([1, 2]);
    expect(peer.ring.inFlight).toBe(0);
    expect(() => channel.send(4, FRAME)).toThrow('gone');
  });

  test('a reply of another kind is a protocol violation', () => {
    const peer = new Peer();
    peer.open({ onReply: () => {} }).send(1, FRAME);
    expect(() => peer.ring.receive(peer.contexts[0] ?? 0, 99, 0)).toThrow(
      'unexpected message id 99 in reply to ip_route_add_del',
    );
  });
});
