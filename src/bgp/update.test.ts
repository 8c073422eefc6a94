/** UPDATEs: what they say of routes, and what each kind of malformed one costs (RFC 7606). */
import { beforeEach, describe, expect, it } from 'vitest';
import { formatGroup, formatKey, newRouteKey, RouteTable } from '../fib/mod.ts';
import { describeBgpError } from './bgp-error.ts';
import { ADDRESS_FAMILIES, type AddressFamily, IPV4, IPV6 } from './families.ts';
import { FamilyRoutes } from './family-routes.ts';
import {
  addressBytes,
  asPath,
  attribute,
  bodyOf,
  localPref,
  med,
  mpReach,
  mpUnreach,
  nextHop,
  nlri,
  ORIGIN,
  update,
  type UpdateParts,
} from './messages.fixture.ts';
import { UpdateReader, type UpdateRules } from './update.ts';

let table: RouteTable;
let targets: Map<AddressFamily, FamilyRoutes>;
let reader: UpdateReader;

const RULES = {
  ownAs: 65001,
  routerId: 0xc000_0201,
  isInternal: false,
  isFourOctet: true,
  hasExtendedNextHop: true,
  interface: undefined,
  additionalPaths: new Set<AddressFamily>(),
};

function begin(more: Partial<UpdateRules> = {}, isMultipath = true): void {
  table = new RouteTable();
  targets = new Map(
    ADDRESS_FAMILIES.map((family) => [
      family,
      new FamilyRoutes({ table, family, name: 'bgp.test', distance: 20, isMultipath }),
    ]),
  );
  const rules = { ...RULES, ...more, targets };
  for (const [family, routes] of targets) routes.begin(rules.additionalPaths.has(family));
  reader = new UpdateReader(rules);
}
beforeEach(() => begin());

/** What an UPDATE ends the session with, in words; undefined when it does not. */
function apply(parts: UpdateParts): string | undefined {
  const body = bodyOf(update(parts));
  const error = reader.apply(body, 0, body.length);
  return error === undefined ? undefined : describeBgpError(error);
}

/** `PREFIX via HOP, … metric N` of all routes. */
function routes(): string[] {
  const key = newRouteKey();
  return table.stores
    .flatMap((store) =>
      Array.from({ length: store.top }, (_, slot) => {
        if (store.source[slot] === 0) return [];
        store.readKey(slot, key);
        const action = formatGroup(table.groups.action(store.group[slot]!), store.family);
        return [
          `${formatKey(key)} via ${action}${store.metric[slot] === 0 ? '' : ` metric ${store.metric[slot]}`}`,
        ];
      }).flat(),
    )
    .sort();
}

const GOOD = [...ORIGIN, ...asPath(65002, 65003), ...nextHop('192.0.2.7')];
const HOP6 = addressBytes('2001:db8::7');

