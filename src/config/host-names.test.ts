/** Names of TAPs that two links in Linux would have. */
import { expect, it } from 'vitest';
import { hostNamesOf, parseConfig } from './mod.ts';

const NICS =
  '[vpp]\nenabled = true\n[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n[vpp.dpdk.interface.0000:03:00.1]\nname = xe1\n';
const LINES = NICS.split('\n').length - 1;

function problemsOf(ini: string): string[] {
  const result = parseConfig(`${NICS}${ini}`, 'test.ini');
  const all = result.ok ? [] : result.problems;
  return all.map(({ line, leaf, message }) => `${line - LINES} ${leaf}: ${message}`);
}

it('takes names that nothing else has, and that of an interface whose TAP has another one', () => {
  const ini =
    '[interface.xe0]\nhost-name = wan0\n[interface.xe0.7]\nhost-name = guests\n[interface.xe1]\nhost-name = xe0\n';
  const result = parseConfig(`${NICS}${ini}`, 'test.ini');
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  expect([...hostNamesOf(result.config)]).toEqual([
    ['xe0', 'wan0'],
    ['xe0.7', 'guests'],
    ['xe1', 'xe0'],
  ]);
});

it.each([
  [
    'another TAP by its default name, of a NIC without a section',
    '[interface.xe0]\nhost-name = xe1\n',
    '2 interface.xe0.host-name: "xe1" is the name of the TAP of xe1: choose another one',
  ],
  [
    'another TAP',
    '[interface.xe0]\nhost-name = wan0\n[interface.xe1]\nhost-name = wan0\n',
    '4 interface.xe1.host-name: "wan0" is the name of the TAP of xe0: choose another one',
  ],
  [
    'a VRF',
    '[vrf.blue]\ntable = 7\n[interface.xe0]\nhost-name = blue\n',
    '4 interface.xe0.host-name: "blue" is the name of the VRF device of [vrf.blue]: choose another one',
  ],
  [
    'the loopback of Linux',
    '[interface.xe0]\nhost-name = lo\n',
    '2 interface.xe0.host-name: "lo" is the name of the loopback of Linux: choose another one',
  ],
  [
    'no TAP',
    '[interface.xe0]\nlcp = false\n[interface.xe0.7]\nhost-name = guests\n',
    '4 interface.xe0.7.host-name: xe0.7 has no TAP (lcp = false): remove one of both lines',
  ],
  [
    'a member of a bridge',
    '[bridge.br0]\nmembers = xe0\n[interface.br0]\n[interface.xe0]\nhost-name = wan0\n',
    '5 interface.xe0.host-name: xe0 is a member of br0, and has no TAP: remove the line',
  ],
])('refuses %s', (_, ini, problem) => {
  expect(problemsOf(ini)).toEqual([problem]);
});
