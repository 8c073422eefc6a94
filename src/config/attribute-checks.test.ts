/** Attributes of interfaces that do not fit them. */
import { expect, it } from 'vitest';
import { parseConfig } from './parse.ts';

const NIC =
  '[vpp]\nenabled = true\n[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n[vpp.dpdk.interface.0000:03:00.1]\nname = xe1\n';
const LINES = NIC.split('\n').length - 1;
const GRE = '[gre.g0]\nsource = 192.0.2.1\ndestination = 203.0.113.1\n';

function problemsOf(ini: string): string[] {
  const result = parseConfig(`${NIC}${ini}`, 'test.ini');
  const all = result.ok ? result.warnings : result.problems;
  return all.map(({ line, leaf, message }) => `${line - LINES} ${leaf}: ${message}`);
}

it('takes them where they fit', () => {
  const ini = `[interface.xe0]\nmac = 02-00-00-00-00-0A\nurpf = loose\nmss-clamp = 1400\nneighbors = 192.0.2.9 02:00:00:00:00:09,2001:db8::9   02:00:00:00:00:09\n`;
  const result = parseConfig(`${NIC}${ini}`, 'test.ini');
  expect(result.ok && result.config.interfaces[0]).toMatchObject({
    mac: '02:00:00:00:00:0a',
    urpf: 'loose',
    mssClamp: 1400,
    neighbors: [
      { address: '192.0.2.9', mac: '02:00:00:00:00:09' },
      { address: '2001:db8::9', mac: '02:00:00:00:00:09' },
    ],
  });
});

