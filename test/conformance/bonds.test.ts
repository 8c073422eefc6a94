/** Bonds on the emulator and on a real VPP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addBondMember,
  createBond,
  createSubInterface,
  deleteBond,
  deleteSubInterface,
  detachBondMember,
  dumpBondMembers,
  dumpBonds,
  dumpInterfaces,
  isVppAtLeast,
  setBondWeight,
  setInterfaceFlags,
  swIfIndex,
} from '../../src/vpp/api/mod.ts';
import { targetName } from './harness.ts';
import { objectsConfig, observe, type ObjectsVpp, startObjects } from './objects-harness.ts';
import { retvalOf } from './requests.ts';

const VLAN_5 = { tags: 1, outer: 5, inner: 0, isDot1ad: false, isExact: true, isDefault: false } as const;
const PLAIN = { isPassive: false, isLongTimeout: false };

describe(`what VPP answers about bonds, on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects({ isIdle: true });
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  const find = async (name: string) => (await dumpInterfaces(vpp.client)).find((one) => one.name === name);
  const indexOf = async (name: string) => (await find(name))!.swIfIndex;
  const macOf = async (name: string) => (await find(name))!.mac;

  test('to members twice, to none, to a bond as a member; whose MAC address is whose', async () => {
    const { client } = vpp;
    const xor = { mode: 'xor', loadBalance: 'l23' } as const;
    const bond = await createBond(client, xor);
    const other = await createBond(client, xor);
    const [xe2, xe3] = [await indexOf('xe2'), await indexOf('xe3')];
    const [mac2, mac3] = [await macOf('xe2'), await macOf('xe3')];
    const add = (to: number, swIfIndexOfMember: number) =>
      addBondMember(client, swIfIndex(to), { swIfIndex: swIfIndex(swIfIndexOfMember), ...PLAIN });
    await add(bond, xe2);
    await add(bond, xe3);
    expect([await macOf('BondEthernet0'), await macOf('xe2'), await macOf('xe3')]).toEqual([
      mac2,
      mac2,
      mac2,
    ]);
    expect(await retvalOf(add(bond, xe2))).toBe(-81);
    expect(await retvalOf(add(other, xe2))).toBe(-81);
    expect(await retvalOf(add(bond, other))).toBe(-71);
    expect(await retvalOf(add(xe3, await indexOf('xe1')))).toBe(-71);
    expect(await retvalOf(add(bond, 999))).toBe(-2);
    // VPP does not keep VLANs off a member: the checker of the configuration does.
    const onMember = await createSubInterface(client, xe2, 5, VLAN_5);
    await deleteSubInterface(client, onMember);
    expect(await retvalOf(detachBondMember(client, await indexOf('xe1')))).toBe(-71);
    expect(await retvalOf(setBondWeight(client, xe2, 1))).toBe(-73);
    expect(await retvalOf(setBondWeight(client, await indexOf('xe1'), 1))).toBe(-71);
    expect(await retvalOf(deleteBond(client, xe2))).toBe(-2);
    expect(
      (await dumpBonds(client)).map(({ mode, loadBalance, members }) => [mode, loadBalance, members]),
    ).toEqual([
      ['xor', 'l23', 2],
      ['xor', 'l23', 0],
    ]);
    await detachBondMember(client, xe3);
    expect(await macOf('xe3')).toBe(mac3);
    await deleteBond(client, bond);
    await deleteBond(client, other);
    expect(await macOf('xe2')).toBe(mac2);
    expect(await dumpBondMembers(client, bond)).toEqual([]);
  });

  test('the link of a bond is its own before 26.06, and that of its members from then on', async () => {
    const { client } = vpp;
    const bond = await createBond(client, { mode: 'active-backup', loadBalance: undefined });
    await setInterfaceFlags(client, bond, { adminUp: true });
    const isFollowing = await isVppAtLeast(client, 26, 6);
    const found = (await dumpInterfaces(client)).find((one) => one.swIfIndex === bond);
    expect(found?.linkUp).toBe(!isFollowing);
    const [{ loadBalance, mode } = {}] = await dumpBonds(client);
    expect([mode, loadBalance]).toEqual(['active-backup', undefined]);
    await deleteBond(client, bond);
  });
});

describe(`bonds on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects();
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  const find = async (name: string) => (await dumpInterfaces(vpp.client)).find((one) => one.name === name);
  const indexOf = async (name: string) => (await find(name))!.swIfIndex;
  const macOf = async (name: string) => (await find(name))!.mac;

  test('all attributes are as configured, in VPP and in a second look', async () => {
    const mac = await macOf('xe2');
    const objects = await vpp.apply(`
[bond.bond0]
members = xe3, xe2
load-balance = l23
lacp-timeout = long
lacp-passive = true
[bond.lan]
members = xe1
mode = xor
load-balance = l2
[interface.bond0]
addresses = 192.0.2.1/24, 2001:db8::1/64
mtu = 9000
[interface.bond0.100]
addresses = 198.51.100.1/24
[interface.xe3]
description = to the second switch
`);
    expect(vpp.errors).toEqual([]);
    expect(objects.map(({ kind, name, state }) => `${kind} ${name} ${state.state}`)).toEqual([
      'bond bond0 ok',
      'bond lan ok',
      'bond-member xe1 ok',
      'bond-member xe2 ok',
      'bond-member xe3 ok',
      'sub-interface bond0.100 ok',
    ]);
    expect(vpp.notices).toEqual([
      'create bond0 (LACP, layer 2 and 3)',
      'create lan (XOR, layer 2)',
      'add xe1 to lan',
      'add xe2 to bond0',
      'add xe3 to bond0',
      'create bond0.100 (dot1q 100)',
    ]);
    expect(await vpp.remaining()).toEqual([]);
    expect(await vpp.state()).toMatchObject({
      'bond/bond0': { mode: 'lacp', loadBalance: 'l23' },
      'bond/lan': { mode: 'xor', loadBalance: 'l2' },
      'bond-member/xe1': { bond: 'lan', isPassive: false, isLongTimeout: false },
      'bond-member/xe3': { bond: 'bond0', isPassive: true, isLongTimeout: true },
    });
    expect(await find('bond0')).toMatchObject({ adminUp: true, mac, mtuBytes: { l3: 9000 } });
    // Members are up, with frames as large as those of the bond.
    for (const name of ['xe2', 'xe3']) {
      const member = await find(name);
      expect(member).toMatchObject({ adminUp: true, mac });
      expect(member?.mtuBytes.l3).toBe(9000);
    }
    expect((await find('lan'))?.adminUp).toBe(false);
    const rows = vpp.interfaces.status;
    expect(rows.find(({ name }) => name === 'bond0')?.addresses).toEqual(['192.0.2.1/24', '2001:db8::1/64']);
    expect(rows.find(({ name }) => name === 'bond0.100')?.addresses).toEqual(['198.51.100.1/24']);
    const facts = await observe(vpp, ['bond', 'bond-member']);
    expect(facts['bond/bond0']).toEqual({ members: 2, activeMembers: 0 });
    expect(facts['bond-member/xe2']).toMatchObject({ bond: 'bond0', active: false });
    expect(facts['bond-member/xe2']?.['lacp']).toMatch(/^(detached|waiting|attached)$/);
  });

  test('a mode is changed by making the bond anew with all that stands on it; a timeout by one member', async () => {
    const rest = '[interface.bond0]\n[interface.bond0.7]\naddresses = 192.0.2.9/24\n';
    await vpp.apply(`[bond.bond0]\nmembers = xe2, xe3\n${rest}`);
    await vpp.apply(`[bond.bond0]\nmembers = xe2, xe3\nlacp-timeout = long\n${rest}`);
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toEqual([
      'detach xe2 from bond0',
      'detach xe3 from bond0',
      'add xe2 to bond0',
      'add xe3 to bond0',
    ]);
    await vpp.apply(`[bond.bond0]\nmembers = xe2, xe3\nmode = round-robin\n${rest}`);
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toEqual([
      'delete bond0.7',
      'detach xe2 from bond0',
      'detach xe3 from bond0',
      'delete bond0',
      'create bond0 (round robin)',
      'add xe2 to bond0',
      'add xe3 to bond0',
      'create bond0.7 (dot1q 7)',
    ]);
    expect(await vpp.remaining()).toEqual([]);
    expect(vpp.interfaces.status.find(({ name }) => name === 'bond0.7')?.addresses).toEqual(['192.0.2.9/24']);
  });

  test('a primary member is preferred in place, and the members that are up are active', async () => {
    const bond = (more: string) => `[bond.bond0]\nmembers = xe2, xe3\nmode = active-backup\n${more}`;
    await vpp.apply(`${bond('primary = xe3\n')}[interface.bond0]\n`);
    expect(vpp.errors).toEqual([]);
    expect(await vpp.state()).toMatchObject({
      'bond-member/xe2': { weight: 0 },
      'bond-member/xe3': { weight: 100 },
    });
    await vpp.apply(`${bond('primary = xe2\n')}[interface.bond0]\n`);
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toEqual(['prefer xe2 in bond0', 'prefer xe3 no more']);
    expect(await vpp.remaining()).toEqual([]);
    const facts = await observe(vpp, ['bond', 'bond-member']);
    const up = [await find('xe2'), await find('xe3')].filter((one) => one?.linkUp === true).length;
    expect(facts['bond/bond0']).toEqual({ members: 2, activeMembers: up });
    const isActive = (await find('xe2'))?.linkUp === true;
    expect(facts['bond-member/xe2']).toEqual({
      bond: 'bond0',
      active: isActive,
      ...(isActive ? {} : { trouble: ['xe2 is not active'] }),
    });
  });

  test('a plan says what becomes of a member, and changes nothing', async () => {
    await vpp.apply('[interface.xe2]\naddresses = 192.0.2.1/24\n');
    const next = objectsConfig('[bond.bond0]\nmembers = xe2\n[interface.bond0]\nmtu = 9000\n');
    // VPP gives a new bond an MTU of 9000.
    expect((await vpp.interfaces.preview(next))?.map(({ words }) => words)).toEqual([
      'create bond0 (LACP, layer 3 and 4)',
      'add xe2 to bond0',
      'set bond0 up',
      'remove 192.0.2.1/24 from xe2',
      'set the MTU of xe2 to 9000 bytes',
    ]);
    expect(await find('bond0')).toBeUndefined();
  });

  test('an interface that becomes a member loses its addresses, and has them again afterwards', async () => {
    const alone = '[interface.xe2]\naddresses = 192.0.2.1/24\n[interface.xe3]\n';
    await vpp.apply(alone);
    await vpp.apply('[bond.bond0]\nmembers = xe2, xe3\n[interface.bond0]\naddresses = 192.0.2.1/24\n');
    expect(vpp.errors).toEqual([]);
    const addressesOf = (name: string) =>
      vpp.interfaces.status.find((one) => one.name === name)?.addresses ?? [];
    expect([addressesOf('xe2'), addressesOf('bond0')]).toEqual([[], ['192.0.2.1/24']]);
    await vpp.apply(alone);
    expect(vpp.errors).toEqual([]);
    expect([addressesOf('xe2'), addressesOf('bond0')]).toEqual([['192.0.2.1/24'], []]);
    expect(await find('bond0')).toBeUndefined();
  });

  test('a member that was detached by hand is added again, and counted', async () => {
    await vpp.apply('[bond.bond0]\nmembers = xe2, xe3\n[interface.bond0]\n');
    const before = vpp.interfaces.objects.drifts;
    await detachBondMember(vpp.client, await indexOf('xe3'));
    await vpp.interfaces.reconcile();
    expect(vpp.interfaces.objects.drifts).toBe(before + 1);
    expect(vpp.interfaces.objects.lastDrift?.steps).toEqual(['add xe3 to bond0']);
    expect(await vpp.remaining()).toEqual([]);
  });

  test('a member that does not exist takes away neither the bond nor the others', async () => {
    const objects = await vpp.apply(
      '[interface.xe9]\n[bond.bond0]\nmembers = xe2, xe9\n[interface.bond0]\naddresses = 192.0.2.1/24\n',
    );
    expect(objects.map(({ kind, name, state }) => `${kind} ${name} ${state.state}`)).toEqual([
      'bond bond0 ok',
      'bond-member xe2 ok',
      'bond-member xe9 failed',
    ]);
    expect(vpp.errors).toContain('xe9: cannot add xe9 to bond0: VPP has no interface named xe9');
    expect(vpp.interfaces.status.find(({ name }) => name === 'bond0')?.addresses).toEqual(['192.0.2.1/24']);
    await vpp.apply('');
    expect(Object.keys(await vpp.state())).toEqual([]);
  });
});