describe('routes', () => {
  it('of IPv4 come and go, and are replaced', () => {
    const both = [...nlri('10.0.0.0/8'), ...nlri('10.1.2.128/25')];
    expect(apply({ attributes: [...GOOD, ...med(5)], nlri: both })).toBeUndefined();
    expect(routes()).toEqual(['10.0.0.0/8 via 192.0.2.7 metric 5', '10.1.2.128/25 via 192.0.2.7 metric 5']);
    const other = [...ORIGIN, ...asPath(65002), ...nextHop('192.0.2.8')];
    apply({ withdrawn: nlri('10.1.2.128/25'), attributes: other, nlri: nlri('10.0.0.0/8') });
    expect(routes()).toEqual(['10.0.0.0/8 via 192.0.2.8']);
  });

  it('of IPv6 come and go', () => {
    const attributes = [...ORIGIN, ...asPath(65002), ...mpReach(HOP6, nlri('2001:db8:1::/48'))];
    expect(apply({ attributes })).toBeUndefined();
    expect(routes()).toEqual(['2001:db8:1::/48 via 2001:db8::7']);
    apply({ attributes: mpUnreach(nlri('2001:db8:1::/48')) });
    expect(routes()).toEqual([]);
  });

  it('ignore what stands behind the length of a prefix', () => {
    apply({ attributes: GOOD, nlri: [12, 10, 0xff] });
    expect(routes()).toEqual(['10.240.0.0/12 via 192.0.2.7']);
  });

  it('are the default routes too, and those of hosts', () => {
    apply({ attributes: GOOD, nlri: [...nlri('0.0.0.0/0'), ...nlri('198.51.100.1/32')] });
    expect(routes()).toEqual(['0.0.0.0/0 via 192.0.2.7', '198.51.100.1/32 via 192.0.2.7']);
  });

  it('of IPv4 may have a next hop of IPv6 (RFC 8950)', () => {
    const attributes = [...ORIGIN, ...asPath(65002), ...mpReach(HOP6, nlri('10.0.0.0/8'), 1)];
    expect(apply({ attributes })).toBeUndefined();
    expect(routes()).toEqual(['10.0.0.0/8 via 2001:db8::7']);
    begin({ hasExtendedNextHop: false });
    expect(apply({ attributes })).toMatch(/^UPDATE Message Error: Optional Attribute Error/);
  });

  it('with a link-local next hop are over the interface of the neighbour', () => {
    const hop = [...addressBytes('fe80::7')];
    const attributes = [...ORIGIN, ...asPath(65002), ...mpReach(hop, nlri('2001:db8:1::/48'))];
    apply({ attributes });
    expect(routes()).toEqual([]);
    expect(reader.troubles).toMatchObject({ withdrawn: 1, last: expect.stringMatching(/link-local/) });
    begin({ interface: 'xe0' });
    apply({ attributes });
    expect(routes()).toEqual(['2001:db8:1::/48 via fe80::7%xe0']);
    // The global one of both.
    apply({
      attributes: [...ORIGIN, ...asPath(65002), ...mpReach([...HOP6, ...hop], nlri('2001:db8:1::/48'))],
    });
    expect(routes()).toEqual(['2001:db8:1::/48 via 2001:db8::7']);
  });

  it('that this speaker is in are not taken, and replace what was', () => {
    apply({ attributes: GOOD, nlri: nlri('10.0.0.0/8') });
    apply({
      attributes: [...ORIGIN, ...asPath(65002, 65001), ...nextHop('192.0.2.7')],
      nlri: nlri('10.0.0.0/8'),
    });
    expect(routes()).toEqual([]);
    begin({ isInternal: true });
    const reflected = [...GOOD, ...localPref(100), ...attribute(9, [192, 0, 2, 1])];
    apply({ attributes: reflected, nlri: nlri('10.0.0.0/8') });
    expect(routes()).toEqual([]);
    expect(reader.troubles.loops).toBe(1);
  });

  it('of groups are not unicast', () => {
    apply({ attributes: GOOD, nlri: [...nlri('224.0.0.0/4'), ...nlri('10.0.0.0/8')] });
    expect(routes()).toEqual(['10.0.0.0/8 via 192.0.2.7']);
  });

  it.each(['0.0.0.0', '224.0.0.1', '255.255.255.255', '127.0.0.1'])('cannot go to %s', (hop) => {
    apply({ attributes: [...ORIGIN, ...asPath(65002), ...nextHop(hop)], nlri: nlri('10.0.0.0/8') });
    expect(routes()).toEqual([]);
    expect(reader.troubles.withdrawn).toBe(1);
  });
});

describe('the end of the routes', () => {
  it('takes away what was not announced again', () => {
    const ipv4 = targets.get(IPV4);
    const ipv6 = targets.get(IPV6);
    apply({ attributes: GOOD, nlri: [...nlri('10.0.0.0/8'), ...nlri('11.0.0.0/8')] });
    apply({ attributes: [...ORIGIN, ...asPath(65002), ...mpReach(HOP6, nlri('2001:db8:1::/48'))] });
    ipv4?.begin(false);
    ipv6?.begin(false);
    apply({ attributes: GOOD, nlri: nlri('10.0.0.0/8') });
    expect(ipv4?.staleSize).toBe(1);
    apply({});
    expect(ipv4?.staleSize).toBe(0);
    expect(ipv6?.staleSize).toBe(1);
    apply({ attributes: mpUnreach([]) });
    expect(ipv6?.staleSize).toBe(0);
  });
});

