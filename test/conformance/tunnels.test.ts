/** Tunnels on the emulator and on a real VPP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addNodeNext,
  createGre,
  createIpip,
  createVxlan,
  deleteGre,
  deleteIpip,
  deleteVxlan,
  dumpGres,
  dumpInterfaces,
  dumpIpips,
  dumpTables,
  dumpVxlans,
  lcpPairAdd,
  lcpPairDelete,
  lcpPairs,
  NO_INTERFACE,
  vxlanTunnelDump,
} from '../../src/vpp/api/mod.ts';
import { realVppBinary, targetName } from './harness.ts';
import { type ObjectsVpp, startObjects } from './objects-harness.ts';
import { retvalOf } from './requests.ts';

const ENDS = { source: '192.0.2.1', destination: '203.0.113.1', table: 0 };
const ENDS6 = { source: '2001:db8::1', destination: '2001:db8:1::1', table: 0 };

const EXTERNAL = 'external = true';

describe(`tunnels on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects();
    // Others' tunnels stay.
    await vpp.apply('', EXTERNAL);
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  const find = async (name: string) => (await dumpInterfaces(vpp.client)).find((one) => one.name === name);
  const indexed = async (index: number) =>
    (await dumpInterfaces(vpp.client)).find(({ swIfIndex }) => swIfIndex === index);

  test('VXLAN: what VPP answers, and what it makes', async () => {
    const tunnel = { ...ENDS, vni: 10, port: 4789 };
    const made = await createVxlan(vpp.client, tunnel);
    expect(await indexed(made)).toMatchObject({
      devType: 'VXLAN',
      vppName: 'vxlan_tunnel0',
      adminUp: true,
      mac: expect.stringMatching(/^02:fe:/),
      mtuBytes: { l3: 9000 },
    });
    const retval = (given: object): Promise<number | undefined> =>
      retvalOf(createVxlan(vpp.client, { ...tunnel, ...given }));
    expect(await retval({})).toBe(-75);
    expect(await retval({ vni: 11, destination: tunnel.source })).toBe(-82);
    expect(await retval({ vni: 11, destination: ENDS6.destination })).toBe(-7);
    expect(await retvalOf(deleteVxlan(vpp.client, { ...tunnel, vni: 11 }))).toBe(-6);
    const others = [
      { ...tunnel, port: 4790 },
      { ...tunnel, source: '192.0.2.2' },
      { ...ENDS6, vni: 10, port: 4789 },
    ];
    for (const one of others) expect(await retvalOf(createVxlan(vpp.client, one))).toBe(0);
    // Over IPv6 the source is not in the key.
    expect(await retval({ ...ENDS6, source: '2001:db8::2' })).toBe(-75);
    expect(await dumpVxlans(vpp.client)).toMatchObject([tunnel, ...others]);
    for (const one of [tunnel, ...others]) await deleteVxlan(vpp.client, one);
    expect(await dumpVxlans(vpp.client)).toEqual([]);
  });

  test('VXLAN: frames go where those of NICs go, to bridges and to IP', async () => {
    const next = (nodeName: string, nextName = 'ethernet-input') =>
      vpp.client.request(addNodeNext, { nodeName, nextName });
    expect(await retvalOf(next('no-node'))).toBe(-63);
    expect(await retvalOf(next('vxlan4-input', 'no-node'))).toBe(-64);
    for (const [node, tunnel] of [
      ['vxlan4-input', { ...ENDS, vni: 10, port: 4789 }],
      ['vxlan6-input', { ...ENDS6, vni: 10, port: 4789 }],
    ] as const) {
      await createVxlan(vpp.client, tunnel);
      const [found] = await vpp.client.dump(vxlanTunnelDump, { swIfIndex: NO_INTERFACE });
      expect(found?.decapNextIndex).toBe((await next(node)).nextIndex);
      await deleteVxlan(vpp.client, tunnel);
    }
  });

  test('GRE: what VPP answers, and what it makes', async () => {
    const layer3 = await createGre(vpp.client, { ...ENDS, type: 'l3' });
    const teb = await createGre(vpp.client, { ...ENDS, type: 'teb' });
    expect(await indexed(layer3)).toMatchObject({
      devType: 'GRE tunnel device',
      adminUp: false,
      mac: '00:00:00:00:00:00',
      mtuBytes: { l3: 9000 },
    });
    expect(await indexed(teb)).toMatchObject({
      devType: 'GRE tunnel device',
      adminUp: false,
      mac: 'd0:0b:ee:d0:00:01',
      mtuBytes: { l3: 9000 },
    });
    const retval = (given: object): Promise<number | undefined> =>
      retvalOf(createGre(vpp.client, { ...ENDS, type: 'l3', ...given }));
    expect(await retval({})).toBe(-79);
    expect(await retval({ destination: ENDS.source })).toBe(-82);
    expect(await retval({ destination: ENDS6.destination })).toBe(-153);
    expect(await retvalOf(deleteGre(vpp.client, { ...ENDS6, type: 'l3' }))).toBe(-6);
    await deleteGre(vpp.client, { ...ENDS, type: 'l3' });
    await deleteGre(vpp.client, { ...ENDS, type: 'teb' });
  });

  test('IP in IP: what VPP answers, and what it makes', async () => {
    const made = await createIpip(vpp.client, ENDS);
    expect(await indexed(made)).toMatchObject({
      devType: 'IPIP tunnel device',
      vppName: 'ipip0',
      adminUp: false,
      mac: '00:00:00:00:00:00',
      mtuBytes: { l3: 9000 },
    });
    expect(await retvalOf(createIpip(vpp.client, ENDS))).toBe(-79);
    expect(await retvalOf(createIpip(vpp.client, { ...ENDS, destination: ENDS.source }))).toBe(-82);
    expect(await retvalOf(createIpip(vpp.client, { ...ENDS, destination: ENDS6.destination }))).toBe(-153);
    await deleteIpip(vpp.client, made);
    expect(await retvalOf(deleteIpip(vpp.client, made))).toBe(-6);
  });

  test('each kind has its outer packets in the VRF that is given, whose table is made before it', async () => {
    const ini = (table: number, vrf = 'underlay-vrf = blue') => `
[vrf.blue]
table = ${table}
[vxlan.overlay]
source = 192.0.2.1
destination = 203.0.113.1
vni = 10
${vrf}
[gre.gre5]
source = 2001:db8::1
destination = 2001:db8:1::1
${vrf}
[ipip.six]
source = 192.0.2.1
destination = 203.0.113.1
${vrf}
[interface.overlay]
[interface.gre5]
[interface.six]
`;
    const tables = async () => [
      ...(await dumpVxlans(vpp.client)).map(({ table }) => table),
      ...(await dumpGres(vpp.client)).map(({ table }) => table),
      ...(await dumpIpips(vpp.client)).map(({ table }) => table),
    ];
    await vpp.apply(ini(300), EXTERNAL);
    expect(vpp.errors).toEqual([]);
    expect(await tables()).toEqual([300, 300, 300]);
    expect(await vpp.remaining()).toEqual([]);
    await vpp.apply(ini(301), EXTERNAL);
    expect(vpp.errors).toEqual([]);
    expect(await tables()).toEqual([301, 301, 301]);
    expect(vpp.notices).toContainEqual(expect.stringContaining('203.0.113.1 in table 301'));
    await vpp.apply(ini(301, ''), EXTERNAL);
    expect(vpp.errors).toEqual([]);
    expect(await tables()).toEqual([0, 0, 0]);
    await vpp.apply('', EXTERNAL);
    expect(vpp.errors).toEqual([]);
    expect((await dumpTables(vpp.client)).filter(({ tableId }) => tableId !== 0)).toEqual([]);
    expect(await retvalOf(createGre(vpp.client, { ...ENDS, type: 'l3', table: 77 }))).toBe(-3);
    expect(await retvalOf(createIpip(vpp.client, { ...ENDS, table: 77 }))).toBe(-3);
    expect(await retvalOf(createVxlan(vpp.client, { ...ENDS, vni: 1, port: 4789, table: 77 }))).toBe(-3);
  });

  const ALL = `
[interface.xe0]
addresses = 192.0.2.1/24, 2001:db8::1/64
[vxlan.overlay]
source = 192.0.2.1
destination = 203.0.113.1
vni = 10
[vxlan.overlay6]
source = 2001:db8::1
destination = 2001:db8:1::1
vni = 16777215
port = 8472
[gre.gre5]
source = 192.0.2.1
destination = 203.0.113.1
[gre.wire]
source = 192.0.2.1
destination = 203.0.113.1
type = teb
[ipip.six]
source = 192.0.2.1
destination = 203.0.113.1
[ipip.four]
source = 2001:db8::1
destination = 2001:db8:1::1
[interface.overlay]
addresses = 198.51.100.1/30
[interface.overlay6]
mtu = 1400
[interface.gre5]
addresses = 198.51.100.5/30, 2001:db8:2::1/64
[interface.wire.7]
[interface.wire]
[interface.six]
addresses = 2001:db8:3::1/64
[interface.four]
addresses = 198.51.100.9/30
enabled = false
`;

  test('all kinds are as configured, with the MTUs that fit, and bear their names', async () => {
    const objects = await vpp.apply(ALL);
    expect(vpp.errors).toEqual([]);
    expect(objects.map(({ kind, name, state }) => `${kind} ${name} ${state.state}`)).toEqual([
      'gre gre5 ok',
      'gre wire ok',
      'ipip six ok',
      'ipip four ok',
      'vxlan overlay ok',
      'vxlan overlay6 ok',
      'sub-interface wire.7 ok',
    ]);
    expect(await vpp.remaining()).toEqual([]);
    const seen = await Promise.all(
      ['overlay', 'overlay6', 'gre5', 'wire', 'wire.7', 'six', 'four'].map(async (name) => {
        const one = await find(name);
        return [name, one?.adminUp, Object.values(one?.mtuBytes ?? {}).join(' '), one?.tag];
      }),
    );
    expect(seen).toEqual([
      ['overlay', true, '1450 0 0 0', 'appliance:overlay'],
      ['overlay6', true, '1400 0 0 0', 'appliance:overlay6'],
      ['gre5', true, '1476 0 0 0', 'appliance:gre5'],
      // VPP drops frames that are larger than the first number, with their header.
      ['wire', true, '1484 1462 1462 1462', 'appliance:wire'],
      ['wire.7', true, '1458 0 0 0', 'appliance:wire.7'],
      ['six', true, '1480 0 0 0', 'appliance:six'],
      ['four', false, '1460 0 0 0', 'appliance:four'],
    ]);
    expect(vpp.interfaces.status.find(({ name }) => name === 'wire')).toMatchObject({ mtuBytes: 1462 });
    const status = vpp.interfaces.status.find(({ name }) => name === 'gre5');
    expect(status).toMatchObject({
      state: { state: 'ok' },
      addresses: ['198.51.100.5/30', '2001:db8:2::1/64'],
    });
    expect(await vpp.state()).toEqual({
      'gre/gre5': { ...ENDS, type: 'l3' },
      'gre/wire': { ...ENDS, type: 'teb' },
      'ipip/four': ENDS6,
      'ipip/six': ENDS,
      'sub-interface/wire.7': expect.anything(),
      'vxlan/overlay': { ...ENDS, vni: 10, port: 4789 },
      'vxlan/overlay6': { ...ENDS6, vni: 16_777_215, port: 8472 },
    });
  });

  // A real VPP makes pairs with /dev/vhost-net only.
  test.runIf(realVppBinary === undefined)('a tunnel without Ethernet is paired with a TUN', async () => {
    const { client } = vpp;
    await vpp.apply(ALL);
    // The namespace of VPP itself.
    const netns = '';
    const pair = async (name: string, hostType: 'tap' | 'tun') =>
      retvalOf(lcpPairAdd(client, (await find(name))!.swIfIndex, { hostIfName: name, netns, hostType }));
    expect(await pair('gre5', 'tap')).toBe(-73);
    expect(await pair('gre5', 'tun')).toBe(0);
    expect(await pair('wire', 'tap')).toBe(0);
    expect(await lcpPairs(client)).toMatchObject([
      { hostIfName: 'gre5', hostType: 'tun' },
      { hostIfName: 'wire', hostType: 'tap' },
    ]);
    for (const name of ['gre5', 'wire']) await lcpPairDelete(client, (await find(name))!.swIfIndex);
  });

  test('a change makes a tunnel anew, and its sub-interface with it, with the addresses', async () => {
    await vpp.apply(ALL);
    await vpp.apply(ALL.replace('destination = 203.0.113.1\ntype', 'destination = 203.0.113.2\ntype'));
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toEqual([
      'delete wire.7',
      'delete wire',
      'create wire (teb, 192.0.2.1 to 203.0.113.2)',
      'create wire.7 (dot1q 7)',
    ]);
    expect((await vpp.state())['gre/wire']).toEqual({ ...ENDS, destination: '203.0.113.2', type: 'teb' });
    await vpp.apply(ALL.replace('vni = 10', 'vni = 11'));
    expect(vpp.notices).toContain('create overlay (VNI 11, 192.0.2.1 to 203.0.113.1, port 4789)');
    expect((await find('overlay'))?.adminUp).toBe(true);
    const status = vpp.interfaces.status.find(({ name }) => name === 'overlay');
    expect(status).toMatchObject({ state: { state: 'ok' }, addresses: ['198.51.100.1/30'] });
    expect(await vpp.remaining()).toEqual([]);
  });

  test('two tunnels exchange their keys', async () => {
    const two = (first: number, second: number): string =>
      [first, second]
        .map((vni, at) => `[vxlan.v${at}]\nsource = 192.0.2.1\ndestination = 203.0.113.1\nvni = ${vni}\n`)
        .join('');
    await vpp.apply(two(1, 2));
    await vpp.apply(two(2, 1));
    expect(vpp.errors).toEqual([]);
    expect(await vpp.state()).toMatchObject({ 'vxlan/v0': { vni: 2 }, 'vxlan/v1': { vni: 1 } });
    // Without a section of their own they are down.
    expect([(await find('v0'))?.adminUp, (await find('v1'))?.adminUp]).toEqual([false, false]);
  });

  test('a tunnel that somebody else has made is theirs: its key is refused, and only what needs it', async () => {
    await vpp.apply('', EXTERNAL);
    await createGre(vpp.client, { ...ENDS, type: 'l3' });
    const ini = `[gre.mine]\nsource = 192.0.2.1\ndestination = 203.0.113.1\n[interface.mine]\n[interface.loop7]\naddresses = 192.0.2.77/32\n`;
    const objects = await vpp.apply(ini, EXTERNAL);
    expect(vpp.errors).toContainEqual(
      expect.stringMatching(/^mine: cannot create mine .*IF_ALREADY_EXISTS, -79/),
    );
    expect(objects.map(({ name, state }) => `${name} ${state.state}`)).toEqual(['loop7 ok', 'mine failed']);
    expect(vpp.interfaces.status.find(({ name }) => name === 'mine')?.state).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('-79'),
    });
    // In a VPP of our own there are no others.
    await vpp.apply(ini);
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices.slice(0, 2)).toEqual([
      expect.stringMatching(/^delete gre\d$/),
      'create mine (l3, 192.0.2.1 to 203.0.113.1)',
    ]);
  });

  test('one that was deleted by hand is made again, and counted', async () => {
    await vpp.apply('[ipip.six]\nsource = 192.0.2.1\ndestination = 203.0.113.1\n[interface.six]\n');
    const before = vpp.interfaces.objects.drifts;
    await deleteIpip(vpp.client, (await find('six'))!.swIfIndex);
    await expect.poll(() => vpp.interfaces.objects.drifts).toBeGreaterThan(before);
    await expect.poll(async () => (await find('six'))?.mtuBytes.l3).toBe(1480);
  });

  test('what left the configuration is deleted', async () => {
    await vpp.apply(ALL);
    await vpp.apply('');
    expect(vpp.errors).toEqual([]);
    expect(await vpp.state()).toEqual({});
    const left = (await dumpInterfaces(vpp.client)).map(({ name }) => name);
    expect(left.filter((name) => !/^(local0|xe\d)$/.test(name))).toEqual([]);
  });
});
