/**
 * What is done to TAPs in Linux, and what VPP (the emulator) is told then. The TAPs are real links in a namespace of the
 * machine, and what is done to them is done by iproute2; but for VRF devices, which not every kernel has: who is in which
 * is told here, as `host-state.test.ts` reads it from recorded messages.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmulatorProcess } from '../emulator/emulator.ts';
import { parsePrefix } from '../../src/config/mod.ts';
import type { InterfaceConfig, Prefix } from '../../src/config/types.ts';
import {
  createNamedNetns,
  deleteNamedNetns,
  listAddresses,
  listLinks,
  withNetns,
} from '../../src/linux/mod.ts';
import { HeldTaps, type HostLink, HostNamespace, type HostState } from '../../src/mirror/mod.ts';
import { runCliInband, VppApiClient } from '../../src/vpp/api/mod.ts';
import { prepareControlNamespace } from '../../src/machine/kernel-settings.ts';
import { type Host, Mirror, VppInterfaces } from '../../src/interfaces/mod.ts';
import { interfaceConfig } from '../../src/config/interface-config.ts';
import { withInterfaces } from '../../src/config/with-interfaces.fixture.ts';

const NETNS = `mirror-${process.pid}`;
const WIRE = `mirror-wire-${process.pid}`;
const CONF = `
plugins { plugin default { disable } plugin dpdk_plugin.so { enable } plugin linux_cp_plugin.so { enable } }
dpdk { dev 0000:03:00.0 { name xe0 } dev 0000:03:00.1 { name xe1 } }
linux-cp { default netns ${NETNS} lcp-sync }`;
const isPossible = process.getuid?.() === 0 && spawnSync('ip', ['-V']).status === 0;

interface Shown {
  readonly name: string;
  readonly swIfIndex: number;
  readonly adminUp: boolean;
  readonly addresses: readonly string[];
  readonly tables: Readonly<Record<4 | 6, number>>;
  readonly ipv4: boolean;
  readonly ipv6Enables: number;
}

/** VRF devices that this kernel may not have: which link is in which, beside what is really there. */
class HostWithVrfs implements Host {
  readonly #host: HostNamespace;
  readonly vrfs = new Map<string, { readonly name: string; readonly tableId: number }>();
  readonly members = new Map<string, string>();
  readonly enslaved: string[] = [];
  /** False: the kernel does not answer. */
  isReadable = true;

  constructor(host: HostNamespace) {
    this.#host = host;
  }

  get netns(): string {
    return this.#host.netns;
  }

  look(): void {
    this.#host.look();
  }

  read(): HostState | undefined {
    const state = this.isReadable ? this.#host.read() : undefined;
    if (state === undefined) return undefined;
    const links = [...state.values()].map((link): HostLink => {
      const vrf = this.vrfs.get(this.members.get(`${link.name} ${link.ifIndex}`) ?? '');
      return vrf === undefined ? link : { ...link, vrf };
    });
    const devices = [...this.vrfs.keys()].map(
      (name): HostLink => ({
        ifIndex: 9_999,
        name,
        isUp: true,
        isRunning: true,
        isTap: false,
        mtuBytes: 65_536,
        addresses: [],
        vrfTable: this.vrfs.get(name)!.tableId,
        proxyArp: false,
      }),
    );
    return new Map([...links, ...devices].map((link) => [link.name, link]));
  }

  enslave(name: string, vrf: string): void {
    const link = this.#host.read()?.get(name);
    this.enslaved.push(`${name} ${link?.isUp === true ? 'up' : 'down'} ${vrf}`);
    this.members.set(`${name} ${link?.ifIndex}`, vrf);
  }

  release(name: string): void {
    this.members.delete(`${name} ${this.#host.read()?.get(name)?.ifIndex}`);
  }

  createVrf(name: string, tableId: number): void {
    this.vrfs.set(name, { name, tableId });
  }

  deleteLink(name: string): void {
    if (!this.vrfs.delete(name)) this.#host.deleteLink(name);
  }

  changeAddresses(...given: Parameters<Host['changeAddresses']>): void {
    this.#host.changeAddresses(...given);
  }

  setMtu(...given: Parameters<Host['setMtu']>): void {
    this.#host.setMtu(...given);
  }

  setUp(...given: Parameters<Host['setUp']>): void {
    this.#host.setUp(...given);
  }
}

/** Looks until it is so; the machine may be busy. */
const soon = <T>(probe: () => T) => expect.poll(probe, { timeout: 20_000 });

let vpp: EmulatorProcess;
let client: VppApiClient;
let host: HostNamespace;
let withVrfs: HostWithVrfs;
/** What the route table says of a table that is to go. */
let letGoOfTable: (id: number) => boolean;
let interfaces: VppInterfaces;
/** What the route table says of networks that are answered for. */
let elsewhere: Prefix[];
/** Keeps the TAPs while there is no VPP. */
let taps: HeldTaps | undefined;
let errors: string[];

function config(name: string, at: string[] = [], more: Partial<InterfaceConfig> = {}): InterfaceConfig {
  const addresses = at.map((text) => parsePrefix(text)!);
  return interfaceConfig({ name, addresses, ...more });
}