describe('additional paths', () => {
  const attributes = (hop: string, path = [65002]): number[] => [
    ...ORIGIN,
    ...asPath(...path),
    ...nextHop(hop),
  ];

  it('share the traffic where they are as good as the best', () => {
    begin({ additionalPaths: new Set([IPV4]) });
    apply({ attributes: attributes('192.0.2.7'), nlri: nlri('10.0.0.0/8', 1) });
    apply({ attributes: attributes('192.0.2.8'), nlri: nlri('10.0.0.0/8', 2) });
    apply({ attributes: attributes('192.0.2.9', [65002, 65003]), nlri: nlri('10.0.0.0/8', 3) });
    expect(routes()).toEqual(['10.0.0.0/8 via 192.0.2.7, 192.0.2.8']);
    apply({ withdrawn: [...nlri('10.0.0.0/8', 1), ...nlri('10.0.0.0/8', 2)] });
    expect(routes()).toEqual(['10.0.0.0/8 via 192.0.2.9']);
    apply({ withdrawn: nlri('10.0.0.0/8', 3) });
    expect(routes()).toEqual([]);
  });

  it('are replaced by their identifiers', () => {
    begin({ additionalPaths: new Set([IPV4]) }, false);
    apply({ attributes: attributes('192.0.2.7', [65002, 65003]), nlri: nlri('10.0.0.0/8', 1) });
    apply({ attributes: attributes('192.0.2.8'), nlri: nlri('10.0.0.0/8', 2) });
    expect(routes()).toEqual(['10.0.0.0/8 via 192.0.2.8']);
    apply({ attributes: attributes('192.0.2.9', [65002, 65003, 65004]), nlri: nlri('10.0.0.0/8', 2) });
    expect(routes()).toEqual(['10.0.0.0/8 via 192.0.2.7']);
  });
});

