import { describe, expect, it } from 'vitest';
import { type LcpPair, swIfIndex, type VppInterface } from '../vpp/api/mod.ts';
import { pairsOf, planPairs } from './lcp-plan.ts';

function vpp(index: number, name: string, parent = index): VppInterface {
  return {
    swIfIndex: swIfIndex(index),
    supSwIfIndex: swIfIndex(parent),
    name,
    vppName: name,
    devType: 'dpdk',
    tag: '',
    mac: '02:00:00:00:00:01',
    adminUp: false,
    linkUp: false,
    linkSpeedKbps: 0,
    linkMtuBytes: 9000,
    mtuBytes: { l3: 9000, ip4: 0, ip6: 0, mpls: 0 },
    subId: 0,
    sub: undefined,
    tagRewrite: { op: 0, pushDot1q: 0, tag1: 0, tag2: 0 },
  };
}

function pair(index: number, hostIfName: string, netns = 'dataplane'): LcpPair {
  return {
    phySwIfIndex: swIfIndex(index),
    hostSwIfIndex: swIfIndex(100 + index),
    vifIndex: index,
    hostIfName,
    hostType: 'tap',
    netns,
  };
}

function plan(
  wanted: string[],
  interfaces: VppInterface[],
  pairs: LcpPair[] = [],
  released: string[] = [],
  names: { hostNames?: Record<string, string>; known?: Record<string, string> } = {},
): { steps: string[]; refusals: Record<string, string> } {
  const needs = {
    wanted: new Set(wanted),
    released: new Set(released),
    netns: 'dataplane',
    hostNames: new Map(Object.entries(names.hostNames ?? {})),
    known: new Map(Object.entries(names.known ?? {})),
  };
  const { steps, refusals } = planPairs(needs, interfaces, pairs);
  return { steps: steps.map(({ step, name }) => `${step} ${name}`), refusals: Object.fromEntries(refusals) };
}

describe('planPairs', () => {
  it('makes missing pairs, and none that exist or that nobody named', () => {
    const interfaces = [vpp(0, 'local0'), vpp(1, 'xe0'), vpp(2, 'xe1'), vpp(3, 'tap4096')];
    expect(plan(['xe0', 'xe1', 'xe9'], interfaces, [pair(1, 'xe0')])).toEqual({
      steps: ['add xe1'],
      refusals: {},
    });
  });

  it('removes the pairs of VLANs before those of their parents', () => {
    const interfaces = [vpp(1, 'xe0'), vpp(2, 'xe0.100', 1), vpp(3, 'xe0.200', 1)];
    const pairs = [pair(1, 'xe0'), pair(2, 'xe0.100'), pair(3, 'xe0.200')];
    expect(plan([], interfaces, pairs, ['xe0', 'xe0.100', 'xe0.200']).steps).toEqual([
      'remove xe0.100',
      'remove xe0.200',
      'remove xe0',
    ]);
  });

  it('gives an interface without Ethernet a TUN', () => {
    const tunnel = { ...vpp(2, 'gre0'), mac: '00:00:00:00:00:00' };
    const sub = { ...vpp(3, 'xe0.100', 1), mac: '00:00:00:00:00:00' };
    const names = ['xe0', 'gre0', 'xe0.100'];
    const needs = {
      wanted: new Set(names),
      released: new Set<string>(),
      netns: 'dataplane',
      hostNames: new Map(),
      known: new Map(),
    };
    const { steps } = planPairs(needs, [vpp(1, 'xe0'), tunnel, sub], []);
    expect(steps.map(({ name, hostType }) => `${name} ${hostType}`)).toEqual([
      'xe0 tap',
      'gre0 tun',
      'xe0.100 tap',
    ]);
  });

  it('removes released pairs of ours, and leaves the pairs of others', () => {
    const interfaces = [vpp(1, 'xe0'), vpp(2, 'loop0'), vpp(3, 'loop1'), vpp(4, 'xe0.100', 1)];
    const pairs = [pair(1, 'xe0'), pair(2, 'loop0'), pair(3, 'other'), pair(4, 'xe0.100')];
    expect(plan(['xe0'], interfaces, pairs, ['xe0', 'loop0', 'loop1'])).toEqual({
      steps: ['remove loop0'],
      refusals: {},
    });
  });

  it('makes the TAP of a parent before those of its sub-interfaces', () => {
    const interfaces = [vpp(1, 'xe0.100', 2), vpp(2, 'xe0')];
    expect(plan(['xe0.100', 'xe0'], interfaces).steps).toEqual(['add xe0', 'add xe0.100']);
  });

  it('refuses, with the reason, names that Linux or VPP does not allow', () => {
    const interfaces = [vpp(1, 'TenGigabitEthernet3'), vpp(2, 'xe/0'), vpp(3, 'exactly15chars_')];
    expect(plan(['TenGigabitEthernet3', 'xe/0', 'exactly15chars_'], interfaces)).toEqual({
      steps: ['add exactly15chars_'],
      refusals: {
        TenGigabitEthernet3: '"TenGigabitEthernet3" has 19 characters, expected at most 15, as Linux allows',
        'xe/0': '"xe/0" has characters that VPP does not allow for a TAP, expected A-Z a-z 0-9 - _ % @ : .',
      },
    });
  });

  it('refuses the name of another TAP of the namespace, which VPP would let two interfaces share', () => {
    const interfaces = [vpp(1, 'xe0'), vpp(2, 'xe1')];
    expect(plan(['xe0', 'xe1'], interfaces, [pair(2, 'xe0')])).toEqual({
      steps: [],
      refusals: {
        xe0: '"xe0" in the namespace dataplane is already the TAP of xe1',
        xe1: 'it already has the TAP "xe0" in the namespace dataplane, expected "xe1" in dataplane: remove the other pair',
      },
    });
    expect(plan(['xe0', 'xe1'], interfaces, [pair(2, 'xe0', 'other')]).steps).toEqual(['add xe0']);
  });
});

