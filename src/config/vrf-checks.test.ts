import { describe, expect, it } from 'vitest';
import { parseConfig } from './mod.ts';

function problems(ini: string): string[] {
  const parsed = parseConfig(ini, 'test.ini');
  return parsed.ok ? [] : parsed.problems.map(({ line, leaf, message }) => `${line} ${leaf}: ${message}`);
}

describe('VRFs', () => {
  it('have addresses of their own, and routes by name', () => {
    const parsed = parseConfig(
      `[vrf.blue]
table = 100
[interface.loop0]
vrf = blue
addresses = 192.0.2.1/24
[interface.loop1]
addresses = 192.0.2.1/24
[route]
10.0.0.0/8 = 192.0.2.2 vrf blue
10.0.0.0/9 = blackhole table 7
`,
      'test.ini',
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(parsed.config.routes.map(({ tableId }) => tableId)).toEqual([100, 7]);
    expect(parsed.config.interfaces[0]?.vrf).toBe('blue');
  });

  it('are refused with a table of Linux or of another one, with the name of an interface, and where they do not exist', () => {
    expect(
      problems(`[vrf.blue]
table = 100
[vrf.red]
table = 100
[vrf.main]
table = 254
[vrf.loop0]
table = 5
[interface.loop0]
vrf = blu
[route]
10.0.0.0/8 = blackhole vrf rde
10.0.0.0/9 = blackhole vrf blue table 7
10.0.0.0/10 = blackhole vrf
`),
    ).toEqual([
      '4 vrf.red.table: 100 is already the table of blue: choose another number',
      '6 vrf.main.table: 254 is a table that Linux has itself (253–255): choose another number',
      '7 vrf.loop0: "loop0" is the name of an interface: choose another one',
      '10 interface.loop0.vrf: "blu" is not a VRF of this configuration: did you mean blue?',
      '12 route.10.0.0.0/8: "rde" is not a VRF of this configuration: did you mean red?',
      '13 route.10.0.0.0/9: table is given twice: give it once',
      '14 route.10.0.0.0/10: expected a name after vrf',
    ]);
  });

  it('resolve next hops among their own networks', () => {
    const parsed = parseConfig(
      `[vrf.red]
table = 10
[interface.loop0]
vrf = red
addresses = 10.1.0.1/24
[interface.loop1]
addresses = 10.2.0.1/24
[route]
0.0.0.0/0 = 10.1.0.2 vrf red
10.9.0.0/16 = 10.9.0.1
`,
      'test.ini',
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const dead = parsed.warnings.filter(({ message }) => message.includes('are dropped'));
    expect(dead.map(({ leaf }) => leaf)).toEqual(['route.10.9.0.0/16']);
  });
});

describe('a parent of sub-interfaces', () => {
  it('without a section of its own is up with the defaults; one that no section makes is not made up', () => {
    const ini = '[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n[interface.xe0.7]\n';
    const parsed = parseConfig(ini, 'test.ini');
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(parsed.config.interfaces.map(({ name, enabled, mtuBytes }) => [name, enabled, mtuBytes])).toEqual([
      ['xe0.7', true, 1500],
      ['xe0', true, 1500],
    ]);
    expect(parseConfig('[interface.xe0.7]\n', 'test.ini').ok).toBe(false);
  });
});

describe('routes between VRFs', () => {
  it('leak into one another by routes to their names; next hops are resolved there', () => {
    const parsed = parseConfig(
      `${TWO}[route]
10.20.0.0/16 = %blue vrf red
10.10.0.0/16 = @2%red vrf blue
10.30.0.0/16 = 192.0.2.9%blue, %default vrf red
2001:db8::/32 = @3%red
`,
      'test.ini',
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(parsed.warnings.filter(({ leaf }) => leaf.startsWith('route'))).toEqual([]);
    expect(parsed.config.routes.map(({ action }) => action.kind === 'forward' && action.nextHops)).toEqual([
      [{ family: 4, address: undefined, weight: 1, interface: 'blue' }],
      [{ family: 4, address: undefined, weight: 2, interface: 'red' }],
      [
        { family: 4, address: '192.0.2.9', weight: 1, interface: 'blue' },
        { family: 4, address: undefined, weight: 1, interface: 'default' },
      ],
      [{ family: 6, address: undefined, weight: 3, interface: 'red' }],
    ]);
  });

  it('say how a route is looked up in a VRF, what a label needs, and that default is taken', () => {
    expect(
      problems(`${TWO}[vrf.default]
table = 5
[route]
10.0.0.0/8 = vrf blue vrf red
10.1.0.0/16 = %blu
10.2.0.0/16 = 192.0.2.1%blue label 100
`),
    ).toEqual([
      '5 vrf.default: "default" is the VRF of everything without one: choose another name',
      '8 route.10.0.0.0/8: vrf and table exclude each other, and may be given once only',
      '8 route.10.0.0.0/8: no next hop before "vrf": write %blue to look it up in blue',
      '9 route.10.1.0.0/16: "blu" is not an interface of this configuration: did you mean blue?',
      '10 route.10.2.0.0/16: "192.0.2.1%blue" has a VRF, and a label needs an interface: name that in its place',
    ]);
  });

  it('have services in the namespace of the TAPs', () => {
    const service = '[service.dnsmasq]\ncommand = /usr/sbin/dnsmasq -k\n';
    const parsed = parseConfig(`${TWO}${service}vrf = blue\n`, 'test.ini');
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(parsed.config.services).toMatchObject([{ name: 'dnsmasq', netns: 'dataplane', vrf: 'blue' }]);
    expect(problems(`${TWO}${service}vrf = blue\nnetns = lab\n`)).toEqual([
      '7 service.dnsmasq.vrf: the VRF device of blue is in another namespace: write netns = dataplane',
    ]);
    expect(problems(`${TWO}${service}vrf = blu\n`)).toEqual([
      '7 service.dnsmasq.vrf: "blu" is not a VRF of this configuration: did you mean blue?',
    ]);
  });

  it.each([
    ['of two', '10.0.0.0/8 = %blue vrf red\n10.0.0.0/8 = %red vrf blue', '10.0.0.0/8 on line 6', 7],
    ['of a part', '10.0.0.0/8 = %blue vrf red\n10.0.0.0/9 = %red vrf blue', '10.0.0.0/8 on line 6', 7],
    ['with itself', '10.0.0.0/8 = %red vrf red', undefined, 6],
    [
      'by a default route, over the default VRF',
      '2001:db8::/32 = %blue vrf red\n::/0 = %default vrf blue\n2001:db8::/32 = %red',
      '2001:db8::/32 on line 6, ::/0 on line 7',
      8,
    ],
  ])('are refused in a circle %s', (_, routes, through, line) => {
    const [problem, ...others] = problems(`${TWO}[route]\n${routes}\n`);
    expect(others).toEqual([]);
    const words = through === undefined ? '' : `${through}, `;
    expect(problem).toMatch(new RegExp(`^${line} route\\.`));
    expect(problem).toContain(`its packets are looked up in a circle: ${words}and this route again`);
  });

  it.each([
    [
      'a more specific route takes some out',
      '10.0.0.0/8 = %blue vrf red\n0.0.0.0/0 = %red vrf blue\n10.1.0.0/16 = blackhole vrf blue',
    ],
    ['the other VRF forwards it', '10.0.0.0/8 = %blue vrf red\n10.0.0.0/8 = 192.0.2.1 vrf blue'],
  ])('are accepted where %s', (_, routes) => {
    expect(problems(`${TWO}[route]\n${routes}\n`)).toEqual([]);
  });

  it('warn of a next hop that another VRF drops', () => {
    const parsed = parseConfig(
      `${TWO}[route]\n203.0.113.0/24 = blackhole vrf blue\n10.0.0.0/8 = 203.0.113.9%blue vrf red\n`,
      'test.ini',
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(parsed.warnings.map(({ message }) => message)).toContain(
      'packets to it are dropped: its next hop 203.0.113.9 is in 203.0.113.0/24, which drops packets',
    );
  });
});

const TWO = `[vrf.red]
table = 10
[vrf.blue]
table = 20
`;