describe('a malformed UPDATE', () => {
  const before = (): void => void apply({ attributes: GOOD, nlri: nlri('10.0.0.0/8') });

  it.each<[string, number[]]>([
    ['ORIGIN 3', [...attribute(1, [3]), ...asPath(65002), ...nextHop('192.0.2.7')]],
    ['ORIGIN of two bytes', [...attribute(1, [0, 0]), ...asPath(65002), ...nextHop('192.0.2.7')]],
    ['no ORIGIN', [...asPath(65002), ...nextHop('192.0.2.7')]],
    ['no AS_PATH', [...ORIGIN, ...nextHop('192.0.2.7')]],
    ['no NEXT_HOP', [...ORIGIN, ...asPath(65002)]],
    ['an AS_PATH that ends early', [...ORIGIN, ...attribute(2, [2, 2, 0, 0, 0, 1]), ...nextHop('192.0.2.7')]],
    ['an empty segment', [...ORIGIN, ...attribute(2, [2, 0]), ...nextHop('192.0.2.7')]],
    ['a segment of type 9', [...ORIGIN, ...attribute(2, [9, 1, 0, 0, 0, 1]), ...nextHop('192.0.2.7')]],
    ['a confederation', [...ORIGIN, ...attribute(2, [3, 1, 0, 0, 0, 1]), ...nextHop('192.0.2.7')]],
    ['NEXT_HOP of five bytes', [...ORIGIN, ...asPath(65002), ...attribute(3, [192, 0, 2, 7, 0])]],
    ['MED of three bytes', [...GOOD, ...attribute(4, [0, 0, 1])]],
    ['communities of five bytes', [...GOOD, ...attribute(8, [0, 0, 0, 0, 1])]],
    ['no community', [...GOOD, ...attribute(8, [])]],
    ['extended communities of seven bytes', [...GOOD, ...attribute(16, [1, 2, 3, 4, 5, 6, 7])]],
    [
      'large communities of 13 bytes',
      [
        ...GOOD,
        ...attribute(
          32,
          Array.from({ length: 13 }, () => 1),
        ),
      ],
    ],
    ['flags of another attribute', [...ORIGIN, ...asPath(65002), ...attribute(3, [192, 0, 2, 7], 0xc0)]],
    ['an attribute beyond the others', [...GOOD, 0x80, 4, 9, 0, 0]],
  ])('withdraws its routes: %s', (_what, attributes) => {
    before();
    expect(apply({ attributes, nlri: [...nlri('10.0.0.0/8'), ...nlri('11.0.0.0/8')] })).toBeUndefined();
    expect(routes()).toEqual([]);
    expect(reader.troubles.withdrawn).toBe(1);
  });

  it.each<[string, number[]]>([
    ['ATOMIC_AGGREGATE with a byte', attribute(6, [0])],
    ['AGGREGATOR of seven bytes', attribute(7, [1, 2, 3, 4, 5, 6, 7])],
    ['LOCAL_PREF of another AS', localPref(7)],
    ['ORIGINATOR_ID of another AS', attribute(9, [192, 0, 2, 1])],
    ['CLUSTER_LIST of another AS', attribute(10, [1, 2, 3])],
    ['ORIGIN once more', attribute(1, [2])],
  ])('loses an attribute: %s', (_what, more) => {
    expect(apply({ attributes: [...GOOD, ...more], nlri: nlri('10.0.0.0/8') })).toBeUndefined();
    expect(routes()).toEqual(['10.0.0.0/8 via 192.0.2.7']);
    expect(reader.troubles).toMatchObject({ discarded: 1, withdrawn: 0 });
  });

  it('of an internal neighbour needs LOCAL_PREF', () => {
    begin({ isInternal: true });
    apply({ attributes: GOOD, nlri: nlri('10.0.0.0/8') });
    expect(routes()).toEqual([]);
    apply({ attributes: [...GOOD, ...localPref(100)], nlri: nlri('10.0.0.0/8') });
    expect(routes()).toEqual(['10.0.0.0/8 via 192.0.2.7']);
    apply({
      attributes: [...GOOD, ...localPref(100), ...attribute(10, [1, 2, 3])],
      nlri: nlri('10.0.0.0/8'),
    });
    expect(routes()).toEqual([]);
  });

  it.each<[string, UpdateParts, string]>([
    ['a prefix of 33 bits', { attributes: GOOD, nlri: [33, 10, 0, 0, 0, 0] }, 'Invalid Network Field'],
    ['a prefix that ends early', { attributes: GOOD, nlri: [24, 10, 0] }, 'Invalid Network Field'],
    ['a withdrawn prefix of 33 bits', { withdrawn: [33, 10, 0, 0, 0, 0] }, 'Invalid Network Field'],
    [
      'a well-known attribute that is not',
      { attributes: [...GOOD, ...attribute(99, [1], 0x40)], nlri: nlri('10.0.0.0/8') },
      'Unrecognized Well-known Attribute',
    ],
    [
      'MP_REACH_NLRI twice',
      { attributes: [...GOOD, ...mpReach(HOP6, []), ...mpReach(HOP6, [])] },
      'Malformed Attribute List',
    ],
    [
      'a next hop of IPv6 of 15 bytes',
      { attributes: [...GOOD, ...mpReach(HOP6.slice(1), nlri('2001:db8::/32'))] },
      'Optional Attribute Error',
    ],
    [
      'an IPv6 prefix of 129 bits',
      { attributes: [...GOOD, ...mpReach(HOP6, [129, ...HOP6, 1])] },
      'Optional Attribute Error',
    ],
    ['a short MP_UNREACH_NLRI', { attributes: attribute(15, [0, 2]) }, 'Optional Attribute Error'],
    ['a wrong attribute without routes', { attributes: attribute(1, [7]) }, 'Malformed Attribute List'],
  ])('ends the session, and changes nothing: %s', (_what, parts, expected) => {
    before();
    expect(apply(parts)).toContain(`UPDATE Message Error: ${expected}`);
    expect(routes()).toEqual(['10.0.0.0/8 via 192.0.2.7']);
  });

  it('ends the session when its lengths do not fit', () => {
    const tooLong = [Buffer.from([0, 9, 0, 0]), Buffer.from([0, 0, 0, 9, 1])];
    for (const body of tooLong)
      expect(reader.apply(body, 0, body.length)).toMatchObject({ code: 3, subcode: 1 });
  });

  it('of a family that was not agreed on is left out', () => {
    const evpn = attribute(14, [0, 25, 70, 4, 192, 0, 2, 7, 0, 1, 2, 3]);
    expect(apply({ attributes: [...GOOD, ...evpn], nlri: nlri('10.0.0.0/8') })).toBeUndefined();
    expect(routes()).toEqual(['10.0.0.0/8 via 192.0.2.7']);
  });
});

it('reads AS numbers of two octets, and AS4_PATH', () => {
  begin({ isFourOctet: false, ownAs: 4_200_000_001 });
  const short = attribute(2, [2, 2, 0xfd, 0xea, 0x5b, 0xa0]);
  const attributes = [...ORIGIN, ...short, ...nextHop('192.0.2.7')];
  apply({ attributes, nlri: nlri('10.0.0.0/8') });
  expect(routes()).toEqual(['10.0.0.0/8 via 192.0.2.7']);
  // The own AS stands behind AS_TRANS.
  const as4 = attribute(17, [2, 1, 0xfa, 0x56, 0xea, 0x01]);
  apply({ attributes: [...attributes, ...as4], nlri: nlri('10.0.0.0/8') });
  expect(routes()).toEqual([]);
});
