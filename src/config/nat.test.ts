import { describe, expect, it } from 'vitest';
import { parseConfig } from './parse.ts';

function problemsOf(text: string): string[] {
  const parsed = parseConfig(text, 'test.ini');
  const all = parsed.ok ? parsed.warnings : parsed.problems;
  return all.map(({ line, leaf, message }) => `${line} ${leaf}: ${message}`);
}

const NAT = '[nat44]\nenabled = true\n';
const SIDES =
  '[interface.loop0]\naddresses = 198.51.100.2/24\nnat = outside\n[interface.loop1]\nnat = inside\n';

describe('NAT44', () => {
  it('accepts a home router without a word', () => {
    const text = `${NAT}masquerade = loop0\npool = 203.0.113.10-203.0.113.20\n${SIDES}[port-forward.web]\nprotocol = tcp, udp\nexternal = loop0:443\ninternal = 192.168.1.10:8443\n[nat-static.server]\nexternal = 203.0.113.6\ninternal = 192.168.1.12\n`;
    expect(problemsOf(text)).toEqual([]);
  });

  it.each([
    [
      `${NAT}masquerade = lop0\n${SIDES}`,
      ['3 nat44.masquerade: "lop0" is not an interface of this configuration: did you mean loop0?'],
    ],
    [
      `${NAT}masquerade = loop1\n${SIDES}`,
      ['3 nat44.masquerade: "loop1" is not outside: write nat = outside in [interface.loop1]'],
    ],
    [
      `${NAT}masquerade = loop2\n${SIDES}[interface.loop2]\nunnumbered = loop0\nnat = outside\n`,
      [
        '3 nat44.masquerade: "loop2" borrows the addresses of loop0, and VPP follows only an interface\'s own: write the addresses, in pool or as external',
      ],
    ],
    [
      `${NAT}pool = 203.0.113.20-203.0.113.10\n${SIDES}`,
      ['3 nat44.pool: the range "203.0.113.20-203.0.113.10" is reversed: write 203.0.113.10-203.0.113.20'],
    ],
    [
      `${NAT}pool = 203.0.113.0/24\n${SIDES}`,
      [
        '3 nat44.pool: expected an address or a range such as 203.0.113.10-203.0.113.20, got "203.0.113.0/24"',
      ],
    ],
    [
      `${NAT}pool = 2001:db8::1\n${SIDES}`,
      ['3 nat44.pool: "2001:db8::1" is an IPv6 address: NAT44 translates IPv4 only'],
    ],
    [
      `${NAT}pool = 203.0.113.1-203.0.113.9, 203.0.113.9\n${SIDES}`,
      ['3 nat44.pool: 203.0.113.9 overlaps 203.0.113.1-203.0.113.9: list each address once'],
    ],
    [`${NAT}pool = 10.0.0.1-10.0.8.0\n${SIDES}`, ['3 nat44.pool: 2048 addresses exceed the limit of 1024']],
    [
      `${NAT}masquerade = loop0\npool = 198.51.100.2\n${SIDES}`,
      ['4 nat44.pool: "198.51.100.2" is the address of loop0, which masquerade has already: omit it'],
    ],
    [
      `${NAT}masquerade = loop0\n${SIDES}[port-forward.a]\nprotocol = tcp\nexternal = loop1:80\ninternal = 192.168.1.1:80\n`,
      ['11 port-forward.a.external: "loop1" is not outside: write nat = outside in [interface.loop1]'],
    ],
    [
      // By the interface and by its address it is one port.
      `${NAT}masquerade = loop0\n${SIDES}[port-forward.a]\nprotocol = tcp\nexternal = loop0:80\ninternal = 192.168.1.1:80\n[port-forward.b]\nprotocol = tcp\nexternal = 198.51.100.2:80\ninternal = 192.168.1.1:81\n`,
      [
        '15 port-forward.b.external: tcp 198.51.100.2:80 is already translated by line 11: each may be there once',
      ],
    ],
    [
      `${NAT}masquerade = loop0\n${SIDES}[port-forward.a]\nprotocol = tcp\nexternal = loop0:80\ninternal = 192.168.1.1:80\n[port-forward.b]\nprotocol = tcp, udp\nexternal = loop0:81\ninternal = 192.168.1.1:80\n`,
      [
        '16 port-forward.b.internal: tcp 192.168.1.1:80 is already translated by line 12: each may be there once',
      ],
    ],
    [
      `${NAT}masquerade = loop0\n${SIDES}[nat-static.a]\nexternal = 198.51.100.2\ninternal = 192.168.1.1\n`,
      [
        '10 nat-static.a.external: "198.51.100.2" is the address of loop0, which masquerade has already: choose another address',
      ],
    ],
    [
      `${NAT}masquerade = loop0\n${SIDES}vrf = blue\n[vrf.blue]\ntable = 10\n`,
      [
        '8 interface.loop1.nat: NAT44 translates in the default VRF only, and loop1 is in blue: omit one of the two',
      ],
    ],
    [
      `[bond.bond0]\nmembers = xe1\n[interface.xe1]\nnat = inside\n[interface.bond0]\n${NAT}`,
      ['4 interface.xe1.nat: xe1 is a member of bond0, and carries no IP: write it in [interface.bond0]'],
    ],
    [
      '[interface.xe0]\n[interface.xe0.7]\nvlan = 7\nexact-match = false\nnat = inside\n',
      ['5 interface.xe0.7.nat: xe0.7 takes frames with further tags, and carries no IP: remove the line'],
    ],
    [
      '[port-forward.a]\nprotocol = sctp\nexternal = loop0\ninternal = 192.168.1.1:0\n',
      [
        '2 port-forward.a.protocol: expected tcp or udp, got "sctp"',
        '3 port-forward.a.external: expected an endpoint such as xe0:443 or 203.0.113.5:443, got "loop0"',
        '4 port-forward.a.internal: the port of "192.168.1.1:0" is out of range (1–65535)',
      ],
    ],
    [
      '[port-forward.a]\nprotocol = tcp\n',
      [
        '1 port-forward.a.external: missing: [port-forward.a] needs a line such as external = 203.0.113.5:443',
        '1 port-forward.a.internal: missing: [port-forward.a] needs a line such as internal = 192.168.1.10:8443',
      ],
    ],
  ])('%j', (text, messages) => {
    expect(problemsOf(text)).toEqual(messages);
  });

  const OFF = 'it has no effect without NAT: write enabled = true in [nat44]';
  it.each([
    [SIDES, [`3 interface.loop0.nat: ${OFF}`, `5 interface.loop1.nat: ${OFF}`]],
    [
      `${NAT}masquerade = loop0\n[interface.loop0]\nnat = outside\n`,
      ['2 nat44.enabled: nothing is translated: no interface has nat = inside'],
    ],
    [
      `${NAT}${SIDES}`,
      [
        '2 nat44.enabled: hosts inside get no address outside: name an interface in masquerade, or addresses in pool',
      ],
    ],
    [
      `${NAT}masquerade = loop0\nforwarding = true\n${SIDES}`,
      [
        '4 nat44.forwarding: hosts outside reach those inside by their addresses: write acl-in for the outside interfaces',
      ],
    ],
  ])('warns: %j', (text, messages) => {
    expect(problemsOf(text)).toEqual(messages);
  });

  const VPP =
    '[vpp]\nenabled = true\n[vpp.cpu]\nworkers = 3\n[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n';
  const FILTERED = '[interface.loop2]\nacl-in = a\n[acl.a]\n10 = permit any\n';
  it.each([
    [
      'sessions',
      '',
      `${NAT}masquerade = loop0\nsessions = 500000\n${SIDES}`,
      'NAT sessions take about 1145M',
      '2560M',
    ],
    [
      'filters and sessions',
      '',
      `${NAT}masquerade = loop0\nsessions = 120000\n${SIDES}${FILTERED}`,
      'filters and NAT sessions take about 555M',
      '1536M',
    ],
    ['neither of few', '', `${NAT}masquerade = loop0\n${SIDES}${FILTERED}`, undefined, ''],
    [
      'neither with a large heap',
      '[vpp.memory]\nmain-heap = 4G\n',
      `${NAT}masquerade = loop0\nsessions = 500000\n${SIDES}`,
      undefined,
      '',
    ],
  ])('warns of a main heap that is too small for %s', (_name, memory, text, words, wanted) => {
    const found = problemsOf(`${VPP}${memory}${text}`).filter((one) => one.includes('main-heap'));
    expect(found).toEqual(
      words === undefined
        ? []
        : [`0 vpp.memory.main-heap: 1G is low: ${words} of it with 4 threads: use ${wanted} or more`],
    );
  });
});
