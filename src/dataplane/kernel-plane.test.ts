/** The kernel alone as the data plane, in the namespace of the daemons, with real links, addresses and routes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../config/types.ts';
import { Fib } from '../fib/mod.ts';
import { deleteNamedNetns, listAddresses, withNetns } from '../linux/mod.ts';
import { Conditions } from '../log/conditions.ts';
import { FakeBox, macOf, whyNoLinks } from '../../test/fixtures/kernel-links.ts';
import { KernelPlane } from './kernel-plane.ts';

const why = whyNoLinks();
const WAIT_MS = 20_000;
const FLAPS = 50;
const XE0 = '[interface.xe0]\naddresses = 192.0.2.1/24, 2001:db8:1::1/64\n';
const XE1 = '[interface.xe1]\naddresses = 198.51.100.1/24, 198.51.100.7/24, 2001:db8:2::1/64\n';

describe.skipIf(why !== undefined)('the kernel as the data plane of a box', () => {
  let box: FakeBox;
  let cable: string;
  let fib: Fib;
  let plane: KernelPlane;

  beforeEach(() => {
    box = new FakeBox();
    cable = box.plug(2, 'eth1');
    box.plug(3, 'eth2');
  });
  afterEach(async () => {
    await plane[Symbol.asyncDispose]();
    fib[Symbol.dispose]();
    box[Symbol.dispose]();
  });

  const config = (more: string): Config => box.config({ 2: 'xe0', 3: 'xe1' }, more);

  function make(given: Config): void {
    fib = new Fib({
      config: given.fib.vpp,
      routes: given.routes,
      resolveInterface: () => undefined,
      onError: (message) => void box.errors.push(message),
    });
    plane = new KernelPlane({
      ...box.options,
      config: given,
      ownsMachine: true,
      table: fib.table,
      conditions: new Conditions({ info() {}, warning() {}, error() {} }),
      hostInterfaces: () => new Map(),
    });
  }

  async function until(what: string, isSo: () => boolean): Promise<void> {
    for (const start = Date.now(); !isSo(); await sleep(20)) {
      if (Date.now() - start > WAIT_MS)
        throw new Error(`timed out: ${what}; ${box.ip(box.netns, 'route')} ${box.errors.join('; ')}`);
    }
  }

  const routes = (family: '-4' | '-6' = '-4'): string[] =>
    box
      .ip(box.netns, family, 'route')
      .split('\n')
      .map((line) => line.trim());

  /** `192.0.2.1/24`, marked when it is unusable. */
  const addresses = (name: string): string[] =>
    withNetns(box.netns, () => listAddresses(name))
      .filter(({ address }) => !address.startsWith('fe80:'))
      .map(({ address, length, tentative }) => `${address}/${length}${tentative ? ' unusable' : ''}`)
      .sort();

  it('has links, addresses and routes in the namespace of the daemons, and none in that of management', async () => {
    make(config(`${XE0}${XE1}[route]\n10.0.0.0/8 = 192.0.2.254\n10.1.0.0/16 = 198.51.100.254%xe1\n`));
    await plane.take();
    expect(addresses('xe0')).toEqual(['192.0.2.1/24', '2001:db8:1::1/64']);
    expect(addresses('xe1')).toEqual(['198.51.100.1/24', '198.51.100.7/24', '2001:db8:2::1/64']);
    expect(plane.fib.status).toMatchObject({ status: { state: 'synced' }, programmed: 2 });
    expect(routes()).toContainEqual(expect.stringMatching(/^10\.0\.0\.0\/8 via 192\.0\.2\.254 dev xe0 /));
    expect(routes()).toContainEqual(expect.stringMatching(/^10\.1\.0\.0\/16 via 198\.51\.100\.254 dev xe1 /));
    expect(plane.interfaces.status).toMatchObject([
      { name: 'xe0', dataPlane: 'kernel', state: { state: 'ok' }, adminUp: true, link: 'up' },
      { name: 'xe1', dataPlane: 'kernel', state: { state: 'ok' }, adminUp: true, link: 'up' },
    ]);
    // A link that comes up announces its multicast groups.
    await until('packets are counted', () => (plane.interfaces.status[0]?.kernelCounters?.txBytes ?? 0) > 0);
    // Including foreign ones.
    box.ip(box.netns, 'address', 'add', '192.0.2.9/32', 'dev', 'xe0');
    expect(plane.interfaces.status[0]?.addresses.toSorted()).toEqual([
      '192.0.2.1/24',
      '192.0.2.9/32',
      '2001:db8:1::1/64',
    ]);
    expect(box.names(box.home)).toEqual([]);
    expect(box.ip(box.home, 'route')).toBe('');
  });

  it('imports what daemons install there, and does not install it again', async () => {
    make(config(`${XE0}${XE1}[fib.kernel]\nimport = true\n[route]\n10.0.0.0/8 = 192.0.2.254\n`));
    await plane.take();
    box.ip(
      box.netns,
      'route',
      'add',
      '10.9.0.0/16',
      'via',
      '198.51.100.254',
      'proto',
      'bird',
      'metric',
      '32',
    );
    // The configured route is the best of the two, and the kernel has both.
    box.ip(box.netns, 'route', 'add', '10.0.0.0/8', 'via', '198.51.100.254', 'proto', 'bird', 'metric', '32');
    await until('both are imported', () => plane.importStatus?.routes === 2);
    expect(plane.fib.status).toMatchObject({ status: { state: 'synced' }, desired: 1, programmed: 1 });
    expect(routes().filter((line) => line.startsWith('10.9.0.0/16'))).toEqual([
      '10.9.0.0/16 via 198.51.100.254 dev xe1 proto bird metric 32',
    ]);
    const [store] = fib.table.stores;
    const named = [...fib.table.candidates(store!, store!.top - 1)].map(({ from, group }) => [
      from.name,
      fib.table.groups.action(group),
    ]);
    expect(named).toMatchObject([
      [
        `kernel (${box.netns})`,
        { kind: 'forward', nextHops: [{ address: '198.51.100.254', interface: 'xe1' }] },
      ],
    ]);
  });

  it('withdraws everything when VPP takes over, and applies it again', async () => {
    make(
      config(
        `[vpp]\nenabled = true\n${XE0}${XE1}[fib.kernel]\nimport = true\n[route]\n10.0.0.0/8 = 192.0.2.254\n`,
      ),
    );
    for (let round = 1; round <= 2; round += 1) {
      await plane.take();
      expect(plane.fib.status.programmed).toBe(1);
      await plane.leave();
      expect(plane.fib.status.status).toEqual({ state: 'disabled', reason: 'VPP is the data plane' });
      expect(plane.interfaces.active).toBe(false);
      expect(box.names(box.netns)).toEqual([]);
      expect(box.names(box.home)).toEqual(['eth1', 'eth2']);
      expect(listAddresses('eth1')).toEqual([]);
      // From the new TAPs.
      await until('the import goes on', () => plane.importStatus?.state === 'following');
    }
  });

  it('keeps its routes beside VPP when configured', async () => {
    const vpp = '[vpp]\nenabled = true\n[fib.kernel]\nenabled = true\n';
    make(config(`${vpp}${XE0}[route]\n10.0.0.0/8 = 192.0.2.254\n`));
    await plane.take();
    await plane.leave();
    expect(plane.fib.status).toMatchObject({
      desired: 1,
      status: { state: expect.not.stringMatching('disabled') },
    });
    // A TAP.
    box.ip(box.netns, 'link', 'add', 'xe0', 'type', 'veth', 'peer', 'name', 'far-tap');
    box.ip(box.netns, 'address', 'add', '192.0.2.1/24', 'dev', 'xe0');
    box.ip(box.netns, 'link', 'set', 'xe0', 'up');
    await until('the route is there', () =>
      routes().some((line) => /^10\.0\.0\.0\/8 .* dev xe0 /.test(line)),
    );
  });

  it('keeps all addresses through flaps of cables, links and the configuration', async () => {
    const on = config(`${XE0}${XE1}`);
    make(on);
    await plane.take();
    const before = [addresses('xe0'), addresses('xe1')];
    for (let flap = 0; flap < FLAPS; flap += 1) {
      for (const state of ['down', 'up']) {
        box.ip(box.home, 'link', 'set', cable, state);
        box.ip(box.netns, 'link', 'set', 'xe1', state);
      }
      expect([addresses('xe0'), addresses('xe1')]).toEqual(before);
    }
    for (const given of [config(`${XE0.trim()}\nenabled = false\n${XE1}`), on]) {
      await plane.reconfigure(given);
      expect([addresses('xe0'), addresses('xe1')]).toEqual(before);
    }
    expect(plane.interfaces.status.map(({ adminUp }) => adminUp)).toEqual([true, true]);
    expect(box.ip(box.netns, '-6', 'address', 'show', 'dadfailed')).toBe('');
    expect(box.ip(box.netns, '-6', 'address', 'show', 'tentative')).toBe('');
  });

  it('accepts other NICs, other names of NICs, and another namespace', async () => {
    const routed = `${XE0}${XE1}[route]\n10.0.0.0/8 = 192.0.2.254\n`;
    make(config(routed));
    await plane.take();
    // The cables are swapped in the file.
    await plane.reconfigure(box.config({ 3: 'xe0', 2: 'xe1' }, routed));
    expect(box.links(box.netns).find(({ name }) => name === 'xe0')?.mac).toBe(macOf('0000:03:00.0'));
    expect(addresses('xe0')).toEqual(['192.0.2.1/24', '2001:db8:1::1/64']);
    expect(plane.fib.status).toMatchObject({ programmed: 1, status: { state: 'synced' } });
    await plane.reconfigure(box.config({ 3: 'xe0' }, routed));
    expect(box.names(box.netns)).toEqual(['xe0']);
    expect(box.names(box.home)).toEqual(['eth1']);
    expect(plane.interfaces.status[1]).toMatchObject({ name: 'xe1', state: { state: 'failed' } });
    const elsewhere = box.config({ 2: 'xe1', 3: 'xe0' }, routed);
    const other = `${box.netns}-b`;
    await plane.reconfigure({
      ...elsewhere,
      vpp: { ...elsewhere.vpp, lcp: { ...elsewhere.vpp.lcp, netns: other } },
    });
    expect(box.names(box.netns)).toEqual([]);
    expect(box.names(other)).toEqual(['xe0', 'xe1']);
    expect(routes()).toEqual(['']);
    expect(plane.fib.status).toMatchObject({ programmed: 1, status: { state: 'synced' } });
    await plane.leave();
    deleteNamedNetns(other);
    expect(box.names(box.home)).toEqual(['eth1', 'eth2']);
  });

  it('follows the configuration while it forwards', async () => {
    make(config(`${XE0}[interface.xe9]\naddresses = 203.0.113.1/24\n`));
    await plane.take();
    expect(plane.interfaces.status[1]).toMatchObject({
      name: 'xe9',
      state: { state: 'failed', reason: 'no NIC has the name "xe9"' },
    });
    await plane.reconfigure(config(`${XE1}[fib.kernel]\nimport = true\n`));
    expect(addresses('xe0')).toEqual([]);
    expect(addresses('xe1')).toHaveLength(3);
    await until('the import is on', () => plane.importStatus?.state === 'following');
    await plane.reconfigure(config(XE1));
    expect(plane.importStatus).toBeUndefined();
  });
});
