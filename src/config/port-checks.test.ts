/** What the configuration of bonds may not be. */
import { describe, expect, test } from 'vitest';
import { parseConfig } from './parse.ts';
import { portsOf } from './ports.ts';

const NICS = [0, 1, 2, 3].map((n) => `[vpp.dpdk.interface.0000:03:00.${n}]\nname = xe${n}\n`).join('');

/** `LEAF: MESSAGE` of each problem of a configuration with four NICs. */
function problemsOf(ini: string): string[] {
  const parsed = parseConfig(`${NICS}${ini}`, 'test.ini');
  return parsed.ok ? [] : parsed.problems.map(({ leaf, message }) => `${leaf}: ${message}`);
}

describe('bonds', () => {
  test('are accepted with NICs as members, and VLANs on the bond', () => {
    expect(
      problemsOf(
        '[bond.bond0]\nmembers = xe2, xe3\n[interface.xe2]\nmtu = 9000\n[interface.bond0.100]\naddresses = 192.0.2.1/24\n',
      ),
    ).toEqual([]);
  });

  test.each([
    ['xe22', '"xe22" is not an interface of this configuration: did you mean xe2?'],
    ['nothing', '"nothing" is not an interface of this configuration: expected one of xe0, xe1, xe2, xe3'],
    ['loop0', '"loop0" is a loopback: expected a NIC as a member'],
    ['bond1', '"bond1" is a bond: expected a NIC as a member'],
    [
      'xe2.100',
      '"xe2.100" is a sub-interface: bond the NICs, and write the VLAN as a section such as [interface.bond0.100]',
    ],
  ])('have no member %s', (member, message) => {
    const others = '[interface.loop0]\n[bond.bond1]\nmembers = xe0\n';
    expect(problemsOf(`${others}[bond.bond0]\nmembers = ${member}\n`)).toEqual([
      `bond.bond0.members: ${message}`,
    ]);
  });

  test('share no member', () => {
    expect(problemsOf('[bond.a]\nmembers = xe2, xe3\n[bond.b]\nmembers = xe1, xe3\n')).toEqual([
      'bond.b.members: "xe3" is already a member of a on line 10: list it once',
    ]);
  });

  test.each([
    ['xe0', '"xe0" is already the name of the NIC on line 1: choose another name'],
    ['loop3', '"loop3" is a name that VPP uses itself: choose another name'],
    ['xe0.5', '"xe0.5" would be VLAN 5 of xe0: choose another name'],
  ])('are not called %s', (name, message) => {
    expect(problemsOf(`[bond.${name}]\nmembers = xe2\n`)).toContain(`bond.${name}: ${message}`);
  });

  test('leave their members neither IP, nor MPLS, nor VLANs, nor filters', () => {
    expect(
      problemsOf(
        '[bond.bond0]\nmembers = xe2\n[interface.xe2]\naddresses = 192.0.2.1/24\nmpls = true\nvrf = red\nacl-in = some\n[interface.xe2.7]\n[vrf.red]\ntable = 7\n[acl.some]\n10 = permit any\n',
      ),
    ).toEqual([
      'interface.xe2.addresses: xe2 is a member of bond0, and carries no IP: write it in [interface.bond0]',
      'interface.xe2.mpls: xe2 is a member of bond0, and carries no MPLS: remove the line',
      'interface.xe2.vrf: xe2 is a member of bond0, and carries no IP: write it in [interface.bond0]',
      'interface.xe2.acl-in: xe2 is a member of bond0, and filters nothing: write it on the bond',
      'interface.xe2.7: xe2 is a member of bond0, and has no VLANs: write them on the bond',
    ]);
  });

  test('warn of settings that their mode does not use', () => {
    const parsed = parseConfig(
      `[vpp]\nenabled = true\n${NICS}[bond.a]\nmembers = xe1\nmode = xor\nload-balance = l2\nlacp-timeout = long\nprimary = xe1\n[bond.b]\nmembers = xe2\nmode = broadcast\nload-balance = l34\nlacp-passive = true\n`,
      'test.ini',
    );
    const warnings = parsed.ok ? parsed.warnings.map(({ leaf, message }) => `${leaf}: ${message}`) : [];
    expect(warnings).toEqual([
      'bond.a.lacp-timeout: the mode xor does not use it: remove the line, or write mode = lacp',
      'bond.a.primary: the mode xor does not use it: remove the line, or write mode = active-backup',
      'bond.b.load-balance: the mode broadcast does not use it: remove the line, or write mode = lacp or xor',
      'bond.b.lacp-passive: the mode broadcast does not use it: remove the line, or write mode = lacp',
    ]);
  });

  test('prefer one of their members', () => {
    expect(problemsOf('[bond.c]\nmembers = xe3\nmode = active-backup\nprimary = xe2\n')).toEqual([
      'bond.c.primary: "xe2" is not a member of c: did you mean xe3?',
    ]);
  });
});

