/**
 * `vpp.lcp.follow`: VLAN devices that someone makes on TAPs, and what VPP (the emulator) has then. The TAPs are real links;
 * the VLAN devices are bridges in their place, since not every kernel has VLANs: what they are VLANs of is told here, as
 * `host-state.test.ts` reads it from the kernel's messages.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmulatorProcess } from '../emulator/emulator.ts';
import { parseConfig } from '../../src/config/mod.ts';
import type { Config } from '../../src/config/types.ts';
import { createNamedNetns, deleteNamedNetns, listLinks, withNetns } from '../../src/linux/mod.ts';
import { HeldTaps, type HostLink, HostNamespace, type HostState } from '../../src/mirror/mod.ts';
import { dumpInterfaces, lcpPairs, VppApiClient } from '../../src/vpp/api/mod.ts';
import { prepareControlNamespace } from '../../src/machine/kernel-settings.ts';
import { type Host, Mirror, VppInterfaces } from '../../src/interfaces/mod.ts';

const NETNS = `follow-${process.pid}`;
const WIRE = `follow-wire-${process.pid}`;
const CONF = `
plugins { plugin default { disable } plugin dpdk_plugin.so { enable } plugin linux_cp_plugin.so { enable } }
dpdk { dev 0000:03:00.0 { name xe0 } dev 0000:03:00.1 { name xe1 } }
linux-cp { default netns ${NETNS} lcp-sync }`;
const NICS = '[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n[vpp.dpdk.interface.0000:03:00.1]\nname = xe1\n';
const isPossible = process.getuid?.() === 0 && spawnSync('ip', ['-V']).status === 0;

/** The namespace, with devices that are VLANs here. */
class HostWithVlans implements Host {
  readonly #host: HostNamespace;
  /** The parent and the VLAN, by the name of the device. */
  readonly vlans = new Map<string, readonly [parent: string, id: number]>();

  constructor(host: HostNamespace) {
    this.#host = host;
  }

  get netns(): string {
    return this.#host.netns;
  }

  look = (): void => this.#host.look();

  read = (): HostState | undefined => {
    const state = this.#host.read();
    if (state === undefined) return undefined;
    const links = [...state.values()].map((link): HostLink => {
      const [parent = '', id = 0] = this.vlans.get(link.name) ?? [];
      const ifIndex = state.get(parent)?.ifIndex;
      return ifIndex === undefined ? link : { ...link, vlan: { parent: ifIndex, id, isDot1ad: false } };
    });
    return new Map(links.map((link) => [link.name, link]));
  };

  changeAddresses: Host['changeAddresses'] = (...given) => this.#host.changeAddresses(...given);
  enslave: Host['enslave'] = (...given) => this.#host.enslave(...given);
  release: Host['release'] = (...given) => this.#host.release(...given);
  createVrf: Host['createVrf'] = (...given) => this.#host.createVrf(...given);
  deleteLink: Host['deleteLink'] = (...given) => this.#host.deleteLink(...given);
  setMtu: Host['setMtu'] = (...given) => this.#host.setMtu(...given);
  setUp: Host['setUp'] = (...given) => this.#host.setUp(...given);
}

let vpp: EmulatorProcess;
let client: VppApiClient;
let host: HostNamespace;
let withVlans: HostWithVlans;
let interfaces: VppInterfaces;
let taps: HeldTaps;
let errors: string[];
let notices: string[];

function configOf(ini: string): Config {
  const parsed = parseConfig(`[vpp]\nenabled = true\n${NICS}${ini}`, 'test.ini');
  return parsed.ok ? parsed.config : expect.unreachable(JSON.stringify(parsed.problems));
}

