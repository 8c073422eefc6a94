import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StaticRoute } from '../config/types.ts';
import { formatAction, type RouteState, RouteTable } from './route-table.ts';

function route(third: number): StaticRoute {
  const hop = { family: 4, address: '192.0.2.1', weight: 1, interface: undefined } as const;
  return {
    prefix: { family: 4, address: `10.0.${third}.0`, length: 24 },
    action: { kind: 'forward', nextHops: [hop] },
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

describe('formatAction', () => {
  it('writes next hops as the configuration does', () => {
    const hop = { family: 4, address: '192.0.2.1', weight: 2, interface: 'xe0' } as const;
    expect(
      formatAction({ kind: 'forward', nextHops: [hop, { ...hop, weight: 1, interface: undefined }] }),
    ).toBe('192.0.2.1@2%xe0, 192.0.2.1');
    expect(formatAction({ kind: 'blackhole' })).toBe('blackhole');
  });
});
