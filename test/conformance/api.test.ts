/** The binary API: the product's client against the emulator, and against a real VPP (25.02, 26.06) named by `VPP_BIN`. */

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as vpp from '../../src/vpp/api/mod.ts';
import { controlPing } from '../../src/vpp/api/messages/memclnt.ts';
import { showVersionRequest } from '../../src/vpp/api/messages/vpe.ts';
import {
  type ConformanceVpp,
  needsEmulator,
  startVpp,
  startWithLoopback,
  targetName,
  type WithLoopback,
} from './harness.ts';
import { codeOf, path, prefix, retvalOf, route, text } from './requests.ts';

const TABLE_0 = vpp.tableId(0);
const NOBODY = vpp.swIfIndex(77);

describe(`binary API on ${targetName}`, () => {
  let target: ConformanceVpp;
  let client: vpp.VppApiClient;
  let loop: vpp.SwIfIndex;

  let started: WithLoopback;

  beforeAll(async () => {
    started = await startWithLoopback();
    ({ target, client, loop } = started);
  });
  afterAll(async () => {
    await started?.[Symbol.asyncDispose]();
  });

  const routesOf = async (family: 4 | 6, table = 0): Promise<Map<string, vpp.VppRoute>> => {
    const all = await vpp.dumpRoutes(client, { tableId: vpp.tableId(table), family });
    return new Map(all.map((one) => [text(one.prefix), one]));
  };

  test('the handshake gives a client index, a table with all that the product needs, and the process id', () => {
    expect(client.serverIndex).toBeGreaterThan(0);
    expect(client.messageCount).toBeGreaterThan(500);
    expect(client.vpePid).toBe(target.pid);
    expect(client.checkMessages([...vpp.REQUIRED_MESSAGES, ...vpp.LCP_MESSAGES])).toEqual([]);
  });

  test('every client gets its own index', async () => {
    await using other = await vpp.VppApiClient.connect(target.apiSocket);
    expect(other.serverIndex).not.toBe(client.serverIndex);
    expect(await vpp.ping(other)).toBe(client.vpePid);
  });

  test('show_version', async () => {
    const version = await vpp.showVersion(client);
    expect(version.program).toBe('vpe');
    expect(version.version).toMatch(/^(25\.02|26\.06)/);
  });

  test('the CLI over the API', async () => {
    expect(await vpp.runCliInband(client, 'show version')).toMatch(
      /^vpp v(?:25\.02|26\.06)\S* built by \S+ on \S+ at /,
    );
    expect(await retvalOf(vpp.runCliInband(client, 'bogus'))).toBe(-1);
  });

  test('a message of an unloaded plugin, and one of another version, are two different errors', async () => {
    const missing = { ...showVersionRequest, name: 'wireguard_peer_add' };
    const other = { ...showVersionRequest, crc: 0x12345678 };
    const errors = await Promise.all(
      [missing, other].map((def) => client.request(def, {}).catch((error: unknown) => error)),
    );
    expect(errors[0]).toMatchObject({ code: 'message-missing', messageName: 'wireguard_peer_add' });
    expect(String(errors[0])).toMatch(/plugin that owns it is not loaded/);
    expect(errors[1]).toMatchObject({ code: 'crc-mismatch', messageName: 'show_version' });
    expect(String(errors[1])).toMatch(/its CRC is 51077d14, expected 12345678/);
  });

  test('a dump gives all details and ends', async () => {
    const interfaces = await vpp.dumpInterfaces(client);
    expect(interfaces[0]).toMatchObject({ swIfIndex: 0, name: 'local0', devType: 'local', adminUp: false });
    const found = interfaces.find((one) => one.swIfIndex === loop);
    expect(found).toMatchObject({
      name: 'loop100',
      devType: 'Loopback',
      mac: 'de:ad:00:00:00:64',
      adminUp: true,
      linkUp: true,
      linkMtuBytes: 9000,
      mtuBytes: { l3: 9000, ip4: 0, ip6: 0, mpls: 0 },
    });
  });

  test('dumps that run at once do not mix', async () => {
    const [tables, interfaces, routes] = await Promise.all([
      vpp.dumpTables(client),
      vpp.dumpInterfaces(client),
      vpp.dumpRoutes(client, { tableId: TABLE_0, family: 4 }),
    ]);
    expect(tables).toContainEqual({ tableId: 0, family: 4, name: 'ipv4-VRF:0' });
    expect(tables).toContainEqual({ tableId: 0, family: 6, name: 'ipv6-VRF:0' });
    expect(interfaces.length).toBeGreaterThan(1);
    expect(routes.length).toBeGreaterThan(5);
  });

  test('a dump of a table that is not there, or of no interface, is empty', async () => {
    expect(await vpp.dumpRoutes(client, { tableId: vpp.tableId(4711), family: 4 })).toEqual([]);
    expect(await vpp.dumpAddresses(client, NOBODY)).toEqual([]);
  });

  test('a stream call ends by its reply', async () => {
    expect(await vpp.lcpPairs(client)).toEqual([]);
    expect(await retvalOf(vpp.lcpPairAdd(client, NOBODY, { hostIfName: 'x0' }))).toBe(-2);
    expect(await retvalOf(vpp.lcpPairDelete(client, loop))).toBe(-2);
  });

  describe('interfaces', () => {
    test('events on creation, admin up, admin down and end', async () => {
      await using other = await vpp.VppApiClient.connect(target.apiSocket);
      const seen: vpp.InterfaceEvent[] = [];
      using events = vpp.onInterfaceEvent(other, (event) => seen.push(event));
      expect(events).toBeDefined();
      await vpp.wantInterfaceEvents(other);
      expect(await retvalOf(vpp.wantInterfaceEvents(other))).toBe(-31);
      const made = await vpp.createLoopback(client, { instance: 101 });
      const next = async (wanted: Partial<vpp.InterfaceEvent>): Promise<void> => {
        await expect.poll(() => seen.at(-1), { timeout: 5000 }).toMatchObject({ swIfIndex: made, ...wanted });
      };
      await next({ adminUp: false, linkUp: false, deleted: false });
      await vpp.setInterfaceFlags(client, made, { adminUp: true });
      await next({ adminUp: true, linkUp: true, deleted: false });
      await vpp.setInterfaceFlags(client, made, { adminUp: false });
      await next({ adminUp: false, linkUp: false, deleted: false });
      await vpp.deleteLoopback(client, made);
      await next({ deleted: true });
      const before = seen.length;
      await vpp.wantInterfaceEvents(other, false);
      await vpp.deleteLoopback(client, await vpp.createLoopback(client, { instance: 101 }));
      await vpp.ping(other);
      await sleep(200);
      expect(seen.length).toBe(before);
    });

    test('addresses: added, read back, refused with the right return values', async () => {
      const other = await vpp.createLoopback(client, { instance: 102 });
      const add = (to: vpp.SwIfIndex, given: string, isAdd = true) =>
        retvalOf(vpp.addDelAddress(client, to, prefix(given), isAdd));
      expect(await add(loop, '10.100.0.9/24')).toBe(0);
      expect(await add(loop, '10.100.0.1/24')).toBe(-105);
      expect(await add(other, '10.100.0.2/24')).toBe(-105);
      expect(await add(other, '10.100.0.0/16')).toBe(-105);
      expect(await add(loop, '2001:db8:100::1/64')).toBe(-127);
      expect(await add(other, '2001:db8:100::2/64')).toBe(-127);
      expect(await add(loop, '10.99.0.1/24', false)).toBe(-60);
      expect(await add(loop, '2001:db8:99::1/64', false)).toBe(-60);
      expect(await add(NOBODY, '10.99.0.1/24')).toBe(-2);
      expect((await vpp.dumpAddresses(client, loop)).map(text)).toEqual([
        '10.100.0.1/24',
        '10.100.0.9/24',
        '2001:db8:100::1/64',
      ]);
      expect((await vpp.dumpAddresses(client, loop, 6)).map(text)).toEqual(['2001:db8:100::1/64']);
      expect(await add(loop, '10.100.0.9/24', false)).toBe(0);
      expect((await vpp.dumpAddresses(client, loop, 4)).map(text)).toEqual(['10.100.0.1/24']);
      await vpp.deleteLoopback(client, other);
    });

    test('MTU, tag and flags', async () => {
      await vpp.setInterfaceMtu(client, loop, { l3: 1400 });
      await vpp.setInterfaceTag(client, loop, 'uplink');
      const found = (await vpp.dumpInterfaces(client)).find((one) => one.swIfIndex === loop);
      expect(found).toMatchObject({ mtuBytes: { l3: 1400, ip4: 0, ip6: 0, mpls: 0 }, tag: 'uplink' });
      await vpp.setInterfaceMtu(client, loop, { l3: 9000 });
      await vpp.setInterfaceTag(client, loop, undefined);
      expect(await retvalOf(vpp.setInterfaceMtu(client, NOBODY, { l3: 1400 }))).toBe(-2);
      expect(await retvalOf(vpp.setInterfaceFlags(client, NOBODY, { adminUp: true }))).toBe(-2);
      expect(await retvalOf(vpp.setHardwareMtu(client, loop, 1500))).toBe(-126);
      expect(await retvalOf(vpp.setHardwareMtu(client, vpp.swIfIndex(0), 1500))).toBe(-30);
    });

    test('loopbacks: an instance once, an end once', async () => {
      const made = await vpp.createLoopback(client, { mac: '02:00:00:00:00:01' });
      const found = (await vpp.dumpInterfaces(client)).find((one) => one.swIfIndex === made);
      expect(found).toMatchObject({ name: 'loop0', mac: '02:00:00:00:00:01' });
      expect(await retvalOf(vpp.createLoopback(client, { instance: 100 }))).toBe(-31);
      expect(await retvalOf(vpp.deleteLoopback(client, made))).toBe(0);
      expect(await retvalOf(vpp.deleteLoopback(client, made))).toBe(-2);
      expect(await retvalOf(vpp.deleteLoopback(client, vpp.swIfIndex(0)))).toBe(-2);
    });

    test('MPLS needs table 0', async () => {
      expect(await retvalOf(vpp.setMplsEnabled(client, loop, true))).toBe(-3);
      expect([...(await vpp.dumpMplsInterfaces(client))]).toEqual([]);
      await vpp.addDelMplsTable(client, TABLE_0, true);
      expect(await retvalOf(vpp.setMplsEnabled(client, loop, true))).toBe(0);
      expect(await retvalOf(vpp.setMplsEnabled(client, loop, true))).toBe(0);
      expect(await retvalOf(vpp.setMplsEnabled(client, NOBODY, true))).toBe(-2);
      expect([...(await vpp.dumpMplsInterfaces(client))]).toEqual([loop]);
      // VPP counts: switched on twice, it is off after two.
      await vpp.setMplsEnabled(client, loop, false);
      expect([...(await vpp.dumpMplsInterfaces(client))]).toEqual([loop]);
      await vpp.setMplsEnabled(client, loop, false);
      expect([...(await vpp.dumpMplsInterfaces(client))]).toEqual([]);
    });

    test('an address makes connected routes only while its interface is up', async () => {
      const made = await vpp.createLoopback(client, { instance: 103 });
      await vpp.addDelAddress(client, made, prefix('10.103.0.1/24'), true);
      await vpp.addDelAddress(client, made, prefix('10.103.1.0/31'), true);
      await vpp.addDelAddress(client, made, prefix('10.103.2.1/32'), true);
      await vpp.addDelAddress(client, made, prefix('2001:db8:103::1/64'), true);
      const mine = async (): Promise<string[]> => {
        const all = [...(await routesOf(4)).values(), ...(await routesOf(6)).values()];
        return all
          .filter((one) => /^(10\.103\.|2001:db8:103:)/.test(one.prefix.address))
          .map((one) => `${text(one.prefix)} type ${one.paths.map((each) => each.type).join()}`)
          .sort();
      };
      expect(await mine()).toEqual([]);
      await vpp.setInterfaceFlags(client, made, { adminUp: true });
      expect(await mine()).toEqual([
        '10.103.0.0/32 type 2',
        '10.103.0.1/24 type 0',
        '10.103.0.1/32 type 1',
        '10.103.0.255/32 type 2',
        '10.103.1.0/31 type 0',
        '10.103.1.0/32 type 1',
        '10.103.1.1/32 type 0',
        '10.103.2.1/32 type 1',
        '2001:db8:103::/64 type 0',
        '2001:db8:103::1/128 type 1',
      ]);
      await vpp.setInterfaceFlags(client, made, { adminUp: false });
      expect(await mine()).toEqual([]);
      await vpp.deleteLoopback(client, made);
    });

    test('a table for an interface', async () => {
      await vpp.addDelTable(client, { tableId: vpp.tableId(70), family: 4 }, true);
      const made = await vpp.createLoopback(client, { instance: 104 });
      expect(await retvalOf(vpp.setInterfaceTable(client, loop, 4, vpp.tableId(70)))).toBe(-114);
      expect(await retvalOf(vpp.setInterfaceTable(client, made, 4, vpp.tableId(71)))).toBe(-3);
      expect(await retvalOf(vpp.setInterfaceTable(client, made, 4, vpp.tableId(70)))).toBe(0);
      await vpp.addDelAddress(client, made, prefix('10.100.0.1/24'), true);
      await vpp.setInterfaceFlags(client, made, { adminUp: true });
      expect([...(await routesOf(4, 70)).keys()]).toContain('10.100.0.1/24');
      await vpp.deleteLoopback(client, made);
      await vpp.addDelTable(client, { tableId: vpp.tableId(70), family: 4 }, false);
    });
  });

  describe('tables and routes', () => {
    test('tables are made once, are named, and go', async () => {
      const table = { tableId: vpp.tableId(7), family: 4 as const, name: 'seven' };
      await vpp.addDelTable(client, table, true);
      await vpp.addDelTable(client, table, true);
      await vpp.addDelTable(client, { tableId: vpp.tableId(7), family: 6 }, true);
      const tables = await vpp.dumpTables(client);
      expect(tables).toContainEqual(table);
      expect(tables).toContainEqual({ tableId: 7, family: 6, name: 'ipv6-VRF:7' });
      expect((await routesOf(4, 7)).size).toBe(5);
      expect((await routesOf(6, 7)).size).toBe(2);
      await vpp.addDelTable(client, table, false);
      await vpp.addDelTable(client, table, false);
      await vpp.addDelTable(client, { tableId: vpp.tableId(7), family: 6 }, false);
      expect((await vpp.dumpTables(client)).length).toBe(tables.length - 2);
    });

    // VPP only hides such a table: made again, it has its old routes. Who deletes a table must empty it first.
    test('a table that is deleted with routes in it has them again when it is made again', async () => {
      const table = { tableId: vpp.tableId(8), family: 4 as const };
      const isThere = async () => (await vpp.dumpTables(client)).some((one) => one.tableId === 8);
      await vpp.addDelTable(client, table, true);
      await vpp.addDelRoute(client, route('192.0.2.0/24', [path('10.100.0.2', loop)], true, 8));
      await vpp.addDelTable(client, table, false);
      expect(await isThere()).toBe(false);
      expect(await retvalOf(vpp.addDelRoute(client, route('192.0.2.0/24', [], false, 8)))).toBe(-3);
      await vpp.addDelTable(client, table, true);
      expect([...(await routesOf(4, 8)).keys()]).toContain('192.0.2.0/24');
      await vpp.addDelRoute(client, route('192.0.2.0/24', [], false, 8));
      await vpp.addDelTable(client, table, false);
      expect(await isThere()).toBe(false);
    });

    test('a table that an interface is in stays as long as the interface is', async () => {
      const table = { tableId: vpp.tableId(9), family: 4 as const };
      const isThere = async () => (await vpp.dumpTables(client)).some((one) => one.tableId === 9);
      await vpp.addDelTable(client, table, true);
      const made = await vpp.createLoopback(client, { instance: 105 });
      await vpp.setInterfaceTable(client, made, 4, table.tableId);
      await vpp.addDelRoute(client, route('192.0.2.0/24', [path('10.100.0.2', loop)], true, 9));
      await vpp.addDelTable(client, table, false);
      expect(await isThere()).toBe(true);
      expect([...(await routesOf(4, 9)).keys()]).toContain('192.0.2.0/24');
      await vpp.addDelRoute(client, route('192.0.2.0/24', [], false, 9));
      await vpp.setInterfaceTable(client, made, 4, TABLE_0);
      expect(await isThere()).toBe(false);
      await vpp.deleteLoopback(client, made);
    });

    test('routes of every kind are read back as they were written', async () => {
      const unreachable = vpp.fibPath({ type: vpp.FibPathType.icmpUnreachable });
      const labels = [{ label: 100, ttl: 64, exp: 0, isUniform: 0 }];
      const changes = [
        route('192.0.2.0/24', [path('10.100.0.2', loop)]),
        route('192.0.3.0/24', [path('192.0.2.1')]),
        route('192.0.4.0/24', [path('10.100.0.2', loop, 3), path('10.100.0.3', loop, 1)]),
        route('192.0.5.0/24', [vpp.fibPath({ type: vpp.FibPathType.drop })]),
        route('192.0.6.0/24', [unreachable]),
        route('192.0.7.0/24', [vpp.fibPath({ type: vpp.FibPathType.icmpProhibit })]),
        route('192.0.12.0/24', [path('2001:db8:100::2', loop)]),
        route('192.0.13.0/24', [{ ...path('10.100.0.2', loop), labels }]),
        route('2001:db8:1::/48', [path('2001:db8:100::2', loop)]),
        route('2001:db8:2::/48', [{ ...unreachable, proto: vpp.FibPathProto.ip6 }]),
        route('2001:db8:3::/48', [path('2001:db8:1::2')]),
        route('2001:db8:4::/48', [path('2001:db8:100::2', loop, 2), path('2001:db8:100::3', loop, 2)]),
      ];
      for (const change of changes) expect(await vpp.addDelRoute(client, change)).toBeGreaterThan(0);
      const shown = new Map([...(await routesOf(4)), ...(await routesOf(6))]);
      const line = (one: vpp.FibPath): string => {
        const labels = one.labels.map(({ label, ttl, exp }) => `${label}/${ttl}/${exp}`).join();
        const nextHop = one.type === 0 ? one.nextHop.join('.') : '';
        return `${one.type} ${one.swIfIndex} ${one.weight} ${one.proto} ${one.tableId} ${nextHop} ${labels}`;
      };
      for (const { prefix: to, paths } of changes) {
        expect(shown.get(text(to))?.paths.map(line).sort(), text(to)).toEqual(paths.map(line).sort());
      }
      // What recursion makes: the next hop's own entry, with the paths of what covers it.
      expect(shown.get('192.0.2.1/32')?.paths.map(line)).toEqual([line(path('10.100.0.2', loop))]);
      expect(shown.get('2001:db8:1::2/128')?.paths.map(line)).toEqual([line(path('2001:db8:100::2', loop))]);
      const found = await vpp.lookupRoute(client, TABLE_0, prefix('192.0.4.200/32'), false);
      expect(text(found.prefix)).toBe('192.0.4.0/24');
      for (const change of changes) {
        expect(await vpp.addDelRoute(client, { ...change, isAdd: false, paths: [] })).toBe(0xffff_ffff);
      }
      expect([...(await routesOf(4)).keys()].filter((key) => key.startsWith('192.0.'))).toEqual([]);
    });

    test('an add replaces all paths', async () => {
      await vpp.addDelRoute(
        client,
        route('192.0.20.0/24', [path('10.100.0.2', loop), path('10.100.0.3', loop)]),
      );
      await vpp.addDelRoute(client, route('192.0.20.0/24', [path('10.100.0.4', loop)]));
      const found = (await routesOf(4)).get('192.0.20.0/24');
      expect(found?.paths.map((one) => [...one.nextHop])).toEqual([[10, 100, 0, 4]]);
      await vpp.addDelRoute(client, route('192.0.20.0/24', [], false));
    });

    test('a connected route is stronger than one of the API', async () => {
      await vpp.addDelRoute(client, route('10.100.0.0/24', [path('10.100.0.254', loop)]));
      const found = (await routesOf(4)).get('10.100.0.1/24');
      expect(found?.paths.map((one) => [...one.nextHop])).toEqual([[0, 0, 0, 0]]);
      await vpp.addDelRoute(client, route('10.100.0.0/24', [], false));
      expect((await routesOf(4)).has('10.100.0.1/24')).toBe(true);
    });

    test('the default route takes the place of the default drop, and gives it back', async () => {
      await vpp.addDelRoute(client, route('0.0.0.0/0', [path('10.100.0.254', loop)]));
      expect((await routesOf(4)).get('0.0.0.0/0')?.paths[0]).toMatchObject({ type: 0, swIfIndex: loop });
      await vpp.addDelRoute(client, route('0.0.0.0/0', [], false));
      expect((await routesOf(4)).get('0.0.0.0/0')?.paths[0]).toMatchObject({ type: vpp.FibPathType.drop });
    });

    test('host bits of a prefix are kept in what is shown, and ignored otherwise', async () => {
      await vpp.addDelRoute(client, route('192.0.21.7/24', [path('10.100.0.2', loop)]));
      expect([...(await routesOf(4)).keys()]).toContain('192.0.21.7/24');
      await vpp.addDelRoute(client, route('192.0.21.0/24', [], false));
      expect([...(await routesOf(4)).keys()].filter((key) => key.startsWith('192.0.21.'))).toEqual([]);
    });

    test('refusals carry the return values of VPP', async () => {
      const good = [path('10.100.0.2', loop)];
      const retval = (change: vpp.RouteChange) => retvalOf(vpp.addDelRoute(client, change));
      expect(await retval(route('192.0.8.0/24', []))).toBe(-52);
      expect(await retval(route('192.0.8.0/24', [path('10.100.0.2', NOBODY)]))).toBe(-54);
      expect(await retval(route('192.0.8.0/24', good, true, 99))).toBe(-3);
      expect(await retval(route('192.0.8.0/24', [], false, 99))).toBe(-3);
      expect(await retval(route('192.0.8.0/24', [{ ...path('10.100.0.2'), tableId: 99 }]))).toBe(-3);
      expect(await retval(route('192.0.8.0/33', good))).toBe(-171);
      expect(await retval(route('2001:db8::/129', [path('2001:db8:100::2', loop)]))).toBe(-171);
      expect(await retval(route('192.0.8.0/24', [{ ...path('10.100.0.2', loop), proto: 9 }]))).toBe(-1);
      expect(await retval(route('203.0.113.0/24', [], false))).toBe(0);
      const lookup = (table: number, exact: boolean) =>
        retvalOf(vpp.lookupRoute(client, vpp.tableId(table), prefix('203.0.113.1/32'), exact));
      expect(await lookup(0, true)).toBe(-6);
      expect(await lookup(99, true)).toBe(-3);
      expect(await lookup(0, false)).toBe(0);
      const table = { tableId: vpp.tableId(99), family: 4 as const };
      expect(await retvalOf(vpp.beginTableReplace(client, table))).toBe(-3);
      expect(await retvalOf(vpp.endTableReplace(client, table))).toBe(-3);
    });

    test('mark and sweep removes what was not added again', async () => {
      const table = { tableId: TABLE_0, family: 4 as const };
      for (const to of ['192.0.30.0/24', '192.0.31.0/24', '192.0.32.0/24']) {
        await vpp.addDelRoute(client, route(to, [path('10.100.0.2', loop)]));
      }
      await vpp.beginTableReplace(client, table);
      await vpp.addDelRoute(client, route('192.0.31.0/24', [path('10.100.0.2', loop)]));
      await vpp.addDelRoute(client, route('192.0.33.0/24', [path('10.100.0.2', loop)]));
      await vpp.endTableReplace(client, table);
      const left = [...(await routesOf(4)).keys()].filter((key) => key.startsWith('192.0.3')).sort();
      expect(left).toEqual(['192.0.31.0/24', '192.0.33.0/24']);
      expect((await routesOf(4)).has('10.100.0.1/24')).toBe(true);
      for (const to of left) await vpp.addDelRoute(client, route(to, [], false));
    });

    test('10,000 routes, pipelined and then read back', async () => {
      const paths = [path('10.100.0.2', loop)];
      const wanted = Array.from({ length: 10_000 }, (_, i) => `20.${i >> 8}.${i & 255}.0/24`);
      const seen = new Set<number>();
      const added = await vpp.addDelRoutes(
        client,
        wanted.map((to) => route(to, paths)),
        { onReply: (index, error) => error ?? seen.add(index) },
      );
      expect(added).toEqual({ succeeded: 10_000, failed: 0 });
      expect(seen.size).toBe(10_000);
      const shown = await routesOf(4);
      expect(wanted.filter((to) => !shown.has(to))).toEqual([]);
      expect(shown.get(wanted[9_999] ?? '')?.paths[0]).toMatchObject({ swIfIndex: loop, proto: 0 });
      const removed = await vpp.addDelRoutes(
        client,
        wanted.map((to) => route(to, [], false)),
      );
      expect(removed).toEqual({ succeeded: 10_000, failed: 0 });
      expect([...(await routesOf(4)).keys()].filter((key) => key.startsWith('20.'))).toEqual([]);
    });

    test('in a batch each request has its own outcome, by its slot', async () => {
      const outcomes = new Map<number, string>();
      const { promise, resolve } = Promise.withResolvers<void>();
      using channel = client.bulk(vpp.ipRouteAddDel, {
        window: 8,
        onReply: (slot, error) => {
          outcomes.set(slot, error?.message ?? 'ok');
          if (outcomes.size === 3) resolve();
        },
      });
      const frame = (change: vpp.RouteChange) => vpp.encodeRequest(vpp.ipRouteAddDel, vpp.routeBody(change));
      expect(channel.send(7, frame(route('192.0.40.0/24', [path('10.100.0.2', loop)])))).toBeGreaterThan(0);
      expect(channel.send(8, frame(route('192.0.40.0/24', [])))).toBeGreaterThan(0);
      expect(channel.send(9, frame(route('192.0.40.0/24', [], false)))).toBeGreaterThan(0);
      await promise;
      expect(outcomes.get(7)).toBe('ok');
      expect(outcomes.get(8)).toBe('ip_route_add_del: No paths specified in route (NO_PATHS_IN_ROUTE, -52)');
      expect(outcomes.get(9)).toBe('ok');
    });
  });

  describe('what VPP drops without a word', () => {
    /** Sends raw payloads on a session of its own, and then a ping: what comes back. */
    const answersTo = async (
      make: (index: number, ids: Map<string, number>) => Buffer[],
    ): Promise<number[]> => {
      const socket = createConnection({ path: target.apiSocket });
      const payloads: Buffer[] = [];
      let input = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        input = Buffer.concat([input, chunk]);
        while (input.length >= 16 && input.length >= 16 + input.readUInt32BE(8)) {
          payloads.push(input.subarray(16, 16 + input.readUInt32BE(8)));
          input = input.subarray(16 + input.readUInt32BE(8));
        }
      });
      const send = (payload: Buffer): void => {
        const header = Buffer.alloc(16);
        header.writeUInt32BE(payload.length, 8);
        socket.write(Buffer.concat([header, payload]));
      };
      const create = Buffer.alloc(70);
      create.writeUInt16BE(15, 0);
      create.write('raw', 6);
      send(create);
      await expect.poll(() => payloads.length).toBe(1);
      const table = payloads[0] ?? Buffer.alloc(0);
      const ids = new Map<string, number>();
      for (let i = 0; i < table.readUInt16BE(18); i++) {
        const name = table.toString('latin1', 22 + 66 * i, 22 + 66 * i + 64).replace(/\0.*$/s, '');
        ids.set(name.slice(0, -9), table.readUInt16BE(20 + 66 * i));
      }
      const index = table.readUInt32BE(14);
      for (const payload of make(index, ids)) send(payload);
      send(header(ids.get('control_ping') ?? 0, index, 4242));
      await expect.poll(() => payloads.at(-1)?.readUInt32BE(2)).toBe(4242);
      socket.destroy();
      await once(socket, 'close');
      return payloads.slice(1, -1).map((payload) => payload.readUInt16BE(0));
    };
    const header = (id: number, index: number, context: number, bytes = 10): Buffer => {
      const payload = Buffer.alloc(bytes);
      payload.writeUInt16BE(id, 0);
      payload.writeUInt32BE(index, 2);
      payload.writeUInt32BE(context, 6);
      return payload;
    };

    test('an id nobody knows', async () => {
      expect(await answersTo((index) => [header(60_000, index, 1)])).toEqual([]);
    });

    test('a frame that is shorter than its message', async () => {
      expect(await answersTo((index, ids) => [header(ids.get('ip_route_add_del') ?? 0, index, 1)])).toEqual(
        [],
      );
    });

    test('a client index that is nobody', async () => {
      expect(await answersTo((_, ids) => [header(ids.get('show_version') ?? 0, 0x8000_0fff, 1)])).toEqual([]);
    });

    test('and the ids of the table are what VPP answers to', async () => {
      const answers = await answersTo((index, ids) => [header(ids.get('show_version') ?? 0, index, 1)]);
      expect(answers.length).toBe(1);
    });
  });

  describe('failures', () => {
    test('a request that is aborted rejects at once, and its reply is dropped', async () => {
      const before = client.counters.lateReplies;
      const abort = new AbortController();
      const call = codeOf(vpp.showVersion(client, { signal: abort.signal }));
      abort.abort();
      expect(await call).toBe('aborted');
      await vpp.ping(client);
      expect(client.counters.lateReplies).toBe(before + 1);
      expect(await codeOf(vpp.showVersion(client, { signal: abort.signal }))).toBe('aborted');
    });

    test('a refusal is an ordinary error with the words of VPP', async () => {
      const call = vpp.setInterfaceFlags(client, NOBODY, { adminUp: true });
      await expect(call).rejects.toThrow(
        'sw_interface_set_flags: Invalid sw_if_index (INVALID_SW_IF_INDEX, -2)',
      );
    });

    test('a reply that comes after the timeout is consumed, and the connection goes on', async (ctx) => {
      needsEmulator(ctx, 'answer late');
      const before = client.counters.lateReplies;
      await target.emulator?.control({ command: 'late', message: 'show_version', ms: 300, count: 1 });
      expect(await codeOf(vpp.showVersion(client, { timeoutMs: 100 }))).toBe('timeout');
      expect((await vpp.showVersion(client)).version).toMatch(/^(25\.02|26\.06)/);
      await expect.poll(() => client.counters.lateReplies).toBe(before + 1);
      expect(client.isClosed).toBe(false);
    });

    test('a request that is dropped times out; in a batch it fails alone', async (ctx) => {
      needsEmulator(ctx, 'drop requests');
      await target.emulator?.control({ command: 'drop', message: 'ip_route_add_del', count: 3 });
      const failed: number[] = [];
      const outcome = await vpp.addDelRoutes(
        client,
        Array.from({ length: 100 }, (_, i) => route(`192.0.50.${i}/32`, [path('10.100.0.2', loop)])),
        {
          timeoutMs: 300,
          window: 16,
          onReply: (index, error) => error?.code === 'timeout' && failed.push(index),
        },
      );
      expect(outcome).toEqual({ succeeded: 97, failed: 3 });
      expect(failed).toEqual([0, 1, 2]);
    });

    test('an injected refusal', async (ctx) => {
      needsEmulator(ctx, 'refuse');
      await target.emulator?.control({
        command: 'error',
        message: 'ip_route_add_del',
        retval: -168,
        count: 1,
      });
      const change = route('192.0.51.0/24', [path('10.100.0.2', loop)]);
      await expect(vpp.addDelRoute(client, change)).rejects.toThrow('Bug (BUG, -168)');
      expect(await vpp.addDelRoute(client, change)).toBeGreaterThan(0);
    });

    test('a dump whose end is lost times out', async (ctx) => {
      needsEmulator(ctx, 'drop requests');
      await target.emulator?.control({ command: 'drop', message: 'control_ping', count: 1 });
      expect(await codeOf(vpp.dumpInterfaces(client, { timeoutMs: 200 }))).toBe('timeout');
      expect((await vpp.dumpInterfaces(client)).length).toBeGreaterThan(0);
    });

    test('a disconnect in the middle of a batch rejects it, and all that waits', async (ctx) => {
      needsEmulator(ctx, 'disconnect at a request');
      await using other = await vpp.VppApiClient.connect(target.apiSocket);
      await target.emulator?.control({ command: 'drop', message: 'show_version', count: 1 });
      const waiting = codeOf(vpp.showVersion(other));
      await target.emulator?.control({ command: 'disconnect', afterRequests: 1_000 });
      let answered = 0;
      let lost = 0;
      const batch = vpp.addDelRoutes(
        other,
        Array.from({ length: 5_000 }, (_, i) =>
          route(`21.${i >> 8}.${i & 255}.0/24`, [path('10.100.0.2', loop)]),
        ),
        { onReply: (_, error) => (error === undefined ? answered++ : lost++) },
      );
      expect(await codeOf(batch)).toBe('disconnected');
      expect(await waiting).toBe('disconnected');
      expect(answered).toBeLessThan(1_000);
      expect(lost).toBeGreaterThan(0);
      expect((await other.closed).kind).toBe('closed-by-vpp');
      expect(await codeOf(vpp.showVersion(other))).toBe('disconnected');
    });
  });

  test('a plain close ends the session', async () => {
    const other = await vpp.VppApiClient.connect(target.apiSocket);
    const waiting = codeOf(client.request(controlPing, {}).then(() => vpp.showVersion(other)));
    other.close();
    expect(await waiting).toBe('disconnected');
    expect(await other.closed).toEqual({ kind: 'closed-by-us', text: 'closed by us' });
    expect(await vpp.ping(client)).toBe(target.pid);
  });
});