async function start(ini: string, follows = true): Promise<void> {
  host = new HostNamespace({
    netns: NETNS,
    prepare: prepareControlNamespace,
    onChange: () => interfaces.hostChanged(),
    onError: (message) => errors.push(message),
  });
  withVlans = new HostWithVlans(host);
  const onNotice = (message: string): void => void notices.push(message);
  interfaces = new VppInterfaces({
    config: configOf(ini),
    lcp: { netns: NETNS, isSync: true, nics: ['xe0', 'xe1'] },
    mirror: new Mirror({ host: withVlans, taps, isSync: true, follows, onNotice }),
    onChange: () => {},
    onError: (name, reason) => errors.push(`${name}: ${reason}`),
    onNotice,
  });
  await interfaces.attach(client, 'first');
}

function ip(...args: string[]): void {
  withNetns(NETNS, () => execFileSync('ip', args));
}

/** `ip link add link PARENT name NAME type vlan id ID`, and `ip link set NAME up`. */
function addVlan(parent: string, name: string, id: number): void {
  withVlans.vlans.set(name, [parent, id]);
  ip('link', 'add', 'name', name, 'type', 'bridge');
  ip('link', 'set', name, 'up');
}

/** The sub-interfaces of VPP, with their tags, their state, and their devices in Linux. */
async function subs(): Promise<string[]> {
  const [all, pairs] = await Promise.all([dumpInterfaces(client), lcpPairs(client)]);
  const hosts = new Set(pairs.map(({ hostSwIfIndex }) => hostSwIfIndex));
  return all
    .filter(({ sub, swIfIndex, supSwIfIndex }) => {
      return sub !== undefined && !hosts.has(swIfIndex) && !hosts.has(supSwIfIndex);
    })
    .map(({ name, sub, adminUp, swIfIndex }) => {
      const pair = pairs.find(({ phySwIfIndex }) => phySwIfIndex === swIfIndex);
      const link = withNetns(NETNS, () => listLinks()).find(({ index }) => index === pair?.vifIndex);
      const tags = `${sub?.outer}${sub?.tags === 2 ? `.${sub.inner}` : ''}`;
      return `${name} ${tags} ${adminUp ? 'up' : 'down'} ${link?.name ?? 'no device'}`;
    })
    .sort();
}

const soon = <T>(probe: () => T) => expect.poll(probe, { timeout: 20_000 });
const addressesOf = (name: string): readonly string[] | undefined =>
  interfaces.status.find((one) => one.name === name)?.addresses;
const hasLink = (name: string): boolean =>
  withNetns(NETNS, () => listLinks()).some((link) => link.name === name);

