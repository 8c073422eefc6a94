import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatDestination, readRouteLine } from '../config/mod.ts';
import { FeedLineReader } from './feed-line.ts';
import { formatGroup } from './next-hop-groups.ts';
import { formatKey, newRouteKey } from './route-key.ts';
import { Distance, type RouteSource, RouteTable } from './route-table.ts';

const feed = (table: RouteTable): RouteSource =>
  table.addSource({ name: 'feed', distance: Distance.feed, origin: 'feed' });

/** All that the table has, by destination. */
function contents(table: RouteTable): string[] {
  const key = newRouteKey();
  return table.stores
    .flatMap((store) =>
      Array.from({ length: store.top }, (_, slot) => {
        if (store.source[slot] === 0) return '';
        store.readKey(slot, key);
        const action = formatGroup(table.groups.action(store.group[slot] ?? 0), key.family);
        return `${formatKey(key)} table ${key.tableId}: ${action} metric ${store.metric[slot]}`;
      }),
    )
    .filter((line) => line !== '')
    .sort();
}

/** What the line means by the readers in words; the error, if it is one. */
function applyInWords(source: RouteSource, line: string): string | undefined {
  const read = readRouteLine(line);
  if ('error' in read) return read.error;
  if (read.value.kind === 'route') {
    source.setRoute(read.value.route);
    return undefined;
  }
  const { destination, tableId } = read.value;
  if (source.removeRoute(destination, tableId)) return undefined;
  const table = tableId === undefined || tableId === 254 ? '' : ` in table ${tableId}`;
  return `feed has no route to ${formatDestination(destination)}${table}: there is nothing to delete`;
}

const mostly = <T>(good: readonly T[], bad: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
  );

const ipv4Prefix = fc
  .tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(33))
  .map(([a, b, c, d, length]) => {
    const word = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    const mask = length === 0 ? 0 : (-1 << (32 - Math.min(length, 32))) >>> 0;
    const kept = a % 7 === 0 ? word : (word & mask) >>> 0;
    return `${kept >>> 24}.${(kept >>> 16) & 255}.${(kept >>> 8) & 255}.${kept & 255}/${length}`;
  });
