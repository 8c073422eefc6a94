import { describe, expect, it } from 'vitest';
import { parseConfig } from './mod.ts';

function problems(ini: string): string[] {
  const parsed = parseConfig(ini, 'test.ini');
  return parsed.ok ? [] : parsed.problems.map(({ line, leaf, message }) => `${line} ${leaf}: ${message}`);
}

describe('VRFs', () => {
  it('have addresses of their own, and routes by name', () => {
    const parsed = parseConfig(
      `[vrf.blue]
table = 100
[interface.loop0]
vrf = blue
addresses = 192.0.2.1/24
[interface.loop1]
addresses = 192.0.2.1/24
[route]
10.0.0.0/8 = 192.0.2.2 vrf blue
10.0.0.0/9 = blackhole table 7
`,
      'test.ini',
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(parsed.config.routes.map(({ tableId }) => tableId)).toEqual([100, 7]);
    expect(parsed.config.interfaces[0]?.vrf).toBe('blue');
  });

  it('are refused with a table of Linux or of another one, with the name of an interface, and where they do not exist', () => {
    expect(
      problems(`[vrf.blue]
table = 100
[vrf.red]
table = 100
[vrf.main]
table = 254
[vrf.loop0]
table = 5
[interface.loop0]
vrf = blu
[route]
10.0.0.0/8 = blackhole vrf rde
10.0.0.0/9 = blackhole vrf blue table 7
10.0.0.0/10 = blackhole vrf
`),
    ).toEqual([
      '4 vrf.red.table: 100 is already the table of blue: choose another number',
      '6 vrf.main.table: 254 is a table that Linux has itself (253–255): choose another number',
      '7 vrf.loop0: "loop0" is the name of an interface: choose another one',
      '10 interface.loop0.vrf: "blu" is not a VRF of this configuration: did you mean blue?',
      '12 route.10.0.0.0/8: "rde" is not a VRF of this configuration: did you mean red?',
      '13 route.10.0.0.0/9: table is given twice: give it once',
      '14 route.10.0.0.0/10: expected a name after vrf',
    ]);
  });

  it('resolve next hops among their own networks', () => {
    const parsed = parseConfig(
      `[vrf.red]
table = 10
[interface.loop0]
vrf = red
addresses = 10.1.0.1/24
[interface.loop1]
addresses = 10.2.0.1/24
[route]
0.0.0.0/0 = 10.1.0.2 vrf red
10.9.0.0/16 = 10.9.0.1
`,
      'test.ini',
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const dead = parsed.warnings.filter(({ message }) => message.includes('are dropped'));
    expect(dead.map(({ leaf }) => leaf)).toEqual(['route.10.9.0.0/16']);
  });
});

describe('a parent of sub-interfaces', () => {
  it('without a section of its own is up with the defaults; one that no section makes is not made up', () => {
    const ini = '[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n[interface.xe0.7]\n';
    const parsed = parseConfig(ini, 'test.ini');
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(parsed.config.interfaces.map(({ name, enabled, mtuBytes }) => [name, enabled, mtuBytes])).toEqual([
      ['xe0.7', true, 1500],
      ['xe0', true, 1500],
    ]);
    expect(parseConfig('[interface.xe0.7]\n', 'test.ini').ok).toBe(false);
  });
});
