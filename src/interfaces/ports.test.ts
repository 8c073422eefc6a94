/** Interfaces that carry the frames of others, with TAPs: on the emulator. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EmulatorProcess } from '../../test/emulator/emulator.ts';
import { parseConfig } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { dumpInterfaces, lcpPairs, VppApiClient } from '../vpp/api/mod.ts';
import { VppInterfaces } from './mod.ts';

const NETNS = 'ports';
const CONF = [
  'plugins { plugin default { disable } plugin dpdk_plugin.so { enable } plugin lacp_plugin.so { enable }',
  'plugin linux_cp_plugin.so { enable } plugin tap_plugin.so { enable } }',
  'dpdk { dev 0000:03:00.0 { name xe0 } dev 0000:03:00.1 { name xe1 } }',
  `linux-cp { default netns ${NETNS} lcp-sync }`,
].join('\n');
const NICS = '[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n[vpp.dpdk.interface.0000:03:00.1]\nname = xe1\n';

let vpp: EmulatorProcess;
let client: VppApiClient;
let interfaces: VppInterfaces;
let errors: string[];

function configOf(ini: string): Config {
  const parsed = parseConfig(NICS + ini, 'test.ini');
  return parsed.ok ? parsed.config : expect.unreachable(JSON.stringify(parsed.problems));
}

beforeEach(async () => {
  vpp = await EmulatorProcess.start({ extraConf: CONF, faults: { namespaces: [NETNS] } });
  client = await VppApiClient.connect(vpp.apiSocket);
  errors = [];
  interfaces = new VppInterfaces({
    config: configOf(''),
    lcp: { netns: NETNS, isSync: true, nics: ['xe0', 'xe1'] },
    onChange: () => {},
    onError: (name, reason) => errors.push(`${name}: ${reason}`),
  });
  await interfaces.attach(client, 'first');
});
afterEach(async () => {
  interfaces.detach();
  await client[Symbol.asyncDispose]();
  await vpp[Symbol.asyncDispose]();
});

/** The names of the TAPs, and the interfaces of VPP that they belong to. */
async function taps(): Promise<string[]> {
  const names = new Map((await dumpInterfaces(client)).map((one) => [one.swIfIndex, one.name]));
  return (await lcpPairs(client))
    .map(({ hostIfName, phySwIfIndex }) => `${hostIfName} of ${names.get(phySwIfIndex)}`)
    .sort();
}

test('a NIC loses its TAP when it becomes a member, and has it again afterwards; the bond has one', async () => {
  expect(await taps()).toEqual(['xe0 of xe0', 'xe1 of xe1']);
  await interfaces.reconfigure(
    configOf('[bond.bond0]\nmembers = xe1\n[interface.bond0]\nmtu = 9000\n[interface.bond0.7]\n'),
  );
  expect(errors).toEqual([]);
  expect(await taps()).toEqual(['bond0 of bond0', 'bond0.7 of bond0.7', 'xe0 of xe0']);
  const find = async (name: string) => (await dumpInterfaces(client)).find((one) => one.name === name);
  expect(await find('xe1')).toMatchObject({ adminUp: true, mtuBytes: { l3: 9000 } });
  await interfaces.reconcile();
  expect(await taps()).toEqual(['bond0 of bond0', 'bond0.7 of bond0.7', 'xe0 of xe0']);
  await interfaces.reconfigure(configOf(''));
  expect(errors).toEqual([]);
  expect(await taps()).toEqual(['xe0 of xe0', 'xe1 of xe1']);
  // As a start without the bond would leave it.
  expect(await find('xe1')).toMatchObject({ adminUp: false, mtuBytes: { l3: 1500 } });
});

test('a bond that was without members gets its TAP anew with the first, whose MAC address it has', async () => {
  const rest = '[interface.xe9]\n[interface.bond0]\n[interface.bond0.7]\n';
  await interfaces.reconfigure(configOf(`${rest}[bond.bond0]\nmembers = xe9\n`));
  const links = async () => new Map((await lcpPairs(client)).map((one) => [one.hostIfName, one.vifIndex]));
  const before = await links();
  await interfaces.reconfigure(configOf(`${rest}[bond.bond0]\nmembers = xe1, xe9\n`));
  const after = await links();
  expect([...after.keys()].sort()).toEqual(['bond0', 'bond0.7', 'xe0']);
  for (const name of ['bond0', 'bond0.7']) expect(after.get(name), name).not.toBe(before.get(name));
  expect(after.get('xe0')).toBe(before.get('xe0'));
  await interfaces.reconcile();
  expect(await links()).toEqual(after);
});

test('ports of bridges and cross-connects have no TAPs, the bridge has one', async () => {
  await interfaces.reconfigure(
    configOf(
      '[interface.xe0]\n[interface.xe0.5]\n[interface.xe0.6]\n[interface.xe0.7]\n[bridge.br0]\nmembers = xe1, xe0.5\n[interface.br0]\n[cross-connect.w]\ninterfaces = xe0.6, xe0.7\n',
    ),
  );
  expect(errors).toEqual([]);
  expect(await taps()).toEqual(['br0 of br0', 'xe0 of xe0']);
  const up = (await dumpInterfaces(client)).filter(({ adminUp }) => adminUp).map(({ name }) => name);
  expect(up).toEqual(expect.arrayContaining(['br0', 'xe0', 'xe0.5', 'xe0.6', 'xe0.7', 'xe1']));
  await interfaces.reconfigure(configOf(''));
  expect(errors).toEqual([]);
  expect(await taps()).toEqual(['xe0 of xe0', 'xe1 of xe1']);
});
