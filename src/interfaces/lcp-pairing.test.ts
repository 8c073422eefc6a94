import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmulatorProcess } from '../../test/emulator/emulator.ts';
import { parseConfig, parsePrefix } from '../config/mod.ts';
import type { Config, InterfaceConfig } from '../config/types.ts';
import { addDelAddress, lcpPairAdd, setInterfaceFlags, swIfIndex, VppApiClient } from '../vpp/api/mod.ts';
import { type LcpSettings, VppInterfaces } from './mod.ts';
import { interfaceConfig } from '../config/interface-config.ts';
import { withInterfaces } from '../config/with-interfaces.fixture.ts';

const NIC = 'dpdk { dev 0000:03:00.0 { name xe0 } dev 0000:03:00.1 { name xe1 } dev 0000:04:00.0 }';
const PLUGINS =
  'plugins { plugin default { disable } plugin dpdk_plugin.so { enable } plugin linux_cp_plugin.so { enable } }';
const LCP = 'linux-cp { default netns dataplane lcp-sync }';
const SETTINGS: LcpSettings = { netns: 'dataplane', isSync: true, nics: ['xe0', 'xe1'] };

interface Pair {
  readonly hostIfName: string;
  readonly netns: string;
  readonly linux: { readonly isUp: boolean; readonly mtu: number; readonly addresses: readonly string[] };
}

function config(name: string, at: string[] = []): InterfaceConfig {
  const addresses = at.map((text) => parsePrefix(text)!);
  return interfaceConfig({ name, addresses });
}

function parsed(ini: string): { readonly config: Config } {
  const result = parseConfig(ini, 'test.ini');
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result;
}

let vpp: EmulatorProcess;
let client: VppApiClient;
let interfaces: VppInterfaces;
let errors: string[];
let changes: string[][];
let notices: string[];

async function connect(extraConf = `${PLUGINS}\n${NIC}\n${LCP}`, namespaces = ['dataplane']): Promise<void> {
  vpp = await EmulatorProcess.start({ extraConf, faults: { namespaces } });
  client = await VppApiClient.connect(vpp.apiSocket);
}

async function start(configs: InterfaceConfig[], lcp: LcpSettings | 'disabled' = SETTINGS): Promise<void> {
  interfaces = new VppInterfaces({
    config: withInterfaces(configs),
    lcp: lcp === 'disabled' ? undefined : lcp,
    onChange: () => {},
    onError: (name, reason) => errors.push(`${name}: ${reason}`),
    onNotice: (message) => notices.push(message),
    onHostInterfaces: () => changes.push([...interfaces.hostInterfaces.keys()]),
  });
  await interfaces.attach(client, 'first');
}

async function pairs(): Promise<Record<string, Pair['linux']>> {
  const { pairs: all } = await vpp.control({ command: 'state' });
  return Object.fromEntries((all as Pair[]).map((pair) => [`${pair.netns}/${pair.hostIfName}`, pair.linux]));
}

async function received(message: string): Promise<number> {
  const { received: counts } = await vpp.control({ command: 'state' });
  return (counts as Record<string, number>)[message] ?? 0;
}

function hostOf(name: string): unknown {
  return interfaces.status.find((one) => one.name === name)?.hostInterface;
}

beforeEach(() => {
  errors = [];
  changes = [];
  notices = [];
});
afterEach(async () => {
  interfaces.detach();
  await client[Symbol.asyncDispose]();
  await vpp[Symbol.asyncDispose]();
});