const ipv6Prefix = fc.tuple(fc.ipV6(), fc.nat(130)).map(([address, length]) => `${address}/${length}`);
const prefix = fc.oneof(
  ipv4Prefix,
  ipv6Prefix,
  mostly(
    [
      '10.0.0.0/8',
      '0.0.0.0/0',
      '::/0',
      '2001:db8::/32',
      '2001:DB8:0:1::/64',
      '::1/128',
      '1:2:3:4:5:6:7:8/128',
      'face::/16',
    ],
    [
      '10.0.0.0/08',
      '010.0.0.0/8',
      '10.0.0.0',
      '10.0.0/8',
      '256.0.0.0/8',
      '10.0.0.1/8',
      '224.0.0.0/4',
      'ff00::/8',
      '1::2::/64',
      ':::/0',
      ':1::/16',
      '1:2:3:4:5:6:7::/112',
      '1:2:3:4:5:6:7:8::/128',
      '::ffff:192.0.2.0/120',
      '12345::/16',
      '2001:db8::1/32',
      '/8',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '1.2.3.4.5/32',
      'del',
      '::',
      '2001:db8::%xe0/32',
    ],
  ),
);
const hop = mostly(
  [
    '192.0.2.1',
    '192.0.2.2',
    '192.0.2.1@2',
    '192.0.2.3%xe0',
    '2001:db8::1',
    'fe80::1%xe0',
    '2001:db8::2@255',
    '%xe0',
    '@7%xe1',
  ],
  [
    '@2',
    '%9x',
    '192.0.2.1@0',
    '192.0.2.1@256',
    'fe80::1',
    '192.0.2.1%9x',
    '224.0.0.1',
    '',
    'metric',
    'table',
    '192.0.2.1 x',
    'tango',
  ],
);
const target = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.array(hop, { minLength: 1, maxLength: 3 }).map((hops) => `via ${hops.join(', ')}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'blackhole',
      'unreachable',
      'prohibit',
      'via',
      'via blackhole',
      'metric 5',
      'black',
    ),
  },
);
const option = mostly(
  [' metric 5', ' table 7', ' metric 4294967295', ' label 100', ' label 100/200', ' table 254', ' metric 0'],
  [
    ' metric',
    ' metric -1',
    ' metric 05',
    ' table 4294967296',
    ' mtu 5',
    '\tmetric 5',
    '  metric 5',
    ' ',
    ' label 3',
    ' é',
    '\u0000',
  ],
);
const options = fc.array(option, { maxLength: 3 }).map((all) => all.join(''));
/** Lines that fit together, most of them. */
const usual = fc
  .tuple(
    fc.constantFrom(
      ['10.0.0.0/8', '192.0.2.1', '192.0.2.2@7%xe0'] as const,
      ['198.51.100.128/25', '192.0.2.3%xe1', '192.0.2.4'] as const,
      ['2001:db8::/32', 'fe80::1%xe0', '2001:db8::9'] as const,
      ['192.88.99.7/32', '%xe0', 'fe80::1@2%xe1'] as const,
      ['::/0', '2001:db8::9', '2001:db8::8@2'] as const,
    ),
    fc.constantFrom('', ' label 100/200'),
    fc.constantFrom('', ' metric 5', ' metric 4294967295', ' metric 0'),
    fc.constantFrom('', ' table 7', ' table 254', '', ' '),
    fc.boolean(),
  )
  .map(
    ([[to, a, b], label, metric, table, isTwo]) =>
      `${to} via ${a}${isTwo ? `,${b}` : ''}${label}${metric}${table}`,
  );
const line = fc.oneof(
  { weight: 8, arbitrary: usual },
  { weight: 8, arbitrary: fc.tuple(prefix, target, options).map(([a, b, c]) => `${a} ${b}${c}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(prefix, fc.constantFrom('', ' table 7', ' table 254', ' metric 5', ' x'))
      .map(([a, b]) => `del ${a}${b}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'mpls 16 via 192.0.2.1',
      'mpls 16 via 192.0.2.1 swap 17',
      'del mpls 16',
      'mpls 3 via 192.0.2.1',
    ),
  },
  { weight: 1, arbitrary: fc.string() },
);

it('does with each line what the reader in words says', () => {
  let fast = 0;
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 40 }), (lines) => {
      const [table, model] = [new RouteTable(254), new RouteTable(254)];
      using reader = new FeedLineReader(table);
      const [source, expected] = [feed(table), feed(model)];
      // Twice: the second time what stands behind the prefixes is known.
      for (const text of [...lines, ...lines]) {
        const bytes = Buffer.from(`..${text}\n`);
        const error = reader.apply(source, bytes, 2, bytes.length - 1);
        if (error === undefined) fast += 1;
        expect([text, error]).toEqual([text, applyInWords(expected, text.toWellFormed())]);
      }
      expect(contents(table)).toEqual(contents(model));
      expect(source.size).toBe(expected.size);
    }),
    { numRuns: 1_000 },
  );
  // Most lines have to be good ones, or little was compared.
  expect(fast).toBeGreaterThan(5_000);
});

it('holds no next hops after it was disposed of and the routes are gone', async () => {
  const table = new RouteTable();
  const source = feed(table);
  {
    using reader = new FeedLineReader(table);
    for (let i = 0; i < 20_000; i++) {
      const bytes = Buffer.from(`10.0.0.0/8 via 192.${i >> 16}.${(i >> 8) & 255}.${i & 255 || 1}`);
      expect(reader.apply(source, bytes, 0, bytes.length)).toBeUndefined();
    }
    // No more than the cells of the cache, and the route's own.
    expect(table.groups.size).toBeLessThanOrEqual(4_097);
    expect(table.groups.size).toBeGreaterThan(1_000);
  }
  expect(table.groups.size).toBe(1);
  await source[Symbol.asyncDispose]();
  expect(table.groups.size).toBe(0);
});
