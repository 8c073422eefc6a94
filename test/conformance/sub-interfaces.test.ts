/** Sub-interfaces on the emulator and on a real VPP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createSubInterface,
  deleteSubInterface,
  dumpInterfaces,
  setInterfaceFlags,
} from '../../src/vpp/api/mod.ts';
import type { Encapsulation } from '../../src/config/mod.ts';
import { targetName } from './harness.ts';
import { type ObjectsVpp, startObjects } from './objects-harness.ts';
import { retvalOf } from './requests.ts';

const DOT1Q: Encapsulation = {
  tags: 1,
  outer: 10,
  inner: 0,
  isDot1ad: false,
  isExact: true,
  isDefault: false,
};

describe(`sub-interfaces on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects();
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  const find = async (name: string) => (await dumpInterfaces(vpp.client)).find((one) => one.name === name);

  test('what VPP answers: to a number twice, to none, up without its parent', async () => {
    const xe3 = (await find('xe3'))!.swIfIndex;
    const made = await createSubInterface(vpp.client, xe3, 10, DOT1Q);
    expect(await retvalOf(createSubInterface(vpp.client, xe3, 10, { ...DOT1Q, outer: 11 }))).toBe(-56);
    // The parent is down.
    expect(await retvalOf(setInterfaceFlags(vpp.client, made, { adminUp: true }))).toBe(-1);
    await deleteSubInterface(vpp.client, made);
    expect(await retvalOf(deleteSubInterface(vpp.client, made))).toBe(-2);
  });

  test('all encapsulations are as configured, in VPP and in a second look', async () => {
    const objects = await vpp.apply(`
[interface.xe0.100]
addresses = 192.0.2.1/24, 2001:db8::1/64
mtu = 1400
[interface.xe0.200]
encapsulation = dot1ad
[interface.xe0.300]
vlan = 30
inner-vlan = 31
[interface.xe0.301]
encapsulation = dot1ad
vlan = 30
inner-vlan = 32
[interface.xe0.302]
vlan = 33
inner-vlan = any
[interface.xe0.303]
vlan = 34
exact-match = false
[interface.xe0.4000]
vlan = default
[interface.xe0]
`);
    expect(vpp.errors).toEqual([]);
    expect(objects.map(({ name, state }) => `${name} ${state.state}`)).toEqual(
      [100, 200, 300, 301, 302, 303, 4000].map((number) => `xe0.${number} ok`),
    );
    expect(await vpp.remaining()).toEqual([]);
    const sub = await find('xe0.100');
    expect(sub).toMatchObject({
      adminUp: true,
      mtuBytes: { l3: 1400 },
      tag: 'appliance:xe0.100',
      sub: DOT1Q.tags === 1 ? { ...DOT1Q, outer: 100 } : {},
    });
    expect((await find('xe0.301'))?.sub).toEqual({
      tags: 2,
      outer: 30,
      inner: 32,
      isDot1ad: true,
      isExact: true,
      isDefault: false,
    });
  });

  test('VLANs are exchanged between two numbers without a moment in which one has both', async () => {
    await vpp.apply('[interface.xe0]\n[interface.xe0.1]\nvlan = 11\n[interface.xe0.2]\nvlan = 12\n');
    await vpp.apply('[interface.xe0]\n[interface.xe0.1]\nvlan = 12\n[interface.xe0.2]\nvlan = 11\n');
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toEqual([
      'delete xe0.1',
      'delete xe0.2',
      'create xe0.1 (dot1q 12)',
      'create xe0.2 (dot1q 11)',
    ]);
    expect((await find('xe0.1'))?.sub?.outer).toBe(12);
    expect(await vpp.remaining()).toEqual([]);
  });

  test('one that was deleted by hand is made again, with its addresses, and counted', async () => {
    await vpp.apply('[interface.xe0]\n[interface.xe0.7]\naddresses = 192.0.2.9/24\n');
    const before = vpp.interfaces.objects.drifts;
    await deleteSubInterface(vpp.client, (await find('xe0.7'))!.swIfIndex);
    await expect
      .poll(async () => vpp.interfaces.status.find(({ name }) => name === 'xe0.7')?.addresses)
      .toEqual(['192.0.2.9/24']);
    await expect.poll(() => vpp.interfaces.objects.drifts).toBeGreaterThan(before);
    expect(vpp.interfaces.objects.lastDrift).toMatchObject({
      steps: ['create xe0.7 (dot1q 7)'],
      isRepaired: true,
    });
  });

  test('those that left the configuration are deleted; an address can go to another one', async () => {
    await vpp.apply('[interface.xe0]\n[interface.xe0.7]\naddresses = 192.0.2.9/24\n');
    await vpp.apply('[interface.xe0]\n[interface.xe0.8]\naddresses = 192.0.2.9/24\n');
    expect(vpp.errors).toEqual([]);
    expect(
      (await dumpInterfaces(vpp.client)).map(({ name }) => name).filter((name) => name.startsWith('xe0.')),
    ).toEqual(['xe0.8']);
    await vpp.apply('');
    expect(Object.keys(await vpp.state())).toEqual([]);
  });
});