describe(`a VPP of another make than we expect, on ${targetName}`, () => {
  test('each message is reported with which of the two it is', async (ctx) => {
    needsEmulator(ctx, 'have other messages');
    const faults = { wrongCrc: ['ip_route_add_del', 'sw_interface_details'], missing: ['ip_table_add_del'] };
    await using target = await startVpp({ faults });
    await using connection = new vpp.VppConnection({
      socketPath: target.apiSocket,
      requiredMessages: [...vpp.REQUIRED_MESSAGES, ...vpp.LCP_MESSAGES],
    });
    let isConnected = false;
    connection.on('connected', () => {
      isConnected = true;
    });
    const incompatible = once(connection, 'incompatible');
    connection.start();
    await incompatible;
    const { status } = connection;
    expect(status.state).toBe('incompatible');
    expect(status.state === 'incompatible' && status.problems).toEqual([
      {
        kind: 'other-version',
        message: 'sw_interface_details',
        expectedCrc: '6c221fc7',
        actualCrc: '6c221fc6',
      },
      { kind: 'plugin-not-loaded', message: 'ip_table_add_del', expectedCrc: '0ffdaec0' },
      { kind: 'other-version', message: 'ip_route_add_del', expectedCrc: 'b8ecfe0d', actualCrc: 'b8ecfe0c' },
    ]);
    expect(isConnected).toBe(false);
    expect(connection.client).toBeUndefined();
  });

  test('without linux_cp its messages are missing', async () => {
    await using target = await startVpp({ extraConf: 'plugins { plugin default { disable } }' });
    await using client = await vpp.VppApiClient.connect(target.apiSocket);
    const problems = client.checkMessages([...vpp.REQUIRED_MESSAGES, ...vpp.LCP_MESSAGES]);
    expect(problems.length).toBe(5);
    for (const problem of problems) {
      expect(problem.kind).toBe('plugin-not-loaded');
      expect(problem.message).toMatch(/^lcp_/);
    }
  });
});

