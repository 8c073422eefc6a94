/**
 * MPLS on the emulator and on a real VPP: tables, routes, what VPP answers, and on a real VPP what its forwarding makes
 * of each kind of path (`show mpls fib`; the table at the head of src/vpp/api/mpls-operations.ts).
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as vpp from '../../src/vpp/api/mod.ts';
import { type ConformanceVpp, startWithLoopback, targetName, type WithLoopback } from './harness.ts';
import { path, retvalOf } from './requests.ts';

const ZERO = vpp.tableId(0);
const NOBODY = vpp.swIfIndex(77);
const { ip4, ip6, mpls } = vpp.MplsPayload;

describe(`MPLS on ${targetName}`, () => {
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

  const change = (
    label: number,
    isEndOfStack: boolean,
    paths: vpp.FibPath[],
    more: Partial<vpp.MplsRouteChange> = {},
  ): vpp.MplsRouteChange => {
    return { isAdd: true, tableId: ZERO, label, isEndOfStack, payload: ip4, paths, ...more };
  };
  const retval = (given: vpp.MplsRouteChange): Promise<number | undefined> =>
    retvalOf(vpp.addDelMplsRoute(client, given));
  const remove = async (label: number): Promise<void> => {
    for (const eos of [true, false]) {
      expect(await vpp.addDelMplsRoute(client, change(label, eos, [], { isAdd: false }))).toBe(0xffff_ffff);
    }
  };
  const labelled = (labels: number[], nextHop = '10.100.0.2', via: vpp.SwIfIndex | undefined = loop) => ({
    ...path(nextHop, via),
    labels: vpp.labelStack(labels),
  });
  const line = ({ label, isEndOfStack, payload, paths }: vpp.MplsRoute): string => {
    const vias = paths.map((one) => {
      const labels = one.labels.map((each) => `${each.label}/${each.ttl}/${each.exp}`).join();
      return `${one.nextHop.join('.')} if ${one.swIfIndex} weight ${one.weight} [${labels}]`;
    });
    return `${label} ${isEndOfStack ? 'eos' : 'neos'} payload ${payload} via ${vias.sort().join(' and ')}`;
  };
  const routes = async (label: number): Promise<string[]> => {
    const all = await vpp.dumpMplsRoutes(client, ZERO);
    return all.filter((one) => one.label === label).map(line);
  };
  /** What a real VPP does with a label at (`eos`) and before the end of the stack; undefined on the emulator. */
  const forwarding = async (label: number, eos: 'eos' | 'neos'): Promise<string | undefined> => {
    if (!target.isReal) return undefined;
    const shown = await vpp.runCliInband(client, `show mpls fib ${label}`);
    const entry =
      shown.split(/^(?=\S*:n?eos\/21)/m).find((part) => part.startsWith(`${label}:${eos}/`)) ?? '';
    return entry.slice(entry.indexOf(' forwarding:'));
  };

  test('there is no table until one is made; made again it is the same, and has VPP’s own labels', async () => {
    expect(await vpp.dumpMplsTables(client)).toEqual([]);
    expect(await vpp.dumpMplsRoutes(client, ZERO)).toEqual([]);
    expect(await retval(change(100, true, [labelled([200])]))).toBe(-3);
    expect(await retval(change(100, true, [], { isAdd: false }))).toBe(-3);
    await vpp.addDelMplsTable(client, ZERO, true);
    await vpp.addDelMplsTable(client, ZERO, true);
    expect(await vpp.dumpMplsTables(client)).toEqual([0]);
    const own = await vpp.dumpMplsRoutes(client, ZERO);
    expect(own.map((one) => `${one.label} ${one.isEndOfStack} ${one.payload}`)).toEqual([
      `0 false ${mpls}`,
      `0 true ${ip4}`,
      `1 false ${mpls}`,
      `1 true ${mpls}`,
      `2 false ${mpls}`,
      `2 true ${ip6}`,
    ]);
    expect(own.every(({ paths }) => paths.length === 1 && paths[0]?.proto === vpp.FibPathProto.mpls)).toBe(
      true,
    );
  });

  test('swap, at and before the end of the stack', async () => {
    for (const eos of [true, false]) expect(await retval(change(100, eos, [labelled([200])]))).toBe(0);
    const via = `via 10.100.0.2 if ${loop} weight 1 [200/0/0]`;
    expect(await routes(100)).toEqual([`100 neos payload ${mpls} ${via}`, `100 eos payload ${ip4} ${via}`]);
    expect((await forwarding(100, 'eos')) ?? '[200:64:0:eos] mpls: via 10.100.0.2').toMatch(
      /\[200:64:0:eos\][\s\S]*mpls: via 10\.100\.0\.2/,
    );
    expect((await forwarding(100, 'neos')) ?? '[200:64:0:neos] mpls: via 10.100.0.2').toMatch(
      /\[200:64:0:neos\][\s\S]*mpls: via 10\.100\.0\.2/,
    );
    await remove(100);
    expect(await routes(100)).toEqual([]);
  });

  test('swap to a stack, to an IPv6 next hop, to two next hops with weights', async () => {
    expect(await retval(change(101, true, [labelled([200, 201])]))).toBe(0);
    expect((await forwarding(101, 'eos')) ?? '[200:64:0:neos][201:64:0:eos]').toContain(
      '[200:64:0:neos][201:64:0:eos]',
    );
    expect(await retval(change(102, true, [labelled([202], '2001:db8:100::2')]))).toBe(0);
    expect((await forwarding(102, 'eos')) ?? 'mpls: via 2001:db8:100::2').toContain(
      'mpls: via 2001:db8:100::2',
    );
    const two = [{ ...labelled([203]), weight: 3 }, labelled([204], '10.100.0.3')];
    expect(await retval(change(103, true, two))).toBe(0);
    expect(await routes(103)).toEqual([
      `103 eos payload ${ip4} via 10.100.0.2 if ${loop} weight 3 [203/0/0] and 10.100.0.3 if ${loop} weight 1 [204/0/0]`,
    ]);
    expect((await forwarding(103, 'eos')) ?? 'buckets:4').toContain('buckets:4');
    for (const label of [101, 102, 103]) await remove(label);
  });

  test('pop at the end of the stack: no label, the payload of the next hop’s family', async () => {
    expect(await retval(change(110, true, [labelled([])]))).toBe(0);
    expect(await retval(change(111, true, [labelled([], '2001:db8:100::2')], { payload: ip6 }))).toBe(0);
    expect(await routes(110)).toEqual([`110 eos payload ${ip4} via 10.100.0.2 if ${loop} weight 1 []`]);
    expect((await routes(111))[0]).toMatch(new RegExp(`^111 eos payload ${ip6} via 32\\.1\\.13\\.184\\.`));
    expect((await forwarding(110, 'eos')) ?? 'disposition ipv4').toMatch(/disposition[\s\S]*ipv4/);
    expect((await forwarding(111, 'eos')) ?? 'disposition ipv6').toMatch(/disposition[\s\S]*ipv6/);
    for (const label of [110, 111]) await remove(label);
  });

  test('pop before the end of the stack needs implicit null: a path without label drops', async () => {
    expect(await retval(change(120, false, [labelled([])]))).toBe(0);
    expect((await forwarding(120, 'neos')) ?? 'dpo-drop').toContain('dpo-drop');
    expect(await retval(change(120, false, [labelled([vpp.IMPLICIT_NULL])]))).toBe(0);
    const shown = (await forwarding(120, 'neos')) ?? 'mpls: via 10.100.0.2';
    expect(shown).toContain('mpls: via 10.100.0.2');
    expect(shown).not.toContain('mpls-label');
    expect(await routes(120)).toEqual([
      `120 neos payload ${mpls} via 10.100.0.2 if ${loop} weight 1 [3/0/0]`,
    ]);
    await remove(120);
  });

  test('a recursive next hop: a pop at the end of the stack works, whatever leaves with a label drops', async () => {
    const recursive = (labels: number[], nextHop: string) => ({
      ...path(nextHop),
      labels: vpp.labelStack(labels),
    });
    expect(await retval(change(130, true, [recursive([], '10.100.0.60')]))).toBe(0);
    expect((await forwarding(130, 'eos')) ?? 'disposition via 10.100.0.60').toMatch(
      /disposition[\s\S]*via 10\.100\.0\.60/,
    );
    expect(await retval(change(131, true, [recursive([200], '10.100.0.61')]))).toBe(0);
    expect((await forwarding(131, 'eos')) ?? 'dpo-drop').toContain('dpo-drop');
    expect(await retval(change(132, false, [recursive([3], '10.100.0.62')]))).toBe(0);
    expect((await forwarding(132, 'neos')) ?? 'dpo-drop').toContain('dpo-drop');
    expect(await routes(131)).toEqual([
      `131 eos payload ${ip4} via 10.100.0.61 if 4294967295 weight 1 [200/0/0]`,
    ]);
    for (const label of [130, 131, 132]) await remove(label);
  });

  test('a route keeps the payload of its first add', async () => {
    expect(await retval(change(140, true, [labelled([])]))).toBe(0);
    expect(await retval(change(140, true, [labelled([], '2001:db8:100::2')], { payload: ip6 }))).toBe(0);
    expect((await routes(140))[0]).toMatch(new RegExp(`^140 eos payload ${ip4} via 32\\.1\\.`));
    await remove(140);
    expect(await retval(change(140, true, [labelled([], '2001:db8:100::2')], { payload: ip6 }))).toBe(0);
    expect((await routes(140))[0]).toMatch(new RegExp(`^140 eos payload ${ip6} via 32\\.1\\.`));
    await remove(140);
  });

  test('twelve labels leave, thirteen are taken and drop', async () => {
    const stack = (count: number): number[] => Array.from({ length: count }, (_, i) => 400 + i);
    expect(await retval(change(150, true, [labelled(stack(12))]))).toBe(0);
    expect((await forwarding(150, 'eos')) ?? '[411:64:0:eos]').toContain('[411:64:0:eos]');
    for (const count of [13, 16]) {
      expect(await retval(change(150, true, [labelled(stack(count))]))).toBe(0);
      expect((await forwarding(150, 'eos')) ?? 'dpo-drop').toContain('dpo-drop');
    }
    await remove(150);
  });

  test('what VPP answers to wrong requests, and to a delete of nothing', async () => {
    expect(await retval(change(160, true, []))).toBe(-52);
    expect(await retval(change(160, true, [labelled([200], '10.100.0.2', NOBODY)]))).toBe(-54);
    const elsewhere = { ...path('10.100.0.2'), tableId: 99 };
    expect(await retval(change(160, true, [elsewhere]))).toBe(-3);
    expect(await retval(change(160, true, [{ ...labelled([200]), proto: 9 }]))).toBe(-1);
    expect(await retval(change(160, true, [labelled([200])], { tableId: vpp.tableId(9) }))).toBe(-3);
    expect(await retval(change(160, true, [], { isAdd: false }))).toBe(0);
    expect(await routes(160)).toEqual([]);
  });

  test('labels that do not fit are refused before VPP sees them', () => {
    for (const label of [-1, vpp.MAX_LABEL + 1, 1.5]) {
      expect(() => vpp.mplsRouteBody(change(label, true, []))).toThrow(
        `label ${label} is out of range (0–1048575)`,
      );
      expect(() => vpp.labelStack([label])).toThrow(`label ${label} is out of range`);
    }
  });

  test('the largest label, and VPP’s own, which stay stronger', async () => {
    expect(await retval(change(vpp.MAX_LABEL, true, [labelled([vpp.MAX_LABEL])]))).toBe(0);
    expect(await routes(vpp.MAX_LABEL)).toEqual([
      `1048575 eos payload ${ip4} via 10.100.0.2 if ${loop} weight 1 [1048575/0/0]`,
    ]);
    await remove(vpp.MAX_LABEL);
    const before = await routes(0);
    expect(await retval(change(0, true, [labelled([200])]))).toBe(0);
    expect(await routes(0)).toEqual(before);
    await remove(0);
    expect(await routes(0)).toEqual(before);
  });

  test('a table goes with its routes; table 0 stays while MPLS is enabled somewhere', async () => {
    const five = vpp.tableId(5);
    await vpp.addDelMplsTable(client, five, true);
    expect(await retval(change(100, true, [labelled([200])], { tableId: five }))).toBe(0);
    await vpp.addDelMplsTable(client, five, false);
    expect(await vpp.dumpMplsTables(client)).toEqual([0]);
    await vpp.addDelMplsTable(client, five, true);
    expect((await vpp.dumpMplsRoutes(client, five)).length).toBe(6);
    await vpp.addDelMplsTable(client, five, false);
    await vpp.setMplsEnabled(client, loop, true);
    await vpp.addDelMplsTable(client, ZERO, false);
    expect(await vpp.dumpMplsTables(client)).toEqual([0]);
    await vpp.addDelMplsTable(client, ZERO, true);
    await vpp.setMplsEnabled(client, loop, false);
    expect(await vpp.dumpMplsTables(client)).toEqual([0]);
  });
});
