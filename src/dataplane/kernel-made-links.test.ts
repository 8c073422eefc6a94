/** The links that are made for a configuration, and the modules that they need. */
import { expect, it } from 'vitest';
import { parseConfig } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { madeLinksOf } from './kernel-made-links.ts';
import { kernelModulesOf } from './kernel-modules.ts';

const NICS = ['xe0', 'xe1', 'xe2', 'xe3']
  .map((name, at) => `[vpp.dpdk.interface.0000:0${at + 1}:00.0]\nname = ${name}\n`)
  .join('');

function configOf(text: string): Config {
  const parsed = parseConfig(`${NICS}${text}`, 'test.ini');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

it('are none of NICs alone', () => {
  const config = configOf('[interface.xe0]\naddresses = 192.0.2.1/24\n');
  expect(madeLinksOf(config)).toEqual([]);
  expect(kernelModulesOf(config)).toEqual([]);
});

it('are of every kind, what is on others after them', () => {
  const config = configOf(`
[interface.bond0.100]
addresses = 192.0.2.1/24
[interface.loop0]
addresses = 203.0.113.1/32
[bridge.br0]
members = xe2, vx0
mac-age = 0
[bond.bond0]
members = xe0, xe1
mode = lacp
load-balance = l23
lacp-timeout = long
[vxlan.vx0]
source = 192.0.2.1
destination = 192.0.2.2
vni = 7
[gre.gre0]
source = 192.0.2.1
destination = 192.0.2.2
[gre.tap0]
source = 2001:db8::1
destination = 2001:db8::2
type = teb
[ipip.ip0]
source = 192.0.2.1
destination = 192.0.2.2
underlay-vrf = blue
[ipip.ip6]
source = 2001:db8::1
destination = 2001:db8::2
[vrf.blue]
table = 100
`);
  const ends4 = { source: '192.0.2.1', destination: '192.0.2.2' };
  const ends6 = { source: '2001:db8::1', destination: '2001:db8::2' };
  expect(madeLinksOf(config)).toEqual([
    { name: 'blue', link: { kind: 'vrf', table: 100 } },
    { name: 'loop0', link: { kind: 'dummy' } },
    {
      name: 'bond0',
      link: { kind: 'bond', mode: 'lacp', hash: 'l23', isSlowLacp: true, isPassiveLacp: false },
    },
    { name: 'vx0', link: { kind: 'vxlan', ...ends4, vni: 7, port: 4789 } },
    { name: 'gre0', link: { kind: 'gre', ...ends4 } },
    { name: 'tap0', link: { kind: 'ip6gretap', ...ends6 } },
    { name: 'ip0', link: { kind: 'sit', ...ends4, underlay: 'blue' } },
    { name: 'ip6', link: { kind: 'ip6tnl', ...ends6 } },
    { name: 'bond0.100', link: { kind: 'vlan', parent: 'bond0', id: 100, isDot1ad: false }, tags: 1 },
    { name: 'br0', link: { kind: 'bridge', ageSeconds: 31_536_000 } },
  ]);
  expect(kernelModulesOf(config)).toEqual([
    'bonding max_bonds=0',
    'vxlan',
    'ip_gre',
    'ip6_gre',
    'sit',
    'ip6_tunnel',
    'bridge',
  ]);
});

it('stack two tags on the VLAN of the outer one, and say which VLANs Linux has not', () => {
  const made = madeLinksOf(
    configOf(`
[interface.xe0.1]
vlan = 30
inner-vlan = 31
addresses = 192.0.2.1/24
[interface.xe0.30]
[interface.xe0.2]
vlan = 40
inner-vlan = 41
addresses = 198.51.100.1/24
[interface.xe0.3]
vlan = 50
inner-vlan = any
[interface.xe0.4]
vlan = default
`),
  );
  expect(made).toEqual([
    { name: 'xe0.4', reason: 'Linux has no VLAN of all tags that no other one takes', tags: 0 },
    { name: 'xe0.30', link: { kind: 'vlan', parent: 'xe0', id: 30, isDot1ad: false }, tags: 1 },
    { name: 'xe0.1', link: { kind: 'vlan', parent: 'xe0.30', id: 31, isDot1ad: false }, tags: 2 },
    {
      name: 'xe0.2',
      reason: 'Linux stacks VLANs, and no sub-interface of xe0 has the outer tag 40 alone',
      tags: 2,
    },
    { name: 'xe0.3', reason: 'Linux has no VLAN of any inner tag', tags: 2 },
  ]);
});
