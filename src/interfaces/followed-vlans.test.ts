import { expect, it, test } from 'vitest';
import { parseConfig } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import type { HostLink, HostState } from '../mirror/mod.ts';
import { followedVlans } from './followed-vlans.ts';

const NICS = '[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n[vpp.dpdk.interface.0000:03:00.1]\nname = xe1\n';

function configOf(ini: string): Config {
  const parsed = parseConfig(`${NICS}${ini}`, 'test.ini');
  return parsed.ok ? parsed.config : expect.unreachable(JSON.stringify(parsed.problems));
}

const link = (ifIndex: number, name: string, vlan?: HostLink['vlan']): HostLink => ({
  ifIndex,
  name,
  isUp: true,
  isRunning: true,
  isTap: vlan === undefined,
  mtuBytes: 1500,
  addresses: [],
  proxyArp: false,
  ...(vlan === undefined ? {} : { vlan }),
});
const stateOf = (...links: HostLink[]): HostState => new Map(links.map((one) => [one.name, one]));
const dot1q = (parent: number, id: number) => ({ parent, id, isDot1ad: false });
const dot1ad = (parent: number, id: number) => ({ parent, id, isDot1ad: true });

const XE0 = link(2, 'xe0');
const XE1 = link(3, 'xe1');
const TAPS = new Map([
  ['xe0', 'xe0'],
  ['xe1', 'xe1'],
]);

function follow(
  config: Config,
  state: HostState,
  { taps = TAPS, own = new Set<number>() }: { taps?: Map<string, string>; own?: Set<number> } = {},
) {
  const { followed, refusals } = followedVlans(config, state, taps, own);
  const rows = followed.map(({ link: { name }, config: { name: inVpp, vlan, innerVlan, encapsulation } }) =>
    [name, inVpp, encapsulation, vlan, innerVlan].filter((one) => one !== undefined).join(' '),
  );
  return { followed: rows, refusals: Object.fromEntries(refusals) };
}

test('VLANs of both kinds and one inside another are sub-interfaces of the port below, whatever their names are', () => {
  const state = stateOf(
    XE0,
    XE1,
    link(4, 'xe0.100', dot1q(2, 100)),
    link(5, 'office', dot1q(3, 7)),
    link(6, 'xe0.30', dot1ad(2, 30)),
    link(7, 'xe0.30.31', dot1q(6, 31)),
    link(8, 'eth0'),
    link(9, 'eth0.5', dot1q(8, 5)),
  );
  expect(follow(configOf(''), state)).toEqual({
    followed: [
      'xe0.100 xe0.100 dot1q 100',
      'office xe1.7 dot1q 7',
      'xe0.30 xe0.30 dot1ad 30',
      'xe0.30.31 xe0.300031 dot1ad 30 31',
    ],
    refusals: {},
  });
});

test('a VLAN on the TAP of a configured VLAN has two tags', () => {
  const config = configOf('[interface.xe0.30]\nhost-name = outer\nencapsulation = dot1ad\n');
  const state = stateOf(XE0, link(4, 'outer', dot1ad(2, 30)), link(5, 'inner', dot1q(4, 31)));
  expect(follow(config, state, { taps: new Map([...TAPS, ['outer', 'xe0.30']]) }).followed).toEqual([
    'inner xe0.300031 dot1ad 30 31',
  ]);
});

it('leaves alone what the configuration has, had, or has under another number', () => {
  const config = configOf(
    '[interface.xe0.100]\n[interface.xe0.7]\nvlan = 70\n[interface.xe0.200]\nvlan = 201\n',
  );
  const state = stateOf(
    XE0,
    link(4, 'xe0.100', dot1q(2, 100)),
    link(5, 'xe0.50', dot1q(2, 50)),
    link(6, 'seventy', dot1q(2, 70)),
    link(7, 'x', dot1q(2, 200)),
  );
  const taps = new Map([...TAPS, ...['xe0.100', 'xe0.7', 'xe0.200'].map((name) => [name, name] as const)]);
  expect(follow(config, state, { taps, own: new Set([5]) })).toEqual({
    followed: [],
    refusals: {
      seventy: 'its frames are those of xe0.7 in the configuration',
      x: 'the configuration has xe0.200 with other tags',
    },
  });
});

it('refuses what VPP cannot have, with the reason', () => {
  const state = stateOf(
    XE0,
    link(4, 'q', dot1q(2, 30)),
    link(5, 'ad', dot1ad(2, 30)),
    link(6, 'zero', dot1q(2, 0)),
    link(7, 'qq', dot1q(4, 31)),
    link(8, 'qqq', dot1q(7, 32)),
    link(9, 'q-ad', dot1ad(4, 33)),
  );
  expect(follow(configOf(''), state)).toEqual({
    followed: ['q xe0.30 dot1q 30', 'qq xe0.300031 dot1q 30 31'],
    refusals: {
      ad: 'q is xe0.30 in VPP already: VLANs of 802.1Q and 802.1ad need different numbers',
      zero: '0 is no VLAN (1–4094)',
      qqq: 'VPP takes two tags at most',
      'q-ad': 'VPP takes 802.1ad as the outer tag only',
    },
  });
});
