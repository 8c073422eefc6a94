import { describe, expect, it } from 'vitest';
import { type LcpPair, swIfIndex, type VppInterface } from '../vpp/api/mod.ts';
import { pairsOf, planPairs } from './lcp-plan.ts';

function vpp(index: number, name: string, parent = index): VppInterface {
  return {
    swIfIndex: swIfIndex(index),
    supSwIfIndex: swIfIndex(parent),
    name,
    devType: 'dpdk',
    tag: '',
    mac: '02:00:00:00:00:01',
    adminUp: false,
    linkUp: false,
    linkSpeedKbps: 0,
    linkMtuBytes: 9000,
    mtuBytes: { l3: 9000, ip4: 0, ip6: 0, mpls: 0 },
    subId: 0,
  };
}

function pair(index: number, hostIfName: string, netns = 'dataplane'): LcpPair {
  return {
    phySwIfIndex: swIfIndex(index),
    hostSwIfIndex: swIfIndex(100 + index),
    vifIndex: index,
    hostIfName,
    netns,
  };
}

function plan(
  wanted: string[],
  interfaces: VppInterface[],
  pairs: LcpPair[] = [],
  released: string[] = [],
): { steps: string[]; refusals: Record<string, string> } {
  const needs = { wanted: new Set(wanted), released: new Set(released), netns: 'dataplane' };
  const { steps, refusals } = planPairs(needs, interfaces, pairs);
  return { steps: steps.map(({ step, name }) => `${step} ${name}`), refusals: Object.fromEntries(refusals) };
}

describe('planPairs', () => {
  it('makes what is missing, and nothing of what is there or of what nobody named', () => {
    const interfaces = [vpp(0, 'local0'), vpp(1, 'xe0'), vpp(2, 'xe1'), vpp(3, 'tap4096')];
    expect(plan(['xe0', 'xe1', 'xe9'], interfaces, [pair(1, 'xe0')])).toEqual({
      steps: ['add xe1'],
      refusals: {},
    });
  });

  it('removes what was released and is ours, and leaves the pairs of others', () => {
    const interfaces = [vpp(1, 'xe0'), vpp(2, 'loop0'), vpp(3, 'loop1'), vpp(4, 'xe0.100', 1)];
    const pairs = [pair(1, 'xe0'), pair(2, 'loop0'), pair(3, 'other'), pair(4, 'xe0.100')];
    expect(plan(['xe0'], interfaces, pairs, ['xe0', 'loop0', 'loop1'])).toEqual({
      steps: ['remove loop0'],
      refusals: {},
    });
  });

  it('gives a parent its TAP before its sub-interfaces', () => {
    const interfaces = [vpp(1, 'xe0.100', 2), vpp(2, 'xe0')];
    expect(plan(['xe0.100', 'xe0'], interfaces).steps).toEqual(['add xe0', 'add xe0.100']);
  });

  it('refuses, with the reason, what Linux or VPP cannot name so', () => {
    const interfaces = [vpp(1, 'TenGigabitEthernet3'), vpp(2, 'xe/0'), vpp(3, 'exactly15chars_')];
    expect(plan(['TenGigabitEthernet3', 'xe/0', 'exactly15chars_'], interfaces)).toEqual({
      steps: ['add exactly15chars_'],
      refusals: {
        TenGigabitEthernet3:
          '"TenGigabitEthernet3" has 19 characters, and the name of a Linux interface 15 at most',
        'xe/0': '"xe/0" has characters that no TAP of VPP may have: A-Z a-z 0-9 - _ % @ : . may be',
      },
    });
  });

  it('refuses a name that another TAP of the namespace has, which VPP would let two interfaces share', () => {
    const interfaces = [vpp(1, 'xe0'), vpp(2, 'xe1')];
    expect(plan(['xe0', 'xe1'], interfaces, [pair(2, 'xe0')])).toEqual({
      steps: [],
      refusals: {
        xe0: '"xe0" in the namespace dataplane is the TAP of xe1 already',
        xe1: 'it has the TAP "xe0" in the namespace dataplane already, not "xe1" in dataplane: whoever made it must remove it',
      },
    });
    expect(plan(['xe0', 'xe1'], interfaces, [pair(2, 'xe0', 'other')]).steps).toEqual(['add xe0']);
  });
});

describe('pairsOf', () => {
  it('finds those with a TAP in the namespace by their interfaces, those of others among them', () => {
    const interfaces = [vpp(1, 'xe0'), vpp(2, 'xe0.100', 1), vpp(3, 'xe1')];
    const pairs = [pair(1, 'xe0'), pair(2, 'xe0.100'), pair(3, 'xe1', 'other'), pair(9, 'gone')];
    const found = pairsOf('dataplane', interfaces, pairs);
    expect([...found].map(([name, { hostIfName }]) => [name, hostIfName])).toEqual([
      ['xe0', 'xe0'],
      ['xe0.100', 'xe0.100'],
    ]);
  });
});
