/**
 * Pairs of linux-cp on the emulator and on a real VPP: what VPP answers, and what is in the namespace then. On a real
 * VPP the namespace is a real one, read back by iproute2; this needs root and /dev/vhost-net.
 */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import type { InterfaceConfig } from '../../src/config/types.ts';
import { VppInterfaces } from '../../src/interfaces/mod.ts';
import { createNamedNetns, deleteNamedNetns } from '../../src/linux/mod.ts';
import * as vpp from '../../src/vpp/api/mod.ts';
import { isAtLeast, readVppVersion } from '../../src/vpp/mod.ts';
import { choosePlugins } from '../../src/vpp/plugins.ts';
import { type ConformanceVpp, realVppBinary, startVpp, targetName } from './harness.ts';
import { parsePrefix } from '../../src/config/mod.ts';
import { prefix, retvalOf } from './requests.ts';
import { interfaceConfig } from '../../src/config/interface-config.ts';
import { withInterfaces } from '../../src/config/with-interfaces.fixture.ts';

const NETNS = `lcp-${process.pid}`;
const OTHER = `lcp-other-${process.pid}`;
const NOBODY = vpp.swIfIndex(77);
const CONF = [
  'plugins { plugin default { disable } plugin linux_cp_plugin.so { enable } plugin tap_plugin.so { enable } }',
  `linux-cp { default netns ${NETNS} lcp-sync lcp-auto-subint }`,
].join('\n');

interface Link {
  readonly isUp: boolean;
  readonly mtu: number;
  readonly addresses: readonly string[];
}

