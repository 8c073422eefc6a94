/** The kernel's part beside VPP: routes of routing daemons are one source of the route table, in any order of events. */
import { execFileSync, spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { formatKey, newRouteKey, RouteTable } from '../fib/mod.ts';
import { createNamedNetns, deleteNamedNetns, withNetns } from '../linux/mod.ts';
import { randomNumbers } from '../../test/system/random.ts';
import { Conditions } from '../log/conditions.ts';
import { KernelPlane } from './kernel-plane.ts';

const LOGGER = { info() {}, warning() {}, error() {} };
const netns = `test-plane-${process.pid}`;
const other = `test-plane2-${process.pid}`;
const WAIT_MS = 20_000;

let table: RouteTable;
let plane: KernelPlane;
let errors: string[];
let taps: Map<string, string>;

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

function read(lines: { lcp?: string; kernel?: string } = {}): Config {
  const { lcp = `netns = ${netns}`, kernel = 'import = true' } = lines;
  const text = `[vpp]\nenabled = true\n[vpp.lcp]\nenabled = true\n${lcp}\n[fib.kernel]\n${kernel}\n`;
  const parsed = parseConfig(text, 'test.ini');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

function makeNamespace(name: string): void {
  createNamedNetns(name);
  withNetns(name, () => {
    ip('link', 'add', 'xe0', 'type', 'veth', 'peer', 'name', 'peer0');
    ip('link', 'set', 'peer0', 'up');
    ip('link', 'set', 'xe0', 'up');
    ip('address', 'add', '192.0.2.1/24', 'dev', 'xe0');
    ip('route', 'add', '10.1.0.0/16', 'via', '192.0.2.2', 'proto', 'bird');
  });
}

/** The sources of the candidates of a destination. */
function candidatesOf(prefix: string): string[] {
  const key = newRouteKey();
  const store = table.store(4);
  for (let slot = 0; slot < store.top; slot++) {
    store.readKey(slot, key);
    if (formatKey(key) === prefix && store.source[slot] !== 0)
      return table.candidates(store, slot).map(({ from }) => from.name);
  }
  return [];
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const start = Date.now(); !isSo(); ) {
    if (Date.now() - start > WAIT_MS) throw new Error(`timed out: ${what}\n${errors.join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

beforeEach((ctx) => {
  if (process.getuid?.() !== 0) ctx.skip('network namespaces need root');
  if (spawnSync('ip', ['-V']).status !== 0) ctx.skip('links and routes need iproute2');
  table = new RouteTable();
  errors = [];
  taps = new Map([['xe0', 'xe0']]);
  makeNamespace(netns);
  plane = new KernelPlane({
    config: read(),
    runDir: '/nowhere',
    table,
    conditions: new Conditions(LOGGER),
    onError: (message) => errors.push(message),
    hostInterfaces: () => taps,
    ownsMachine: false,
    prepareNamespace: () => {},
    managementInterface: () => undefined,
  });
  plane.hostInterfacesChanged();
});
afterEach(async () => {
  if (process.getuid?.() !== 0) return;
  await plane[Symbol.asyncDispose]();
  deleteNamedNetns(netns);
});

describe('routes of routing daemons', () => {
  it('are imported once after a start, although VPP’s start and the appliance’s both begin an import', async () => {
    // As in `DataPlane.start` and in the preparation of VPP's process: neither waits for the other.
    await Promise.all([plane.leave(), plane.leave()]);
    await until('the route', () => candidatesOf('10.1.0.0/16').length > 0);
    expect(candidatesOf('10.1.0.0/16')).toEqual([`kernel (${netns})`]);
    // A route that is learnt later.
    ip('-n', netns, 'route', 'add', '10.2.0.0/16', 'via', '192.0.2.2', 'proto', 'bird');
    await until('the later route', () => candidatesOf('10.2.0.0/16').length > 0);
    expect(candidatesOf('10.2.0.0/16')).toEqual([`kernel (${netns})`]);
    // Other TAPs: everything is read again, and the old source is removed.
    taps = new Map([['xe0', 'uplink']]);
    plane.hostInterfacesChanged();
    await until('another reading', () => plane.importStatus?.readings === 2);
    await until('one source again', () => table.sources.length === 1);
    expect(candidatesOf('10.1.0.0/16')).toEqual([`kernel (${netns})`]);
    // While VPP is absent nothing changes: when it returns with the same TAPs there is nothing to read.
    taps = new Map();
    plane.hostInterfacesChanged();
    ip('-n', netns, 'route', 'add', '10.3.0.0/16', 'via', '192.0.2.2', 'proto', 'bird');
    await until('a route learnt without VPP', () => candidatesOf('10.3.0.0/16').length > 0);
    taps = new Map([['xe0', 'uplink']]);
    plane.hostInterfacesChanged();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(plane.importStatus).toMatchObject({ readings: 2, routes: 3, notTaken: { routes: 0 } });
    expect(errors).toEqual([]);
  });

  it('that VPP cannot have are in the log by name, with the reason', async () => {
    withNetns(netns, () => {
      ip('link', 'add', 'wg0', 'type', 'veth', 'peer', 'name', 'peer1');
      ip('link', 'set', 'wg0', 'up');
      ip('route', 'add', '10.2.0.0/16', 'dev', 'wg0', 'proto', 'bird');
    });
    await plane.leave();
    await until('it is told', () => errors.length > 0);
    expect(errors).toEqual(['10.2.0.0/16: wg0 is the TAP of no interface of VPP']);
    expect(candidatesOf('10.2.0.0/16')).toEqual([]);
    expect(candidatesOf('10.1.0.0/16')).toEqual([`kernel (${netns})`]);
  });

  it('have at most one source with overlapping operations, and none at the end', async () => {
    const seed = Date.now() % 2 ** 31;
    const { pick } = randomNumbers(seed);
    makeNamespace(other);
    try {
      const configs = [read(), read({ kernel: 'import = false' }), read({ lcp: `netns = ${other}` })];
      for (let round = 0; round < 20; round++) {
        const steps = Array.from({ length: 6 }, () =>
          pick([
            () => plane.leave(),
            () => plane.leave(),
            () => plane.reconfigure(pick(configs)),
            () => {
              taps = new Map([['xe0', pick(['xe0', 'uplink'])]]);
              plane.hostInterfacesChanged();
            },
            () => new Promise((resolve) => setTimeout(resolve, 3)),
          ]),
        );
        await Promise.all(steps.map(async (step) => step()));
        await plane.reconfigure(read());
        await until(`seed ${seed}: the route and one source`, () => {
          const isThere = candidatesOf('10.1.0.0/16').join() === `kernel (${netns})`;
          return isThere && table.sources.length === 1;
        });
      }
      const ended = plane[Symbol.asyncDispose]();
      // Late: its start had not reached this yet.
      await Promise.all([plane.leave(), ended]);
      await until(`seed ${seed}: no source`, () => table.sources.length === 0);
      expect(errors).toEqual([]);
    } finally {
      deleteNamedNetns(other);
    }
  });
});
