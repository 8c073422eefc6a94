/**
 * From any configuration to any other, on the emulator and on a real VPP: nothing is refused, nothing is left to do, and
 * VPP has what a VPP has that had never seen another configuration. `ANY_TO_ANY` is the number of changes, `SEED` where
 * they begin.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { targetName } from './harness.ts';
import { objectsConfig, type ObjectsVpp, startObjects } from './objects-harness.ts';
import { randomConfig } from './random-config.ts';

const CHANGES = Number(process.env['ANY_TO_ANY'] ?? 40);
const FIRST_SEED = Number(process.env['SEED'] ?? 1);
/** One in so many is compared with a VPP of its own, which takes a start. */
const FRESH = 4;

/** Objects, and the interfaces that the configuration names. */
async function whole(vpp: ObjectsVpp, ini: string): Promise<unknown> {
  const names = new Set(objectsConfig(ini).interfaces.map(({ name }) => name));
  const interfaces = vpp.interfaces.status
    .filter(({ name }) => names.has(name))
    .map(({ name, state, adminUp, mtuBytes, addresses, tableId }) => {
      return { name, state, adminUp, mtuBytes, addresses: addresses.toSorted(), tableId };
    });
  return { objects: await vpp.state(), interfaces };
}

describe(`any configuration to any other on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects();
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  test(
    `${CHANGES} times`,
    async () => {
      let last = '';
      for (let seed = FIRST_SEED; seed < FIRST_SEED + CHANGES; seed++) {
        const ini = randomConfig(seed);
        const where = `seed ${seed}, from\n${last}\nto\n${ini}`;
        await vpp.apply(ini);
        expect(vpp.errors, where).toEqual([]);
        expect(await vpp.interfaces.preview(objectsConfig(ini)), where).toEqual([]);
        const failed = vpp.interfaces.status.filter(({ state }) => state.state === 'failed');
        expect(failed, where).toEqual([]);
        if (seed % FRESH === 0) {
          await using fresh = await startObjects();
          await fresh.apply(ini);
          expect(fresh.errors, where).toEqual([]);
          expect(await whole(vpp, ini), where).toEqual(await whole(fresh, ini));
        }
        last = ini;
      }
    },
    30_000 + 3_000 * CHANGES,
  );
});