describe(`LCP pairs on ${targetName}`, () => {
  let target: ConformanceVpp | undefined;
  let client: vpp.VppApiClient;
  const isRunnable = realVppBinary === undefined || process.getuid?.() === 0;

  beforeAll(async () => {
    if (!isRunnable) return;
    if (realVppBinary !== undefined) for (const name of [NETNS, OTHER]) createNamedNetns(name);
    const faults = { namespaces: [NETNS, OTHER] };
    target = await startVpp({ extraConf: CONF, ...(realVppBinary === undefined ? { faults } : {}) });
    client = await vpp.VppApiClient.connect(target.apiSocket, { clientName: 'conformance' });
  });
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await target?.[Symbol.asyncDispose]();
    if (isRunnable && realVppBinary !== undefined) {
      for (const name of [NETNS, OTHER]) deleteNamedNetns(name);
    }
  });

  const running = (ctx: TestContext): ConformanceVpp => {
    if (target === undefined) ctx.skip('a real VPP needs root for its TAPs');
    return target ?? expect.unreachable();
  };
  const pairOf = (index: vpp.SwIfIndex, hostIfName: string, netns = ''): Promise<number | undefined> =>
    retvalOf(vpp.lcpPairAdd(client, index, { hostIfName, netns }));
  /** Skips where the kernel cannot make TAPs for VPP: -11 is tap_create_if's answer without /dev/vhost-net. */
  const make = async (ctx: TestContext, index: vpp.SwIfIndex, name: string, netns = ''): Promise<void> => {
    const retval = await pairOf(index, name, netns);
    if (retval === -11 && !existsSync('/dev/vhost-net')) ctx.skip('this kernel has no /dev/vhost-net');
    expect(retval).toBe(0);
  };
  const made: vpp.SwIfIndex[] = [];
  const loopback = async (instance: number): Promise<vpp.SwIfIndex> => {
    const index = await vpp.createLoopback(client, { instance });
    made.push(index);
    return index;
  };
  // With what is left of them when a test fails or is skipped; their pairs go with them.
  afterEach(async () => {
    for (const index of made.splice(0)) await retvalOf(vpp.deleteLoopback(client, index));
  });
  const pairs = async (): Promise<string[]> => {
    const all = await vpp.lcpPairs(client);
    return all.map((one) => `${one.phySwIfIndex} ${one.netns}/${one.hostIfName}`).sort();
  };
  /** What the namespace has under that name, without link-local addresses. */
  const link = async (name: string, netns = NETNS): Promise<Link | undefined> => {
    if (target?.emulator !== undefined) {
      const { pairs: all } = await target.emulator.control({ command: 'state' });
      const list = all as { hostIfName: string; netns: string; linux: Link }[];
      return list.find((one) => one.hostIfName === name && one.netns === netns)?.linux;
    }
    const output = execFileSync('ip', ['-n', netns, '-json', 'addr'], { encoding: 'utf8' });
    interface Address {
      readonly local: string;
      readonly prefixlen: number;
    }
    const links: { ifname: string; mtu: number; flags: string[]; addr_info: Address[] }[] =
      JSON.parse(output);
    const found = links.find(({ ifname }) => ifname === name);
    if (found === undefined) return undefined;
    const addresses = found.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
    return {
      isUp: found.flags.includes('UP'),
      mtu: found.mtu,
      addresses: addresses.filter((text) => !text.startsWith('fe80:')),
    };
  };

  test('a pair is made once, is listed, and goes; its TAP in VPP too', async (ctx) => {
    running(ctx);
    const loop = await loopback(10);
    await make(ctx, loop, 'loop10', NETNS);
    expect(await pairOf(loop, 'loop10', NETNS)).toBe(-81);
    expect(await pairs()).toEqual([`${loop} ${NETNS}/loop10`]);
    const [pair] = await vpp.lcpPairs(client);
    const host = (await vpp.dumpInterfaces(client)).find((one) => one.swIfIndex === pair?.hostSwIfIndex);
    // 26.02 made the driver a plugin, and gave it another name.
    const devType = (await vpp.showVersion(client)).version >= '26.02' ? 'tap' : 'virtio';
    expect(host).toMatchObject({ name: 'tap4096', devType, adminUp: true });
    expect(await link('loop10')).toEqual({ isUp: false, mtu: 9000, addresses: [] });
    await vpp.lcpPairDelete(client, loop);
    expect(await retvalOf(vpp.lcpPairDelete(client, loop))).toBe(-2);
    expect(await pairs()).toEqual([]);
    expect((await vpp.dumpInterfaces(client)).map(({ name }) => name)).not.toContain('tap4096');
    expect(await link('loop10')).toBeUndefined();
    await vpp.deleteLoopback(client, loop);
  });

  test('refusals: no interface, no namespace, no name, no Ethernet', async (ctx) => {
    running(ctx);
    const loop = await loopback(10);
    expect(await pairOf(NOBODY, 'x', NETNS)).toBe(-2);
    expect(await pairOf(vpp.swIfIndex(0), 'local0', NETNS)).toBe(-73);
    for (const name of ['a/b', 'a b', 'a\\b']) expect(await pairOf(loop, name, NETNS)).toBe(-73);
    const missing = await pairOf(loop, 'loop10', 'nowhere-at-all');
    if (missing === -11 && !existsSync('/dev/vhost-net')) ctx.skip('this kernel has no /dev/vhost-net');
    expect(missing).toBe(-12);
    expect(await pairs()).toEqual([]);
    await vpp.deleteLoopback(client, loop);
  });

  test('the default namespace, and another one; the same name in both', async (ctx) => {
    running(ctx);
    const [a, b] = [await loopback(10), await loopback(11)];
    await make(ctx, a, 'same');
    await make(ctx, b, 'same', OTHER);
    expect(await pairs()).toEqual([`${a} ${NETNS}/same`, `${b} ${OTHER}/same`].sort());
    expect(await link('same')).toBeDefined();
    expect(await link('same', OTHER)).toBeDefined();
    for (const each of [a, b]) await vpp.deleteLoopback(client, each);
    expect(await pairs()).toEqual([]);
  });

  test('a name that another TAP of the namespace has is taken: who asks must look first', async (ctx) => {
    running(ctx);
    const [a, b] = [await loopback(10), await loopback(11)];
    await make(ctx, a, 'same', NETNS);
    expect(await pairOf(b, 'same', NETNS)).toBe(0);
    expect((await pairs()).length).toBe(2);
    for (const each of [b, a]) await vpp.deleteLoopback(client, each);
  });

  test('what is set after the pair is copied to the TAP: addresses, MTU, admin state', async (ctx) => {
    running(ctx);
    const loop = await loopback(10);
    await make(ctx, loop, 'loop10', NETNS);
    await vpp.setInterfaceMtu(client, loop, { l3: 1400 });
    await vpp.addDelAddress(client, loop, prefix('192.0.2.1/24'), true);
    await vpp.addDelAddress(client, loop, prefix('2001:db8:2::1/64'), true);
    expect(await link('loop10')).toMatchObject({ isUp: false, mtu: 1400 });
    await vpp.setInterfaceFlags(client, loop, { adminUp: true });
    const addresses = ['192.0.2.1/24', '2001:db8:2::1/64'];
    await expect.poll(() => link('loop10')).toEqual({ isUp: true, mtu: 1400, addresses });
    await vpp.addDelAddress(client, loop, prefix('192.0.2.1/24'), false);
    await expect.poll(async () => (await link('loop10'))?.addresses).toEqual(['2001:db8:2::1/64']);
    await vpp.setInterfaceFlags(client, loop, { adminUp: false });
    await expect.poll(async () => (await link('loop10'))?.isUp).toBe(false);
    await vpp.deleteLoopback(client, loop);
    expect(await link('loop10')).toBeUndefined();
  });

  test('addresses that were set before the pair are not copied; `lcp lcp-sync on` copies them', async (ctx) => {
    running(ctx);
    const loop = await loopback(10);
    await vpp.addDelAddress(client, loop, prefix('192.0.2.1/24'), true);
    await vpp.addDelAddress(client, loop, prefix('2001:db8:2::1/64'), true);
    await vpp.setInterfaceFlags(client, loop, { adminUp: true });
    await make(ctx, loop, 'loop10', NETNS);
    expect(await link('loop10')).toEqual({ isUp: true, mtu: 9000, addresses: [] });
    expect((await vpp.runCliInband(client, 'lcp lcp-sync on')).trim()).toBe('');
    const addresses = ['192.0.2.1/24', '2001:db8:2::1/64'];
    await expect.poll(async () => (await link('loop10'))?.addresses).toEqual(addresses);
    // Asked for again it is no error, and nothing is there twice.
    await vpp.runCliInband(client, 'lcp lcp-sync on');
    expect((await link('loop10'))?.addresses).toEqual(addresses);
    expect(await vpp.runCliInband(client, 'show lcp')).toMatch(
      new RegExp(`lcp-sync on[\\s\\S]*loop10 tap4096 loop10\\0? +\\d+ type tap netns ${NETNS}`),
    );
    await vpp.deleteLoopback(client, loop);
  });

  test('what the appliance makes: TAPs with all that their interfaces have, once, and again after a break', async (ctx) => {
    const { apiSocket } = running(ctx);
    await make(ctx, await loopback(12), 'probe', NETNS);
    const errors: string[] = [];
    const config = (name: string, addresses: string[]): InterfaceConfig => {
      const prefixes = addresses.map((text) => parsePrefix(text)!);
      return interfaceConfig({ name, mtuBytes: 1450, addresses: prefixes });
    };
    const interfaces = new VppInterfaces({
      config: withInterfaces([
        config('loop20', ['198.51.100.1/24', '2001:db8:20::1/64']),
        config('loop21', ['203.0.113.1/32']),
      ]),
      lcp: { netns: NETNS, isSync: true, nics: [] },
      onChange: () => {},
      onError: (name, reason) => errors.push(`${name}: ${reason}`),
    });
    await interfaces.attach(client, 'first');
    const whole = { isUp: true, mtu: 1450, addresses: ['198.51.100.1/24', '2001:db8:20::1/64'] };
    await expect.poll(() => link('loop20')).toEqual(whole);
    expect(Object.fromEntries(interfaces.hostInterfaces)).toMatchObject({
      loop20: 'loop20',
      loop21: 'loop21',
    });
    const before = await pairs();
    interfaces.detach();
    await using other = await vpp.VppApiClient.connect(apiSocket);
    await interfaces.attach(other, 'reconnected');
    expect(await pairs()).toEqual(before);
    await interfaces.reconfigure(withInterfaces([config('loop20', ['198.51.100.2/24'])]));
    await expect.poll(() => link('loop20')).toEqual({ ...whole, addresses: ['198.51.100.2/24'] });
    expect(await link('loop21')).toBeUndefined();
    // A pair that was lost comes again, with the addresses that its interface had meanwhile.
    await vpp.lcpPairDelete(client, interfaces.indexOf('loop20') ?? NOBODY);
    await interfaces.reconcile();
    await expect.poll(() => link('loop20')).toEqual({ ...whole, addresses: ['198.51.100.2/24'] });
    await interfaces.reconfigure(withInterfaces([]));
    expect((await pairs()).length).toBe(1);
    expect(errors).toEqual([]);
    interfaces.detach();
  });

  test('pairs outlive the connection of who made them', async (ctx) => {
    const { apiSocket } = running(ctx);
    const loop = await loopback(10);
    {
      await using other = await vpp.VppApiClient.connect(apiSocket);
      const outcome = await retvalOf(vpp.lcpPairAdd(other, loop, { hostIfName: 'loop10', netns: NETNS }));
      if (outcome === -11 && !existsSync('/dev/vhost-net')) ctx.skip('this kernel has no /dev/vhost-net');
      expect(outcome).toBe(0);
    }
    expect(await pairs()).toEqual([`${loop} ${NETNS}/loop10`]);
    await vpp.deleteLoopback(client, loop);
  });
});