describe.skipIf(!isPossible)('VLAN devices in Linux', () => {
  beforeEach(async () => {
    for (const netns of [NETNS, WIRE]) createNamedNetns(netns);
    vpp = await EmulatorProcess.start({ extraConf: CONF, faults: { wire: WIRE } });
    client = await VppApiClient.connect(vpp.apiSocket);
    errors = [];
    notices = [];
    taps = new HeldTaps((message) => errors.push(message));
  });
  afterEach(async () => {
    taps[Symbol.dispose]();
    interfaces.detach();
    host[Symbol.dispose]();
    await client[Symbol.asyncDispose]();
    await vpp[Symbol.asyncDispose]();
    for (const netns of [NETNS, WIRE]) deleteNamedNetns(netns);
  });

  it('become sub-interfaces with what is given to them, and go with them; none of it is drift', async () => {
    await start('[interface.xe0]\n[interface.xe1]\n');
    addVlan('xe0', 'xe0.100', 100);
    ip('address', 'add', '192.0.2.1/24', 'dev', 'xe0.100');
    addVlan('xe1', 'office', 7);
    addVlan('office', 'inner', 8);
    await soon(subs).toEqual(['xe0.100 100 up xe0.100', 'xe1.7 7 up office', 'xe1.70008 7.8 up inner']);
    await soon(() => addressesOf('xe0.100')).toEqual(['192.0.2.1/24']);
    await interfaces.reconcile();
    ip('link', 'set', 'office', 'down');
    await soon(subs).toContain('xe1.7 7 down office');
    for (const name of ['inner', 'office', 'xe0.100']) ip('link', 'delete', name);
    await soon(subs).toEqual([]);
    await interfaces.reconcile();
    expect(interfaces.objects).toMatchObject({ objects: [], drifts: 0 });
    expect(errors).toEqual([]);
  });

  it('are nothing to VPP where it is not to follow', async () => {
    await start('[interface.xe0]\n', false);
    addVlan('xe0', 'xe0.100', 100);
    await interfaces.reconcile();
    expect(await subs()).toEqual([]);
  });

  it('have their sub-interfaces again after a crash of VPP, and stay up meanwhile', async () => {
    await start('[interface.xe0]\naddresses = 198.51.100.1/24\n');
    addVlan('xe0', 'xe0.100', 100);
    ip('address', 'add', '192.0.2.1/24', 'dev', 'xe0.100');
    await soon(() => addressesOf('xe0.100')).toEqual(['192.0.2.1/24']);
    interfaces.detach();
    await client[Symbol.asyncDispose]();
    await vpp.kill();
    await vpp.spawn();
    client = await VppApiClient.connect(vpp.apiSocket);
    await interfaces.attach(client, 'restarted');
    expect(await subs()).toEqual(['xe0.100 100 up xe0.100']);
    expect(addressesOf('xe0.100')).toEqual(['192.0.2.1/24']);
    expect(errors).toEqual([]);
  });

  it('are taken over as they are by a configuration that names them, and then are its own', async () => {
    await start('[interface.xe0]\n');
    addVlan('xe0', 'xe0.100', 100);
    await soon(subs).toEqual(['xe0.100 100 up xe0.100']);
    const indexOf = () => interfaces.indexOf('xe0.100');
    await soon(indexOf).toBeDefined();
    const before = indexOf();
    const next = configOf('[interface.xe0]\n[interface.xe0.100]\naddresses = 192.0.2.9/24\n');
    const words = (await interfaces.preview(next))?.map((step) => step.words) ?? [];
    expect(words.filter((one) => /create|delete/.test(one))).toEqual([]);
    await interfaces.reconfigure(next);
    expect([await subs(), indexOf()]).toEqual([['xe0.100 100 up xe0.100'], before]);
    await interfaces.reconfigure(configOf('[interface.xe0]\n'));
    expect(await subs()).toEqual([]);
    expect(hasLink('xe0.100')).toBe(false);
    await interfaces.reconcile();
    expect(await subs()).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('stay in the plan of another configuration, unless it has their VLAN itself', async () => {
    await start('[interface.xe0]\n');
    addVlan('xe0', 'xe0.100', 100);
    await soon(subs).toEqual(['xe0.100 100 up xe0.100']);
    const stepsOf = async (ini: string): Promise<string[]> =>
      ((await interfaces.preview(configOf(ini))) ?? []).map(({ words }) => words);
    expect((await stepsOf('[interface.xe0]\nmtu = 2000\n')).filter((one) => /xe0\.100/.test(one))).toEqual(
      [],
    );
    expect(await stepsOf('[interface.xe0]\n[interface.xe0.7]\nvlan = 100\n')).toEqual(
      expect.arrayContaining(['delete xe0.100', 'create xe0.7 (dot1q 100)']),
    );
  });

  it('that are deleted and made again at once keep their addresses', async () => {
    await start('[interface.xe0]\n');
    addVlan('xe0', 'xe0.100', 100);
    await soon(subs).toEqual(['xe0.100 100 up xe0.100']);
    ip('link', 'delete', 'xe0.100');
    addVlan('xe0', 'xe0.100', 100);
    ip('address', 'add', '192.0.2.1/24', 'dev', 'xe0.100');
    await soon(() => addressesOf('xe0.100')).toEqual(['192.0.2.1/24']);
    await soon(subs).toEqual(['xe0.100 100 up xe0.100']);
    expect(errors).toEqual([]);
  });

  it('are reported when VPP cannot have them', async () => {
    await start('[interface.xe0]\n[interface.xe0.7]\nvlan = 100\n');
    addVlan('xe0', 'other', 100);
    await soon(() => notices).toContain(
      'other of Linux has no sub-interface in VPP: its frames are those of xe0.7 in the configuration',
    );
  });
});
