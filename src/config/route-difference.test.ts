import { describe, expect, it } from 'vitest';
import { describeRoutes, formatAction, isSameAction } from './route-difference.ts';
import type { RouteAction, StaticRoute } from './types.ts';

const hop = (address: string, weight = 1, name?: string) =>
  ({ family: 4, address, weight, interface: name }) as const;

const to = (...nextHops: ReturnType<typeof hop>[]): RouteAction => ({
  kind: 'forward',
  nextHops,
  labels: [],
});

const route = (prefix: string, action: RouteAction): StaticRoute => {
  const [address = '', length] = prefix.split('/');
  return {
    destination: { family: 4, address, length: Number(length) },
    action,
    metric: 0,
    tableId: undefined,
    line: 1,
  };
};

describe('describeRoutes', () => {
  it('counts and names what is added, changed and removed', () => {
    const before = [
      route('10.0.0.0/8', to(hop('192.0.2.1'))),
      route('10.1.0.0/16', { kind: 'blackhole' }),
      route('10.2.0.0/16', { kind: 'unreachable' }),
    ];
    const after = [
      route('10.0.0.0/8', to(hop('192.0.2.2'), hop('192.0.2.3', 2))),
      route('10.2.0.0/16', { kind: 'unreachable' }),
      route('10.3.0.0/16', { kind: 'blackhole' }),
    ];
    expect(describeRoutes(before, after)).toBe(
      '1 added (10.3.0.0/16 to blackhole), ' +
        '1 changed (10.0.0.0/8 from 192.0.2.1 to 192.0.2.2, 192.0.2.3@2), 1 removed (10.1.0.0/16)',
    );
    expect(describeRoutes(after, after)).toBeUndefined();
  });

  it('names the first few of many', () => {
    const many = Array.from({ length: 500 }, (_, i) =>
      route(`10.${i >> 8}.${i & 255}.0/24`, { kind: 'blackhole' }),
    );
    expect(describeRoutes(many, [])).toBe('500 removed (10.0.0.0/24; 10.0.1.0/24; 10.0.2.0/24, …)');
  });
});

describe('isSameAction', () => {
  it('goes by next hops, weights and interfaces, in any order', () => {
    const [a, b] = [hop('192.0.2.1', 2, 'xe0'), hop('192.0.2.2')];
    expect(isSameAction(to(a, b), to(b, a))).toBe(true);
    expect(isSameAction(to(a, b), to(a))).toBe(false);
    expect(isSameAction(to(a), to({ ...a, weight: 1 }))).toBe(false);
    expect(isSameAction(to(a), to({ ...a, interface: 'xe1' }))).toBe(false);
    expect(isSameAction(to(a), { kind: 'blackhole' })).toBe(false);
    expect(isSameAction({ kind: 'blackhole' }, { kind: 'unreachable' })).toBe(false);
    expect(isSameAction({ kind: 'blackhole' }, { kind: 'blackhole' })).toBe(true);
  });
});

describe('formatAction', () => {
  it('writes next hops as the configuration does', () => {
    expect(formatAction(to(hop('192.0.2.1', 2, 'xe0'), hop('192.0.2.1')), 4)).toBe(
      '192.0.2.1@2%xe0, 192.0.2.1',
    );
    expect(formatAction({ kind: 'blackhole' }, 4)).toBe('blackhole');
  });

  it('writes labels as the destination takes them', () => {
    const pushed = { ...to(hop('192.0.2.1')), labels: [100, 200] };
    expect(formatAction(pushed, 4)).toBe('192.0.2.1 label 100/200');
    expect(formatAction(pushed, 'mpls')).toBe('192.0.2.1 swap 100/200');
    expect(formatAction(to(hop('192.0.2.1')), 'mpls')).toBe('192.0.2.1 pop');
  });
});
