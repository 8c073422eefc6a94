import { expect, test } from 'vitest';
import { parseConfig } from '../config/mod.ts';
import { nextHopStatus } from './next-hop-status.ts';

test('each next hop has the interface or the route by which it is reached', () => {
  const result = parseConfig(
    Buffer.from(`[vpp]
enabled = true
[interface.loop0]
addresses = 192.0.2.1/24, 2001:db8::1/64
[interface.loop1]
addresses = 198.51.100.1/24
[route]
10.0.0.0/8 = 192.0.2.7
10.1.0.0/16 = 192.0.2.7, 198.51.100.200
10.2.0.0/16 = 10.1.2.3
2001:db8:1::/48 = 2001:db8::9
10.3.0.0/16 = 203.0.113.9%loop1
10.4.0.0/16 = 203.0.113.10
10.5.0.0/16 = blackhole
`),
    'appliance.ini',
  );
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const found = nextHopStatus(result.config).map(({ address, routes, example, reach }) => [
    address,
    routes,
    example,
    reach.kind === 'interface' ? reach.interface : reach.kind === 'route' ? reach.destination : 'none',
  ]);
  expect(found).toEqual([
    ['192.0.2.7', 2, '10.0.0.0/8', 'loop0'],
    ['198.51.100.200', 1, '10.1.0.0/16', 'loop1'],
    ['10.1.2.3', 1, '10.2.0.0/16', '10.1.0.0/16'],
    ['2001:db8::9', 1, '2001:db8:1::/48', 'loop0'],
    ['203.0.113.9', 1, '10.3.0.0/16', 'loop1'],
    ['203.0.113.10', 1, '10.4.0.0/16', 'none'],
  ]);
});
