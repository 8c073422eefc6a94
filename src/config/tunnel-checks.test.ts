/** Tunnels that VPP would refuse or break by. */
import { expect, it } from 'vitest';
import { parseConfig } from './parse.ts';

const NIC =
  '[vpp]\nenabled = true\n[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n[interface.xe0]\naddresses = 192.0.2.1/24, 2001:db8::1/64\n';
const LINES = NIC.split('\n').length - 1;

/** `LINE leaf: message` of each problem, lines counted from the tunnel's first. */
function problemsOf(ini: string): string[] {
  const result = parseConfig(`${NIC}${ini}`, 'test.ini');
  const all = result.ok ? result.warnings : result.problems;
  return all.map(({ line, leaf, message }) => `${line - LINES} ${leaf}: ${message}`);
}

const gre = (name: string, rest = ''): string =>
  `[gre.${name}]\nsource = 192.0.2.1\ndestination = 203.0.113.1\n${rest}`;
const vxlan = (name: string, rest: string): string =>
  `[vxlan.${name}]\nsource = 2001:db8::1\ndestination = 2001:db8:1::1\n${rest}`;

it('takes tunnels with a way to their destinations', () => {
  expect(problemsOf(`${gre('g0')}[interface.g0]\naddresses = 10.0.0.1/30\n[interface.g0.5]\n`)).toEqual([
    expect.stringContaining('carries IP packets'),
  ]);
  const ini = `${gre('g0')}[interface.g0]\naddresses = 10.0.0.1/30\n${vxlan('v1', 'vni = 1\n[interface.v1]\n')}[interface.v1.5]\n[route]\n10.9.0.0/16 = %g0\n203.0.113.0/24 = 192.0.2.254\n`;
  expect(problemsOf(ini).filter((text) => !text.includes('fib.vpp'))).toEqual([]);
});

it.each([
  [
    'two families',
    '[ipip.i0]\nsource = 192.0.2.1\ndestination = 2001:db8:1::1\n',
    '3 ipip.i0.destination: "2001:db8:1::1" is IPv6, the source 192.0.2.1 is IPv4: expected two addresses of one family; the tunnel carries both',
  ],
  [
    'its source',
    '[ipip.i0]\nsource = 192.0.2.9\ndestination = 192.0.2.9\n',
    '3 ipip.i0.destination: "192.0.2.9" is the source too: expected the address of the other end',
  ],
  [
    'the box itself',
    '[ipip.i0]\nsource = 192.0.2.9\ndestination = 192.0.2.1\n',
    `3 ipip.i0.destination: "192.0.2.1" is the box's own address on xe0: expected the address of the other end`,
  ],
  [
    'link-local',
    '[ipip.i0]\nsource = 2001:db8::1\ndestination = fe80::1\n',
    '3 ipip.i0.destination: "fe80::1" is link-local: expected an address that routes lead to',
  ],
  [
    'a multicast group',
    '[vxlan.v0]\nsource = 192.0.2.1\ndestination = 239.1.1.1\nvni = 1\n',
    '3 vxlan.v0.destination: "239.1.1.1" is a multicast address: expected the address of a host',
  ],
  [
    'its own network',
    `${gre('g0')}[interface.g0]\naddresses = 203.0.113.2/24\n`,
    '3 gre.g0.destination: "203.0.113.1" is reached by the network 203.0.113.2/24 of g0 through the tunnel itself: expected a destination, or a route to it, through another interface',
  ],
  [
    'a route through itself',
    `${gre('g0')}[interface.g0]\naddresses = 10.0.0.1/30\n[route]\n203.0.113.0/24 = 10.0.0.2\n`,
    '3 gre.g0.destination: "203.0.113.1" is reached by the route 203.0.113.0/24 on line 13 through the tunnel itself: expected a destination, or a route to it, through another interface',
  ],
])('refuses a destination that is %s', (_what, ini, problem) => {
  expect(problemsOf(ini)).toContain(problem);
});

it('refuses two tunnels that carry each other', () => {
  const ini = `[gre.a]\nsource = 192.0.2.1\ndestination = 203.0.113.1\n[gre.b]\nsource = 192.0.2.1\ndestination = 203.0.114.1\n[interface.a]\n[interface.b]\n[route]\n203.0.113.0/24 = %b\n203.0.114.0/24 = %a\n`;
  expect(problemsOf(ini)).toEqual([
    '3 gre.a.destination: "203.0.113.1" is reached by the route 203.0.113.0/24 on line 16 through b and so through the tunnel itself: expected a destination, or a route to it, through another interface',
    '6 gre.b.destination: "203.0.114.1" is reached by the route 203.0.114.0/24 on line 17 through a and so through the tunnel itself: expected a destination, or a route to it, through another interface',
  ]);
});

