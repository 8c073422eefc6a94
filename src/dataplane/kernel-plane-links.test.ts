/** Links that the kernel makes in VPP's place, judged by the packets of hosts on the other ends of the cables. */
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FarHost } from '../../test/fixtures/far-host.ts';
import { PlaneBox, whyNoPlane } from '../../test/fixtures/kernel-plane.ts';

const why = whyNoPlane();
if (why !== undefined) process.stderr.write(`skipped: links in the kernel: ${why}\n`);

describe.skipIf(why !== undefined)('the kernel in VPP’s place', () => {
  let at: PlaneBox;

  beforeEach(() => {
    at = new PlaneBox();
  });
  afterEach(() => at[Symbol.asyncDispose]());

  it('forwards in a bridge and for it, changes it in place, and leaves nothing of it', async () => {
    const a = at.host(2, '192.0.2.11/24', '192.0.2.1');
    const b = at.host(3, '192.0.2.12/24', '192.0.2.1');
    const c = at.host(4, '198.51.100.9/24', '198.51.100.1');
    const routed = `[interface.br0]
addresses = 192.0.2.1/24
[interface.xe2]
addresses = 198.51.100.1/24
`;
    await at.take(`[bridge.br0]\nmembers = xe0, xe1\n${routed}`);
    expect(at.states).toEqual({ xe2: 'ok', xe0: 'ok', xe1: 'ok', br0: 'ok' });
    expect(a.pings('192.0.2.12')).toBe(true);
    expect(b.pings('192.0.2.1')).toBe(true);
    expect(c.pings('192.0.2.11')).toBe(true);
    const index = at.box.links(at.box.netns).find(({ name }) => name === 'br0')!.index;
    // One member less, which is an interface of its own, and an age and a static address more.
    await at.change(`[bridge.br0]
members = xe1
mac-age = 7
static = 02:00:00:00:00:99@xe1
${routed}[interface.xe0]
addresses = 192.0.3.1/24
`);
    expect(at.box.links(at.box.netns).find(({ name }) => name === 'br0')!.index).toBe(index);
    expect(at.box.ip(at.box.netns, '-d', 'link', 'show', 'br0')).toContain('ageing_time 42000 ');
    expect(a.pings('192.0.2.12')).toBe(false);
    expect(b.pings('192.0.2.1')).toBe(true);
    a.ip('address', 'add', '192.0.3.9/24', 'dev', 'eth0');
    expect(a.pings('192.0.3.1')).toBe(true);
    await at.plane.leave();
    expect(at.box.names(at.box.netns)).toEqual([]);
    expect(at.box.names(at.box.home)).toEqual(['eth1', 'eth2', 'eth3']);
    expect(at.box.errors).toEqual([]);
  });

  const tunnel = (host: FarHost, vni: number): void => {
    const ends = 'remote 192.0.2.1 local 192.0.2.2 dstport 4789 noudpcsum'.split(' ');
    host.ip('link', 'add', 'vx0', 'type', 'vxlan', 'id', String(vni), ...ends);
    host.ip('address', 'add', '10.0.0.2/24', 'dev', 'vx0');
    host.ip('link', 'set', 'vx0', 'up');
  };

  it('carries frames through a VXLAN tunnel in a bridge', async () => {
    const near = at.host(2, '10.0.0.1/24');
    const other = at.host(3, '192.0.2.2/24');
    tunnel(other, 7);
    const ini = (vni: number): string => `[interface.xe1]
addresses = 192.0.2.1/24
[vxlan.vx0]
source = 192.0.2.1
destination = 192.0.2.2
vni = ${vni}
[bridge.br0]
members = xe0, vx0
`;
    await at.take(ini(7));
    expect(near.pings('10.0.0.2')).toBe(true);
    // Another VNI makes it anew, and puts it into its bridge again.
    await at.change(ini(8));
    expect(near.pings('10.0.0.2')).toBe(false);
    other.ip('link', 'delete', 'vx0');
    tunnel(other, 8);
    near.ip('neigh', 'flush', 'all');
    expect(near.pings('10.0.0.2')).toBe(true);
  });

  it('says of each link that this kernel does not have why', async () => {
    at.box.plug(2, 'eth1');
    at.box.plug(3, 'eth2');
    await at.take(`[bond.bond0]
members = xe0, xe1
[interface.bond0.100]
addresses = 192.0.2.1/24
[gre.gre0]
source = 192.0.2.1
destination = 192.0.2.2
[interface.gre0]
addresses = 203.0.113.1/30
[vrf.blue]
table = 100
[interface.xe2]
vrf = blue
`);
    const has = (kind: string): boolean => {
      const type = kind === 'vrf' ? ['vrf', 'table', '9'] : [kind];
      const added = spawnSync('ip', ['link', 'add', 'try0', 'type', ...type]).status === 0;
      if (added) spawnSync('ip', ['link', 'delete', 'try0']);
      return added;
    };
    for (const [kind, name] of [
      ['bond', 'bond0'],
      ['gre', 'gre0'],
    ] as const) {
      if (has(kind)) expect(at.states[name]).toBe('ok');
      else {
        expect(at.states[name]).toMatch(
          new RegExp(`^cannot create it as a ${kind} link: .*Unknown device type`),
        );
      }
    }
  });
});