describe('bridges and cross-connects', () => {
  const TUNNELS =
    '[vxlan.vx]\nsource = 192.0.2.1\ndestination = 203.0.113.1\nvni = 10\n[gre.gre0]\nsource = 192.0.2.1\ndestination = 203.0.113.1\n';

  test('are accepted with NICs, bonds, VLANs and tunnels that carry Ethernet', () => {
    expect(
      problemsOf(
        `${TUNNELS}[bond.bond0]\nmembers = xe2\n[interface.xe1]\n[interface.xe1.5]\n[interface.xe1.6]\n[interface.bond0]\n[interface.bond0.6]\n
[bridge.br0]\nmembers = xe0, xe1.5, bond0, vx\nstatic = 02:00:00:00:00:01@xe0\n[interface.br0]\naddresses = 192.0.2.1/24\n[cross-connect.wire]\ninterfaces = xe1.6, bond0.6\n`,
      ),
    ).toEqual([]);
  });

  test.each([
    ['xe22', '"xe22" is not an interface of this configuration: did you mean xe2?'],
    ['xe2.7', '"xe2.7" is a VLAN without a section: write [interface.xe2.7]'],
    ['loop0', '"loop0" is a loopback: expected a NIC, a bond, a VLAN or a tunnel'],
    ['br1', '"br1" is a bridge: expected a NIC, a bond, a VLAN or a tunnel'],
    ['gre0', '"gre0" is a tunnel that carries packets: expected an interface that carries Ethernet frames'],
    ['xe3', '"xe3" is already a member of br1 on line 18: list it once'],
    ['xe0', '"xe0" is already a member of bond0 on line 20: list it once'],
  ])('have no member %s', (member, message) => {
    const others = '[interface.loop0]\n[bridge.br1]\nmembers = xe3\n[bond.bond0]\nmembers = xe0\n';
    expect(problemsOf(`${TUNNELS}${others}[bridge.br2]\nmembers = ${member}\n`)).toEqual([
      `bridge.br2.members: ${message}`,
    ]);
    expect(problemsOf(`${TUNNELS}${others}[cross-connect.w]\ninterfaces = xe1, ${member}\n`)).toEqual([
      `cross-connect.w.interfaces: ${message}`,
    ]);
  });

  test('leave their ports no IP', () => {
    const ports =
      '[interface.xe0]\naddresses = 192.0.2.1/24\n[interface.xe1]\naddresses = 192.0.3.1/24\nurpf = strict\nmpls = true\n';
    expect(
      problemsOf(`${ports}[bridge.br0]\nmembers = xe0\n[cross-connect.w]\ninterfaces = xe1, xe2\n`),
    ).toEqual([
      'interface.xe0.addresses: xe0 is a member of br0, and carries no IP: write it in [interface.br0]',
      'interface.xe1.addresses: xe1 is an end of w, and carries no IP: remove the line',
      'interface.xe1.urpf: xe1 is an end of w, and carries no IP: remove the line',
      'interface.xe1.mpls: xe1 is an end of w, and carries no MPLS: remove the line',
    ]);
  });

  test('have names and numbers of their own, and no VLANs', () => {
    expect(
      problemsOf(
        '[bond.a]\nmembers = xe0\n[bridge.a]\nmembers = xe1\nid = 5\n[bridge.b]\nmembers = xe2\nid = 5\n[interface.b]\n[interface.b.7]\n[bridge.xe3]\nmembers = xe3\n',
      ),
    ).toEqual([
      'bridge.a: "a" is already the name of [bond.a] on line 9: choose another name',
      'bridge.b.id: "5" is already the id of a on line 11',
      'interface.b.7: b is a bridge, which has no VLANs: make the VLANs of its members those of another bridge',
      'bridge.xe3: "xe3" is already the name of the NIC on line 7: choose another name',
      'bridge.xe3.members: "xe3" is a bridge: expected a NIC, a bond, a VLAN or a tunnel',
    ]);
  });

  test('bind MAC addresses of hosts to members, and connect two interfaces', () => {
    const bridge = '[bridge.br0]\nmembers = xe0, xe1\nstatic = ';
    expect(problemsOf(`${bridge}02:00:00:00:00:01@xe2\n`)).toEqual([
      'bridge.br0.static: 02:00:00:00:00:01 cannot be behind "xe2", which is not a member of br0: did you mean xe0?',
    ]);
    expect(problemsOf(`${bridge}01:00:5e:00:00:01@xe1, 02-00@xe1\n`)).toEqual([
      'bridge.br0.static: "01:00:5e:00:00:01" is a group address: expected that of a host',
      'bridge.br0.static: expected MAC@INTERFACE such as 02:00:00:00:00:01@xe4, got "02-00@xe1"',
    ]);
    expect(problemsOf('[cross-connect.w]\ninterfaces = xe0\n')).toEqual([
      'cross-connect.w.interfaces: a cross-connect has two interfaces, got 1: expected a pair such as xe6, xe7',
    ]);
  });
});

test('interfaces that sections make are expected in VPP', () => {
  const parsed = parseConfig(
    `[vpp]\nenabled = true\n${NICS}[bond.bond0]\nmembers = xe2\n[interface.bond0]\n[interface.bond0.7]\n[bridge.br0]\nmembers = bond0.7, xe1\n[interface.br0]\n`,
    'test.ini',
  );
  expect(parsed.ok ? parsed.warnings : parsed.problems).toEqual([]);
});

test('the frames of a port are as large as its own section and its owner say', () => {
  const parsed = parseConfig(
    `${NICS}[bond.bond0]\nmembers = xe2, xe3\n[interface.bond0]\nmtu = 4000\n[interface.xe3]\nmtu = 9000\n`,
    'test.ini',
  );
  const ports = parsed.ok ? portsOf(parsed.config) : undefined;
  expect([...(ports ?? [])]).toEqual([
    ['xe2', { owner: 'bond0', kind: 'bond', mtuBytes: 4000 }],
    ['xe3', { owner: 'bond0', kind: 'bond', mtuBytes: 9000 }],
  ]);
});
