import { expect, it } from 'vitest';
import { readAskedDestination } from './explain-question.ts';
import { explainRoute } from './explain.ts';
import { formatKey } from './route-key.ts';
import { Distance, RouteTable } from './route-table.ts';

it.each([
  ['192.0.2.77', undefined, '192.0.2.77/32', -1],
  ['192.0.2.77/24', '254', '192.0.2.0/24', -1],
  ['2001:DB8::1', '7', '2001:db8::1/128', 7],
  ['mpls 100', undefined, 'mpls 100', -1],
])('reads %s in table %s', (text, table, key, tableId) => {
  const asked = readAskedDestination(text, table, 254);
  if ('error' in asked) throw new Error(asked.error);
  expect([formatKey(asked.key), asked.key.tableId]).toEqual([key, tableId]);
});

it.each([
  [
    'nowhere',
    undefined,
    'expected an address, a prefix or mpls LABEL, such as 192.0.2.1, 2001:db8::/32 or mpls 100, got "nowhere"',
  ],
  [
    '192.0.2.0/33',
    undefined,
    'expected an address, a prefix or mpls LABEL, such as 192.0.2.1, 2001:db8::/32 or mpls 100, got "192.0.2.0/33"',
  ],
  ['mpls 1048576', undefined, 'expected a label (0–1048575), got 1048576'],
  ['mpls 100', '7', 'labels are in one table: leave the table out'],
  ['192.0.2.1', '4294967296', 'expected a table (0–4294967295), got "4294967296"'],
])('refuses %s in table %s', (text, table, error) => {
  expect(readAskedDestination(text, table, 254)).toEqual({ error });
});

it('explains labels, and the longest of several prefixes with each candidate', () => {
  const table = new RouteTable();
  const source = (name: string, distance: number) => table.addSource({ name, distance, origin: 'feed' });
  const [near, far] = [source('near', 10), source('far', Distance.feed)];
  const hop = (address: string) => ({ family: 4 as const, address, weight: 1, interface: undefined });
  const via = (address: string) => ({ kind: 'forward' as const, nextHops: [hop(address)], labels: [] });
  near.setRoute({
    destination: { family: 4, address: '10.0.0.0', length: 8 },
    action: { kind: 'blackhole' },
  });
  near.setRoute({ destination: { family: 4, address: '10.1.0.0', length: 16 }, action: via('192.0.2.1') });
  far.setRoute({ destination: { family: 4, address: '10.1.0.0', length: 16 }, action: via('192.0.2.2') });
  far.setRoute({ destination: { family: 'mpls', label: 100 }, action: via('192.0.2.3') });
  const explain = (text: string) => {
    const asked = readAskedDestination(text, undefined, 0);
    return 'error' in asked ? undefined : explainRoute(table, [], asked.key);
  };
  expect(explain('10.1.2.3')).toMatchObject({
    prefix: '10.1.0.0/16',
    candidates: [
      { source: 'near', isBest: true, 'next-hop': '192.0.2.1' },
      { source: 'far', isBest: false, 'next-hop': '192.0.2.2', why: 'distance 20 is more than 10' },
    ],
  });
  expect(explain('10.1.0.0/15')?.prefix).toBe('10.0.0.0/8');
  expect(explain('mpls 100')).toMatchObject({ prefix: 'mpls 100', candidates: [{ source: 'far' }] });
  expect(explain('mpls 101')).toBeUndefined();
  expect(explain('11.0.0.1')).toBeUndefined();
});