describe('pairsOf', () => {
  it('finds the pairs with a TAP in the namespace by interface, including those of others', () => {
    const interfaces = [vpp(1, 'xe0'), vpp(2, 'xe0.100', 1), vpp(3, 'xe1')];
    const pairs = [pair(1, 'xe0'), pair(2, 'xe0.100'), pair(3, 'xe1', 'other'), pair(9, 'gone')];
    const found = pairsOf('dataplane', interfaces, pairs);
    expect([...found].map(([name, { hostIfName }]) => [name, hostIfName])).toEqual([
      ['xe0', 'xe0'],
      ['xe0.100', 'xe0.100'],
    ]);
  });

  it('gives TAPs their own names, and makes those anew that had another one from us', () => {
    const interfaces = [vpp(1, 'xe0'), vpp(2, 'xe0.7', 1), vpp(3, 'xe1')];
    const wanted = ['xe0', 'xe0.7', 'xe1'];
    const hostNames = { xe0: 'wan0' };
    expect(plan(wanted, interfaces, [], [], { hostNames }).steps).toEqual([
      'add xe0',
      'add xe1',
      'add xe0.7',
    ]);
    const pairs = [pair(1, 'xe0'), pair(2, 'xe0.7'), pair(3, 'xe1')];
    // VLANs first, since their links are on the TAP of the parent.
    expect(plan(wanted, interfaces, pairs, [], { hostNames, known: { xe0: 'xe0' } })).toEqual({
      steps: ['remove xe0.7', 'remove xe0', 'add xe0', 'add xe0.7'],
      refusals: {},
    });
    // Somebody else named it.
    expect(plan(wanted, interfaces, pairs, [], { hostNames }).refusals).toEqual({
      xe0: expect.stringContaining('it already has the TAP "xe0"') as string,
    });
    // Two exchange their names.
    const swapped = { hostNames: { xe0: 'b', xe1: 'a' }, known: { xe0: 'a', xe1: 'b' } };
    expect(plan(['xe0', 'xe1'], interfaces, [pair(1, 'a'), pair(3, 'b')], [], swapped)).toEqual({
      steps: ['remove xe0', 'remove xe1', 'add xe0', 'add xe1'],
      refusals: {},
    });
    // One that leaves the configuration is known by its TAP's name.
    expect(plan([], interfaces, [pair(1, 'wan0')], ['xe0'], { known: { xe0: 'wan0' } }).steps).toEqual([
      'remove xe0',
    ]);
  });
});
