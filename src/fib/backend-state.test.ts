import { beforeEach, describe, expect, it } from 'vitest';
import { BackendState } from './backend-state.ts';
import { KernelWaiting } from './kernel-waiting.ts';
import { type GroupId, NO_GROUP } from './next-hop-groups.ts';
import { newRouteKey } from './route-key.ts';
import { type RouteSource, RouteTable } from './route-table.ts';

const MANY = 400_000;

let table: RouteTable;
let source: RouteSource;
let state: BackendState;
let isWanted: boolean;
let group: GroupId;
let other: GroupId;
/** What is told in place of a group. */
let substitutes: Map<GroupId, GroupId>;

function groupOf(address: string): GroupId {
  const hop = { family: 4, address, weight: 1, interface: undefined } as const;
  return table.groups.intern(4, { kind: 'forward', nextHops: [hop], labels: [] });
}

/** The nth /24. */
function set(n: number, to = group): void {
  const key = newRouteKey();
  key.family = 4;
  key.length = 24;
  key.w0 = (0x1000_0000 + n * 256) >>> 0;
  source.set(key, to, 0);
}

/** Takes and sends all that is due; returns the slots. */
function sendAll(answer: (slot: number) => void): number[] {
  const slots: number[] = [];
  for (;;) {
    const slot = state.take();
    if (slot < 0 && state.queued === 0) return slots;
    if (slot < 0) continue;
    state.sent(slot, state.target(slot));
    slots.push(slot);
    answer(slot);
  }
}

beforeEach(() => {
  table = new RouteTable();
  source = table.addSource({ name: 'test', distance: 20, origin: 'feed' });
  isWanted = true;
  group = groupOf('192.0.2.2');
  other = groupOf('192.0.2.3');
  const store = table.store(4);
  const wanted = (slot: number): GroupId => (isWanted ? store.group[slot]! : NO_GROUP);
  substitutes = new Map();
  const substitute = (id: GroupId): GroupId => substitutes.get(id) ?? id;
  const options = { store, groups: table.groups, wanted, substitute, onWork: () => {} };
  state = new BackendState(options, () => false);
});

describe('what is done with all slots', () => {
  it('a reset goes on in slices, gives nothing to be sent before it is over, and counts what changes meanwhile', async () => {
    for (let n = 0; n < MANY; n++) set(n);
    sendAll((slot) => state.acked(slot));
    expect(state.counts).toMatchObject({ desired: MANY, programmed: MANY, pending: 0 });
    expect(state.isSettled).toBe(true);
    state.reset('nothing');
    // Wherever the walk is: new routes, one that goes, one that becomes another.
    expect(state.isSettled).toBe(false);
    expect(state.take()).toBe(-1);
    set(MANY);
    set(MANY - 1, other);
    source.remove({ ...newRouteKey(), family: 4, length: 24, w0: 0x1000_0000 });
    await state.walked();
    expect(state.counts).toMatchObject({ desired: MANY, programmed: 0, pending: MANY });
    expect(new Set(sendAll((slot) => state.acked(slot))).size).toBe(MANY);
    expect(state.counts).toMatchObject({ desired: MANY, programmed: MANY, pending: 0 });
    expect(state.isSettled).toBe(true);
  });

  it('nothing wanted any more: all leave; and are wanted again before that is counted', async () => {
    for (let n = 0; n < MANY; n++) set(n);
    sendAll((slot) => state.acked(slot));
    isWanted = false;
    state.wantedChanged();
    expect(state.isSettled).toBe(false);
    isWanted = true;
    state.wantedChanged();
    await state.walked();
    expect(sendAll((slot) => state.acked(slot))).toEqual([]);
    isWanted = false;
    state.wantedChanged();
    await state.walked();
    expect(state.counts).toMatchObject({ desired: 0, pending: MANY });
    sendAll((slot) => state.acked(slot));
    expect(state.counts).toMatchObject({ desired: 0, programmed: 0, pending: 0 });
  });

  it('wanted otherwise while a reset is under way: nothing is left as it was', async () => {
    for (let n = 0; n < MANY; n++) set(n);
    sendAll((slot) => state.acked(slot));
    state.reset('nothing');
    isWanted = false;
    state.wantedChanged();
    await state.walked();
    expect(state.counts).toMatchObject({ desired: 0, programmed: 0, pending: 0 });
    expect(sendAll(() => {})).toEqual([]);
  });
});

