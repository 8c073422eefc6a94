import { describe, expect, it } from 'vitest';
import { parseConfig } from './mod.ts';

function warnings(routes: string): string[] {
  const text = `[vpp]\nenabled = true\n[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n[fib.vpp]\nenabled = true\n[interface.xe0]\naddresses = 192.0.2.1/24, 2001:db8::1/64\n[route]\n${routes}`;
  const parsed = parseConfig(text, 'appliance.ini');
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  return parsed.warnings
    .filter(
      ({ leaf, message }) => leaf.startsWith('route') && message.startsWith('packets to it are dropped'),
    )
    .map(({ leaf, message }) => `${leaf}: ${message}`);
}

describe('static routes that lead nowhere are warned of', () => {
  it.each([
    [
      'a next hop in a blackhole',
      '203.0.113.0/24 = blackhole\n10.0.0.0/8 = 203.0.113.9',
      'route.10.0.0.0/8: packets to it are dropped: its next hop 203.0.113.9 is in 203.0.113.0/24, which drops packets',
    ],
    [
      'the same, one route further',
      '2001:db8:a::/48 = unreachable\n2001:db8:b::/48 = 2001:db8:a::1\n2001:db8:c::/48 = 2001:db8:b::1',
      'route.2001:db8:c::/48: packets to it are dropped: its next hop 2001:db8:a::1 is in 2001:db8:a::/48, which drops packets',
    ],
    [
      'a route to itself',
      '203.0.113.0/24 = 203.0.113.9',
      'route.203.0.113.0/24: packets to it are dropped: its next hop 203.0.113.9 is reached through 203.0.113.0/24, which leads back to itself',
    ],
    [
      'a ring',
      '10.1.0.0/16 = 10.2.0.1\n10.2.0.0/16 = 10.1.0.1',
      'route.10.1.0.0/16: packets to it are dropped: its next hop 10.2.0.1 is reached through 10.2.0.0/16, which leads back to itself',
    ],
    [
      'a prefix that VPP drops whatever it is told',
      '240.0.0.0/4 = 192.0.2.9',
      'route.240.0.0.0/4: packets to it are dropped: VPP reserves 240.0.0.0/4 and drops packets to it',
    ],
  ])('%s', (_, routes, warning) => {
    expect(warnings(routes)).toContain(warning);
  });

  it.each([
    [
      'a next hop in a connected network, whatever covers it',
      '192.0.0.0/8 = blackhole\n10.0.0.0/8 = 192.0.2.9',
    ],
    ['a next hop that a feed or a daemon may have a route to', '10.0.0.0/8 = 198.51.100.1'],
    ['one of two next hops that forwards', '203.0.113.0/24 = blackhole\n10.0.0.0/8 = 203.0.113.9, 192.0.2.9'],
    ['a next hop over an interface', '203.0.113.0/24 = blackhole\n10.0.0.0/8 = 203.0.113.9%xe0'],
    ['a route behind another', '10.1.0.0/16 = 192.0.2.9\n10.2.0.0/16 = 10.1.0.1\n0.0.0.0/0 = 10.2.0.1'],
  ])('not %s', (_, routes) => {
    expect(warnings(routes)).toEqual([]);
  });
});
