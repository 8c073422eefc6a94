/** What the mirror from Linux relies on, on the emulator and on a real VPP: multicast, tables, IP on interfaces, neighbours. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as vpp from '../../src/vpp/api/mod.ts';
import { swInterfaceIp6EnableDisable } from '../../src/vpp/api/messages/ip.ts';
import { targetName, startWithLoopback, type WithLoopback } from './harness.ts';
import { prefix, retvalOf, text } from './requests.ts';

const NOBODY = vpp.swIfIndex(77);
const TABLE_0 = vpp.tableId(0);
const GROUPS = ['224.0.0.0/24', 'ff02::/16'] as const;

describe(`the mirror's requests on ${targetName}`, () => {
  let started: WithLoopback;
  let client: vpp.VppApiClient;
  /** Has 10.100.0.1/24 and 2001:db8:100::1/64, and is up. */
  let loop: vpp.SwIfIndex;
  const made: vpp.SwIfIndex[] = [];

  beforeAll(async () => {
    started = await startWithLoopback();
    ({ client, loop } = started);
  });
  afterEach(async () => {
    for (const index of made.splice(0)) await retvalOf(vpp.deleteLoopback(client, index));
  });
  afterAll(async () => {
    await started?.[Symbol.asyncDispose]();
  });

  const loopback = async (instance: number): Promise<vpp.SwIfIndex> => {
    const index = await vpp.createLoopback(client, { instance });
    made.push(index);
    return index;
  };
  const entry = async (group: string, table = 0): Promise<vpp.MulticastEntry | undefined> => {
    const { family } = prefix(group);
    const all = await vpp.dumpMulticast(client, { tableId: vpp.tableId(table), family });
    return all.find((one) => text(one.prefix) === group);
  };
  const change = (
    group: string,
    to: 'local' | vpp.SwIfIndex,
    isAdd: boolean,
    table = 0,
  ): Promise<number | undefined> =>
    retvalOf(
      vpp.addDelMulticastPath(client, { tableId: vpp.tableId(table), group: prefix(group) }, to, isAdd),
    );
  const table = (id: number, isAdd: boolean, name = ''): Promise<(number | undefined)[]> =>
    Promise.all(
      ([4, 6] as const).map((family) =>
        retvalOf(vpp.addDelTable(client, { tableId: vpp.tableId(id), family, name }, isAdd)),
      ),
    );
  const address = (index: vpp.SwIfIndex, at: string, isAdd = true): Promise<number | undefined> =>
    retvalOf(vpp.addDelAddress(client, index, prefix(at), isAdd));

  describe('multicast entries', () => {
    test.each(GROUPS)('%s comes with its first path, and goes with its last', async (group) => {
      const other = await loopback(110);
      expect(await entry(group)).toBeUndefined();
      expect(await change(group, 'local', true)).toBe(0);
      expect(await entry(group)).toMatchObject({ isLocal: true, accepted: [] });
      for (const index of [loop, other]) expect(await change(group, index, true)).toBe(0);
      // Said again it is the same.
      for (const to of ['local', loop] as const) expect(await change(group, to, true)).toBe(0);
      const byNumber = (a: number, b: number): number => a - b;
      const both = await entry(group);
      expect({ ...both, accepted: [...(both?.accepted ?? [])].sort(byNumber) }).toMatchObject({
        isLocal: true,
        accepted: [loop, other].sort(byNumber),
      });
      for (const to of [loop, 'local'] as const) expect(await change(group, to, false)).toBe(0);
      expect(await entry(group)).toMatchObject({ isLocal: false, accepted: [other] });
      for (const to of [other, loop, 'local'] as const) expect(await change(group, to, false)).toBe(0);
      expect(await entry(group)).toBeUndefined();
    });

    test('are refused for a table and for an interface that is not there', async () => {
      expect(await change('224.0.0.0/24', 'local', true, 71)).toBe(-3);
      expect(await change('224.0.0.0/24', NOBODY, true)).toBe(-54);
      expect(await entry('224.0.0.0/24')).toBeUndefined();
      expect(await vpp.dumpMulticast(client, { tableId: vpp.tableId(71), family: 4 })).toEqual([]);
    });

    test('of a table go with it', async () => {
      expect(await table(72, true)).toEqual([0, 0]);
      expect(await change('224.0.0.0/24', 'local', true, 72)).toBe(0);
      expect(await entry('224.0.0.0/24', 72)).toMatchObject({ isLocal: true });
      expect(await entry('224.0.0.0/24')).toBeUndefined();
      expect(await table(72, false)).toEqual([0, 0]);
      expect(await table(72, true)).toEqual([0, 0]);
      expect(await entry('224.0.0.0/24', 72)).toBeUndefined();
      await table(72, false);
    });
  });

  describe('tables', () => {
    test('keep the name that they are made with', async () => {
      await table(73, true, 'vrf red');
      await table(73, true, 'another');
      const named = (await vpp.dumpTables(client)).filter(({ tableId }) => tableId === 73);
      expect(named.map(({ family, name }) => [family, name])).toEqual([
        [4, 'vrf red'],
        [6, 'vrf red'],
      ]);
      await table(73, false);
    });

    test('take an interface without addresses of the family, and it says where it is', async () => {
      const other = await loopback(111);
      await table(74, true);
      expect(await vpp.interfaceTable(client, other, 4)).toBe(0);
      expect(await retvalOf(vpp.interfaceTable(client, NOBODY, 4))).toBe(-2);
      expect(await address(other, '192.0.2.1/24')).toBe(0);
      const move = (family: 4 | 6, id: number): Promise<number | undefined> =>
        retvalOf(vpp.setInterfaceTable(client, other, family, vpp.tableId(id)));
      expect(await move(4, 74)).toBe(-114);
      expect(await move(6, 74)).toBe(0);
      expect(await move(6, 75)).toBe(-3);
      expect(await address(other, '192.0.2.1/24', false)).toBe(0);
      expect(await move(4, 74)).toBe(0);
      expect([
        await vpp.interfaceTable(client, other, 4),
        await vpp.interfaceTable(client, other, 6),
      ]).toEqual([74, 74]);
      // In another table the network of another interface is no overlap.
      expect(await address(other, '10.100.0.9/24')).toBe(0);
      // Let go of while an interface is in it, it stays for that.
      expect(await table(74, false)).toEqual([0, 0]);
      expect((await vpp.dumpTables(client)).some(({ tableId }) => tableId === 74)).toBe(true);
      expect(await address(other, '10.100.0.9/24', false)).toBe(0);
      for (const family of [4, 6] as const) expect(await move(family, 0)).toBe(0);
      expect((await vpp.dumpTables(client)).some(({ tableId }) => tableId === 74)).toBe(false);
    });
  });

  describe('addresses', () => {
    test('of one network stand beside each other with one length only', async () => {
      expect(await address(loop, '10.100.0.9/32')).toBe(-105);
      expect(await address(loop, '10.100.0.9/25')).toBe(-105);
      expect(await address(loop, '10.0.0.1/8')).toBe(-105);
      expect(await address(loop, '10.100.0.9/24')).toBe(0);
      expect(await address(loop, '10.100.0.9/24')).toBe(-105);
      expect(await address(loop, '2001:db8:100::9/128')).toBe(-127);
      expect(await address(loop, '2001:db8:100::9/64')).toBe(0);
      const other = await loopback(112);
      expect(await address(other, '10.100.0.77/24')).toBe(-105);
      expect(await address(other, '2001:db8:100::77/128')).toBe(-127);
      // Without the first one of the network the others stay.
      expect(await address(loop, '10.100.0.1/24', false)).toBe(0);
      expect((await vpp.dumpAddresses(client, loop, 4)).map(text)).toEqual(['10.100.0.9/24']);
      const found = await vpp.lookupRoute(client, TABLE_0, prefix('10.100.0.200/32'), false);
      expect(text(found.prefix)).toMatch(/^10\.100\.0\.\d+\/24$/);
      expect(await address(loop, '10.100.0.1/24')).toBe(0);
      expect(await address(loop, '10.100.0.9/24', false)).toBe(0);
      expect(await address(loop, '10.100.0.9/24', false)).toBe(-60);
      expect(await address(loop, '2001:db8:100::9/64', false)).toBe(0);
    });
  });

  describe('IP on an interface without an address', () => {
    test('IPv6 is counted', async () => {
      const other = await loopback(113);
      const enable = (isOn: boolean): Promise<number | undefined> =>
        retvalOf(client.request(swInterfaceIp6EnableDisable, { swIfIndex: other, enable: isOn }));
      expect(await enable(false)).toBe(-62);
      expect(await enable(true)).toBe(0);
      expect(await enable(true)).toBe(-81);
      await vpp.setIpv6On(client, other);
      for (let i = 0; i < 3; i++) expect(await enable(false)).toBe(0);
      expect(await enable(false)).toBe(-62);
      for (let i = 0; i < 3; i++) await vpp.setIpv6On(client, other);
      await vpp.setIpv6Off(client, other);
      expect(await enable(false)).toBe(-62);
    });

    test('IPv6 is accepted in the table in which it was switched on', async () => {
      const other = await loopback(116);
      await table(78, true);
      // Neighbour discovery comes to these groups.
      const acceptsIn = async (id: number): Promise<boolean | undefined> =>
        (await entry('ff02::1:ff00:0/104', id))?.accepted.includes(other);
      const move = (id: number): Promise<void> => vpp.setInterfaceTable(client, other, 6, vpp.tableId(id));
      await vpp.setIpv6On(client, other);
      expect([await acceptsIn(0), await acceptsIn(78)]).toEqual([true, false]);
      await move(78);
      expect([await acceptsIn(0), await acceptsIn(78)]).toEqual([true, false]);
      // Off, it is taken out of the table in which it is not.
      await move(0);
      await vpp.setIpv6Off(client, other);
      expect([await acceptsIn(0), await acceptsIn(78)]).toEqual([false, false]);
      await move(78);
      await vpp.setIpv6On(client, other);
      expect([await acceptsIn(0), await acceptsIn(78)]).toEqual([false, true]);
      await vpp.setIpv6Off(client, other);
      await move(0);
      await table(78, false);
    });

    test('IPv4 is switched on by name', async () => {
      const other = await loopback(114);
      expect(await vpp.runCliInband(client, 'enable ip4 interface loop114')).toBe('');
      expect(await vpp.runCliInband(client, 'enable ip4 interface loop114')).toBe('');
      expect(await retvalOf(vpp.runCliInband(client, 'enable ip4 interface nobody'))).not.toBe(0);
      expect(await address(other, '192.0.2.1/24')).toBe(0);
      expect(await address(other, '192.0.2.1/24', false)).toBe(0);
    });
  });

  test('broadcasts are for VPP itself where somebody asks for it, and a sweep of routes leaves that', async () => {
    const broadcast = prefix('255.255.255.255/32');
    const typeOf = async (id: number): Promise<number | undefined> =>
      (await vpp.lookupRoute(client, vpp.tableId(id), broadcast, true)).paths[0]?.type;
    await table(76, true);
    for (const id of [0, 76]) {
      const at = { tableId: vpp.tableId(id), prefix: broadcast };
      expect(await typeOf(id)).toBe(2);
      await vpp.addDelLocalRoute(client, at, true);
      expect(await typeOf(id)).toBe(1);
      const swept = { tableId: vpp.tableId(id), family: 4 } as const;
      await vpp.beginTableReplace(client, swept);
      await vpp.endTableReplace(client, swept);
      expect(await typeOf(id)).toBe(1);
      await vpp.addDelLocalRoute(client, at, false);
      expect(await typeOf(id)).toBe(2);
    }
    await table(76, false);
  });

  test('neighbours are kept as told, each family by itself', async () => {
    expect(await vpp.neighborLimits(client, 4)).toEqual({
      maxNumber: 50_000,
      maxAgeSeconds: 0,
      recycle: false,
    });
    const limits = { maxNumber: 1000, maxAgeSeconds: 30, recycle: true };
    await vpp.setNeighborLimits(client, 6, limits);
    expect(await vpp.neighborLimits(client, 6)).toEqual(limits);
    expect(await vpp.neighborLimits(client, 4)).toMatchObject({ recycle: false });
  });

  test('proxy ARP is a range of a table and a switch of an interface', async () => {
    const range = { low: '192.0.2.1', high: '192.0.2.9' };
    const ranges = (id: number, isAdd: boolean): Promise<number | undefined> =>
      retvalOf(vpp.addDelProxyArpRange(client, vpp.tableId(id), range, isAdd));
    expect(await ranges(77, true)).toBe(-3);
    for (let i = 0; i < 2; i++) expect(await ranges(0, true)).toBe(0);
    expect(await ranges(0, false)).toBe(0);
    expect(await ranges(0, false)).toBe(-6);
    expect(await retvalOf(vpp.setProxyArp(client, NOBODY, true))).toBe(-2);
    for (let i = 0; i < 2; i++) await vpp.setProxyArp(client, loop, true);
    expect(await vpp.proxyArpInterfaces(client)).toEqual([loop]);
    for (let i = 0; i < 2; i++) await vpp.setProxyArp(client, loop, false);
    expect(await vpp.proxyArpInterfaces(client)).toEqual([]);
  });

  test('a loopback has an MTU of 9000 until it is told otherwise, and none for a protocol', async () => {
    const other = await loopback(115);
    const mtu = async (): Promise<vpp.VppInterface['mtuBytes'] | undefined> =>
      (await vpp.dumpInterfaces(client)).find(({ swIfIndex }) => swIfIndex === other)?.mtuBytes;
    expect(await mtu()).toEqual({ l3: 9000, ip4: 0, ip6: 0, mpls: 0 });
    await vpp.setInterfaceMtu(client, other, { l3: 1500, ip6: 1280 });
    expect(await mtu()).toEqual({ l3: 1500, ip4: 0, ip6: 1280, mpls: 0 });
    await vpp.setInterfaceMtu(client, other, { l3: 1500 });
    expect(await mtu()).toEqual({ l3: 1500, ip4: 0, ip6: 0, mpls: 0 });
  });
});
