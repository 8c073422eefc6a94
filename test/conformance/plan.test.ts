/** What a plan says, and what is done, on the emulator and on a real VPP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSubInterface, deleteSubInterface, dumpInterfaces } from '../../src/vpp/api/mod.ts';
import { targetName } from './harness.ts';
import { objectsConfig, type ObjectsVpp, startObjects } from './objects-harness.ts';

const BEFORE = `
[interface.xe0]
mtu = 1500
addresses = 192.0.2.1/24
[interface.xe0.100]
addresses = 198.51.100.1/24
[interface.xe1]
`;
const AFTER = `
[interface.xe0]
mtu = 1400
addresses = 192.0.2.2/24
[interface.xe0.100]
vlan = 101
addresses = 198.51.100.1/24
[interface.xe1]
enabled = false
[interface.loop3]
`;

describe(`a plan on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects();
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  const preview = (ini: string) => vpp.interfaces.preview(objectsConfig(ini));

  test('names each step in its order and what it interrupts, and changes nothing', async () => {
    await vpp.apply(BEFORE);
    const before = await vpp.state();
    expect(await preview(AFTER)).toEqual([
      { words: 'delete xe0.100', interrupts: 'xe0.100: its addresses, routes and sessions' },
      { words: 'create loop3' },
      { words: 'create xe0.100 (dot1q 101)' },
      { words: 'remove 192.0.2.1/24 from xe0', interrupts: 'what uses 192.0.2.1/24 of xe0' },
      { words: 'set the MTU of xe0 to 1400 bytes' },
      { words: 'add 192.0.2.2/24 to xe0' },
      { words: 'set the MTU of xe0.100 to 1500 bytes' },
      { words: 'add 198.51.100.1/24 to xe0.100' },
      { words: 'set xe0.100 up' },
      { words: 'set xe1 down', interrupts: 'everything over xe1' },
      { words: 'set the MTU of loop3 to 1500 bytes' },
      { words: 'set loop3 up' },
    ]);
    expect(await vpp.state()).toEqual(before);
  });

  test('is done as it was said, and then there is none', async () => {
    await vpp.apply(AFTER);
    expect(vpp.errors).toEqual([]);
    expect(vpp.notices).toEqual(['delete xe0.100', 'create loop3', 'create xe0.100 (dot1q 101)']);
    expect(await preview(AFTER)).toEqual([]);
  });

  test('drift that is only to be reported stays, is named once, and is over when somebody takes it back', async () => {
    const ini = '[interface.xe0]\n[interface.xe0.5]\n';
    await vpp.apply(ini, 'drift = report');
    expect(vpp.notices).toContain('create xe0.5 (dot1q 5)');
    const before = vpp.interfaces.objects.drifts;
    const indexOf = async (wanted: string) =>
      (await dumpInterfaces(vpp.client)).find(({ name }) => name === wanted)!.swIfIndex;
    await deleteSubInterface(vpp.client, await indexOf('xe0.5'));
    for (let run = 0; run < 3; run++) await vpp.interfaces.reconcile();
    expect(vpp.interfaces.objects).toMatchObject({
      drifts: before + 1,
      lastDrift: { steps: ['create xe0.5 (dot1q 5)'], isRepaired: false },
    });
    expect((await dumpInterfaces(vpp.client)).map(({ name }) => name)).not.toContain('xe0.5');
    const again = { tags: 1, outer: 5, inner: 0, isDot1ad: false, isExact: true, isDefault: false } as const;
    await createSubInterface(vpp.client, await indexOf('xe0'), 5, again);
    await vpp.interfaces.reconcile();
    expect(vpp.interfaces.objects).toMatchObject({ drifts: before + 1, lastDrift: { isRepaired: true } });
    // Another configuration is not drift.
    await vpp.apply('[interface.xe0]\n[interface.xe0.6]\n', 'drift = report');
    expect((await dumpInterfaces(vpp.client)).map(({ name }) => name)).toContain('xe0.6');
    expect(vpp.interfaces.objects.drifts).toBe(before + 1);
  });
});
