/** NAT44 on the emulator and on a real VPP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addDelNatAddresses,
  addDelNatInterface,
  addDelNatInterfaceAddress,
  addDelNatMapping,
  disableNat44,
  dumpInterfaces,
  dumpNatAddresses,
  dumpNatInterfaceAddresses,
  dumpNatInterfaces,
  dumpNatMappings,
  enableNat44,
  nat44Config,
  type NatMapping,
  setNat44Options,
} from '../../src/vpp/api/mod.ts';
import { targetName } from './harness.ts';
import { type ObjectsVpp, startObjects } from './objects-harness.ts';
import { retvalOf } from './requests.ts';

const MAPPING: NatMapping = {
  isIdentity: false,
  isAddressOnly: false,
  protocol: 6,
  external: '203.0.113.5',
  externalPort: 443,
  internal: '192.168.1.10',
  internalPort: 8443,
  tag: 'x',
};
const DEFAULTS = {
  sessions: 64512,
  forwarding: false,
  timeouts: { udpSeconds: 300, tcpEstablishedSeconds: 7440, tcpTransitorySeconds: 240, icmpSeconds: 60 },
  mssClampBytes: 0,
};

describe(`NAT44 on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects();
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  const indexOf = async (name: string) =>
    (await dumpInterfaces(vpp.client)).find((one) => one.name === name)!.swIfIndex;

  test('what VPP answers while NAT is off, to what is there twice, and to what is not there', async () => {
    const { client } = vpp;
    const xe3 = await indexOf('xe3');
    const range = { first: '203.0.113.1', last: '203.0.113.3' };
    expect(await nat44Config(client)).toBeUndefined();
    expect(await retvalOf(disableNat44(client))).toBe(-169);
    expect(await retvalOf(addDelNatInterface(client, xe3, 'outside', true))).toBe(-126);
    expect(await retvalOf(addDelNatAddresses(client, range, true))).toBe(-126);
    expect(await retvalOf(addDelNatAddresses(client, range, false))).toBe(-6);
    expect(await retvalOf(addDelNatInterfaceAddress(client, xe3, true))).toBe(-126);
    expect(await retvalOf(addDelNatMapping(client, MAPPING, true))).toBe(-126);

    await enableNat44(client, 2048);
    expect(await retvalOf(enableNat44(client, 4096))).toBe(-170);
    expect(await nat44Config(client)).toEqual({ ...DEFAULTS, sessions: 2048 });
    await setNat44Options(client, { ...DEFAULTS, forwarding: true, mssClampBytes: 1400 });
    expect(await nat44Config(client)).toMatchObject({ forwarding: true, mssClampBytes: 1400 });

    await addDelNatInterface(client, xe3, 'outside', true);
    expect(await retvalOf(addDelNatInterface(client, xe3, 'outside', true))).toBe(0);
    expect((await dumpNatInterfaces(client)).get(xe3)).toEqual(['outside']);
    await addDelNatInterface(client, xe3, 'outside', false);
    expect(await retvalOf(addDelNatInterface(client, xe3, 'outside', false))).toBe(-6);

    // A range stops at the first address that is there, and keeps those before it.
    await addDelNatAddresses(client, { first: '203.0.113.2', last: '203.0.113.2' }, true);
    expect(await retvalOf(addDelNatAddresses(client, range, true))).toBe(-81);
    expect((await dumpNatAddresses(client)).sort()).toEqual(['203.0.113.1', '203.0.113.2']);
    expect(await retvalOf(addDelNatAddresses(client, range, false))).toBe(-6);
    expect(await dumpNatAddresses(client)).toEqual([]);

    await addDelNatInterfaceAddress(client, xe3, true);
    expect(await retvalOf(addDelNatInterfaceAddress(client, xe3, true))).toBe(-81);
    await addDelNatInterfaceAddress(client, xe3, false);
    expect(await retvalOf(addDelNatInterfaceAddress(client, xe3, false))).toBe(-6);

    await addDelNatMapping(client, MAPPING, true);
    expect(await retvalOf(addDelNatMapping(client, MAPPING, true))).toBe(-81);
    // Either end may be in one mapping.
    expect(await retvalOf(addDelNatMapping(client, { ...MAPPING, external: '203.0.113.6' }, true))).toBe(-81);
    expect(await retvalOf(addDelNatMapping(client, { ...MAPPING, internalPort: 80 }, true))).toBe(-81);
    expect(await dumpNatMappings(client)).toEqual([MAPPING]);
    await addDelNatMapping(client, MAPPING, false);
    expect(await retvalOf(addDelNatMapping(client, MAPPING, false))).toBe(-6);

    // One that follows an interface waits for its address.
    const following = { ...MAPPING, external: xe3 };
    await addDelNatMapping(client, following, true);
    expect(await dumpNatMappings(client)).toEqual([following]);
    expect(await retvalOf(addDelNatMapping(client, following, true))).toBe(-81);
    await addDelNatAddresses(client, range, true);
    await disableNat44(client);
    expect(await nat44Config(client)).toBeUndefined();
    expect(await dumpNatMappings(client)).toEqual([]);
    expect(await dumpNatAddresses(client)).toEqual([]);
  });

  const ROUTER = `
[nat44]
enabled = true
masquerade = xe0
pool = 203.0.113.10-203.0.113.20, 203.0.113.30
mss-clamp = 1452
udp-timeout = 120
[interface.xe0]
addresses = 198.51.100.2/24
nat = outside
[interface.xe1]
addresses = 192.168.1.1/24
nat = inside
[interface.xe2]
[interface.xe2.100]
addresses = 192.168.2.1/24
nat = inside
[port-forward.web]
protocol = tcp
external = xe0:443
internal = 192.168.1.10:8443
[port-forward.dns]
protocol = tcp, udp
external = 203.0.113.5:53
internal = 192.168.1.11:53
[nat-static.server]
external = 203.0.113.6
internal = 192.168.1.12
`;

  test('a home router is as configured, in VPP and in a second look', async () => {
    const objects = await vpp.apply(ROUTER);
    expect(vpp.errors).toEqual([]);
    expect(objects.filter(({ state }) => state.state !== 'ok')).toEqual([]);
    expect(objects.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'sub-interface xe2.100',
      'nat44 nat44',
      'nat-pool xe0',
      'nat-pool address pool',
      'nat-interface xe0',
      'nat-interface xe1',
      'nat-interface xe2.100',
      'nat-mapping forward/web/tcp',
      'nat-mapping forward/dns/tcp',
      'nat-mapping forward/dns/udp',
      'nat-mapping static/server',
      'nat-mapping own/xe0',
      ...[4, 41, 47, 50, 51, 89].map((protocol) => `nat-mapping own/xe0/${protocol}`),
    ]);
    expect(await vpp.remaining()).toEqual([]);
    expect(await nat44Config(vpp.client)).toEqual({
      ...DEFAULTS,
      timeouts: { ...DEFAULTS.timeouts, udpSeconds: 120 },
      mssClampBytes: 1452,
    });
    const addresses = await dumpNatAddresses(vpp.client);
    expect(addresses).toContain('198.51.100.2');
    expect(addresses).toContain('203.0.113.30');
    expect(addresses.length).toBe(13);
    const xe0 = await indexOf('xe0');
    expect(await dumpNatInterfaceAddresses(vpp.client)).toEqual([xe0]);
    const roles = await dumpNatInterfaces(vpp.client);
    expect(roles.get(xe0)).toEqual(['outside']);
    expect(roles.get(await indexOf('xe2.100'))).toEqual(['inside']);
    const mappings = await dumpNatMappings(vpp.client);
    const web = { ...MAPPING, tag: 'appliance:forward/web/tcp' };
    // As written, and with the address that the interface has.
    expect(mappings).toContainEqual({ ...web, external: xe0 });
    expect(mappings).toContainEqual({ ...web, external: '198.51.100.2' });
    expect(mappings).toContainEqual({
      isIdentity: false,
      isAddressOnly: true,
      protocol: 0,
      external: '203.0.113.6',
      externalPort: 0,
      internal: '192.168.1.12',
      internalPort: 0,
      tag: 'appliance:static/server',
    });
    expect(mappings).toContainEqual({
      isIdentity: true,
      isAddressOnly: true,
      protocol: 0,
      external: '198.51.100.2',
      externalPort: 0,
      internal: '',
      internalPort: 0,
      tag: 'appliance:own/xe0',
    });
  });

  test('timeouts change in place; an address of the pool takes nothing else with it', async () => {
    await vpp.apply(ROUTER);
    await vpp.apply(
      ROUTER.replace('udp-timeout = 120', 'udp-timeout = 60\nforwarding = true')
        .replace('203.0.113.20, 203.0.113.30', '203.0.113.21')
        .replace('external = xe0:443', 'external = xe0:8443'),
    );
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toEqual([
      'stop: forward tcp xe0:443 to 192.168.1.10:8443',
      'do not translate to 203.0.113.30',
      'set the timeouts, MSS and forwarding of NAT44',
      'translate to 203.0.113.21',
      'forward tcp xe0:8443 to 192.168.1.10:8443',
    ]);
    expect(await nat44Config(vpp.client)).toMatchObject({ forwarding: true, timeouts: { udpSeconds: 60 } });
    expect(await vpp.remaining()).toEqual([]);
  });

  test('another count of sessions enables NAT anew, with all that stands on it', async () => {
    await vpp.apply(ROUTER);
    await vpp.apply(ROUTER.replace('enabled = true', 'enabled = true\nsessions = 10000'));
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toContain('disable NAT44');
    expect(vpp.notices.indexOf('disable NAT44')).toBeGreaterThan(
      vpp.notices.indexOf('do not translate on xe1 (inside)'),
    );
    expect((await nat44Config(vpp.client))?.sessions).toBe(10000);
    expect(await vpp.remaining()).toEqual([]);
    expect((await dumpNatAddresses(vpp.client)).length).toBe(13);
  });

  test('the address of an outside interface is another one: pool and mappings follow', async () => {
    await vpp.apply(ROUTER);
    await vpp.apply(ROUTER.replace('198.51.100.2/24', '198.51.100.3/24'));
    expect(vpp.errors).toEqual([]);
    expect(await vpp.remaining()).toEqual([]);
    const addresses = await dumpNatAddresses(vpp.client);
    expect(addresses).toContain('198.51.100.3');
    expect(addresses).not.toContain('198.51.100.2');
    const externals = (await dumpNatMappings(vpp.client))
      .filter(({ tag }) => tag === 'appliance:forward/web/tcp')
      .map(({ external }) => external);
    expect(new Set(externals)).toEqual(new Set([await indexOf('xe0'), '198.51.100.3']));
    // The first of two addresses goes.
    await vpp.apply(ROUTER.replace('198.51.100.2/24', '198.51.100.3/24, 198.51.100.4/24'));
    await vpp.apply(ROUTER.replace('198.51.100.2/24', '198.51.100.4/24'));
    expect(vpp.errors).toEqual([]);
    await vpp.interfaces.reconcile();
    expect(vpp.errors).toEqual([]);
    expect(await vpp.remaining()).toEqual([]);
    const after = await dumpNatAddresses(vpp.client);
    expect(after).toContain('198.51.100.4');
    expect(after).not.toContain('198.51.100.3');
  });

  test('what others removed is made again, and what nobody configured is removed', async () => {
    await vpp.apply(ROUTER);
    const { client } = vpp;
    await addDelNatAddresses(client, { first: '203.0.113.12', last: '203.0.113.13' }, false);
    await addDelNatAddresses(client, { first: '203.0.113.99', last: '203.0.113.99' }, true);
    await addDelNatInterface(client, await indexOf('xe1'), 'inside', false);
    await addDelNatMapping(client, { ...MAPPING, external: '203.0.113.9', internalPort: 1 }, true);
    expect((await vpp.remaining()).length).toBeGreaterThan(0);
    await vpp.apply(ROUTER);
    expect(vpp.errors).toEqual([]);
    expect(await vpp.remaining()).toEqual([]);
    expect((await dumpNatAddresses(client)).length).toBe(13);
    expect((await dumpNatMappings(client)).some(({ tag }) => tag === 'x')).toBe(false);
  });

  test('an inside sub-interface that is made anew is translated again; without NAT nothing is left', async () => {
    await vpp.apply(ROUTER);
    await vpp.apply(ROUTER.replace('[interface.xe2.100]', '[interface.xe2.100]\nvlan = 101'));
    expect(vpp.errors).toEqual([]);
    expect((await dumpNatInterfaces(vpp.client)).get(await indexOf('xe2.100'))).toEqual(['inside']);
    expect(await vpp.remaining()).toEqual([]);
    await vpp.apply('[interface.xe0]\naddresses = 198.51.100.2/24\n');
    expect(vpp.errors).toEqual([]);
    expect(await nat44Config(vpp.client)).toBeUndefined();
    await vpp.apply('');
    expect(Object.keys(await vpp.state())).toEqual([]);
  });
});
