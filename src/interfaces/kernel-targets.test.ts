/** What each interface should be while the kernel forwards. */
import { expect, it } from 'vitest';
import { parseConfig } from '../config/mod.ts';
import { type KernelTarget, kernelTargetsOf } from './kernel-targets.ts';

const NICS = ['xe0', 'xe1', 'xe2', 'xe3']
  .map((name, at) => `[vpp.dpdk.interface.0000:0${at + 1}:00.0]\nname = ${name}\n`)
  .join('');

function targetsOf(text: string): KernelTarget[] {
  const parsed = parseConfig(`${NICS}${text}`, 'test.ini');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return kernelTargetsOf(parsed.config);
}

const find = (targets: readonly KernelTarget[], wanted: string) =>
  targets.find(({ name }) => name === wanted);

it('comes in the order from NICs over bonds and VLANs to bridges, with what has no section', () => {
  const targets = targetsOf(`
[interface.br0]
addresses = 192.0.2.1/24
[interface.bond0.100]
[bridge.br0]
members = bond0.100, xe2
static = 02:00:00:00:00:09@xe2
[bond.bond0]
members = xe0, xe1
mode = active-backup
primary = xe1
`);
  expect(targets.map(({ name }) => name)).toEqual(['xe0', 'xe1', 'xe2', 'bond0', 'bond0.100', 'br0']);
  expect(targets.every(({ isUp }) => isUp)).toBe(true);
  expect(targets.map(({ hasIp }) => hasIp)).toEqual([false, false, false, true, false, true]);
  const flags = { learns: true, floods: true, floodsUnknown: true, isIsolated: false };
  expect(targets.map(({ master }) => master)).toEqual([
    { kind: 'bond', name: 'bond0', isPrimary: false },
    { kind: 'bond', name: 'bond0', isPrimary: true },
    { kind: 'bridge', name: 'br0', flags, stations: ['02:00:00:00:00:09'] },
    undefined,
    { kind: 'bridge', name: 'br0', flags, stations: [] },
    undefined,
  ]);
});

it('has frames as large as those of what is on it, and says so', () => {
  const targets = targetsOf(`
[interface.xe0]
mtu = 1500
[interface.xe0.100]
mtu = 2000
[interface.xe0.1]
vlan = 100
inner-vlan = 7
mtu = 3000
[interface.xe1]
[bond.bond0]
members = xe2
[interface.bond0]
mtu = 9000
`);
  expect(Object.fromEntries(targets.map(({ name, mtuBytes }) => [name, mtuBytes]))).toEqual({
    xe0: 3000,
    xe1: 1500,
    xe2: undefined,
    bond0: 9000,
    'xe0.100': 3000,
    'xe0.1': 3000,
  });
  expect(find(targets, 'xe0.100')?.lacks).toEqual(['an mtu of 2000 bytes beside VLANs with 3000']);
});

it('is down with its parent, and isolates tunnels from each other in a bridge', () => {
  const targets = targetsOf(`
[interface.xe0]
enabled = false
[interface.xe0.100]
[bridge.br0]
members = vx0, xe1
learn = false
flood = false
unknown-unicast-flood = false
arp-termination = true
[vxlan.vx0]
source = 192.0.2.1
destination = 192.0.2.2
vni = 7
`);
  expect([find(targets, 'xe0')?.isUp, find(targets, 'xe0.100')?.isUp]).toEqual([false, false]);
  const flags = { learns: false, floods: false, floodsUnknown: false };
  expect(find(targets, 'vx0')?.master).toMatchObject({ flags: { ...flags, isIsolated: true } });
  expect(find(targets, 'xe1')?.master).toMatchObject({ flags: { ...flags, isIsolated: false } });
  expect(find(targets, 'br0')).toMatchObject({ lacks: ['arp-termination'], hasIp: false });
});

it('has the addresses that it borrows as host addresses, and its VRF', () => {
  const targets = targetsOf(`
[interface.loop0]
addresses = 192.0.2.1/24, 2001:db8::1/64
vrf = blue
[interface.xe0]
unnumbered = loop0
link-local = fe80::7
vrf = blue
[vrf.blue]
table = 100
`);
  expect(find(targets, 'xe0')).toMatchObject({
    master: { kind: 'vrf', name: 'blue' },
    addresses: [
      { address: '192.0.2.1', length: 32 },
      { address: '2001:db8::1', length: 128 },
      { address: 'fe80::7', length: 64 },
    ],
  });
});
