/** VRFs of the configuration, without TAPs, on the emulator and on a real VPP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dumpInterfaces, dumpTables, interfaceTable } from '../../src/vpp/api/mod.ts';
import { targetName } from './harness.ts';
import { objectsConfig, type ObjectsVpp, startObjects } from './objects-harness.ts';

describe(`VRFs on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects();
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  const tablesOf = async (name: string) => {
    const found = (await dumpInterfaces(vpp.client)).find((one) => one.name === name)!;
    return Promise.all([
      interfaceTable(vpp.client, found.swIfIndex, 4),
      interfaceTable(vpp.client, found.swIfIndex, 6),
    ]);
  };
  const names = async () =>
    (await dumpTables(vpp.client))
      .filter(({ tableId }) => tableId !== 0)
      .map(({ name, tableId }) => `${name} ${tableId}`);
  const IN_BLUE = `
[vrf.blue]
table = 100
[vrf.red]
table = 200
[interface.xe0]
vrf = blue
addresses = 192.0.2.1/24, 2001:db8::1/64
[interface.xe0.7]
vrf = red
addresses = 192.0.2.1/24, 2001:db8::1/64
[interface.xe1]
addresses = 192.0.2.1/24
`;

  test('each has its table with its name, interfaces in it, and addresses of its own', async () => {
    await vpp.apply(IN_BLUE);
    expect(vpp.errors).toEqual([]);
    expect((await names()).sort()).toEqual(['vrf blue 100', 'vrf blue 100', 'vrf red 200', 'vrf red 200']);
    expect(await tablesOf('xe0')).toEqual([100, 100]);
    expect(await tablesOf('xe0.7')).toEqual([200, 200]);
    expect(await tablesOf('xe1')).toEqual([0, 0]);
    expect(await vpp.interfaces.preview(objectsConfig(IN_BLUE))).toEqual([]);
  });

  test('an interface moves to another and out again with its addresses; tables go when they are empty', async () => {
    const moved = IN_BLUE.replace('vrf = blue', 'vrf = red').replace(
      'vrf = red\naddresses = 192.0.2.1/24, 2001:db8::1/64\n[interface.xe1]',
      '[interface.xe1]',
    );
    expect(await vpp.interfaces.preview(objectsConfig(moved))).toContainEqual({
      words: 'move xe0 into table 200 (IPv4)',
      interrupts: 'IPv4 of xe0',
    });
    await vpp.apply(moved);
    expect(vpp.errors).toEqual([]);
    expect(await tablesOf('xe0')).toEqual([200, 200]);
    await vpp.apply('[interface.xe0]\naddresses = 192.0.2.1/24, 2001:db8::1/64\n');
    expect(vpp.errors).toEqual([]);
    expect(await tablesOf('xe0')).toEqual([0, 0]);
    expect(vpp.interfaces.status.find(({ name }) => name === 'xe0')?.addresses).toEqual([
      '192.0.2.1/24',
      '2001:db8::1/64',
    ]);
    expect(await names()).toEqual([]);
  });
});