describe(`the long-lived connection to ${targetName}`, () => {
  test('comes back after kill -9 and knows another process; knows the same one after a broken socket', async () => {
    await using target = await startVpp();
    await using connection = new vpp.VppConnection({
      socketPath: target.apiSocket,
      reconnectMs: 100,
      requiredMessages: vpp.REQUIRED_MESSAGES,
    });
    const kinds: string[] = [];
    connection.on('connected', ({ kind, vpePid, client }) => kinds.push(`${kind} ${vpePid} ${client.epoch}`));
    connection.on('disconnected', () => kinds.push('disconnected'));
    connection.start();
    await expect.poll(() => kinds).toEqual([`first ${target.pid} 1`]);
    const firstPid = target.pid;
    connection.client?.close({ kind: 'socket-error', text: 'for the test' });
    await expect.poll(() => kinds.slice(1)).toEqual(['disconnected', `reconnected ${firstPid} 2`]);
    const waiting = connection.client;
    await target.kill();
    await expect.poll(() => kinds[3]).toBe('disconnected');
    expect(waiting?.isClosed).toBe(true);
    await expect
      .poll(() => connection.status, { timeout: 3_000 })
      .toMatchObject({
        state: 'connecting',
        attempt: 3,
        attemptsWithSocket: 2,
      });
    expect(connection.status).toMatchObject({ lastError: expect.stringContaining('ECONNREFUSED') });
    await target.restart();
    await expect
      .poll(() => kinds[4], { timeout: 10_000 })
      .toMatch(new RegExp(`^restarted ${target.pid} \\d+$`));
    expect(target.pid).not.toBe(firstPid);
    expect(connection.status).toMatchObject({ state: 'connected', vpePid: target.pid });
  });

  test('one that is silent too long hangs: said once, cut, and connected again when it goes on', async () => {
    await using target = await startVpp();
    await using connection = new vpp.VppConnection({
      socketPath: target.apiSocket,
      reconnectMs: 100,
      answerTimeoutMs: 500,
      connectTimeoutMs: 200,
    });
    const events: string[] = [];
    connection.on('hung', ({ reason }) => events.push(reason));
    connection.on('disconnected', ({ reason }) => events.push(`${reason.kind}: ${reason.text}`));
    connection.start();
    await once(connection, 'connected');
    await sleep(1_200);
    expect(connection.status.state).toBe('connected');
    expect(connection.silentMs).toBeLessThan(500);
    process.kill(target.pid, 'SIGSTOP');
    await once(connection, 'disconnected');
    await sleep(800);
    expect(connection.status.state).toBe('connecting');
    process.kill(target.pid, 'SIGCONT');
    await once(connection, 'connected');
    expect(events).toEqual([
      expect.stringMatching(/^hung, last answer 0\.\d s ago$/),
      `unresponsive: ${events[0]}`,
    ]);
    expect(connection.silentMs).toBeLessThan(500);
  });

  test('one whose socket is gone hangs as well, though its process lives', async () => {
    await using target = await startVpp();
    await using connection = new vpp.VppConnection({
      socketPath: target.apiSocket,
      reconnectMs: 100,
      answerTimeoutMs: 500,
    });
    connection.start();
    await once(connection, 'connected');
    rmSync(target.apiSocket);
    connection.client?.close({ kind: 'socket-error', text: 'for the test' });
    const [{ reason }] = await once(connection, 'hung');
    expect(reason).toMatch(/^hung, last answer 0\.\d s ago: cannot connect to .*api\.sock: ENOENT$/);
  });

  test('a load of requests is no silence, though a ping waits behind it', async (ctx) => {
    needsEmulator(ctx, 'answer late');
    await using target = await startVpp();
    await using connection = new vpp.VppConnection({ socketPath: target.apiSocket, answerTimeoutMs: 500 });
    const reasons: string[] = [];
    connection.on('hung', ({ reason }) => reasons.push(reason));
    connection.start();
    const [{ client }] = await once(connection, 'connected');
    await target.emulator?.control({ command: 'drop', message: 'control_ping' });
    // Answers, none of them to a ping, for longer than the timeout.
    for (let round = 0; round < 5; round++) {
      await vpp.showVersion(client);
      await sleep(250);
    }
    expect(reasons).toEqual([]);
    await once(connection, 'hung');
  });

  test('one that works off a request that may take more time is waited for', async (ctx) => {
    needsEmulator(ctx, 'drop requests');
    await using target = await startVpp();
    await using connection = new vpp.VppConnection({ socketPath: target.apiSocket, answerTimeoutMs: 500 });
    connection.start();
    const [{ client }] = await once(connection, 'connected');
    await target.emulator?.control({ command: 'drop', message: '*' });
    let code: string | undefined;
    void codeOf(vpp.showVersion(client, { timeoutMs: 2_000, blocksVpp: true })).then((found) => {
      code = found;
    });
    await once(connection, 'hung');
    expect(code).toBe('timeout');
  });

  test('counts attempts by process, and connects to a new one at once', async (ctx) => {
    needsEmulator(ctx, 'be there again in no time');
    await using target = await startVpp();
    await using connection = new vpp.VppConnection({
      socketPath: target.apiSocket,
      reconnectMs: 50,
      connectTimeoutMs: 10_000,
      answerTimeoutMs: 500,
    });
    connection.start();
    await once(connection, 'connected');
    await target.kill();
    await expect
      .poll(() => connection.status)
      .toMatchObject({ state: 'connecting', attemptsWithSocket: expect.toSatisfy((n: number) => n > 3) });
    connection.start();
    expect(connection.status).toMatchObject({ state: 'connecting', attempt: 1, attemptsWithSocket: 0 });
    await target.restart();
    await expect.poll(() => connection.status).toMatchObject({ state: 'connected', vpePid: target.pid });
    // An attempt that is under way is at the process of before: what comes of it is not the new one's.
    process.kill(target.pid, 'SIGSTOP');
    connection.client?.close({ kind: 'socket-error', text: 'for the test' });
    await sleep(500);
    connection.start();
    process.kill(target.pid, 'SIGCONT');
    await once(connection, 'connected');
    process.kill(target.pid, 'SIGSTOP');
    await once(connection, 'hung');
    process.kill(target.pid, 'SIGCONT');
  });

  test('knows a process that was started for it to have nothing of before', async () => {
    await using target = await startVpp();
    const socketPath = target.apiSocket;
    await using connection = new vpp.VppConnection({ socketPath, reconnectMs: 50, startsFresh: true });
    const kinds: string[] = [];
    connection.on('connected', ({ kind }) => kinds.push(kind));
    connection.start();
    await expect.poll(() => kinds).toEqual(['restarted']);
    connection.client?.close({ kind: 'socket-error', text: 'for the test' });
    await expect.poll(() => kinds).toEqual(['restarted', 'reconnected']);
    // The same pid, as of a VPP in a container of its own.
    connection.start();
    await expect.poll(() => kinds).toEqual(['restarted', 'reconnected', 'restarted']);
  });

  test('keeps nothing of a connection that was never usable', async (ctx) => {
    needsEmulator(ctx, 'drop requests');
    await using target = await startVpp();
    await using connection = new vpp.VppConnection({ socketPath: target.apiSocket, connectTimeoutMs: 300 });
    await target.emulator?.control({ command: 'drop', message: 'show_version', count: 1 });
    connection.start();
    await expect
      .poll(() => connection.status)
      .toMatchObject({ attemptsWithSocket: 1, lastError: expect.stringContaining('show_version') });
    connection.start();
    expect(connection.status).toMatchObject({ state: 'connecting', attempt: 1, attemptsWithSocket: 0 });
    await once(connection, 'connected');
  });

  test('no socket: says so, tries for ever, ends when told', async () => {
    const connection = new vpp.VppConnection({ socketPath: '/nonexistent/api.sock', reconnectMs: 20 });
    connection.start();
    await expect
      .poll(() => connection.status)
      .toMatchObject({
        state: 'connecting',
        attemptsWithSocket: 0,
        lastError: 'cannot connect to /nonexistent/api.sock: ENOENT',
      });
    await connection[Symbol.asyncDispose]();
    expect(connection.status.state).toBe('idle');
  });
});