/** Which release the suite runs against: where it is the emulator, the one that a test wants. */
async function isFrom26Dot06(): Promise<boolean> {
  if (realVppBinary === undefined) return true;
  return isAtLeast(await readVppVersion(realVppBinary), 26, 6);
}

describe(`26.06 on ${targetName}`, () => {
  const plugins = (...names: string[]): string =>
    `plugins { plugin default { disable } ${names.map((name) => `plugin ${name}_plugin.so { enable }`).join(' ')} }`;
  const faults = { version: '26.06-release', namespaces: [NETNS] };

  /** What VPP says to a pair, and whether it lives then. */
  async function pairWith(conf: string): Promise<{ retval: number | undefined; lives: boolean }> {
    await using target = await startVpp({
      extraConf: conf,
      ...(realVppBinary === undefined ? { faults } : {}),
    });
    await using client = await vpp.VppApiClient.connect(target.apiSocket, { clientName: 'conformance' });
    const loop = await vpp.createLoopback(client, { instance: 10 });
    const pair = vpp.lcpPairAdd(client, loop, { hostIfName: 'loop10', netns: NETNS });
    const retval = await retvalOf(pair);
    return { retval, lives: (await vpp.showVersion(client)).version !== '' };
  }

  test('without its tap plugin every pair is refused with -30', async (ctx) => {
    ctx.skip(!(await isFrom26Dot06()), 'before 26.02 TAPs are no plugin, and 26.02 dies of it');
    expect(await pairWith(plugins('linux_cp'))).toEqual({ retval: -30, lives: true });
  });

  test('with it the pair is made', async (ctx) => {
    ctx.skip(!(await isFrom26Dot06()), 'before 26.02 TAPs are no plugin');
    const made = await pairWith(plugins('linux_cp', 'tap'));
    // On a kernel without vhost_net a real VPP gets as far as that, with the namespace not there -12.
    expect(made.retval).toBeOneOf(realVppBinary === undefined ? [0] : [0, -11, -12]);
    expect(made.lives).toBe(true);
  });

  test('is asked for with its tap plugin by what we render', async (ctx) => {
    ctx.skip(!(await isFrom26Dot06()), 'before 26.02 TAPs are no plugin');
    const version = { year: 26, month: 6, text: '26.06' };
    const needs = { dpdk: false, linuxCp: true, linuxNl: false };
    const names = choosePlugins(version, needs).enabled.map(({ file }) => file.replace('_plugin.so', ''));
    const made = await pairWith(plugins(...names));
    expect(made.retval).not.toBe(-30);
    expect(made.lives).toBe(true);
  });
});