async function start(...configs: InterfaceConfig[]): Promise<void> {
  host = new HostNamespace({
    netns: NETNS,
    prepare: prepareControlNamespace,
    onChange: () => interfaces.hostChanged(),
    onError: (message) => errors.push(message),
  });
  withVrfs = new HostWithVrfs(host);
  interfaces = new VppInterfaces({
    config: withInterfaces(configs),
    lcp: { netns: NETNS, isSync: true, nics: ['xe0', 'xe1'] },
    mirror: new Mirror({
      host: withVrfs,
      taps,
      isSync: true,
    }),
    elsewhere: () => elsewhere,
    letGoOfTable: (id) => letGoOfTable(id),
    onChange: () => {},
    onError: (name, reason) => errors.push(`${name}: ${reason}`),
  });
  await interfaces.attach(client, 'first');
}

/** VPP dies, and another one comes; `meanwhile` is done in between. */
async function crash(meanwhile: () => unknown = () => {}): Promise<void> {
  interfaces.detach();
  await client[Symbol.asyncDispose]();
  await vpp.kill();
  if (taps === undefined) await soon(() => withNetns(NETNS, () => listLinks().length)).toBe(1);
  await meanwhile();
  await vpp.spawn();
  client = await VppApiClient.connect(vpp.apiSocket);
  await interfaces.attach(client, 'restarted');
}

function ip(...args: string[]): string {
  return withNetns(NETNS, () => execFileSync('ip', args, { encoding: 'utf8' }));
}

async function state(): Promise<Record<string, unknown>> {
  return vpp.control({ command: 'state' });
}

async function shown(name: string): Promise<Shown | undefined> {
  const { interfaces: all } = await state();
  return (all as Shown[]).find((one) => one.name === name);
}

async function addressesOf(name: string): Promise<readonly string[]> {
  return (await shown(name))?.addresses ?? [];
}

function setProxyArp(name: string, isOn: boolean): void {
  const path = `/proc/sys/net/ipv4/conf/${name}/proxy_arp`;
  withNetns(NETNS, () => execFileSync('sh', ['-c', `echo ${isOn ? 1 : 0} >${path}`]));
}

/** Without link-local ones. */
function onTap(name: string): string[] {
  return withNetns(NETNS, () => listAddresses(name))
    .filter(({ address }) => !address.startsWith('fe80:'))
    .map(({ address, length }) => `${address}/${length}`)
    .sort();
}

function isTapUp(name: string): boolean | undefined {
  return withNetns(NETNS, () => listLinks()).find((link) => link.name === name)?.up;
}

async function multicast(): Promise<string[]> {
  const { multicast: all } = await state();
  return (all as { table: string; path: string }[]).map(({ table, path }) => `${table} ${path}`).sort();
}

/** What a table of VPP does with broadcasts: its route to 255.255.255.255/32, or the one that covers it. */
async function broadcast(table: number): Promise<string> {
  return runCliInband(client, `show ip fib 255.255.255.255/32 table ${table}`);
}

/** What `ip monitor` says from now on: resolves when it listens. */
async function listen(): Promise<Disposable & { lines(): string[] }> {
  let text = '';
  const args = ['-oneline', 'monitor', 'link', 'address'];
  const child = withNetns(NETNS, () => spawn('ip', args, { stdio: ['ignore', 'pipe', 'ignore'] }));
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const isHeard = (): boolean => /inet 127\.0\.0\.9[^]*Deleted[^]*127\.0\.0\.9/.test(text);
  while (!isHeard()) {
    for (const change of ['add', 'delete']) ip('address', change, '127.0.0.9/32', 'dev', 'lo');
    await sleep(50);
  }
  return { lines: () => text.split('\n'), [Symbol.dispose]: () => void child.kill() };
}

/** How often VPP was told each thing, by message; what only asks is left out. */
async function told(): Promise<Record<string, number>> {
  const { received } = await state();
  const entries = Object.entries(received as Record<string, number>);
  return Object.fromEntries(entries.filter(([name]) => /add_del|enable|set_|cli_inband/.test(name)));
}

/** Waits until nothing is under way any more. */
async function quiet(): Promise<void> {
  const text = async (): Promise<string> => JSON.stringify(await told());
  for (let before = '', now = await text(); before !== now; before = now, now = await text()) {
    await sleep(300);
    await interfaces.reconcile();
  }
}

