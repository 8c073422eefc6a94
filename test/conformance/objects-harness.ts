/**
 * A VPP with four Ethernet interfaces, `xe0` to `xe3`, and what the appliance makes of a configuration in it: on the
 * emulator, and with `VPP_BIN` on a real VPP, whose interfaces are memifs that bear these names by their tags.
 */
import { parseConfig } from '../../src/config/mod.ts';
import type { Config } from '../../src/config/types.ts';
import { VppInterfaces } from '../../src/interfaces/mod.ts';
import { KINDS } from '../../src/objects/kinds.ts';
import { Objects } from '../../src/objects/mod.ts';
import { interfacesOf } from '../../src/objects/objects.ts';
import type { Facts, ObjectStatus } from '../../src/objects/status.ts';
import { dumpInterfaces, markInterface, runCliInband, VppApiClient } from '../../src/vpp/api/mod.ts';
import { type ConformanceVpp, realVppBinary, startVpp } from './harness.ts';

const NICS = [0, 1, 2, 3];
const PCI = (n: number): string => `0000:03:00.${n}`;
const EMULATED = `dpdk { ${NICS.map((n) => `dev ${PCI(n)} { name xe${n} }`).join(' ')} }`;
const PLUGINS = [
  'dpdk',
  'memif',
  'lacp',
  'acl',
  'nat',
  'vxlan',
  'gre',
  'urpf',
  'mss_clamp',
  'tap',
  'linux_cp',
];
/** The NICs that the configurations of tests may refer to. */
export const NIC_SECTIONS = NICS.map((n) => `[vpp.dpdk.interface.${PCI(n)}]\nname = xe${n}\n`).join('');

export interface ObjectsVpp extends AsyncDisposable {
  readonly target: ConformanceVpp;
  readonly client: VppApiClient;
  readonly interfaces: VppInterfaces;
  /** Reasons of refusals since the last `apply`. */
  readonly errors: string[];
  /** Steps that were taken since the last `apply`. */
  readonly notices: string[];
  /** Brings VPP to a configuration, whose NICs are there already; resolves with the objects. */
  apply(ini: string, ofVpp?: string): Promise<readonly ObjectStatus[]>;
  /** The steps that are still needed: none after `apply`. */
  remaining(): Promise<string[]>;
  /** What VPP has, `KIND/NAME` with the attributes. */
  state(): Promise<Record<string, unknown>>;
}

/** Parses a configuration with the NICs, and keys of [vpp]; throws with what is wrong with it. */
export function objectsConfig(ini: string, ofVpp = ''): Config {
  return parsedConfig(`[vpp]\nenabled = true\n${ofVpp}\n${NIC_SECTIONS}${ini}`);
}

/** Parses a whole configuration; throws with what is wrong with it. */
export function parsedConfig(text: string): Config {
  const parsed = parseConfig(text, 'test.ini');
  if (!parsed.ok)
    throw new Error(parsed.problems.map(({ leaf, message }) => `${leaf}: ${message}`).join('\n'));
  return parsed.config;
}

/** What the objects of these kinds are doing, as `KIND/NAME`. */
export async function observe(
  { client }: ObjectsVpp,
  names: readonly string[],
): Promise<Record<string, Facts>> {
  const interfaces = interfacesOf(await dumpInterfaces(client));
  const all: Record<string, Facts> = {};
  for (const { name: kind, observe: look } of KINDS) {
    if (look === undefined || !names.includes(kind)) continue;
    for (const [name, facts] of await look(client, interfaces)) all[`${kind}/${name}`] = facts;
  }
  return all;
}

/** A VPP with the NICs, or with what `connectObjects` takes for them. */
export function startObjectsTarget(): Promise<ConformanceVpp> {
  const isReal = realVppBinary !== undefined;
  const plugins = `plugins { plugin default { disable } ${PLUGINS.map((name) => `plugin ${name}_plugin.so { enable }`).join(' ')} }`;
  return startVpp({
    extraConf: isReal ? plugins.replace('plugin dpdk_plugin.so { enable } ', '') : `${plugins}\n${EMULATED}`,
  });
}

/** A connection to such a VPP; the first one to a real VPP makes its NICs. */
export async function connectObjects(target: ConformanceVpp): Promise<VppApiClient> {
  const client = await VppApiClient.connect(target.apiSocket, { clientName: 'objects' });
  if (!target.isReal) return client;
  const memifs = async () =>
    (await dumpInterfaces(client)).filter(({ vppName }) => vppName.startsWith('memif0/'));
  if ((await memifs()).length > 0) return client;
  for (const n of NICS) await runCliInband(client, `create interface memif id ${n} master`);
  for (const { vppName, swIfIndex } of await memifs())
    await markInterface(client, swIfIndex, `xe${vppName.slice('memif0/'.length)}`);
  return client;
}

/** `isIdle`: the appliance leaves the VPP alone, for what VPP answers to single requests. */
export async function startObjects({ isIdle = false } = {}): Promise<ObjectsVpp> {
  const target = await startObjectsTarget();
  const client = await connectObjects(target);
  const errors: string[] = [];
  const notices: string[] = [];
  let config = objectsConfig('');
  const interfaces = new VppInterfaces({
    config,
    onChange: () => {},
    onError: (name, reason) => errors.push(`${name}: ${reason}`),
    onNotice: (message) => notices.push(message),
  });
  if (!isIdle) await interfaces.attach(client, 'first');
  const probe = new Objects({ config, onError: () => {}, onNotice: () => {} });
  probe.attach(client);
  return {
    target,
    client,
    interfaces,
    errors,
    notices,
    apply: async (ini, ofVpp) => {
      errors.length = notices.length = 0;
      config = objectsConfig(ini, ofVpp);
      await interfaces.reconfigure(config);
      return interfaces.objects.objects;
    },
    remaining: async () => (await probe.preview(client, config)).steps.map(({ words }) => words),
    state: async () => Object.fromEntries(await probe.actual(client)),
    [Symbol.asyncDispose]: async () => {
      interfaces.detach();
      await client[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
}