describe('TAPs in Linux', () => {
  it('are made for NICs and for configured interfaces, with addresses, MTU and state, and for nothing else', async () => {
    await connect();
    await start([config('xe0', ['192.0.2.1/24', '2001:db8::1/64']), config('loop0', ['198.51.100.1/32'])]);
    expect(await pairs()).toEqual({
      'dataplane/xe0': { isUp: true, mtu: 1500, addresses: ['192.0.2.1/24', '2001:db8::1/64'] },
      'dataplane/xe1': { isUp: false, mtu: 1500, addresses: [] },
      'dataplane/loop0': { isUp: true, mtu: 1500, addresses: ['198.51.100.1/32'] },
    });
    expect(hostOf('xe0')).toEqual({ state: 'paired', name: 'xe0', netns: 'dataplane' });
    expect(hostOf('xe1')).toEqual({ state: 'paired', name: 'xe1', netns: 'dataplane' });
    expect(hostOf('GigabitEthernet4/0/0')).toBeUndefined();
    expect(hostOf('tap4096')).toBeUndefined();
    expect(Object.fromEntries(interfaces.hostInterfaces)).toEqual({ loop0: 'loop0', xe0: 'xe0', xe1: 'xe1' });
    expect(errors).toEqual([]);
  });

  it('are left out with lcp = false, for VLANs too, and made when that goes', async () => {
    await connect();
    const { config: without } = parsed(`
[vpp]
enabled = true
[vpp.dpdk.interface.0000:03:00.0]
name = xe0
[interface.xe0]
lcp = false
[interface.xe0.7]
[interface.loop0]
`);
    await start([config('xe0'), config('xe0.7')]);
    expect(Object.keys(await pairs())).toContain('dataplane/xe0.7');
    await interfaces.reconfigure(without);
    expect(errors).toEqual([]);
    expect(Object.keys(await pairs()).sort()).toEqual(['dataplane/loop0', 'dataplane/xe1']);
    expect(hostOf('xe0')).toBeUndefined();
    expect(hostOf('xe0.7')).toBeUndefined();
    await interfaces.reconfigure(withInterfaces([config('xe0'), config('xe0.7')]));
    expect(Object.keys(await pairs()).sort()).toEqual(['dataplane/xe0', 'dataplane/xe0.7', 'dataplane/xe1']);
  });

  it('are TUNs for tunnels without Ethernet', async () => {
    await connect();
    const { config: tunnels } = parsed(`
[gre.gre0]
source = 192.0.2.1
destination = 203.0.113.1
[gre.wire]
source = 192.0.2.1
destination = 203.0.113.1
type = teb
[interface.gre0]
addresses = 198.51.100.1/30
[interface.wire]
`);
    await start([]);
    await interfaces.reconfigure(tunnels);
    expect(errors).toEqual([]);
    expect(hostOf('gre0')).toEqual({ state: 'paired', name: 'gre0', netns: 'dataplane' });
    const { pairs: all } = await vpp.control({ command: 'state' });
    expect(all).toContainEqual(
      expect.objectContaining({
        hostIfName: 'gre0',
        hostType: 1,
        linux: { isUp: true, mtu: 1476, addresses: ['198.51.100.1/30'] },
      }),
    );
    expect(all).toContainEqual(expect.objectContaining({ hostIfName: 'wire', hostType: 0 }));
    await interfaces.reconfigure(withInterfaces([]));
    expect(Object.keys(await pairs()).sort()).toEqual(['dataplane/xe0', 'dataplane/xe1']);
  });

  it('are made once, are removed with their interface, and each change is reported', async () => {
    await connect();
    await start([config('xe0'), config('loop0'), config('loop1')]);
    await interfaces.reconcile();
    await interfaces.reconcile();
    expect(await received('lcp_itf_pair_add_del_v2')).toBe(4);
    await interfaces.reconfigure(withInterfaces([config('loop1')]));
    // xe0 is a NIC, and keeps its TAP; loop0 is deleted, and loop1 stays.
    expect(Object.keys(await pairs()).sort()).toEqual(['dataplane/loop1', 'dataplane/xe0', 'dataplane/xe1']);
    expect(changes.map((names) => names.length)).toEqual([4, 3]);
    expect(interfaces.hostInterfaces.has('loop0')).toBe(false);
    interfaces.detach();
    expect(changes.at(-1)).toEqual([]);
  });

  it('are removed from an interface that VPP keeps when it leaves the configuration', async () => {
    await connect();
    await start([config('xe0'), config('xe1')], { ...SETTINGS, nics: ['xe1'] });
    await interfaces.reconfigure(withInterfaces([config('xe1')]));
    expect(Object.keys(await pairs())).toEqual(['dataplane/xe1']);
    expect(hostOf('xe0')).toBeUndefined();
  });

  it('are found again after a broken connection, and made again by a new VPP', async () => {
    await connect();
    await start([config('xe0', ['192.0.2.1/24'])]);
    interfaces.detach();
    await client[Symbol.asyncDispose]();
    client = await VppApiClient.connect(vpp.apiSocket);
    await interfaces.attach(client, 'reconnected');
    expect(await received('lcp_itf_pair_add_del_v2')).toBe(2);
    expect([...interfaces.hostInterfaces.keys()].sort()).toEqual(['xe0', 'xe1']);
    interfaces.detach();
    await client[Symbol.asyncDispose]();
    await vpp.kill();
    await vpp.spawn();
    client = await VppApiClient.connect(vpp.apiSocket);
    await interfaces.attach(client, 'restarted');
    expect((await pairs())['dataplane/xe0']?.addresses).toEqual(['192.0.2.1/24']);
  });

  it('get the addresses that VPP had before them', async () => {
    await connect();
    const xe0 = swIfIndex(1);
    await addDelAddress(client, xe0, { family: 4, address: '192.0.2.1', length: 24 }, true);
    await setInterfaceFlags(client, xe0, { adminUp: true });
    await start([config('xe0', ['192.0.2.1/24'])]);
    expect((await pairs())['dataplane/xe0']).toEqual({ isUp: true, mtu: 1500, addresses: ['192.0.2.1/24'] });
  });

  it('are refused with a reason where the namespace is missing, reported once, and retried', async () => {
    await connect(undefined, []);
    await start([config('xe0', ['192.0.2.1/24'])], { ...SETTINGS, netns: 'nowhere', nics: [] });
    await interfaces.reconcile();
    expect(hostOf('xe0')).toEqual({
      state: 'failed',
      reason: expect.stringMatching(/SYSCALL_ERROR_2, -12\): namespace nowhere does not exist/),
    });
    expect(errors).toEqual([
      expect.stringMatching(/^xe0: it has no TAP in Linux: .* namespace nowhere does not exist/),
    ]);
    expect(await received('lcp_itf_pair_add_del_v2')).toBeGreaterThan(1);
    // The rest of the interface does not wait for it.
    expect(interfaces.status[0]).toMatchObject({ state: { state: 'ok' }, addresses: ['192.0.2.1/24'] });
  });

  it('are reported missing without asking VPP, where the plugin is not loaded', async () => {
    await connect(`plugins { plugin default { disable } plugin dpdk_plugin.so { enable } }\n${NIC}`);
    await start([config('xe0')]);
    await interfaces.reconcile();
    expect(hostOf('xe0')).toEqual({
      state: 'failed',
      reason: expect.stringContaining('plugin that owns it'),
    });
    expect(interfaces.status[0]?.state).toEqual({ state: 'ok' });
    expect(errors.length).toBe(2);
    expect([...interfaces.hostInterfaces]).toEqual([]);
  });

  it('of others stay as they are, and are reported', async () => {
    await connect();
    await lcpPairAdd(client, swIfIndex(1), { hostIfName: 'uplink', netns: 'dataplane' });
    await start([config('xe0')]);
    expect(Object.keys(await pairs()).sort()).toEqual(['dataplane/uplink', 'dataplane/xe1']);
    expect(hostOf('xe0')).toEqual({ state: 'failed', reason: expect.stringContaining('"uplink"') });
    expect(interfaces.hostInterfaces.get('uplink')).toBe('xe0');
  });

  it('do not exist where vpp.lcp is disabled', async () => {
    await connect();
    await start([config('xe0')], 'disabled');
    expect(await pairs()).toEqual({});
    expect(await received('lcp_itf_pair_get')).toBe(0);
    expect(hostOf('xe0')).toBeUndefined();
  });

  it('are refused by a 26.06 without its tap plugin, made by one with it, and both are reported', async () => {
    const of = (plugins: string) => `${plugins}\n${NIC}\n${LCP}`;
    const faults = { version: '26.06-release', namespaces: ['dataplane'] };
    vpp = await EmulatorProcess.start({ extraConf: of(PLUGINS), faults });
    client = await VppApiClient.connect(vpp.apiSocket);
    await start([config('xe0')]);
    // xe1 has no section.
    for (const name of ['xe0', 'xe1']) {
      expect(hostOf(name)).toEqual({
        state: 'failed',
        reason: expect.stringMatching(/FEATURE_DISABLED, -30/),
      });
    }
    interfaces.detach();
    await client[Symbol.asyncDispose]();
    await vpp[Symbol.asyncDispose]();
    const plugins = PLUGINS.replace('plugin linux_cp', 'plugin tap_plugin.so { enable } plugin linux_cp');
    vpp = await EmulatorProcess.start({ extraConf: of(plugins), faults });
    client = await VppApiClient.connect(vpp.apiSocket);
    await start([config('xe0')]);
    expect(hostOf('xe1')).toMatchObject({ state: 'paired', name: 'xe1' });
  });

  it('are reported missing where VPP confirms and lists none', async () => {
    await connect();
    // Confirmed, and not carried out.
    await vpp.control({ command: 'error', message: 'lcp_itf_pair_add_del_v2', retval: 0 });
    await start([config('xe0')]);
    expect(hostOf('xe0')).toEqual({ state: 'failed', reason: 'VPP lists no pair for it' });
  });

  it.each([
    [
      '25.02-release',
      '',
      [],
      /^VPP does not pass to Linux.*LLDP \(VPP 25\.06 and later do\), IS-IS \(VPP 25/,
    ],
    ['26.06-release', '', ['ethertype 88cc'], /^VPP does not pass to Linux: IS-IS \(.*-30.*\)$/],
    [
      '26.06-release',
      'plugin ppp_plugin.so { enable } plugin osi_plugin.so { enable }',
      ['ethertype 88cc', 'osi 82', 'osi 83'],
      undefined,
    ],
  ])('get LLDP and IS-IS where VPP %s can pass them (%s)', async (version, more, passed, notice) => {
    const plugins = PLUGINS.replace(
      'plugin linux_cp',
      `${more} plugin tap_plugin.so { enable } plugin linux_cp`,
    );
    const faults = { version, namespaces: ['dataplane'] };
    const extraConf = `${plugins}\n${NIC}\n${LCP}`;
    vpp = await EmulatorProcess.start({ extraConf, faults });
    client = await VppApiClient.connect(vpp.apiSocket);
    await start([config('xe0')]);
    await interfaces.reconcile();
    expect((await vpp.control({ command: 'state' }))['passedProtocols']).toEqual(passed);
    expect(notices).toEqual(notice === undefined ? [] : [expect.stringMatching(notice)]);
    expect(hostOf('xe0')).toMatchObject({ state: 'paired' });
  });

  it('leaves the sub-interfaces alone that VPP makes on TAPs for the pairs of sub-interfaces', async () => {
    await connect();
    const ini = `[vpp]
enabled = true
[vpp.lcp]
auto-subint = false
[vpp.dpdk.interface.0000:03:00.0]
name = xe0
[interface.xe0.100]
addresses = 192.0.2.1/24
`;
    const parsed = parseConfig(ini, 'test.ini');
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    interfaces = new VppInterfaces({
      config: parsed.config,
      lcp: { ...SETTINGS, nics: ['xe0'] },
      onChange: () => {},
      onError: (name, reason) => errors.push(`${name}: ${reason}`),
      onNotice: (message) => notices.push(message),
    });
    await interfaces.attach(client, 'first');
    for (let run = 0; run < 3; run++) await interfaces.reconcile();
    expect(notices.filter((notice) => !notice.startsWith('VPP does not pass'))).toEqual([
      'create xe0.100 (dot1q 100)',
    ]);
    expect(interfaces.objects.drifts).toBe(0);
    expect(interfaces.status.map(({ name }) => name)).toContain('tap4096.100');
    expect(errors).toEqual([]);
  });
});