describe.skipIf(!isPossible)('the mirror from Linux to VPP', () => {
  beforeEach(async () => {
    for (const netns of [NETNS, WIRE]) createNamedNetns(netns);
    vpp = await EmulatorProcess.start({ extraConf: CONF, faults: { wire: WIRE } });
    client = await VppApiClient.connect(vpp.apiSocket);
    errors = [];
    taps = undefined;
    elsewhere = [];
    letGoOfTable = () => true;
  });
  afterEach(async () => {
    taps?.[Symbol.dispose]();
    interfaces.detach();
    host[Symbol.dispose]();
    await client[Symbol.asyncDispose]();
    await vpp[Symbol.asyncDispose]();
    for (const netns of [NETNS, WIRE]) deleteNamedNetns(netns);
  });

  it('lets link-local multicast, broadcasts and both families in, wherever there is a TAP', async () => {
    await start(config('xe0', ['192.0.2.1/24']), config('loop0'));
    const index = async (name: string): Promise<number> => (await shown(name))?.swIfIndex ?? -1;
    const all = [await index('xe0'), await index('xe1'), await index('loop0')];
    const expected = (['4/0 224.0.0.0/24', '6/0 ff02::/16'] as const).flatMap((group) => [
      `${group} local`,
      ...all.map((one) => `${group} accept ${one}`),
    ]);
    expect(await multicast()).toEqual(expected.sort());
    for (const name of ['xe0', 'xe1', 'loop0']) {
      expect(await shown(name), name).toMatchObject({ ipv4: true, ipv6Enables: 1 });
    }
    expect(await broadcast(0)).toMatch(/dpo-receive/);
    await interfaces.reconfigure(withInterfaces([config('xe0', ['192.0.2.1/24'])]));
    expect(await multicast()).toEqual(expected.filter((line) => !line.endsWith(` ${all[2]}`)).sort());
    expect(errors).toEqual([]);
  });

  it('lets all of that in again after a crash of VPP', async () => {
    await start(config('xe0', ['192.0.2.1/24']));
    const before = await multicast();
    await crash();
    expect(await multicast()).toEqual(before);
    expect(await broadcast(0)).toMatch(/dpo-receive/);
    // An interface without an address has its families from us alone.
    for (const name of ['xe0', 'xe1']) {
      expect(await shown(name), name).toMatchObject({ ipv4: true, ipv6Enables: 1 });
    }
    expect(errors).toEqual([]);
  });

  it('takes the last address of an interface away, and leaves IPv4 on', async () => {
    await start(config('xe0', ['192.0.2.1/24']));
    await interfaces.reconfigure(withInterfaces([config('xe0')]));
    expect(await shown('xe0')).toMatchObject({ addresses: [], ipv4: true });
    // And once more: VPP switched it off with the address that came in between.
    await interfaces.reconfigure(withInterfaces([config('xe0', ['192.0.2.1/24'])]));
    await interfaces.reconfigure(withInterfaces([config('xe0')]));
    expect(await shown('xe0')).toMatchObject({ addresses: [], ipv4: true });
  });

  it('takes addresses from TAPs, and takes them away with them', async () => {
    await start(config('xe0', ['192.0.2.1/24']), config('loop0'));
    ip('address', 'add', '198.51.100.1/30', 'dev', 'xe0');
    ip('address', 'add', '2001:db8:5::1/64', 'dev', 'xe0');
    ip('address', 'add', '203.0.113.7/32', 'dev', 'loop0');
    ip('address', 'add', 'fe80::77/64', 'dev', 'xe0');
    await soon(() => addressesOf('xe0')).toEqual(['192.0.2.1/24', '198.51.100.1/30', '2001:db8:5::1/64']);
    expect(await addressesOf('loop0')).toEqual(['203.0.113.7/32']);
    ip('address', 'delete', '198.51.100.1/30', 'dev', 'xe0');
    ip('address', 'delete', '2001:db8:5::1/64', 'dev', 'xe0');
    await soon(() => addressesOf('xe0')).toEqual(['192.0.2.1/24']);
    expect(onTap('xe0')).toEqual(['192.0.2.1/24']);
    expect(errors).toEqual([]);
  });

  it('keeps what is configured, and puts it back onto the TAP', async () => {
    await start(config('xe0', ['192.0.2.1/24', '2001:db8::1/64']));
    expect(onTap('xe0')).toEqual(['192.0.2.1/24', '2001:db8::1/64']);
    ip('address', 'flush', 'dev', 'xe0', 'scope', 'global');
    await soon(() => onTap('xe0')).toEqual(['192.0.2.1/24', '2001:db8::1/64']);
    expect(await addressesOf('xe0')).toEqual(['192.0.2.1/24', '2001:db8::1/64']);
  });

  it('takes off both what leaves the configuration, and nothing else', async () => {
    await start(config('xe0', ['192.0.2.1/24', '198.51.100.1/24']), config('xe1', ['203.0.113.1/24']));
    ip('address', 'add', '10.9.0.1/24', 'dev', 'xe0');
    ip('address', 'add', '10.8.0.1/24', 'dev', 'xe1');
    await soon(() => addressesOf('xe1')).toContain('10.8.0.1/24');
    await interfaces.reconfigure(withInterfaces([config('xe0', ['192.0.2.1/24'])]));
    expect(onTap('xe0')).toEqual(['10.9.0.1/24', '192.0.2.1/24']);
    expect(onTap('xe1')).toEqual(['10.8.0.1/24']);
    expect([...(await addressesOf('xe0'))].sort()).toEqual(['10.9.0.1/24', '192.0.2.1/24']);
    expect(await addressesOf('xe1')).toEqual(['10.8.0.1/24']);
    // Added to the TAP after that, it is a wish like any other.
    ip('address', 'add', '198.51.100.1/24', 'dev', 'xe0');
    await soon(() => addressesOf('xe0')).toContain('198.51.100.1/24');
    expect(onTap('xe0')).toContain('198.51.100.1/24');
  });

  it('takes off what leaves the configuration while VPP is brought to the one before', async () => {
    const both = ['192.0.2.1/24', '198.51.100.1/24'];
    await start(config('xe0', both));
    for (const mtuBytes of [1400, 1300, 1200]) {
      const before = interfaces.reconfigure(withInterfaces([config('xe0', both, { mtuBytes })]));
      // Each time at another place of the run.
      await sleep(mtuBytes / 100 - 12);
      await interfaces.reconfigure(withInterfaces([config('xe0', ['192.0.2.1/24'])]));
      await before;
      expect(onTap('xe0')).toEqual(['192.0.2.1/24']);
      expect(await addressesOf('xe0')).toEqual(['192.0.2.1/24']);
    }
  });

  it('moves an address from one TAP to another: VPP has it on one at a time', async () => {
    await start(config('xe0'), config('xe1'));
    ip('address', 'add', '192.0.2.1/24', 'dev', 'xe0');
    await soon(() => addressesOf('xe0')).toEqual(['192.0.2.1/24']);
    ip('address', 'delete', '192.0.2.1/24', 'dev', 'xe0');
    ip('address', 'add', '192.0.2.1/24', 'dev', 'xe1');
    await soon(() => addressesOf('xe1')).toEqual(['192.0.2.1/24']);
    expect(await addressesOf('xe0')).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('takes a virtual address inside a network of its interface, which VPP takes with that length only', async () => {
    await start(config('xe0', ['192.0.2.1/24', '2001:db8::1/64']));
    ip('address', 'add', '192.0.2.100/32', 'dev', 'xe0');
    ip('address', 'add', '192.0.2.101/24', 'dev', 'xe0');
    ip('address', 'add', '2001:db8::100/128', 'dev', 'xe0');
    const own = ['192.0.2.1/24', '2001:db8::1/64'];
    await soon(async () => [...(await addressesOf('xe0'))].sort()).toEqual(
      [...own, '192.0.2.100/24', '192.0.2.101/24', '2001:db8::100/64'].sort(),
    );
    // lcp-sync copied them with VPP's length, and whenever it copies again they go again.
    const asGiven = [...own, '192.0.2.100/32', '192.0.2.101/24', '2001:db8::100/128'].sort();
    await soon(() => onTap('xe0')).toEqual(asGiven);
    await interfaces.reconfigure(withInterfaces([config('xe0', own, { mtuBytes: 1400 })]));
    await soon(() => onTap('xe0')).toEqual(asGiven);
    for (const gone of ['192.0.2.100/32', '192.0.2.101/24', '2001:db8::100/128']) {
      ip('address', 'delete', gone, 'dev', 'xe0');
    }
    await soon(() => addressesOf('xe0')).toEqual(own);
    expect(onTap('xe0')).toEqual(own);
    expect(errors).toEqual([]);
  });

  it('says which address VPP refuses, and takes it when there is room', async () => {
    await start(config('xe0', ['192.0.2.1/24']), config('xe1'));
    ip('address', 'add', '192.0.2.9/25', 'dev', 'xe1');
    ip('address', 'add', '198.51.100.1/24', 'dev', 'xe1');
    await soon(() => addressesOf('xe1')).toEqual(['198.51.100.1/24']);
    const stateOf = (): unknown => interfaces.status.find(({ name }) => name === 'xe1')?.state;
    await soon(stateOf).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/^192\.0\.2\.9\/25: .*ADDRESS_IN_USE/),
    });
    // Told once, however often it is tried.
    for (let i = 0; i < 3; i++) await interfaces.reconcile();
    expect(errors).toEqual([expect.stringMatching(/^xe1: 192\.0\.2\.9\/25: /)]);
    await interfaces.reconfigure(withInterfaces([config('xe0'), config('xe1')]));
    expect([...(await addressesOf('xe1'))].sort()).toEqual(['192.0.2.9/25', '198.51.100.1/24']);
    expect(interfaces.status.find(({ name }) => name === 'xe1')?.state).toEqual({ state: 'ok' });
  });

  it('holds an interface down while its TAP is set down', async () => {
    await start(config('xe0', ['192.0.2.1/24', '2001:db8::1/64']));
    ip('address', 'add', '2001:db8:9::1/64', 'dev', 'xe0');
    for (let round = 0; round < 3; round++) {
      ip('link', 'set', 'xe0', 'down');
      await soon(async () => (await shown('xe0'))?.adminUp).toBe(false);
      await quiet();
      expect(await shown('xe0')).toMatchObject({ adminUp: false });
      expect(interfaces.status[0]).toMatchObject({ state: { state: 'ok' }, isSetDownInLinux: true });
      ip('link', 'set', 'xe0', 'up');
      await soon(async () => (await shown('xe0'))?.adminUp).toBe(true);
      await quiet();
      expect(isTapUp('xe0')).toBe(true);
    }
    expect(onTap('xe0')).toEqual(['192.0.2.1/24', '2001:db8:9::1/64', '2001:db8::1/64']);
    expect(await addressesOf('xe0')).toEqual(['192.0.2.1/24', '2001:db8::1/64', '2001:db8:9::1/64']);
  });

  it('follows the TAP of an interface that nobody configured, and keeps one down that is configured so', async () => {
    await start(config('xe0', [], { enabled: false }));
    ip('link', 'set', 'xe1', 'up');
    ip('link', 'set', 'xe0', 'up');
    await soon(async () => (await shown('xe1'))?.adminUp).toBe(true);
    await soon(() => isTapUp('xe0')).toBe(false);
    expect((await shown('xe0'))?.adminUp).toBe(false);
    ip('link', 'set', 'xe1', 'down');
    await soon(async () => (await shown('xe1'))?.adminUp).toBe(false);
  });

  it('loses nothing when an interface goes down and up', async () => {
    const own = ['192.0.2.1/24', '2001:db8::1/64'];
    await start(config('xe0', own));
    ip('address', 'add', '2001:db8:9::1/64', 'dev', 'xe0');
    await soon(() => addressesOf('xe0')).toContain('2001:db8:9::1/64');
    for (let round = 0; round < 5; round++) {
      await interfaces.reconfigure(withInterfaces([config('xe0', own, { enabled: false })]));
      expect(isTapUp('xe0')).toBe(false);
      await interfaces.reconfigure(withInterfaces([config('xe0', own)]));
      await vpp.control({ command: 'link', interface: 'xe0', up: false });
      await vpp.control({ command: 'link', interface: 'xe0', up: true });
    }
    await quiet();
    expect(await shown('xe0')).toMatchObject({ adminUp: true, addresses: [...own, '2001:db8:9::1/64'] });
    const ofTap = withNetns(NETNS, () => listAddresses('xe0'));
    expect(ofTap.filter(({ tentative }) => tentative)).toEqual([]);
    expect(onTap('xe0')).toEqual(['192.0.2.1/24', '2001:db8:9::1/64', '2001:db8::1/64']);
  });

  it('brings a TAP up with its addresses, usable, after a crash of VPP', async () => {
    await start(config('xe0', ['192.0.2.1/24', '2001:db8::1/64']));
    // What a daemon hears, in its order.
    using monitor = await listen();
    await crash();
    await quiet();
    const seen = monitor.lines();
    // VPP makes it up, and sets it down before anything else: from there on it comes up once, whole.
    const ofTap = seen.filter((line) => /\bxe0\b/.test(line) && !line.startsWith('Deleted'));
    const isUp = (line: string): boolean => /<[^>]*\bUP\b/.test(line);
    const last = ofTap.findLastIndex((line) => /<[^>]*>/.test(line) && !isUp(line));
    const up = ofTap.findIndex((line, at) => at > last && isUp(line));
    const before = ofTap.slice(0, up);
    expect(up).toBeGreaterThan(last);
    expect(before.some((line) => line.includes('192.0.2.1/24'))).toBe(true);
    expect(before.some((line) => line.includes('2001:db8::1/64') && !line.includes('tentative'))).toBe(true);
    expect(await multicast()).not.toEqual([]);
  });

  it('does not take what went with a VPP for what somebody did', async () => {
    await start(config('xe0', ['192.0.2.1/24']));
    ip('link', 'set', 'xe0', 'down');
    await soon(async () => (await shown('xe0'))?.adminUp).toBe(false);
    await crash();
    await quiet();
    expect(await shown('xe0')).toMatchObject({ adminUp: true, addresses: ['192.0.2.1/24'] });
    expect(onTap('xe0')).toEqual(['192.0.2.1/24']);
  });

  it('takes what was done to TAPs of a VPP that went on without the appliance', async () => {
    const own = ['192.0.2.1/24'];
    await start(config('xe0', own), config('xe1'));
    interfaces.detach();
    host[Symbol.dispose]();
    await client[Symbol.asyncDispose]();
    ip('link', 'set', 'xe0', 'down');
    ip('address', 'add', '198.51.100.1/30', 'dev', 'xe1');
    client = await VppApiClient.connect(vpp.apiSocket);
    await start(config('xe0', own), config('xe1'));
    expect(await shown('xe0')).toMatchObject({ adminUp: false, addresses: own });
    expect(interfaces.status[0]).toMatchObject({ state: { state: 'ok' }, isSetDownInLinux: true });
    expect(isTapUp('xe0')).toBe(false);
    expect(await addressesOf('xe1')).toEqual(['198.51.100.1/30']);
    expect(errors).toEqual([]);
  });

  it('leaves what came from TAPs in VPP while their namespace cannot be read', async () => {
    await start(config('xe0', ['192.0.2.1/24', '203.0.113.1/24']));
    ip('address', 'add', '198.51.100.1/30', 'dev', 'xe0');
    await soon(() => addressesOf('xe0')).toContain('198.51.100.1/30');
    withVrfs.isReadable = false;
    await interfaces.reconfigure(withInterfaces([config('xe0', ['192.0.2.1/24'], { mtuBytes: 1400 })]));
    expect(await addressesOf('xe0')).toEqual(['192.0.2.1/24', '203.0.113.1/24', '198.51.100.1/30']);
    withVrfs.isReadable = true;
    ip('address', 'delete', '198.51.100.1/30', 'dev', 'xe0');
    await soon(() => addressesOf('xe0')).toEqual(['192.0.2.1/24']);
    expect(errors).toEqual([]);
  });

  it('says what all interfaces lack, and gives them the rest', async () => {
    await vpp.control({ command: 'error', message: 'ip_mroute_add_del', retval: -9 });
    await start(config('xe0', ['192.0.2.1/24']));
    expect(await shown('xe0')).toMatchObject({ adminUp: true, addresses: ['192.0.2.1/24'] });
    expect(interfaces.status.map(({ name, state }) => [name, state.state])).toContainEqual(['xe1', 'failed']);
    expect(interfaces.status[0]?.state).toMatchObject({
      reason: expect.stringMatching(/^multicast: .*UNIMPLEMENTED/),
    });
    await vpp.control({ command: 'clear' });
    await interfaces.reconcile();
    expect(interfaces.status[0]?.state).toEqual({ state: 'ok' });
    expect(await multicast()).not.toEqual([]);
  });

  describe('with a VRF', () => {
    const own = ['192.0.2.1/24', '2001:db8::1/64'];
    const indexOnLinux = (name: string): number =>
      withNetns(NETNS, () => listLinks()).find((link) => link.name === name)?.index ?? -1;
    /** As `ip link set NAME master VRF` would, or `nomaster`. */
    const setVrf = async (name: string, vrf?: string): Promise<void> => {
      const key = `${name} ${indexOnLinux(name)}`;
      if (vrf === undefined) withVrfs.members.delete(key);
      else withVrfs.members.set(key, vrf);
      await interfaces.reconcile();
    };
    const tables = async (): Promise<string[]> => {
      const { tables: all } = await state();
      const list = all as { family: number; id: number; name: string }[];
      return list.filter(({ id }) => id !== 0).map(({ family, id, name }) => `${family}/${id} ${name}`);
    };
    const acceptsIn = async (table: string, index: number | undefined): Promise<boolean> =>
      (await multicast()).includes(`${table} accept ${index}`);

    beforeEach(async () => {
      await start(config('xe0', own), config('xe1', ['198.51.100.1/24']));
      withVrfs.vrfs.set('red', { name: 'red', tableId: 100 });
    });

    it('moves interfaces into its table with all that they have, and out again', async () => {
      ip('address', 'add', '192.0.2.100/32', 'dev', 'xe0');
      await soon(() => addressesOf('xe0')).toContain('192.0.2.100/24');
      await setVrf('xe0', 'red');
      expect(await tables()).toEqual(['4/100 vrf red', '6/100 vrf red']);
      const xe0 = await shown('xe0');
      expect(xe0).toMatchObject({ tables: { 4: 100, 6: 100 }, adminUp: true, ipv6Enables: 1 });
      expect([...(xe0?.addresses ?? [])].sort()).toEqual([...own, '192.0.2.100/24'].sort());
      expect(onTap('xe0')).toEqual([...own, '192.0.2.100/32'].sort());
      const index = xe0?.swIfIndex;
      for (const [group, family] of [
        ['224.0.0.0/24', 4],
        ['ff02::/16', 6],
      ] as const) {
        expect(await multicast()).toContain(`${family}/100 ${group} local`);
        expect(await acceptsIn(`${family}/100 ${group}`, index)).toBe(true);
        expect(await acceptsIn(`${family}/0 ${group}`, index)).toBe(false);
        expect(await acceptsIn(`${family}/0 ${group}`, (await shown('xe1'))?.swIfIndex)).toBe(true);
      }
      expect(await broadcast(100)).toMatch(/dpo-receive/);
      // Neighbour discovery too.
      const accepts = (await state())['ipv6Accepts'] as string[];
      expect(accepts.filter((line) => line.endsWith(` ${index}`))).toEqual([`100 ${index}`]);
      expect(interfaces.status.find(({ name }) => name === 'xe0')).toMatchObject({ tableId: 100 });
      const connected = interfaces.connected.filter((one) => one.interface === 'xe0');
      expect(connected.map(({ tableId }) => tableId)).toEqual([100, 100, 100]);
      // In another table the same network is another one.
      ip('address', 'add', '192.0.2.77/24', 'dev', 'xe1');
      await soon(() => addressesOf('xe1')).toContain('192.0.2.77/24');
      ip('address', 'delete', '192.0.2.77/24', 'dev', 'xe1');
      await soon(() => addressesOf('xe1')).not.toContain('192.0.2.77/24');
      await setVrf('xe0');
      expect(await shown('xe0')).toMatchObject({ tables: { 4: 0, 6: 0 }, ipv6Enables: 1 });
      expect([...(await addressesOf('xe0'))].sort()).toEqual([...own, '192.0.2.100/24'].sort());
      expect(await tables()).toEqual([]);
      expect((await multicast()).filter((line) => line.includes('/100 '))).toEqual([]);
      expect(errors).toEqual([]);
    });

    it('of the configuration is made in Linux, gets its TAPs, and goes with its section', async () => {
      const own = ['192.0.2.1/24', '2001:db8::1/64'];
      const inGreen = {
        ...withInterfaces([config('xe0', own, { vrf: 'green' }), config('xe1')]),
        vrfs: [{ name: 'green', table: 300, line: 1 }],
      };
      await interfaces.reconfigure(inGreen);
      expect(errors).toEqual([]);
      expect(withVrfs.vrfs.get('green')).toEqual({ name: 'green', tableId: 300 });
      await soon(async () => (await shown('xe0'))?.tables).toEqual({ 4: 300, 6: 300 });
      expect((await shown('xe0'))?.addresses).toEqual(own);
      expect(
        host
          .read()
          ?.get('xe0')
          ?.addresses.map(({ address }) => address),
      ).toEqual(own.map((text) => text.split('/')[0]));
      expect(withVrfs.read()?.get('xe0')?.vrf?.name).toBe('green');
      // Its table has another number: a device cannot change its own.
      await interfaces.reconfigure({ ...inGreen, vrfs: [{ name: 'green', table: 301, line: 1 }] });
      await soon(async () => (await shown('xe0'))?.tables).toEqual({ 4: 301, 6: 301 });
      await interfaces.reconfigure(withInterfaces([config('xe0', own), config('xe1')]));
      await soon(async () => (await shown('xe0'))?.tables).toEqual({ 4: 0, 6: 0 });
      expect((await shown('xe0'))?.addresses).toEqual(own);
      expect(withVrfs.vrfs.has('green')).toBe(false);
      expect(errors).toEqual([]);
    });

    it('keeps its table while routes are in it, and only then', async () => {
      letGoOfTable = () => false;
      await setVrf('xe0', 'red');
      await setVrf('xe0');
      await quiet();
      expect(await tables()).toEqual(['4/100 vrf red', '6/100 vrf red']);
      expect((await multicast()).filter((line) => line.includes('/100 '))).toEqual([]);
      expect(await broadcast(100)).not.toMatch(/dpo-receive/);
      letGoOfTable = () => true;
      // It is looked at again by itself.
      await soon(tables).toEqual([]);
    });

    it('says when VPP refuses its table, and moves the interface when it does not any more', async () => {
      await vpp.control({ command: 'error', message: 'sw_interface_set_table', retval: -3 });
      await setVrf('xe0', 'red');
      expect(interfaces.status.find(({ name }) => name === 'xe0')?.state).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('NO_SUCH_FIB'),
      });
      expect(interfaces.status.find(({ name }) => name === 'xe1')?.state).toEqual({ state: 'ok' });
      await vpp.control({ command: 'clear' });
      await interfaces.reconcile();
      expect(await shown('xe0')).toMatchObject({ tables: { 4: 100, 6: 100 }, addresses: own, adminUp: true });
    });

    it('has a new TAP after a crash of VPP, before that is up', async () => {
      await setVrf('xe0', 'red');
      await crash();
      expect(withVrfs.enslaved).toEqual(['xe0 down red']);
      expect(await shown('xe0')).toMatchObject({ tables: { 4: 100, 6: 100 }, addresses: own, adminUp: true });
      expect(onTap('xe0')).toEqual(own);
      await setVrf('xe0');
      await crash();
      expect(withVrfs.enslaved.length).toBe(1);
      expect(await shown('xe0')).toMatchObject({ tables: { 4: 0, 6: 0 } });
      // One that is gone meanwhile is nobody's.
      await setVrf('xe0', 'red');
      withVrfs.vrfs.delete('red');
      await crash();
      expect(withVrfs.enslaved.length).toBe(1);
      expect(errors).toEqual([]);
    });
  });

  it('answers ARP for others where the TAP does', async () => {
    await start(config('xe0', ['192.0.2.1/24']), config('xe1', ['198.51.100.1/24']));
    expect((await state())['proxyRanges']).toEqual([]);
    // No other change is on its way that would have it read.
    await quiet();
    setProxyArp('xe0', true);
    await soon(async () => (await state())['proxyInterfaces']).toEqual(['xe0']);
    expect((await state())['proxyRanges']).toEqual([
      '0 1.0.0.0 126.255.255.255',
      '0 128.0.0.0 169.253.255.255',
      '0 169.255.0.0 192.0.1.255',
      '0 192.0.3.0 223.255.255.255',
    ]);
    // A host of its own network that is behind another interface: there are routes, and nobody tells of them.
    elsewhere = [{ family: 4, address: '192.0.2.77', length: 32 }];
    await soon(async () => (await state())['proxyRanges']).toContain('0 192.0.2.77 192.0.2.77');
    elsewhere = [];
    await soon(async () => (await state())['proxyRanges']).not.toContain('0 192.0.2.77 192.0.2.77');
    setProxyArp('xe0', false);
    await soon(async () => (await state())['proxyInterfaces']).toEqual([]);
    expect((await state())['proxyRanges']).toEqual([]);
  });

  it('is quiet when nothing happens', async () => {
    await start(config('xe0', ['192.0.2.1/24']));
    ip('address', 'add', '192.0.2.100/32', 'dev', 'xe0');
    await quiet();
    const before = await told();
    await interfaces.reconcile();
    await quiet();
    expect(await told()).toEqual(before);
  });

  describe('with TAPs that are held', () => {
    const own = ['192.0.2.1/24', '2001:db8::1/64'];
    const routes = ['route', 'add', '203.0.113.0/24', 'via', '192.0.2.9', 'proto', 'zebra'];
    const indexOf = (name: string): number | undefined =>
      withNetns(NETNS, () => listLinks()).find((link) => link.name === name)?.index;

    beforeEach(async () => {
      taps = new HeldTaps((message) => errors.push(message));
      await client[Symbol.asyncDispose]();
      await vpp[Symbol.asyncDispose]();
      // A NIC's link comes some time after the NIC is set up.
      vpp = await EmulatorProcess.start({ extraConf: CONF, faults: { wire: WIRE, linkMs: 400 } });
      client = await VppApiClient.connect(vpp.apiSocket);
    });

    it('has daemons see nothing of a crash: no link, no address, no route goes, and VPP gets all of it again', async () => {
      await start(
        config('xe0', own),
        config('loop0', ['10.0.0.1/32']),
        config('xe1', [], { enabled: false }),
      );
      ip('address', 'add', '192.0.2.100/32', 'dev', 'xe0');
      await soon(() => addressesOf('xe0')).toContain('192.0.2.100/24');
      await soon(() => ip('link', 'show', 'xe0')).toContain('LOWER_UP');
      ip(...routes);
      for (let life = 1; life <= 3; life++) {
        using monitor = await listen();
        await crash();
        await soon(() =>
          interfaces.status.slice(0, 3).map(({ hostInterface }) => hostInterface?.state),
        ).toEqual(Array.from({ length: 3 }, () => 'paired'));
        await quiet();
        // lcp-sync copies the virtual address with VPP's length, and this copy is taken off again.
        const ofTaps = monitor.lines().filter((line) => / (?:xe0|loop0)\b/.test(line));
        const seen = ofTaps.filter((line) => !line.includes('192.0.2.100/24'));
        expect(seen.filter((line) => /Deleted|state DOWN|NO-CARRIER|tentative/.test(line))).toEqual([]);
        expect(seen.filter((line) => /<[^>]*>/.test(line) && !/\bUP\b/.test(line))).toEqual([]);
        expect(seen.filter((line) => /mtu (?!1500)/.test(line))).toEqual([]);
        expect(ip('route', 'show', '203.0.113.0/24')).toMatch(/via 192\.0\.2\.9 dev xe0 proto zebra/);
        expect([...(await addressesOf('xe0'))].sort()).toEqual([...own, '192.0.2.100/24'].sort());
        expect(await shown('xe0')).toMatchObject({ adminUp: true, linkUp: true });
        expect(await shown('xe1')).toMatchObject({ adminUp: false });
        expect(isTapUp('xe1')).toBe(false);
        expect(await multicast()).toHaveLength(2 * (1 + 3));
      }
      expect(errors).toEqual([]);
    });

    it('takes what is done to them while there is no VPP', async () => {
      await start(config('xe0', own), config('xe1', ['198.51.100.1/24']));
      ip('address', 'add', '192.0.2.100/32', 'dev', 'xe0');
      await soon(() => addressesOf('xe0')).toContain('192.0.2.100/24');
      await crash(() => {
        ip('link', 'set', 'xe1', 'down');
        ip('address', 'delete', '192.0.2.100/32', 'dev', 'xe0');
        ip('address', 'add', '192.0.2.101/32', 'dev', 'xe0');
      });
      await soon(async () => [...(await addressesOf('xe0'))].sort()).toEqual(
        [...own, '192.0.2.101/24'].sort(),
      );
      await quiet();
      expect(await shown('xe1')).toMatchObject({ adminUp: false });
      expect(isTapUp('xe1')).toBe(false);
      ip('link', 'set', 'xe1', 'up');
      await soon(async () => (await shown('xe1'))?.adminUp).toBe(true);
    });

    it('answers ARP for others again after a crash of VPP', async () => {
      await start(config('xe0', own));
      setProxyArp('xe0', true);
      await soon(async () => (await state())['proxyInterfaces']).toEqual(['xe0']);
      const { proxyRanges } = await state();
      await crash();
      await soon(async () => (await state())['proxyInterfaces']).toEqual(['xe0']);
      expect((await state())['proxyRanges']).toEqual(proxyRanges);
      expect(proxyRanges).toContain('0 1.0.0.0 126.255.255.255');
      expect(errors).toEqual([]);
    });

    it('keeps a TAP whose cable is pulled up through a crash of VPP, with its addresses', async () => {
      await start(config('xe0', own));
      await soon(() => ip('link', 'show', 'xe0')).toContain('LOWER_UP');
      await vpp.control({ command: 'link', interface: 'xe0', up: false });
      await soon(() => ip('link', 'show', 'xe0')).toContain('NO-CARRIER');
      using monitor = await listen();
      await crash();
      await soon(() => interfaces.status[0]?.hostInterface).toMatchObject({ state: 'paired' });
      await quiet();
      const seen = monitor.lines().filter((line) => /\bxe0\b/.test(line));
      expect(seen.filter((line) => line.startsWith('Deleted'))).toEqual([]);
      expect(seen.filter((line) => /<[^>]*>/.test(line) && !/\bUP\b/.test(line))).toEqual([]);
      expect(onTap('xe0')).toEqual(own);
    });

    it('waits for the link of a NIC that had one, and not for ever', async () => {
      await start(config('xe0', own));
      await soon(() => ip('link', 'show', 'xe0')).toContain('LOWER_UP');
      interfaces.detach();
      await client[Symbol.asyncDispose]();
      await vpp.kill();
      await vpp.spawn();
      client = await VppApiClient.connect(vpp.apiSocket);
      await vpp.control({ command: 'link', interface: 'xe0', up: false });
      await interfaces.attach(client, 'restarted');
      expect(interfaces.status[0]?.hostInterface).toBeUndefined();
      expect(ip('link', 'show', 'xe0')).toContain('LOWER_UP');
      await soon(() => interfaces.status[0]?.hostInterface).toMatchObject({ state: 'paired' });
      expect(ip('link', 'show', 'xe0')).toContain('NO-CARRIER');
      expect(onTap('xe0')).toEqual(own);
    });

    it('lets one go with its interface, and all when the NICs go back to the kernel', async () => {
      await start(config('xe0', own), config('loop0'));
      const before = indexOf('xe0');
      await interfaces.reconfigure(withInterfaces([config('xe0', own)]));
      expect(indexOf('loop0')).toBeUndefined();
      await crash();
      await soon(() => interfaces.status[0]?.hostInterface).toMatchObject({ state: 'paired' });
      expect(indexOf('xe0')).toBe(before);
      expect(interfaces.hostInterfaces.get('xe0')).toBe('xe0');
      interfaces.detach();
      await client[Symbol.asyncDispose]();
      await vpp.kill();
      expect(interfaces.hostInterfaces.get('xe0')).toBe('xe0');
      taps?.[Symbol.dispose]();
      interfaces.detach();
      expect(interfaces.hostInterfaces.size).toBe(0);
      await soon(() => withNetns(NETNS, () => listLinks().map(({ name }) => name))).toEqual(['lo']);
    });
  });
});
