/** Routes and tables: what the route table's backend relies on, on the emulator and on a real VPP. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as vpp from '../../src/vpp/api/mod.ts';
import { ipRouteV2Dump } from '../../src/vpp/api/messages/ip.ts';
import { type ConformanceVpp, startWithLoopback, targetName, type WithLoopback } from './harness.ts';
import { bytes, path, prefix, retvalOf, route, text } from './requests.ts';

const NOBODY = vpp.swIfIndex(77);
const NONE = 0xffff_ffff;

/** One path as text, so that what is wrong is readable. */
function line(one: vpp.FibPath): string {
  const via = one.swIfIndex === NONE ? `table ${one.tableId}` : `if ${one.swIfIndex}`;
  const labels = one.labels.map(({ label }) => label).join('/');
  return `type ${one.type} proto ${one.proto} ${one.nextHop.join('.')} ${via} weight ${one.weight} [${labels}]`;
}

describe(`routes on ${targetName}`, () => {
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

  const add = (change: vpp.RouteChange): Promise<number | undefined> =>
    retvalOf(vpp.addDelRoute(client, change));
  const remove = (to: string, table = 0): Promise<number | undefined> => add(route(to, [], false, table));
  const pathsOf = async (to: string, table = 0): Promise<string[] | undefined> => {
    const { family } = prefix(to);
    const all = await vpp.dumpRoutes(client, { tableId: vpp.tableId(table), family });
    return all
      .find((one) => text(one.prefix) === to)
      ?.paths.map(line)
      .sort();
  };

  test('sixteen weighted next hops', async () => {
    const paths = Array.from({ length: 16 }, (_, i) => path(`10.100.0.${10 + i}`, loop, 1 + i * 10));
    expect(await add(route('192.0.2.0/24', paths))).toBe(0);
    expect(await pathsOf('192.0.2.0/24')).toEqual(paths.map(line).sort());
    const six = Array.from({ length: 16 }, (_, i) => path(`2001:db8:100::${10 + i}`, loop, 1 + i));
    expect(await add(route('2001:db8:1::/48', six))).toBe(0);
    expect(await pathsOf('2001:db8:1::/48')).toEqual(six.map(line).sort());
    expect(await remove('192.0.2.0/24')).toBe(0);
    expect(await remove('2001:db8:1::/48')).toBe(0);
  });

  test('weight 0 is 1', async () => {
    expect(await add(route('192.0.2.0/24', [path('10.100.0.2', loop, 0)]))).toBe(0);
    expect(await pathsOf('192.0.2.0/24')).toEqual([line(path('10.100.0.2', loop, 1))]);
    await remove('192.0.2.0/24');
  });

  test('a recursive next hop stays recursive, whether or not something resolves it', async () => {
    expect(await add(route('192.0.2.0/24', [path('198.51.100.1')]))).toBe(0);
    expect(await pathsOf('192.0.2.0/24')).toEqual([line(path('198.51.100.1'))]);
    expect(await add(route('198.51.100.0/24', [path('10.100.0.2', loop)]))).toBe(0);
    expect(await pathsOf('192.0.2.0/24')).toEqual([line(path('198.51.100.1'))]);
    expect(await pathsOf('198.51.100.1/32')).toEqual([line(path('10.100.0.2', loop))]);
    await remove('192.0.2.0/24');
    await remove('198.51.100.0/24');
  });

  test('a prefix that recurses via its own address is taken, and drops', async () => {
    expect(await add(route('192.0.2.1/32', [path('192.0.2.1')]))).toBe(0);
    expect(await pathsOf('192.0.2.1/32')).toEqual([expect.stringMatching(/^type 2 /)]);
    await remove('192.0.2.1/32');
  });

  test('a link-local next hop with its interface', async () => {
    const linkLocal = path('fe80::2', loop);
    expect(await add(route('2001:db8:1::/48', [linkLocal]))).toBe(0);
    expect(await pathsOf('2001:db8:1::/48')).toEqual([line(linkLocal)]);
    await remove('2001:db8:1::/48');
  });

  test('blackhole and unreachable, of both families, and back to a next hop', async () => {
    for (const [to, proto, size] of [
      ['192.0.2.0/24', vpp.FibPathProto.ip4, 4],
      ['2001:db8:1::/48', vpp.FibPathProto.ip6, 16],
    ] as const) {
      const zeros = new Uint8Array(size).join('.');
      for (const type of [
        vpp.FibPathType.drop,
        vpp.FibPathType.icmpUnreachable,
        vpp.FibPathType.icmpProhibit,
      ]) {
        expect(await add(route(to, [vpp.fibPath({ type, proto })]))).toBe(0);
        const shown = `type ${type} proto ${proto} ${zeros} table 0 weight 1 []`;
        expect(await pathsOf(to)).toEqual([shown]);
      }
      const back = path(size === 4 ? '10.100.0.2' : '2001:db8:100::2', loop);
      expect(await add(route(to, [back]))).toBe(0);
      expect(await pathsOf(to)).toEqual([line(back)]);
      await remove(to);
    }
  });

  test('one label and sixteen are kept; VPP forwards with twelve at most', async () => {
    for (const count of [1, vpp.MAX_IMPOSED_LABELS, 16]) {
      const numbers = Array.from({ length: count }, (_, i) => vpp.MAX_LABEL - i);
      const labelled = { ...path('10.100.0.2', loop), labels: vpp.labelStack(numbers) };
      expect(await add(route('192.0.2.0/24', [labelled]))).toBe(0);
      expect(await pathsOf('192.0.2.0/24')).toEqual([line(labelled)]);
      if (target.isReal) {
        const shown = await vpp.runCliInband(client, 'show ip fib 192.0.2.0/24');
        const forwarding = shown.slice(shown.indexOf(' forwarding:'));
        if (count > vpp.MAX_IMPOSED_LABELS) expect(forwarding).toContain('dpo-drop');
        else
          expect(forwarding).toMatch(
            /mpls-label\[.*\]:\[1048575:64:0:(?:n?eos)\][\s\S]*via 10\.100\.0\.2 loop100/,
          );
      }
    }
    await remove('192.0.2.0/24');
  });

  // What a recursive next hop with a label does: nothing, until its own route has a label; and it takes every other
  // route over the same next hop with it, because they share one path list (fib_path_recursive_adj_update).
  test('a label on a recursive next hop drops, and spoils the next hop for routes without label', async (ctx) => {
    ctx.skip(!target.isReal, 'the emulator does not forward');
    const forwarding = async (to: string): Promise<string> => {
      const shown = await vpp.runCliInband(client, `show ip fib ${to}`);
      return shown.slice(shown.indexOf(' forwarding:'));
    };
    await add(route('192.0.2.0/24', [path('10.100.0.50')]));
    expect(await forwarding('192.0.2.0/24')).toContain('via 10.100.0.50 loop100');
    const labelled = { ...path('10.100.0.50'), labels: vpp.labelStack([100]) };
    await add(route('192.0.3.0/24', [labelled]));
    expect(await forwarding('192.0.3.0/24')).toContain('dpo-drop');
    await add(route('192.0.4.0/24', [path('10.100.0.50')]));
    expect(await forwarding('192.0.4.0/24')).toContain('dpo-drop');
    // With an implicit null for the next hop itself it works.
    await add(route('10.100.0.51/32', [{ ...path('10.100.0.51', loop), labels: vpp.labelStack([3]) }]));
    await add(route('192.0.5.0/24', [{ ...path('10.100.0.51'), labels: vpp.labelStack([100]) }]));
    expect(await forwarding('192.0.5.0/24')).toMatch(/mpls-label\[.*\]:\[100:/);
    for (const to of ['192.0.2.0/24', '192.0.3.0/24', '192.0.4.0/24', '192.0.5.0/24', '10.100.0.51/32']) {
      await remove(to);
    }
  });

  test('tables: made, used, refused when they are not there', async () => {
    const table = { tableId: vpp.tableId(20), family: 4 as const };
    const good = [path('10.100.0.2', loop)];
    expect(await add(route('192.0.2.0/24', good, true, 20))).toBe(-3);
    expect(await remove('192.0.2.0/24', 20)).toBe(-3);
    expect(await retvalOf(vpp.beginTableReplace(client, table))).toBe(-3);
    expect(await retvalOf(vpp.endTableReplace(client, table))).toBe(-3);
    await vpp.addDelTable(client, table, true);
    expect(await add(route('192.0.2.0/24', good, true, 20))).toBe(0);
    expect(await pathsOf('192.0.2.0/24', 20)).toEqual(good.map(line));
    expect(await pathsOf('192.0.2.0/24')).toBeUndefined();
    // A next hop of table 20 that is looked up in table 0, and one in a table that is not there.
    expect(await add(route('192.0.3.0/24', [path('10.100.0.9')], true, 20))).toBe(0);
    const elsewhere = vpp.fibPath({ nextHop: bytes('10.100.0.9'), tableId: 21 });
    expect(await add(route('192.0.3.0/24', [elsewhere], true, 20))).toBe(-3);
    expect(await pathsOf('192.0.3.0/24', 20)).toEqual([line(path('10.100.0.9'))]);
    const own = vpp.fibPath({ nextHop: bytes('192.0.2.9'), tableId: 20 });
    expect(await add(route('192.0.4.0/24', [own], true, 20))).toBe(0);
    expect(await pathsOf('192.0.4.0/24', 20)).toEqual([line(own)]);
    // The other family has its own table of that number.
    expect(await add(route('2001:db8:1::/48', [path('2001:db8:100::2', loop)], true, 20))).toBe(-3);
    for (const to of ['192.0.2.0/24', '192.0.3.0/24', '192.0.4.0/24']) await remove(to, 20);
    await vpp.addDelTable(client, table, false);
    expect(await add(route('192.0.2.0/24', good, true, 20))).toBe(-3);
  });

  test('what VPP answers to wrong requests, and that they change nothing', async () => {
    const good = [path('10.100.0.2', loop)];
    await add(route('192.0.2.0/24', good));
    expect(await add(route('192.0.2.0/24', []))).toBe(-52);
    expect(await add(route('192.0.2.0/24', [path('10.100.0.2', NOBODY)]))).toBe(-54);
    expect(await add(route('192.0.2.0/24', [...good, path('10.100.0.3', NOBODY)]))).toBe(-54);
    expect(await add(route('192.0.2.0/33', good))).toBe(-171);
    expect(await add(route('2001:db8::/129', [path('2001:db8:100::2', loop)]))).toBe(-171);
    expect(await add(route('192.0.2.0/24', [{ ...path('10.100.0.2', loop), proto: 9 }]))).toBe(-1);
    expect(await pathsOf('192.0.2.0/24')).toEqual(good.map(line));
    await remove('192.0.2.0/24');
  });

  test('a delete of a route that is not there is no error', async () => {
    expect(await remove('203.0.113.0/24')).toBe(0);
    expect(await remove('2001:db8:77::/48')).toBe(0);
    // Nor of one that is there, but not of the API.
    expect(await remove('10.100.0.0/24')).toBe(0);
    expect(await pathsOf('10.100.0.1/24')).toHaveLength(1);
  });

  test('a sweep takes what the API did not add again, of that table and family, and nothing else', async () => {
    const good = [path('10.100.0.2', loop)];
    const six = [path('2001:db8:100::2', loop)];
    const table = { tableId: vpp.tableId(30), family: 4 as const };
    const zero = { tableId: vpp.tableId(0), family: 4 as const };
    await vpp.addDelTable(client, table, true);
    for (const to of ['192.0.2.0/24', '192.0.3.0/24', '0.0.0.0/0']) await add(route(to, good));
    await add(route('192.0.2.0/24', good, true, 30));
    await add(route('2001:db8:1::/48', six));
    await vpp.beginTableReplace(client, zero);
    // The same paths again, and other ones: both count as added.
    await add(route('192.0.2.0/24', good));
    await add(route('192.0.5.0/24', [path('10.100.0.7', loop)]));
    // Not swept before the end.
    expect(await pathsOf('192.0.3.0/24')).toEqual(good.map(line));
    await vpp.endTableReplace(client, zero);
    expect(await pathsOf('192.0.2.0/24')).toEqual(good.map(line));
    expect(await pathsOf('192.0.5.0/24')).toEqual([line(path('10.100.0.7', loop))]);
    expect(await pathsOf('192.0.3.0/24')).toBeUndefined();
    expect(await pathsOf('0.0.0.0/0')).toEqual([expect.stringMatching(/^type 2 /)]);
    expect(await pathsOf('10.100.0.1/24')).toHaveLength(1);
    expect(await pathsOf('192.0.2.0/24', 30)).toEqual(good.map(line));
    expect(await pathsOf('2001:db8:1::/48')).toEqual(six.map(line));
    // A second end sweeps nothing: nothing is marked any more.
    await vpp.endTableReplace(client, zero);
    expect(await pathsOf('192.0.2.0/24')).toEqual(good.map(line));
    for (const to of ['192.0.2.0/24', '192.0.5.0/24', '2001:db8:1::/48']) await remove(to);
    await remove('192.0.2.0/24', 30);
    await vpp.addDelTable(client, table, false);
  });

  test('ip_route_v2_dump has what ip_route_dump has', async () => {
    await add(route('192.0.2.0/24', [path('10.100.0.2', loop)]));
    const table = { tableId: vpp.tableId(0), isIp6: false, name: '' };
    const all = await client.dump(ipRouteV2Dump, { src: 0, table });
    const first = await vpp.dumpRoutes(client, { tableId: vpp.tableId(0), family: 4 });
    const second = all.map(({ route: one }) => `${one.prefix.address.bytes.join('.')}/${one.prefix.len}`);
    expect(second.sort()).toEqual(
      first.map((one) => `${bytes(one.prefix.address).join('.')}/${one.prefix.length}`).sort(),
    );
    await remove('192.0.2.0/24');
  });
});