it.each([
  [
    '[interface.xe0]\n[interface.xe0.5]\nmac = 02:00:00:00:00:01\n',
    '3 interface.xe0.5.mac: xe0.5 has the MAC address of xe0: write it in [interface.xe0]',
  ],
  [
    `${GRE}[interface.g0]\nmac = 02:00:00:00:00:01\n`,
    '5 interface.g0.mac: the tunnel g0 carries IP packets, and has no MAC address: remove the line',
  ],
  [
    `${GRE}[interface.g0]\nneighbors = 192.0.2.9 02:00:00:00:00:01\n`,
    '5 interface.g0.neighbors: the tunnel g0 carries IP packets, and has no neighbours: remove the line',
  ],
  [
    '[interface.xe0]\nmac = 03:00:00:00:00:01\n',
    '2 interface.xe0.mac: "03:00:00:00:00:01" is the address of a group: expected an even first byte, as in 02:00:00:00:00:01',
  ],
  [
    '[interface.xe0]\nmac = 2:0:0:0:0:1\n',
    '2 interface.xe0.mac: expected a MAC address such as 02:00:00:00:00:01, got "2:0:0:0:0:1"',
  ],
  [
    `${GRE}[interface.g0]\nproxy-arp = true\n`,
    '5 interface.g0.proxy-arp: the tunnel g0 carries IP packets, and no ARP: remove the line',
  ],
  [
    '[interface.xe0]\naddresses = 2001:db8::1/64\n[interface.xe1]\nproxy-nd = 2001:db8::1\n',
    `4 interface.xe1.proxy-nd: "2001:db8::1" is the box's own address on xe0: expected the address of a host`,
  ],
  [
    '[interface.xe0]\nproxy-nd = 2001:db8::9\n[interface.xe1]\nproxy-nd = 2001:db8::9\n',
    '4 interface.xe1.proxy-nd: "2001:db8::9" is on xe0 already: name it once',
  ],
  [
    '[interface.xe0]\nproxy-nd = fe80::9\n',
    '2 interface.xe0.proxy-nd: "fe80::9": expected the IPv6 address of a host such as 2001:db8::10',
  ],
  [
    '[interface.xe0.5]\nexact-match = false\nproxy-arp = true\n',
    '3 interface.xe0.5.proxy-arp: xe0.5 takes frames with further tags, and carries no IP: remove the line',
  ],
  [
    '[interface.xe0]\nneighbors = 192.0.2.9\n',
    '2 interface.xe0.neighbors: expected an address and its MAC address, such as 192.0.2.9 02:00:00:00:00:09, got "192.0.2.9"',
  ],
  [
    '[interface.xe0]\naddresses = 192.0.2.1/24\nneighbors = 192.0.2.1 02:00:00:00:00:01\n',
    `3 interface.xe0.neighbors: "192.0.2.1" is the box's own address: expected the address of a neighbour`,
  ],
  [
    '[interface.xe0]\nmac = 02:00:00:00:00:01\nneighbors = 192.0.2.9 02:00:00:00:00:01\n',
    `3 interface.xe0.neighbors: "02:00:00:00:00:01" is the interface's own MAC address: expected that of 192.0.2.9`,
  ],
  [
    '[interface.xe0]\n[interface.xe0.5]\nexact-match = false\nurpf = loose\n',
    '4 interface.xe0.5.urpf: xe0.5 takes frames with further tags, and carries no IP: remove the line',
  ],
  [
    '[bond.b0]\nmembers = xe0, xe1\n[interface.xe0]\nmss-clamp = auto\nmac = 02:00:00:00:00:01\n',
    '4 interface.xe0.mss-clamp: xe0 is a member of b0, and carries no IP: write it in [interface.b0]',
  ],
  [
    '[bond.b0]\nmembers = xe0, xe1\n[interface.xe0]\nmac = 02:00:00:00:00:01\n',
    '4 interface.xe0.mac: xe0 has the MAC address of b0: write it in [interface.b0]',
  ],
  [
    '[interface.xe0]\nlink-local = 2001:db8::1\n',
    '2 interface.xe0.link-local: "2001:db8::1" is not in fe80::/10: expected a link-local address such as fe80::1',
  ],
  [
    '[interface.xe0]\naddresses = fe80::5/128\nlink-local = fe80::1\n',
    '3 interface.xe0.link-local: addresses has fe80::5/128 too: write one of them',
  ],
  [
    '[interface.xe0]\nunnumbered = loop1\n[interface.loop0]\naddresses = 192.0.2.1/32\n',
    '2 interface.xe0.unnumbered: "loop1" has no section: did you mean loop0?',
  ],
  [
    '[interface.xe0]\nunnumbered = xe0\n',
    '2 interface.xe0.unnumbered: "xe0" is the interface itself: expected another one, such as loop0',
  ],
  [
    '[interface.xe0]\naddresses = 198.51.100.1/24\nunnumbered = loop0\n[interface.loop0]\naddresses = 192.0.2.1/32\n',
    '3 interface.xe0.unnumbered: xe0 has addresses of its own: remove them, or this line',
  ],
  [
    '[interface.xe0]\nunnumbered = xe1\n[interface.xe1]\nunnumbered = loop0\n[interface.loop0]\naddresses = 192.0.2.1/32\n',
    '2 interface.xe0.unnumbered: xe1 borrows the addresses of loop0 itself: write unnumbered = loop0',
  ],
  [
    '[vrf.blue]\ntable = 10\n[interface.xe0]\nunnumbered = loop0\n[interface.loop0]\nvrf = blue\naddresses = 192.0.2.1/32\n',
    '4 interface.xe0.unnumbered: loop0 is in the VRF blue, xe0 is not: expected both in one',
  ],
  [
    '[vpp.lcp]\nenabled = true\n[fib.kernel]\nimport = true\n[interface.xe0]\ndhcp = true\nlcp = false\n',
    '7 interface.xe0.lcp: dhcp = true needs a TAP in Linux: remove one of both lines',
  ],
  [
    '[vpp.lcp]\nenabled = true\n[fib.kernel]\nimport = true\n[interface.loop0]\n[interface.xe0]\ndhcp = true\nunnumbered = loop0\n',
    '8 interface.xe0.unnumbered: dhcp = true gives the interface an address of its own: remove one of both lines',
  ],
  ['[interface.xe0]\nmss-clamp = 20\n', '2 interface.xe0.mss-clamp: "20" is out of range (88–65495 or auto)'],
])('refuses %j', (ini, problem) => {
  expect(problemsOf(ini)).toContain(problem);
});
