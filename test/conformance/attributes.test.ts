/** What interfaces have besides addresses, MTU and state, on the emulator and on a real VPP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addDelAddress,
  addDelTable,
  addStaticNeighbor,
  createLoopback,
  deleteLoopback,
  deleteNeighbor,
  dumpInterfaces,
  dumpStaticNeighbors,
  dumpUnnumbered,
  dumpUrpf,
  isVppAtLeast,
  linkLocal,
  markInterface,
  mssClamps,
  releaseIpv6,
  runCliInband,
  setInterfaceTable,
  setLinkLocal,
  setMacAddress,
  setMssClamp,
  setUnnumbered,
  setUrpf,
  swIfIndex,
  tableId,
} from '../../src/vpp/api/mod.ts';
import { realVppBinary, targetName } from './harness.ts';
import { type ObjectsVpp, startObjects } from './objects-harness.ts';
import { prefix, retvalOf } from './requests.ts';

const NOBODY = swIfIndex(77);
const EXTERNAL = 'external = true';

describe(`attributes of interfaces on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects();
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  const find = async (name: string) => (await dumpInterfaces(vpp.client)).find((one) => one.name === name);
  const indexOf = async (name: string) => (await find(name))!.swIfIndex;
  /** The features that packets of an interface pass: only a real VPP tells. */
  const features = async (name: string): Promise<string> => {
    const { vppName } = (await find(name))!;
    return runCliInband(vpp.client, `show interface ${vppName} features`);
  };

  test('what VPP answers', async () => {
    await vpp.apply('[interface.xe0]\n', EXTERNAL);
    const { client } = vpp;
    expect(await retvalOf(setUrpf(client, NOBODY, 4, 'strict'))).toBe(-2);
    expect(await retvalOf(setMssClamp(client, NOBODY, { ipv4: 1400, ipv6: 1400 }))).toBe(-2);
    expect(await retvalOf(setMacAddress(client, NOBODY, '02:00:00:00:00:01'))).toBe(-2);
    const neighbor = { swIfIndex: NOBODY, address: '192.0.2.9', mac: '02:00:00:00:00:09' };
    expect(await retvalOf(addStaticNeighbor(client, neighbor))).toBe(-2);
    expect(await retvalOf(deleteNeighbor(client, { ...neighbor, swIfIndex: await indexOf('xe0') }))).toBe(-6);
    // Nothing is clamped: no interface is listed.
    expect(await mssClamps(client)).toEqual([]);
  });

  test('VPP keeps uRPF and MSS of a deleted interface, for the next one with its index', async () => {
    await vpp.apply('', EXTERNAL);
    const { client } = vpp;
    const first = await createLoopback(client, { instance: 70 });
    await setUrpf(client, first, 4, 'strict');
    await setMssClamp(client, first, { ipv4: 1400, ipv6: 0 });
    await deleteLoopback(client, first);
    expect(await dumpUrpf(client)).toEqual([]);
    expect(await mssClamps(client)).toEqual([{ swIfIndex: first, ipv4: 1400, ipv6: 0 }]);
    const next = await createLoopback(client, { instance: 71 });
    expect(next).toBe(first);
    expect(await dumpUrpf(client)).toEqual([{ swIfIndex: first, family: 4, mode: 'strict', tableId: 0 }]);
    await markInterface(client, next, 'loop71');
    // Ours now, and found with what it never had.
    await vpp.apply('[interface.loop71]\nurpf = strict\nmss-clamp = 1400\n', EXTERNAL);
    expect(vpp.notices).toEqual(
      expect.arrayContaining([
        'check sources on loop71 (strict)',
        'clamp the MSS of TCP on loop71 to 1400 bytes',
      ]),
    );
    expect(await vpp.remaining()).toEqual([]);
    if (realVppBinary !== undefined) {
      const all = await features('loop71');
      expect(all).toMatch(/ip4-rx-urpf-strict/);
      expect(all).toMatch(/ip6-rx-urpf-strict/);
      expect(all).toMatch(/tcp-mss-clamping-ip4-in/);
      expect(all).toMatch(/tcp-mss-clamping-ip6-out/);
    }
    await vpp.apply('');
    expect(await vpp.state()).toEqual({});
  });

  test('static neighbours of a deleted interface: 25.02 keeps them, 26.06 does not', async () => {
    await vpp.apply('', EXTERNAL);
    const { client } = vpp;
    const swIfIndex = await createLoopback(client, { instance: 72 });
    const neighbor = { swIfIndex, address: '192.0.2.9', mac: '02:00:00:00:00:09' };
    await addStaticNeighbor(client, neighbor);
    await deleteLoopback(client, swIfIndex);
    const leaks = !(await isVppAtLeast(client, 26, 6));
    expect(await dumpStaticNeighbors(client)).toEqual(leaks ? [neighbor] : []);
    // VPP deletes none on an interface that does not exist.
    expect(await retvalOf(deleteNeighbor(client, neighbor))).toBe(-2);
    const next = await createLoopback(client, { instance: 73 });
    expect(next).toBe(swIfIndex);
    expect(await retvalOf(deleteNeighbor(client, neighbor))).toBe(leaks ? 0 : -6);
    await deleteLoopback(client, next);
  });

  test('a bond gives its MAC address to its members', async () => {
    await vpp.apply(
      '[bond.bond0]\nmembers = xe2, xe3\nmode = xor\n[interface.bond0]\nmac = 02:00:00:00:00:0b\n',
    );
    expect(vpp.errors).toEqual([]);
    const macs = await Promise.all(['bond0', 'xe2', 'xe3'].map(async (name) => (await find(name))?.mac));
    expect(macs).toEqual(Array.from({ length: 3 }, () => '02:00:00:00:00:0b'));
    expect(await vpp.remaining()).toEqual([]);
    await vpp.apply('');
    expect(await vpp.state()).toEqual({});
  });

  const ALL = `
[interface.xe0]
addresses = 192.0.2.1/24, 2001:db8::1/64
mac = 02:00:00:00:00:01
urpf = strict
mss-clamp = auto
neighbors = 192.0.2.9 02:00:00:00:00:09, 2001:db8::9 02:00:00:00:00:0A
[interface.xe0.7]
addresses = 198.51.100.1/24
urpf = loose
mss-clamp = 1200
neighbors = 198.51.100.9 02:00:00:00:00:0b
[interface.loop3]
mac = 02:00:00:00:00:03
addresses = 203.0.113.1/32
`;

  test('all are as configured, in VPP and in a second look', async () => {
    const before = (await find('xe0'))!.mac;
    const objects = await vpp.apply(ALL);
    expect(vpp.errors).toEqual([]);
    expect(objects.filter(({ state }) => state.state !== 'ok')).toEqual([]);
    expect(await vpp.remaining()).toEqual([]);
    expect(await vpp.state()).toMatchObject({
      'mac/xe0': { mac: '02:00:00:00:00:01' },
      'mac/loop3': { mac: '02:00:00:00:00:03' },
      'urpf/xe0': { ipv4: 'strict', ipv6: 'strict', table: 'own', isOn: true },
      'urpf/xe0.7': { ipv4: 'loose', ipv6: 'loose', table: 'own', isOn: true },
      'mss-clamp/xe0': { ipv4: 1460, ipv6: 1440, isOn: true },
      'mss-clamp/xe0.7': { ipv4: 1200, ipv6: 1200, isOn: true },
      'neighbor/xe0 192.0.2.9': { interface: 'xe0', address: '192.0.2.9', mac: '02:00:00:00:00:09' },
      'neighbor/xe0 2001:db8::9': { interface: 'xe0', address: '2001:db8::9', mac: '02:00:00:00:00:0a' },
      'neighbor/xe0.7 198.51.100.9': { mac: '02:00:00:00:00:0b' },
    });
    expect((await find('xe0'))?.mac).toBe('02:00:00:00:00:01');
    await vpp.apply('');
    expect(vpp.errors).toEqual([]);
    expect(await vpp.state()).toEqual({});
    expect((await find('xe0'))?.mac).toBe(before);
    expect(await dumpStaticNeighbors(vpp.client)).toEqual([]);
  });

  test('each is changed in place', async () => {
    await vpp.apply(ALL);
    await vpp.apply(
      ALL.replace('00:01\n', '00:02\n')
        .replace('urpf = strict', 'urpf = loose')
        .replace('mss-clamp = auto', 'mtu = 1400\nmss-clamp = auto')
        .replace(':09,', ':19,')
        .replace(', 2001:db8::9 02:00:00:00:00:0A', ''),
    );
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toEqual([
      'delete the neighbour 2001:db8::9 of xe0',
      'set the MAC address of xe0 to 02:00:00:00:00:02',
      'check sources on xe0 (loose)',
      'clamp the MSS of TCP on xe0 to 1360, over IPv6 to 1340 bytes',
      'add the neighbour 192.0.2.9 of xe0 at 02:00:00:00:00:19',
    ]);
    expect(await vpp.remaining()).toEqual([]);
    expect(await vpp.state()).toMatchObject({ 'neighbor/xe0 192.0.2.9': { mac: '02:00:00:00:00:19' } });
  });

  test('what others changed is repaired, and counted', async () => {
    await vpp.apply(ALL);
    const { client } = vpp;
    const before = vpp.interfaces.objects.drifts;
    const xe0 = await indexOf('xe0');
    await setUrpf(client, xe0, 4, 'off');
    await setMssClamp(client, xe0, { ipv4: 0, ipv6: 0 });
    await setMacAddress(client, xe0, '02:00:00:00:00:77');
    await deleteNeighbor(client, { swIfIndex: xe0, address: '192.0.2.9', mac: '02:00:00:00:00:09' });
    await addStaticNeighbor(client, { swIfIndex: xe0, address: '192.0.2.66', mac: '02:00:00:00:00:66' });
    await vpp.interfaces.reconcile();
    expect(vpp.interfaces.objects.drifts).toBe(before + 4);
    expect(await vpp.remaining()).toEqual([]);
    expect((await find('xe0'))?.mac).toBe('02:00:00:00:00:01');
    // What Linux has as permanent comes into VPP as static: it is left to it.
    expect(await vpp.state()).toHaveProperty('neighbor/xe0 192.0.2.66');
    await deleteNeighbor(client, { swIfIndex: xe0, address: '192.0.2.66', mac: '02:00:00:00:00:66' });
  });

  test('an interface that is made anew has them again, whatever VPP kept of the old one', async () => {
    await vpp.apply(ALL);
    await deleteLoopback(vpp.client, await indexOf('loop3'));
    await vpp.interfaces.reconcile();
    expect((await find('loop3'))?.mac).toBe('02:00:00:00:00:03');
    await vpp.apply(ALL.replace('[interface.xe0.7]', '[interface.xe0.7]\nvlan = 8'));
    expect(vpp.errors).toEqual([]);
    expect(await vpp.remaining()).toEqual([]);
    expect(await vpp.state()).toMatchObject({
      'urpf/xe0.7': { ipv4: 'loose', isOn: true },
      'neighbor/xe0.7 198.51.100.9': { mac: '02:00:00:00:00:0b' },
    });
    if (realVppBinary !== undefined) expect(await features('xe0.7')).toMatch(/ip4-rx-urpf-loose/);
  });

  test('sources are checked in the table that the interface is in, also when it moves', async () => {
    const ini = (vrf: string): string =>
      `[vrf.blue]\ntable = 10\n[interface.xe0]\n${vrf}urpf = strict\naddresses = 192.0.2.1/24\n`;
    await vpp.apply(ini(''));
    const tables = async (): Promise<number[]> => (await dumpUrpf(vpp.client)).map((one) => one.tableId);
    expect(await tables()).toEqual([0, 0]);
    await vpp.apply(ini('vrf = blue\n'));
    expect(vpp.errors).toEqual([]);
    expect(await tables()).toEqual([10, 10]);
    expect(await vpp.remaining()).toEqual([]);
    await vpp.apply('');
    expect(await vpp.state()).toEqual({});
  });

  test('link-local: what VPP answers', async () => {
    await vpp.apply('', EXTERNAL);
    const { client } = vpp;
    const loop = await createLoopback(client, { instance: 74 });
    expect(await linkLocal(client, loop)).toBeUndefined();
    expect(await retvalOf(setLinkLocal(client, NOBODY, 'fe80::1'))).toBe(-2);
    // It enables IPv6, which one disable ends.
    await setLinkLocal(client, loop, 'fe80::1');
    expect(await linkLocal(client, loop)).toBe('fe80::1');
    await releaseIpv6(client, loop);
    expect(await linkLocal(client, loop)).toBeUndefined();
    // Without one VPP derives it from the MAC address.
    await addDelAddress(client, loop, prefix('2001:db8:7::1/64'), true);
    expect(await linkLocal(client, loop)).toBe('fe80::dcad:ff:fe00:4a');
    await deleteLoopback(client, loop);
  });

  test('a link-local address is set, kept, changed and restored', async () => {
    await vpp.apply(
      '[interface.xe1]\nlink-local = fe80::1\n[interface.xe2]\nlink-local = fe80::2\naddresses = 2001:db8:2::1/64\n',
    );
    expect(vpp.errors).toEqual([]);
    const addressOf = async (name: string) => linkLocal(vpp.client, await indexOf(name));
    expect([await addressOf('xe1'), await addressOf('xe2')]).toEqual(['fe80::1', 'fe80::2']);
    expect(await vpp.remaining()).toEqual([]);
    await vpp.apply(
      '[interface.xe1]\nlink-local = fe80::11\naddresses = 2001:db8:1::1/64\n[interface.xe2]\naddresses = 2001:db8:2::1/64\n',
    );
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toEqual([
      'restore the link-local address of xe2',
      'set the link-local address of xe1 to fe80::11',
    ]);
    expect(await addressOf('xe1')).toBe('fe80::11');
    expect(await addressOf('xe2')).toMatch(/^fe80::[0-9a-f:]*ff:fe/);
    // Without addresses, and without its own: IPv6 is off again.
    await vpp.apply('[interface.xe1]\n[interface.xe2]\n');
    expect([await addressOf('xe1'), await addressOf('xe2')]).toEqual([undefined, undefined]);
    await vpp.apply('');
    expect(await vpp.state()).toEqual({});
  });

  test('unnumbered: what VPP answers', async () => {
    await vpp.apply('', EXTERNAL);
    const { client } = vpp;
    const [donor, borrower] = [
      await createLoopback(client, { instance: 75 }),
      await createLoopback(client, { instance: 76 }),
    ];
    expect(await retvalOf(setUnnumbered(client, NOBODY, donor, true))).toBe(-2);
    expect(await retvalOf(setUnnumbered(client, borrower, NOBODY, true))).toBe(-10);
    await addDelTable(client, { tableId: tableId(9), family: 4 }, true);
    await setInterfaceTable(client, borrower, 4, tableId(9));
    expect(await retvalOf(setUnnumbered(client, borrower, donor, true))).toBe(-74);
    await setInterfaceTable(client, borrower, 4, tableId(0));
    await setUnnumbered(client, borrower, donor, true);
    expect(await dumpUnnumbered(client)).toEqual([{ borrower, donor }]);
    await setUnnumbered(client, borrower, donor, false);
    expect(await dumpUnnumbered(client)).toEqual([]);
    for (const one of [donor, borrower]) await deleteLoopback(client, one);
    await addDelTable(client, { tableId: tableId(9), family: 4 }, false);
  });

  const borrowing = (addresses: string, donor = 'loop4'): string => `
[interface.loop4]
addresses = ${addresses}
[interface.loop5]
addresses = 203.0.113.5/32
[interface.xe1]
unnumbered = ${donor}
[interface.xe1.9]
unnumbered = ${donor}
`;

  test('borrowers follow the addresses of their donor', async () => {
    await vpp.apply(borrowing('203.0.113.4/32, 2001:db8:4::4/128'));
    expect(vpp.errors).toEqual([]);
    expect(await vpp.remaining()).toEqual([]);
    const donorOf = async (): Promise<string[]> => {
      const names = new Map(
        (await dumpInterfaces(vpp.client)).map(({ swIfIndex: index, name }) => [index, name]),
      );
      const all = await dumpUnnumbered(vpp.client);
      return all.map(({ borrower, donor }) => `${names.get(borrower)} ${names.get(donor)}`);
    };
    expect(await donorOf()).toEqual(['xe1 loop4', 'xe1.9 loop4']);
    // Unbound before its first address goes.
    await vpp.apply(borrowing('203.0.113.44/32'));
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toEqual([
      'let xe1 borrow no addresses',
      'let xe1.9 borrow no addresses',
      'let xe1 borrow the addresses of loop4',
      'let xe1.9 borrow the addresses of loop4',
    ]);
    if (realVppBinary !== undefined) {
      const shown = await runCliInband(vpp.client, 'show interface addr');
      expect(shown).toMatch(/unnumbered, use loop4\s+L3 203\.0\.113\.44\/32/);
    }
    // The donor got an address from others.
    await addDelAddress(vpp.client, await indexOf('loop4'), prefix('2001:db8:4::44/128'), true);
    expect(await vpp.remaining()).toEqual(expect.arrayContaining(['let xe1 borrow the addresses of loop4']));
    await vpp.apply(borrowing('203.0.113.44/32', 'loop5'));
    expect(vpp.errors).toEqual([]);
    expect(await donorOf()).toEqual(['xe1 loop5', 'xe1.9 loop5']);
    await vpp.apply('[interface.xe1]\naddresses = 198.51.100.1/24\n');
    expect(vpp.errors).toEqual([]);
    expect(await donorOf()).toEqual([]);
    expect(vpp.interfaces.status.find(({ name }) => name === 'xe1')?.addresses).toEqual(['198.51.100.1/24']);
    await vpp.apply('');
    expect(await vpp.state()).toEqual({});
  });
});