describe('what is heard of a slot in flight', () => {
  it('it is gone from the FIB: it is told again, once, though it was acknowledged', () => {
    set(0);
    const [slot = -1] = sendAll(() => {});
    state.happened(slot, 'vanished');
    state.acked(slot);
    expect(state.stateOf(slot)).toEqual({ state: 'pending' });
    expect(state.isUnsure(slot)).toBe(true);
    expect(sendAll((again) => state.acked(again))).toEqual([slot]);
    expect(state.stateOf(slot)).toEqual({ state: 'programmed' });
  });

  it('what was in its way is gone: it is tried again at once when it was refused all the same', () => {
    set(0);
    const [slot = -1] = sendAll(() => {});
    state.happened(slot, 'retried');
    state.refused(slot, 'another has it');
    expect(sendAll((again) => state.refused(again, 'another has it'))).toEqual([slot]);
    // Not for ever: only when that is heard once more.
    expect(state.stateOf(slot)).toEqual({ state: 'failed', reason: 'another has it' });
    expect(sendAll(() => {})).toEqual([]);
  });

  it('finds no room: it is the next one', () => {
    for (const n of [0, 1, 2]) set(n);
    const first = state.take();
    state.putBack(first);
    expect(sendAll((slot) => state.acked(slot))[0]).toBe(first);
    expect(state.counts).toMatchObject({ programmed: 3, pending: 0 });
  });
});

describe('routes that wait for a next hop', () => {
  it('are tried all when the one that stands for them becomes another before it is answered', () => {
    const waiting = new KernelWaiting();
    const refuse = (slot: number): void => {
      const told = state.told(slot);
      state.unresolved(slot, 'unreachable');
      waiting.add(state, slot, told);
    };
    for (const n of [0, 1, 2]) set(n);
    const [first = -1, ...rest] = sendAll(refuse);
    expect(state.counts.unresolved).toBe(3);
    waiting.wake();
    // Between being told to be tried and being sent.
    set(0, other);
    waiting.release();
    const tried = sendAll((slot) => state.acked(slot));
    expect(tried).toHaveLength(3);
    expect(new Set(tried)).toEqual(new Set([first, ...rest]));
    expect(state.counts).toMatchObject({ programmed: 3, unresolved: 0 });
  });
});

describe('a substitute', () => {
  it('is told in place of a group; what was told before stays, and comes back when there is none', async () => {
    for (const n of [0, 1, 2]) set(n);
    state.sent(state.take(), group);
    state.acked(0);
    substitutes.set(group, other);
    state.wantedChanged();
    await state.walked();
    expect(sendAll((slot) => state.acked(slot)).map((slot) => [slot, state.programmed(slot)])).toEqual([
      [1, other],
      [2, other],
    ]);
    expect([state.programmed(0), state.counts.programmed]).toEqual([group, 3]);
    substitutes.clear();
    state.wantedChanged();
    await state.walked();
    expect(state.counts).toMatchObject({ programmed: 1, pending: 2 });
    expect(sendAll((slot) => state.acked(slot))).toEqual([1, 2]);
    expect([0, 1, 2].map((slot) => state.programmed(slot))).toEqual([group, group, group]);
  });

  it('has routes tried again that are unresolved, and leaves those alone that were refused', async () => {
    for (const n of [0, 1]) set(n);
    sendAll((slot) => {
      if (slot === 0) state.unresolved(slot, 'unreachable');
      else state.refused(slot, 'not understood');
    });
    substitutes.set(group, other);
    for (let round = 0; round < 5; round++) {
      state.wantedChanged();
      await state.walked();
    }
    expect(sendAll((slot) => state.acked(slot)).slice(0, 1)).toEqual([0]);
    expect(state.counts).toMatchObject({ programmed: 1, failed: 1, pending: 0 });
  });

  it('that comes and goes leaves no route waiting for the group that it was told', () => {
    for (const n of [0, 1, 2]) set(n);
    sendAll((slot) => state.unresolved(slot, 'unreachable'));
    // Others of the group were told the substitute, and taken.
    substitutes.set(group, other);
    state.retryUnresolved(new Set([group]));
    expect(sendAll((slot) => state.acked(slot))).toHaveLength(3);
    expect(state.counts).toMatchObject({ programmed: 3, unresolved: 0 });
  });
});
