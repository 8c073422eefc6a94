import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StaticRoute } from '../config/types.ts';
import { type RouteEntry, type RouteState, RouteTable } from './route-table.ts';

function route(third: number): StaticRoute {
  const hop = { family: 4, address: '192.0.2.1', weight: 1, interface: undefined } as const;
  return {
    destination: { family: 4, address: `10.0.${third}.0`, length: 24 },
    metric: 0,
    tableId: undefined,
    action: { kind: 'forward', nextHops: [hop], labels: [] },
    line: 1,
  };
}

const STATES: readonly RouteState[] = [
  { state: 'pending' },
  { state: 'in-flight' },
  { state: 'programmed' },
  { state: 'failed', reason: 'no', retryAt: 100 },
];

describe('RouteTable', () => {
  it('keeps counts and what is due in step with the states, against a naive model', () => {
    const steps = fc.array(fc.tuple(fc.nat(19), fc.nat(3)), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (moves) => {
        const table = new RouteTable(Array.from({ length: 20 }, (_, i) => route(i)));
        const entries = [...table.entries()];
        for (const [index, state] of moves) table.setState(entries[index]!, STATES[state]!);
        const model = { pending: 0, 'in-flight': 0, programmed: 0, failed: 0 };
        for (const { state } of entries) model[state.state] += 1;
        expect(table.counts).toEqual(model);
        expect(table.due(100, 99)).toHaveLength(model.pending);
        expect(table.due(100, 100)).toHaveLength(model.pending + model.failed);
        expect(table.nextRetryAt()).toBe(model.failed > 0 ? 100 : undefined);
        table.resetAll();
        expect(table.counts).toMatchObject({ pending: 20, failed: 0 });
      }),
    );
  });

  it('holds a prefix once and gives no more than asked for', () => {
    const table = new RouteTable([route(1), route(1), route(2), route(3)]);
    expect(table.size).toBe(3);
    expect(table.due(2)).toHaveLength(2);
  });

  it('tries failed routes at once when what they waited for may be there', () => {
    const table = new RouteTable([route(1)]);
    const [entry] = [...table.entries()];
    table.setState(entry!, { state: 'failed', reason: 'VPP has no interface xe0', retryAt: 1e15 });
    expect(table.due(10)).toEqual([]);
    table.retryFailedNow();
    expect(table.due(10)).toHaveLength(1);
  });
});

describe('replacing the routes', () => {
  const via = (third: number, address: string): StaticRoute => {
    const hop = { family: 4, address, weight: 1, interface: undefined } as const;
    return { ...route(third), action: { kind: 'forward', nextHops: [hop], labels: [] } };
  };
  const programmed = (table: RouteTable): void => {
    for (const entry of table.due(1000)) table.setState(entry, { state: 'programmed' });
  };
  const shown = (table: RouteTable): string[] =>
    table.due(1000).map(({ key, tableId, action }) => `${tableId} ${key} ${action.kind}`);

  it('leaves what is the same alone, replaces what changed, and lets go of what is gone, new ones first', () => {
    const table = new RouteTable([route(1), route(2), route(3)]);
    programmed(table);
    expect(table.replace([route(1), via(2, '192.0.2.9'), route(4)], 0)).toEqual({
      added: 1,
      changed: 1,
      removed: 1,
    });
    expect(shown(table)).toEqual(['0 10.0.2.0/24 forward', '0 10.0.4.0/24 forward', '0 10.0.3.0/24 leave']);
    expect(table.size).toBe(3);
    expect(table.leaving).toBe(1);
    expect(table.counts).toEqual({ pending: 3, 'in-flight': 0, programmed: 1, failed: 0 });
  });

  it('no longer has an entry that was replaced while it was in flight', () => {
    const table = new RouteTable([route(1)]);
    const [old] = table.due(1);
    table.setState(old!, { state: 'in-flight' });
    table.replace([via(1, '192.0.2.9')], 0);
    expect(table.has(old!)).toBe(false);
    expect(table.counts).toEqual({ pending: 1, 'in-flight': 0, programmed: 0, failed: 0 });
    expect(table.has(table.due(1)[0]!)).toBe(true);
  });

  it('takes back a route that was about to leave', () => {
    const table = new RouteTable([route(1)]);
    programmed(table);
    table.replace([], 0);
    const [leaving] = table.due(1);
    table.replace([route(1)], 0);
    expect(table.has(leaving!)).toBe(false);
    expect(shown(table)).toEqual(['0 10.0.1.0/24 forward']);
  });

  it('moves routes to another table', () => {
    const table = new RouteTable([route(1)], 0);
    programmed(table);
    table.replace([route(1)], 7);
    expect(shown(table)).toEqual(['7 10.0.1.0/24 forward', '0 10.0.1.0/24 leave']);
    table.forgetLeaving();
    expect(shown(table)).toEqual(['7 10.0.1.0/24 forward']);
  });

  it('keeps its counts whatever happens, against a naive model', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({
          set: fc.subarray(Array.from({ length: 6 }, (_, i) => i)),
          hop: fc.nat(1),
          table: fc.nat(1),
        }),
        fc.record({ pick: fc.nat(20), state: fc.nat(3) }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (moves) => {
        const table = new RouteTable([]);
        // What a FIB holds that does what it is told, by table and prefix.
        const fib = new Map<string, string>();
        const obey = (entry: RouteEntry): void => {
          const id = `${entry.tableId} ${entry.key}`;
          if (entry.action.kind === 'forward') {
            fib.set(id, entry.action.nextHops[0]!.address);
            table.setState(entry, { state: 'programmed' });
          } else {
            fib.delete(id);
            table.remove(entry);
          }
        };
        let wanted = new Map<string, string>();
        for (const move of moves) {
          if ('set' in move) {
            const address = `192.0.2.${move.hop + 1}`;
            table.replace(
              move.set.map((third) => via(third, address)),
              move.table,
            );
            wanted = new Map(move.set.map((third) => [`${move.table} 10.0.${third}.0/24`, address]));
            continue;
          }
          const due = table.due(100, 0);
          const entry = due[move.pick % Math.max(1, due.length)];
          if (entry === undefined) continue;
          if (STATES[move.state]!.state === 'programmed') obey(entry);
          else table.setState(entry, STATES[move.state]!);
        }
        table.resetAll();
        for (const entry of table.due(100)) obey(entry);
        expect(fib).toEqual(wanted);
        expect(table.counts).toEqual({ pending: 0, 'in-flight': 0, programmed: wanted.size, failed: 0 });
      }),
    );
  });
});