it('warns of a default route through the tunnel, beside which a daemon may know another', () => {
  const ini = `${gre('g0')}[interface.g0]\naddresses = 10.0.0.1/30\n[route]\n0.0.0.0/0 = 10.0.0.2\n[fib.vpp]\nenabled = true\n`;
  expect(problemsOf(ini)).toEqual([
    expect.stringMatching(/^1 gre\.g0\.destination: "203\.0\.113\.1" is reached by the route 0\.0\.0\.0\/0/),
  ]);
  expect(problemsOf(gre('g0'))).toEqual(['1 gre.g0: it stays down: set it up in a section [interface.g0]']);
});

it.each([
  [
    `${gre('g0')}${gre('g1')}`,
    '4 gre.g1: the source, the destination and the type are those of g0 on line 7: VPP tells two such tunnels apart by nothing else',
  ],
  [
    `${vxlan('v0', 'vni = 1\n')}[vxlan.v1]\nsource = 2001:db8::9\ndestination = 2001:db8:1::1\nvni = 1\n`,
    '5 vxlan.v1: the destination, the port and the VNI are those of v0 on line 7: VPP tells two such tunnels apart by nothing else',
  ],
  [gre('xe0'), '1 gre.xe0: "xe0" is already the name of the NIC on line 3: choose another name'],
  [gre('loop1'), '1 gre.loop1: "loop1" is a name that VPP uses itself: choose another one, such as gre0'],
  [gre('g0.5'), '1 gre.g0.5: "g0.5" would be VLAN 5 of g0: choose a name without a dot and a number'],
  [
    `${gre('t0')}${vxlan('t0', 'vni = 1\n')}`,
    '1 gre.t0: "t0" is already the tunnel of [vxlan.t0] on line 10: choose another name',
  ],
  [
    vxlan('v0', 'vni = 1\nport = 4784\n'),
    '5 vxlan.v0.port: VPP receives BFD on the port "4784": expected another one, such as 4789',
  ],
  [vxlan('v0', 'vni = 16777216\n'), '4 vxlan.v0.vni: "16777216" is out of range (0–16777215)'],
])('refuses %j', (ini, problem) => {
  expect(problemsOf(ini)).toContain(problem);
});

it('derives the default MTU from what the tunnel adds, and lets a given one stand', () => {
  const ini = `${gre('g0')}[interface.g0]\n${gre('t0', 'type = teb\n')}[interface.t0]\n[interface.t0.5]\n[interface.t0.6]\ninner-vlan = 7\n${vxlan('v6', 'vni = 1\n')}[interface.v6]\n[ipip.i0]\nsource = 192.0.2.1\ndestination = 203.0.113.1\n[interface.i0]\nmtu = 1500\n`;
  const result = parseConfig(`${NIC}${ini}`, 'test.ini');
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const mtus = result.config.interfaces.map(({ name, mtuBytes }) => `${name} ${mtuBytes}`);
  expect(mtus).toEqual(['xe0 1500', 'g0 1476', 't0 1462', 't0.5 1458', 't0.6 1454', 'v6 1430', 'i0 1500']);
});

it('looks for the ways of outer packets in their VRF, and in the VRFs that routes lead to', () => {
  const blue = '[vrf.blue]\ntable = 7\n';
  const inside = `[interface.g0]\naddresses = 203.0.113.2/24\n`;
  const tunnel = (vrf: string) => `${blue}${gre('g0', `underlay-vrf = ${vrf}\n`)}${inside}`;
  const problems = (ini: string): string[] =>
    problemsOf(ini).filter((text) => !text.includes('fib.vpp') && !text.includes('table 7'));
  expect(problems(tunnel('blue'))).toEqual([]);
  expect(problems(tunnel('blu'))).toEqual([
    '6 gre.g0.underlay-vrf: "blu" is not a VRF of this configuration: did you mean blue?',
  ]);
  expect(problems(tunnel('blue').replace('[interface.g0]', '[interface.g0]\nvrf = blue'))).toEqual([
    expect.stringContaining('is reached by the network 203.0.113.2/24 of g0 through the tunnel itself'),
  ]);
  expect(problems(`${tunnel('blue')}[route]\n203.0.113.0/24 = %default vrf blue\n`)).toEqual([
    expect.stringContaining('is reached by the network 203.0.113.2/24 of g0 through the tunnel itself'),
  ]);
  // The same ends in two VRFs are two tunnels.
  const two = `${blue}${gre('g0', 'underlay-vrf = blue\n')}${gre('g1')}[interface.g0]\n[interface.g1]\n`;
  expect(problems(two)).toEqual([]);
});
