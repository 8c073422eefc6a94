/** VPP answers for other hosts, by ARP and neighbour discovery, on the emulator and on a real VPP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  dumpFibSources,
  dumpInterfaces,
  lookupSourcedRoute,
  proxyArpInterfaces,
  setProxyArp,
  setProxyNd,
  swIfIndex,
  tableId,
} from '../../src/vpp/api/mod.ts';
import { targetName } from './harness.ts';
import { objectsConfig, type ObjectsVpp, startObjects } from './objects-harness.ts';
import { retvalOf } from './requests.ts';

const INI = `
[vrf.blue]
table = 100
[interface.xe0]
addresses = 192.0.2.1/24, 2001:db8::1/64
proxy-arp = true
[interface.xe1]
vrf = blue
addresses = 198.51.100.1/24, 2001:db8:1::1/64
proxy-arp = true
proxy-nd = 2001:db8:1::10, 2001:db8:1::11
`;

describe(`answers for others on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects();
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  const names = async (): Promise<string[]> => {
    const all = new Map((await dumpInterfaces(vpp.client)).map((one) => [one.swIfIndex, one.name]));
    return (await proxyArpInterfaces(vpp.client)).map((index) => all.get(index) ?? `#${index}`).sort();
  };
  /** The interface and the source of VPP's route to exactly this host. */
  const hostRoute = async (address: string, table: number): Promise<string | undefined> => {
    const prefix = { family: 6, address, length: 128 } as const;
    const sources = await dumpFibSources(vpp.client);
    const route = await lookupSourcedRoute(vpp.client, tableId(table), prefix, true).catch(() => undefined);
    if (route === undefined) return undefined;
    const all = new Map((await dumpInterfaces(vpp.client)).map((one) => [one.swIfIndex, one.name]));
    const over = route.paths.map((path) => all.get(path.swIfIndex)).join();
    return `${over} by ${sources.get(route.source)?.name}`;
  };

  test('what VPP answers', async () => {
    await vpp.apply('[interface.xe0]\n');
    const nobody = swIfIndex(77);
    expect(await retvalOf(setProxyNd(vpp.client, nobody, '2001:db8::10', true))).toBe(-2);
    const xe0 = vpp.interfaces.indexOf('xe0')!;
    // Removed where it is not, and added twice, it is no error.
    for (const isAdd of [false, true, true]) {
      expect(await retvalOf(setProxyNd(vpp.client, xe0, '2001:db8::10', isAdd))).toBe(0);
    }
    expect(await hostRoute('2001:db8::10', 0)).toBe('xe0 by IPv6-proxy-nd');
    await setProxyNd(vpp.client, xe0, '2001:db8::10', false);
    expect(await hostRoute('2001:db8::10', 0)).toBeUndefined();
  });

  test('are as configured, in the table of the interface, and shown before', async () => {
    await vpp.apply('[interface.xe0]\n');
    const steps = await vpp.interfaces.preview(objectsConfig(INI));
    expect(steps).toContainEqual({ words: 'answer ARP on xe0 for others too' });
    expect(steps).toContainEqual({
      words: 'answer neighbour solicitations for 2001:db8:1::10, which is on xe1',
    });
    await vpp.apply(INI);
    expect(vpp.errors).toEqual([]);
    expect(await names()).toEqual(['xe0', 'xe1']);
    for (const host of ['2001:db8:1::10', '2001:db8:1::11'])
      expect(await hostRoute(host, 100)).toBe('xe1 by IPv6-proxy-nd');
    expect(await vpp.interfaces.preview(objectsConfig(INI))).toEqual([]);
  });

  test('come back when others take them away, and go with their lines', async () => {
    await vpp.apply(INI);
    const xe1 = vpp.interfaces.indexOf('xe1')!;
    await setProxyNd(vpp.client, xe1, '2001:db8:1::10', false);
    await setProxyArp(vpp.client, xe1, false);
    await vpp.interfaces.reconcile();
    expect(await hostRoute('2001:db8:1::10', 100)).toBe('xe1 by IPv6-proxy-nd');
    expect(await names()).toEqual(['xe0', 'xe1']);
    await vpp.apply(INI.replace(', 2001:db8:1::11', '').replace('proxy-arp = true', ''));
    expect(vpp.errors).toEqual([]);
    expect(await hostRoute('2001:db8:1::11', 100)).toBeUndefined();
    expect(await names()).toEqual(['xe1']);
    await vpp.apply('');
    expect(vpp.errors).toEqual([]);
    expect(await names()).toEqual([]);
    expect(await hostRoute('2001:db8:1::10', 100)).toBeUndefined();
  });

  test('move with their interface to another table, and go with it', async () => {
    const sub = INI.replace('[interface.xe1]', '[interface.xe1.7]');
    await vpp.apply(sub);
    expect(vpp.errors).toEqual([]);
    await vpp.apply(sub.replace('vrf = blue\n', ''));
    expect(vpp.errors).toEqual([]);
    expect(await hostRoute('2001:db8:1::10', 0)).toBe('xe1.7 by IPv6-proxy-nd');
    await vpp.apply('');
    expect(vpp.errors).toEqual([]);
    expect(await names()).toEqual([]);
    expect(await hostRoute('2001:db8:1::10', 0)).toBeUndefined();
  });
});
