/**
 * The configurations of docs/examples, on the emulator and on a real VPP: each is without a mistake, and each becomes
 * each other. `EXAMPLES` is the number of changes of all; a run of the tests takes those between neighbours in the list.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig, portsOf } from '../../src/config/mod.ts';
import type { Config } from '../../src/config/types.ts';
import { KINDS } from '../../src/objects/kinds.ts';
import { ModelVpp } from '../model/model-vpp.ts';
import { targetName } from './harness.ts';
import { type ObjectsVpp, startObjects } from './objects-harness.ts';

const DIRECTORY = join(import.meta.dirname, '../../docs/examples');
const NAMES = readdirSync(DIRECTORY)
  .filter((name) => name.endsWith('.ini'))
  .sort();

function read(name: string): Config {
  const parsed = parseConfig(readFileSync(join(DIRECTORY, name)), name);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems, undefined, 1));
  return parsed.config;
}

describe('the examples', () => {
  test.each(NAMES)('%s has no mistake, and nothing to warn of but the size of its machine', (name) => {
    const parsed = parseConfig(readFileSync(join(DIRECTORY, name)), name);
    expect(
      parsed.ok ? parsed.warnings.map(({ leaf, message }) => `${leaf}: ${message}`) : parsed.problems,
    ).toEqual([]);
  });
});

/** The objects that both ask for, as they are in both: `KIND/NAME`. */
function common(now: Config, next: Config): Set<string> {
  return new Set(
    KINDS.flatMap((kind) => {
      const wanted = kind.desired(next);
      return [...kind.desired(now)].flatMap(([name, before]) =>
        JSON.stringify(before) === JSON.stringify(wanted.get(name)) ? [`${kind.name}/${name}`] : [],
      );
    }),
  );
}

/** The interfaces that both have with the same settings and in the same place. */
function commonInterfaces(now: Config, next: Config): string[] {
  const [before, after] = [portsOf(now), portsOf(next)];
  const wanted = new Map(next.interfaces.map((one) => [one.name, one]));
  const settings = ({ line: _line, description: _description, ...rest }: Config['interfaces'][number]) =>
    JSON.stringify(rest);
  return now.interfaces
    .filter((one) => {
      const other = wanted.get(one.name);
      const isSame = other !== undefined && settings(one) === settings(other);
      return isSame && JSON.stringify(before.get(one.name)) === JSON.stringify(after.get(one.name));
    })
    .map(({ name }) => name);
}

describe('the examples on the model', () => {
  test.each(NAMES)('%s leads to each other one without a step on what both have', async (from) => {
    const now = read(from);
    using vpp = await ModelVpp.start();
    for (const to of NAMES) {
      const next = read(to);
      expect(await vpp.apply(now), from).toEqual([]);
      const { steps, removedInterfaces } = await vpp.plan(next);
      const interrupted = new Set<string>(
        steps.flatMap(({ interrupts, provides }) => (interrupts === undefined ? [] : provides)),
      );
      const both = common(now, next);
      // A step on an object that both have needs one that says what it interrupts: on it, or on what it stands on.
      const silent = steps.filter(
        ({ kind, name, needs, provides }) =>
          both.has(`${kind}/${name}`) && ![...provides, ...needs].some((key) => interrupted.has(key)),
      );
      expect(
        silent.map(({ words }) => words),
        `${from} → ${to}`,
      ).toEqual([]);
      const own = new Set(steps.map(({ words }) => words));
      const words = (await vpp.preview(next)).filter((one) => !own.has(one));
      for (const name of commonInterfaces(now, next)) {
        if (removedInterfaces.has(name)) continue;
        const touched = words.filter((one) => one.split(' ').includes(name));
        expect(touched, `${from} → ${to}`).toEqual([]);
      }
      expect(await vpp.apply(next), `${from} → ${to}`).toEqual([]);
    }
  });
});

describe(`the examples on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects();
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  test('become one another: nothing is refused or left to do, and what both have is only touched with a word', async () => {
    for (const from of NAMES) {
      for (const to of NAMES) {
        if (from === to) continue;
        vpp.errors.length = 0;
        await vpp.interfaces.reconfigure(read(from));
        const before = await vpp.state();
        const [now, next] = [read(from), read(to)];
        const steps = (await vpp.interfaces.preview(next)) ?? [];
        await vpp.interfaces.reconfigure(next);
        const where = `${from} → ${to}`;
        expect(vpp.errors, where).toEqual([]);
        expect(await vpp.interfaces.preview(next), where).toEqual([]);
        const after = await vpp.state();
        const same = Object.keys(after).filter(
          (key) => JSON.stringify(before[key]) === JSON.stringify(after[key]),
        );
        const touched = same.filter((key) => {
          const name = key.slice(key.indexOf('/') + 1);
          const isShared =
            JSON.stringify(now.interfaces.find((one) => one.name === name)) ===
            JSON.stringify(next.interfaces.find((one) => one.name === name));
          return (
            isShared &&
            steps.some(
              ({ words, interrupts }) =>
                interrupts === undefined && words.split(' ').includes(name) && /^(delete|remove)/.test(words),
            )
          );
        });
        expect(touched, where).toEqual([]);
      }
    }
  }, 240_000);
});
