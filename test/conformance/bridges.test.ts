/** Bridges and cross-connects on the emulator and on a real VPP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addBridgePort,
  addCrossConnect,
  addStation,
  createBridge,
  createBvi,
  createSubInterface,
  deleteBridge,
  deleteBvi,
  deleteSubInterface,
  dumpBridges,
  dumpCrossConnects,
  dumpInterfaces,
  dumpStations,
  removeBridgePort,
  removeCrossConnect,
  removeStation,
  setBridge,
  setTagPop,
  swIfIndex,
} from '../../src/vpp/api/mod.ts';
import { targetName } from './harness.ts';
import { observe, type ObjectsVpp, startObjects } from './objects-harness.ts';
import { retvalOf } from './requests.ts';

const SETTINGS = {
  learn: true,
  flood: true,
  unknownUnicastFlood: true,
  arpTermination: false,
  macAgeMinutes: 5,
};
const PORT = { bridgeId: 7, isBvi: false, splitHorizonGroup: 0 };
const VLAN_5 = { tags: 1, outer: 5, inner: 0, isDot1ad: false, isExact: true, isDefault: false } as const;
const MAC = '02:00:00:00:00:01';
const NOBODY = swIfIndex(999);

describe(`what VPP answers about bridges, on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects({ isIdle: true });
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  const find = async (name: string) => (await dumpInterfaces(vpp.client)).find((one) => one.name === name);
  const indexOf = async (name: string) => (await find(name))!.swIfIndex;

  test('to domains twice, with ports, to none, and to ids that are too large', async () => {
    const { client } = vpp;
    const xe0 = await indexOf('xe0');
    await createBridge(client, 7, SETTINGS, 'mine');
    expect(await retvalOf(createBridge(client, 7, SETTINGS, 'mine'))).toBe(-119);
    expect(await retvalOf(createBridge(client, 2 ** 24, SETTINGS, 'mine'))).toBe(-122);
    await addBridgePort(client, xe0, { ...PORT, splitHorizonGroup: 3 });
    expect(await dumpBridges(client)).toEqual([
      {
        id: 7,
        tag: 'mine',
        ...SETTINGS,
        bvi: undefined,
        members: [{ swIfIndex: xe0, splitHorizonGroup: 3 }],
      },
    ]);
    const other = {
      learn: false,
      flood: false,
      unknownUnicastFlood: false,
      arpTermination: true,
      macAgeMinutes: 0,
    };
    await setBridge(client, 7, other);
    expect(await dumpBridges(client)).toMatchObject([{ id: 7, ...other }]);
    expect(await retvalOf(deleteBridge(client, 7))).toBe(-120);
    await removeBridgePort(client, xe0);
    await deleteBridge(client, 7);
    expect(await retvalOf(deleteBridge(client, 7))).toBe(-6);
    expect(await retvalOf(setBridge(client, 7, SETTINGS))).toBe(-6);
    expect(await retvalOf(setBridge(client, 0, SETTINGS))).toBe(-121);
    expect(await retvalOf(addBridgePort(client, NOBODY, PORT))).toBe(-2);
    expect(await dumpBridges(client)).toEqual([]);
  });

  test('a port makes a missing domain; a second BVI is refused, and no port afterwards', async () => {
    const { client } = vpp;
    const [first, second] = [await createBvi(client, '02:11:00:00:00:01'), await createBvi(client, MAC)];
    await addBridgePort(client, first, { ...PORT, isBvi: true });
    expect(await retvalOf(addBridgePort(client, second, { ...PORT, isBvi: true }))).toBe(-152);
    expect(await dumpBridges(client)).toMatchObject([
      { id: 7, tag: '', bvi: first, members: [{ swIfIndex: first }] },
    ]);
    expect(await dumpStations(client, 7)).toEqual([
      { mac: '02:11:00:00:00:01', swIfIndex: first, kind: 'bvi' },
    ]);
    expect((await find('bvi0'))?.devType).toBe('BVI');
    await deleteBvi(client, first);
    await deleteBvi(client, second);
    expect(await retvalOf(deleteBvi(client, second))).toBe(-2);
    expect(await retvalOf(deleteBvi(client, await indexOf('xe0')))).toBe(-2);
    expect(await dumpStations(client, 7)).toEqual([]);
    await deleteBridge(client, 7);
  });

  test('a static MAC address needs a port, and outlives its domain', async () => {
    const { client } = vpp;
    const xe0 = await indexOf('xe0');
    expect(await retvalOf(addStation(client, 7, { mac: MAC, swIfIndex: xe0 }))).toBe(-6);
    await createBridge(client, 7, SETTINGS, '');
    expect(await retvalOf(addStation(client, 7, { mac: MAC, swIfIndex: xe0 }))).toBe(-2);
    await addBridgePort(client, xe0, PORT);
    await addStation(client, 7, { mac: MAC, swIfIndex: xe0 });
    await removeBridgePort(client, xe0);
    await deleteBridge(client, 7);
    await createBridge(client, 8, SETTINGS, '');
    expect(await dumpStations(client, 8)).toEqual([{ mac: MAC, swIfIndex: xe0, kind: 'static' }]);
    await removeStation(client, 8, MAC);
    expect(await retvalOf(removeStation(client, 8, MAC))).toBe(-6);
    await deleteBridge(client, 8);
  });

  test('tags are taken where they are, by a mode that clears them when it ends', async () => {
    const { client } = vpp;
    const sub = await createSubInterface(client, await indexOf('xe0'), 5, VLAN_5);
    const op = async (name: string) => (await find(name))?.tagRewrite.op;
    await createBridge(client, 7, SETTINGS, '');
    await addBridgePort(client, sub, PORT);
    await setTagPop(client, sub, 1);
    expect(await op('xe0.5')).toBe(3);
    expect(await retvalOf(setTagPop(client, sub, 2))).toBe(-72);
    // What was refused changes nothing that is read back.
    expect(await op('xe0.5')).toBe(3);
    expect(await retvalOf(setTagPop(client, await indexOf('xe1'), 1))).toBe(-72);
    // Entering again keeps it.
    await addBridgePort(client, sub, { ...PORT, splitHorizonGroup: 1 });
    expect(await op('xe0.5')).toBe(3);
    await removeBridgePort(client, sub);
    expect(await op('xe0.5')).toBe(0);
    await deleteSubInterface(client, sub);
    await deleteBridge(client, 7);
  });

  test('a cross-connect is one direction, and ends with either end', async () => {
    const { client } = vpp;
    const [xe0, xe1] = [await indexOf('xe0'), await indexOf('xe1')];
    expect(await retvalOf(addCrossConnect(client, NOBODY, xe1))).toBe(-2);
    expect(await retvalOf(addCrossConnect(client, xe0, NOBODY))).toBe(-2);
    await addCrossConnect(client, xe0, xe1);
    expect(await dumpCrossConnects(client)).toEqual([{ rx: xe0, tx: xe1 }]);
    await removeCrossConnect(client, xe0);
    const sub = await createSubInterface(client, xe0, 5, VLAN_5);
    await addCrossConnect(client, sub, xe1);
    await addCrossConnect(client, xe1, sub);
    await deleteSubInterface(client, sub);
    expect(await dumpCrossConnects(client)).toEqual([]);
  });
});

describe(`bridges on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects();
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  const find = async (name: string) => (await dumpInterfaces(vpp.client)).find((one) => one.name === name);
  const states = (objects: Awaited<ReturnType<ObjectsVpp['apply']>>): string[] =>
    objects.map(({ kind, name, state }) => `${kind} ${name} ${state.state}`);
  const addressesOf = (name: string) =>
    vpp.interfaces.status.find((one) => one.name === name)?.addresses ?? [];

  const FULL = `
[vxlan.vx]
source = 192.0.2.1
destination = 203.0.113.1
vni = 10
[bridge.br0]
members = xe1, xe2.100, xe2.7, vx
learn = false
unknown-unicast-flood = false
arp-termination = true
mac-age = 30
static = ${MAC}@xe1, 02:00:00:00:00:02@xe2.100
[bridge.lan]
members = xe3
id = 77
[interface.br0]
addresses = 198.51.100.1/24
mtu = 9000
[interface.xe2]
addresses = 192.0.2.1/24
[interface.xe2.100]
[interface.xe2.7]
encapsulation = dot1ad
inner-vlan = 8
`;

  test('all attributes are as configured, in VPP and in a second look', async () => {
    const objects = await vpp.apply(FULL);
    expect(vpp.errors).toEqual([]);
    expect(states(objects)).toEqual(
      [
        'bridge-interface br0',
        'vxlan vx',
        'sub-interface xe2.100',
        'sub-interface xe2.7',
        'bridge br0',
        'bridge lan',
        'bridge-port xe1',
        'bridge-port xe2.100',
        'bridge-port xe2.7',
        'bridge-port vx',
        'bridge-port br0',
        'bridge-port xe3',
        `bridge-mac br0 ${MAC}`,
        'bridge-mac br0 02:00:00:00:00:02',
      ].map((name) => `${name} ok`),
    );
    expect(vpp.notices).toContain('create br0 (does not learn, no unknown destinations, answers ARP)');
    expect(vpp.notices).toContain('add xe2.7 to br0 without its two tags');
    expect(vpp.notices).toContain(`bind ${MAC} to xe1 in br0`);
    expect(await vpp.remaining()).toEqual([]);
    expect(await vpp.state()).toMatchObject({
      'bridge/br0': {
        learn: false,
        flood: true,
        unknownUnicastFlood: false,
        arpTermination: true,
        macAgeMinutes: 30,
      },
      'bridge/lan': { id: 77, learn: true, macAgeMinutes: 5 },
      'bridge-port/br0': { bridge: 'br0', isBvi: true },
      'bridge-port/vx': { bridge: 'br0', isBvi: false, splitHorizonGroup: 1, poppedTags: 0 },
      'bridge-port/xe1': { splitHorizonGroup: 0, poppedTags: 0 },
      'bridge-port/xe2.100': { poppedTags: 1 },
      'bridge-port/xe2.7': { poppedTags: 2 },
      'bridge-port/xe3': { bridge: 'lan' },
    });
    for (const name of ['xe1', 'xe2.100', 'xe2.7', 'vx', 'br0', 'xe3'])
      expect(await find(name), name).toMatchObject({ adminUp: true });
    expect(addressesOf('br0')).toEqual(['198.51.100.1/24']);
    const facts = await observe(vpp, ['bridge']);
    expect(facts['bridge/br0']).toMatchObject({
      members: ['br0', 'vx', 'xe1', 'xe2.100', 'xe2.7'],
      learntMacs: 0,
      macs: [`${MAC} static xe1`, '02:00:00:00:00:02 static xe2.100'],
    });
  });

  test('the MAC address of the interface of a bridge is the same after it was made anew', async () => {
    await vpp.apply('[bridge.br0]\nmembers = xe1\n[interface.br0]\n');
    const mac = (await find('br0'))?.mac;
    expect(mac).toMatch(/^02:/);
    await vpp.apply('[bridge.br0]\nmembers = xe1\n');
    expect(await find('br0')).toBeUndefined();
    expect(vpp.notices).toEqual(['take its interface out of br0', 'delete the interface of br0']);
    await vpp.apply('[bridge.br0]\nmembers = xe1\n[interface.br0]\n');
    expect((await find('br0'))?.mac).toBe(mac);
    await vpp.apply('[bridge.br0]\nmembers = xe1\n[interface.br0]\nmac = 02:22:00:00:00:01\n');
    expect(vpp.errors).toEqual([]);
    expect((await find('br0'))?.mac).toBe('02:22:00:00:00:01');
    expect(await vpp.remaining()).toEqual([]);
    await vpp.apply('[bridge.br1]\nmembers = xe1\n[interface.br1]\n');
    expect((await find('br1'))?.mac).toMatch(/^02:/);
    expect((await find('br1'))?.mac).not.toBe(mac);
  });

  test('flags and age change in place; the id does not', async () => {
    await vpp.apply('[bridge.br0]\nmembers = xe1\n[interface.br0]\naddresses = 192.0.2.1/24\n');
    const same = (keys: string) =>
      `[bridge.br0]\nmembers = xe1\n${keys}\n[interface.br0]\naddresses = 192.0.2.1/24\n`;
    await vpp.apply(same('flood = false\nmac-age = 0'));
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toEqual(['change br0 (learns for ever, no broadcasts)']);
    expect(await vpp.remaining()).toEqual([]);
    await vpp.apply(same(`id = 90\nstatic = ${MAC}@xe1`));
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices.toSorted()).toEqual([
      'add its interface to br0',
      'add xe1 to br0',
      `bind ${MAC} to xe1 in br0`,
      'create br0 (learns for 5 min)',
      'delete br0',
      'take its interface out of br0',
      'take xe1 out of br0',
    ]);
    expect(await vpp.remaining()).toEqual([]);
    expect(addressesOf('br0')).toEqual(['192.0.2.1/24']);
    // Made anew, the domain has none of the MAC addresses of the one before.
    await vpp.apply(same('id = 91'));
    expect(vpp.notices.slice(0, 1)).toEqual([`free ${MAC} from xe1 in br0`]);
    expect(await dumpStations(vpp.client, 91)).toMatchObject([{ kind: 'bvi' }]);
  });

  test('an interface loses its addresses as a port, and has them again afterwards', async () => {
    const alone = '[interface.xe1]\naddresses = 192.0.2.1/24\n';
    await vpp.apply(alone);
    await vpp.apply('[bridge.br0]\nmembers = xe1\n[interface.br0]\naddresses = 192.0.2.1/24\n');
    expect(vpp.errors).toEqual([]);
    expect([addressesOf('xe1'), addressesOf('br0')]).toEqual([[], ['192.0.2.1/24']]);
    await vpp.apply(alone);
    expect(vpp.errors).toEqual([]);
    expect([addressesOf('xe1'), addressesOf('br0')]).toEqual([['192.0.2.1/24'], []]);
  });

  test('ports go from bridge to bridge, to a cross-connect and to a bond', async () => {
    const subs = '[interface.xe2]\n[interface.xe2.5]\n[interface.xe3]\n[interface.xe3.6]\n';
    await vpp.apply(`${subs}[bridge.a]\nmembers = xe2.5, xe1\n[bridge.b]\nmembers = xe3.6\n`);
    await vpp.apply(`${subs}[bridge.a]\nmembers = xe1\n[bridge.b]\nmembers = xe3.6, xe2.5\n`);
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toEqual(['take xe2.5 out of a', 'add xe2.5 to b without its tag']);
    await vpp.apply(`${subs}[bridge.a]\nmembers = xe1\n[cross-connect.w]\ninterfaces = xe2.5, xe3.6\n`);
    expect(vpp.errors).toEqual([]);
    expect(await vpp.state()).toMatchObject({
      'cross-connect/xe2.5': { to: 'xe3.6', poppedTags: 1 },
      'cross-connect/xe3.6': { to: 'xe2.5', poppedTags: 1 },
    });
    expect(await vpp.remaining()).toEqual([]);
    await vpp.apply(
      `${subs}[bond.bond0]\nmembers = xe1\n[cross-connect.w]\ninterfaces = xe2.5, xe3.6\ntag-rewrite = keep\n`,
    );
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toEqual([
      'take xe1 out of a',
      'delete a',
      'create bond0 (LACP, layer 3 and 4)',
      'add xe1 to bond0',
      'connect xe2.5 to xe3.6',
      'connect xe3.6 to xe2.5',
    ]);
    expect((await find('xe2.5'))?.tagRewrite.op).toBe(0);
    expect(await vpp.remaining()).toEqual([]);
  });

  test('both directions of a cross-connect are undone before an end is made anew', async () => {
    const wire = (vlan: number) =>
      `[interface.xe2]\n[interface.xe2.5]\nvlan = ${vlan}\n[cross-connect.w]\ninterfaces = xe1, xe2.5\n`;
    await vpp.apply(wire(5));
    await vpp.apply(wire(6));
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toEqual([
      'disconnect xe1 from xe2.5',
      'disconnect xe2.5 from xe1',
      'delete xe2.5',
      'create xe2.5 (dot1q 6)',
      'connect xe1 to xe2.5',
      'connect xe2.5 to xe1',
    ]);
    expect(await vpp.remaining()).toEqual([]);
  });

  test('what was undone by hand is done again, and counted', async () => {
    await vpp.apply(
      `[interface.xe2]\n[interface.xe2.5]\n[bridge.br0]\nmembers = xe2.5, xe1\nstatic = ${MAC}@xe1\n[interface.br0]\n`,
    );
    const { client } = vpp;
    const before = vpp.interfaces.objects.drifts;
    const [bridge] = await dumpBridges(client);
    await setBridge(client, bridge!.id, { ...SETTINGS, learn: false });
    await setTagPop(client, (await find('xe2.5'))!.swIfIndex, 0);
    await removeBridgePort(client, (await find('br0'))!.swIfIndex);
    await removeStation(client, bridge!.id, MAC);
    await vpp.interfaces.reconcile();
    expect(vpp.interfaces.objects.lastDrift?.steps).toEqual([
      'change br0 (learns for 5 min)',
      'add xe2.5 to br0 without its tag',
      'add its interface to br0',
      `bind ${MAC} to xe1 in br0`,
    ]);
    expect(vpp.interfaces.objects.drifts).toBe(before + 4);
    expect(await vpp.remaining()).toEqual([]);
  });

  test('a member that does not exist takes away neither the bridge nor the others', async () => {
    const objects = await vpp.apply(
      `[interface.xe9]\n[bridge.br0]\nmembers = xe1, xe9\nstatic = ${MAC}@xe9, 02:00:00:00:00:02@xe1\n`,
    );
    expect(states(objects)).toEqual([
      'bridge br0 ok',
      'bridge-port xe1 ok',
      'bridge-port xe9 failed',
      `bridge-mac br0 ${MAC} failed`,
      'bridge-mac br0 02:00:00:00:00:02 ok',
    ]);
    expect(vpp.errors).toContain('xe9: cannot add xe9 to br0: VPP has no interface named xe9');
    await vpp.apply('');
    expect(Object.keys(await vpp.state())).toEqual([]);
  });
});
