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
      'bond.b.members: "xe3" is already a member of a on line 10',
    ]);
  });

  test.each([
    ['xe0', '"xe0" is already the name of the NIC on line 1: choose another, such as bond0'],
    ['loop3', '"loop3" is a name that VPP uses itself: choose another, such as bond0'],
    ['xe0.5', '"xe0.5" would be VLAN 5 of xe0: choose another, such as bond0'],
  ])('are not called %s', (name, message) => {
    expect(problemsOf(`[bond.${name}]\nmembers = xe2\n`)).toContain(`bond.${name}: ${message}`);
  });

  test('leave their members neither addresses, nor MPLS, nor VLANs', () => {
    expect(
      problemsOf(
        '[bond.bond0]\nmembers = xe2\n[interface.xe2]\naddresses = 192.0.2.1/24\nmpls = true\n[interface.xe2.7]\n',
      ),
    ).toEqual([
      'interface.xe2.addresses: xe2 is a member of bond0, and carries no IP: move the addresses there',
      'interface.xe2.mpls: xe2 is a member of bond0, and carries no MPLS: remove the line',
      'interface.xe2.7: xe2 is a member of bond0, and has no VLANs: write them on the bond',
    ]);
  });

  test('have no settings that their mode does not use', () => {
    expect(
      problemsOf(
        '[bond.a]\nmembers = xe1\nmode = xor\nload-balance = l2\nlacp-timeout = long\n[bond.b]\nmembers = xe2\nmode = broadcast\nload-balance = l34\nlacp-passive = true\n',
      ),
    ).toEqual([
      'bond.a.lacp-timeout: the mode xor has none: remove the line, or write mode = lacp',
      'bond.b.load-balance: the mode broadcast has none: remove the line, or write mode = lacp or xor',
      'bond.b.lacp-passive: the mode broadcast has none: remove the line, or write mode = lacp',
    ]);
  });
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
