import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmulatorProcess } from '../../test/emulator/emulator.ts';
import { parsePrefix } from '../config/mod.ts';
import type { InterfaceConfig } from '../config/types.ts';
import { VppApiClient } from '../vpp/api/mod.ts';
import { VppInterfaces } from './mod.ts';
import { interfaceConfig } from '../config/interface-config.ts';
import { withInterfaces } from '../config/with-interfaces.fixture.ts';

const NIC = 'dpdk { dev 0000:03:00.0 { name xe0 } dev 0000:03:00.1 { name xe1 } }';
const PLUGINS = 'plugins { plugin default { disable } plugin dpdk_plugin.so { enable } }';

interface Shown {
  readonly name: string;
  readonly adminUp: boolean;
  readonly mtu: readonly number[];
  readonly linkMtu: number;
  readonly mpls: boolean;
  readonly addresses: readonly string[];
}

function config(name: string, more: Partial<InterfaceConfig> & { at?: string[] } = {}): InterfaceConfig {
  const { at = [], ...rest } = more;
  const addresses = at.map((text) => parsePrefix(text)!);
  return interfaceConfig({ name, addresses, ...rest });
}

let vpp: EmulatorProcess;
let client: VppApiClient;
let interfaces: VppInterfaces;
let errors: string[];

beforeEach(async () => {
  vpp = await EmulatorProcess.start({ extraConf: `${PLUGINS}\n${NIC}` });
  client = await VppApiClient.connect(vpp.apiSocket);
  errors = [];
});
afterEach(async () => {
  interfaces.detach();
  await client[Symbol.asyncDispose]();
  await vpp[Symbol.asyncDispose]();
});

async function start(...configs: InterfaceConfig[]): Promise<void> {
  interfaces = new VppInterfaces({
    config: withInterfaces(configs),
    onChange: () => {},
    onError: (name, reason) => errors.push(`${name}: ${reason}`),
  });
  await interfaces.attach(client, 'first');
}

async function shown(name: string): Promise<Shown | undefined> {
  const { interfaces: all } = await vpp.control({ command: 'state' });
  return (all as Shown[]).find((one) => one.name === name);
}

async function received(message: string): Promise<number> {
  const { received: counts } = await vpp.control({ command: 'state' });
  return (counts as Record<string, number>)[message] ?? 0;
}

/** Events of VPP trigger one more run; waits until it is quiet. */
async function quiet(): Promise<void> {
  await sleep(100);
  await interfaces.reconcile();
}

describe('VppInterfaces', () => {
  it('changes addresses, MTU, MPLS and admin state of an interface, and sends only what differs', async () => {
    await start(config('xe0', { at: ['192.0.2.1/24', '2001:db8::1/64'], mtuBytes: 1500, mpls: true }));
    expect(await shown('xe0')).toMatchObject({
      adminUp: true,
      mtu: [1500, 0, 0, 0],
      mpls: true,
      addresses: ['192.0.2.1/24', '2001:db8::1/64'],
    });
    await quiet();
    const before = await received('sw_interface_add_del_address');
    await interfaces.reconfigure(
      withInterfaces([
        config('xe0', { at: ['192.0.2.9/24', '2001:db8::1/64'], mtuBytes: 1400, enabled: false }),
      ]),
    );
    expect(await shown('xe0')).toMatchObject({
      adminUp: false,
      mtu: [1400, 0, 0, 0],
      mpls: false,
      addresses: ['2001:db8::1/64', '192.0.2.9/24'],
    });
    expect(await received('sw_interface_add_del_address')).toBe(before + 2);
    expect(errors).toEqual([]);
  });

  it('enables MPLS once in any case: VPP counts', async () => {
    await start(config('xe0', { mpls: true }));
    await quiet();
    await interfaces.reconfigure(withInterfaces([config('xe0', { mpls: true, at: ['192.0.2.1/24'] })]));
    await quiet();
    expect(await received('sw_interface_set_mpls_enable')).toBe(1);
  });

  it('enlarges the hardware frames for a larger MTU, and reports what VPP refuses', async () => {
    await start(config('xe0', { mtuBytes: 9100 }), config('loop0', { mtuBytes: 9100 }));
    expect(await shown('xe0')).toMatchObject({ mtu: [9100, 0, 0, 0], linkMtu: 9100 });
    // Without hardware there is nothing to enlarge.
    expect(await shown('loop0')).toMatchObject({ mtu: [9100, 0, 0, 0], linkMtu: 9000 });
    expect(errors).toEqual([]);
    await interfaces.reconfigure(withInterfaces([config('xe0', { mtuBytes: 1500 })]));
    expect(await shown('xe0')).toMatchObject({ mtu: [1500, 0, 0, 0], linkMtu: 9100 });
    await interfaces.reconfigure(withInterfaces([config('xe0', { mtuBytes: 9500, at: ['192.0.2.1/24'] })]));
    expect(interfaces.status.find(({ name }) => name === 'xe0')?.state).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('INVALID_VALUE'),
    });
    // The rest of the interface does not wait for it.
    expect(await shown('xe0')).toMatchObject({
      mtu: [1500, 0, 0, 0],
      addresses: ['192.0.2.1/24'],
      adminUp: true,
    });
  });

  it('stops a driver that cannot change its frames while it runs', async () => {
    await start(config('xe0'));
    await vpp.control({ command: 'error', message: 'hw_interface_set_mtu', retval: -167, count: 1 });
    const before = await received('sw_interface_set_flags');
    await interfaces.reconfigure(withInterfaces([config('xe0', { mtuBytes: 9100 })]));
    expect(await shown('xe0')).toMatchObject({ mtu: [9100, 0, 0, 0], linkMtu: 9100, adminUp: true });
    expect(await received('sw_interface_set_flags')).toBe(before + 2);
  });

  it('removes an MTU that VPP has for one protocol', async () => {
    const { setInterfaceMtu, swIfIndex } = await import('../vpp/api/mod.ts');
    await setInterfaceMtu(client, swIfIndex(1), { l3: 1500, ip6: 1280 });
    await start(config('xe0'));
    expect((await shown('xe0'))?.mtu).toEqual([1500, 0, 0, 0]);
  });

  it('does the rest when VPP refuses one address', async () => {
    const xe1 = config('xe1', { at: ['198.51.100.9/24'] });
    await start(config('xe0', { at: ['192.0.2.1/24'] }), xe1);
    await interfaces.reconfigure(
      withInterfaces([
        config('xe0', { at: ['192.0.2.1/24', '198.51.100.1/24', '2001:db8::1/64'], enabled: false }),
        xe1,
      ]),
    );
    expect(await shown('xe0')).toMatchObject({
      adminUp: false,
      addresses: ['192.0.2.1/24', '2001:db8::1/64'],
    });
    expect(interfaces.status[0]?.state).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/^198\.51\.100\.1\/24: .*ADDRESS_IN_USE/),
    });
  });

  it('moves an address from one interface to another', async () => {
    await start(config('xe0'), config('xe1', { at: ['192.0.2.1/24'] }));
    await interfaces.reconfigure(withInterfaces([config('xe0', { at: ['192.0.2.1/24'] }), config('xe1')]));
    expect((await shown('xe0'))?.addresses).toEqual(['192.0.2.1/24']);
    expect((await shown('xe1'))?.addresses).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('releases an interface that is no longer configured, and leaves the others alone', async () => {
    await start(
      config('xe0', { at: ['192.0.2.1/24'], mpls: true }),
      config('loop0', { at: ['198.51.100.1/32'] }),
      config('loop1', { at: ['198.51.100.2/32'] }),
    );
    await interfaces.reconfigure(withInterfaces([config('loop1', { at: ['198.51.100.2/32'] })]));
    expect(await shown('xe0')).toMatchObject({
      adminUp: false,
      mtu: [9000, 0, 0, 0],
      mpls: false,
      addresses: [],
    });
    expect(await shown('loop0')).toBeUndefined();
    expect(await shown('loop1')).toMatchObject({ adminUp: true, addresses: ['198.51.100.2/32'] });
    expect(interfaces.status.find(({ name }) => name === 'xe0')?.state).toEqual({ state: 'unconfigured' });
    const before = await received('sw_interface_set_flags');
    await quiet();
    expect(await received('sw_interface_set_flags')).toBe(before);
  });

  it('keeps a loopback that VPP had already', async () => {
    const { createLoopback } = await import('../vpp/api/mod.ts');
    await createLoopback(client, { instance: 0 });
    await start(config('loop0', { at: ['198.51.100.1/32'] }));
    await interfaces.reconfigure(withInterfaces([]));
    expect(await shown('loop0')).toMatchObject({ adminUp: false, addresses: [] });
  });

  it('retries what VPP refuses, and reports its reason', async () => {
    await start(config('xe0', { at: ['192.0.2.1/24'] }));
    await vpp.control({ command: 'error', message: 'sw_interface_add_del_address', retval: -1, count: 1 });
    await interfaces.reconfigure(withInterfaces([config('xe0')]));
    expect(interfaces.status.find(({ name }) => name === 'xe0')?.state).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('UNSPECIFIED'),
    });
    await interfaces.reconcile();
    expect((await shown('xe0'))?.addresses).toEqual([]);
    expect(interfaces.status.find(({ name }) => name === 'xe0')?.state).toEqual({ state: 'ok' });
  });

  it('releases what left the configuration while the connection was broken, and forgets it with VPP', async () => {
    await start(config('xe0', { at: ['192.0.2.1/24'] }));
    interfaces.detach();
    await interfaces.reconfigure(withInterfaces([]));
    await using again = await VppApiClient.connect(vpp.apiSocket);
    await interfaces.attach(again, 'reconnected');
    expect(await shown('xe0')).toMatchObject({ adminUp: false, addresses: [] });
    interfaces.detach();
  });

  it('reports a NIC that VPP lacks, and one with fewer queues, configured or not', async () => {
    const queues = (rxQueues?: number, txQueues?: number) => ({ rxQueues, txQueues });
    const stateOf = (name: string) => interfaces.status.find((one) => one.name === name)?.state;
    await vpp[Symbol.asyncDispose]();
    const devices =
      'dev 0000:03:00.0 { name xe0 num-rx-queues 16 num-tx-queues 9 } dev 0000:03:00.1 { name xe1 num-rx-queues 4 }';
    vpp = await EmulatorProcess.start({ extraConf: `${PLUGINS}\ndpdk { ${devices} }` });
    client = await VppApiClient.connect(vpp.apiSocket);
    interfaces = new VppInterfaces({
      config: withInterfaces([config('xe1')]),
      nics: [
        { name: 'xe0', ...queues(16, 9) },
        { name: 'xe1', ...queues(4) },
        { name: 'xe2', ...queues() },
      ],
      onChange: () => {},
      onError: (name, reason) => errors.push(`${name}: ${reason}`),
    });
    await interfaces.attach(client, 'first');
    const reason = 'it has 1 of 16 receive queues and 8 of 9 transmit queues: the NIC has no more';
    expect(stateOf('xe0')).toEqual({ state: 'failed', reason });
    expect(stateOf('xe1')).toEqual({ state: 'ok' });
    expect(stateOf('xe2')).toEqual({ state: 'failed', reason: 'VPP has no interface of that name' });
    expect(errors).toEqual([`xe0: ${reason}`]);
    // Queues do not change while VPP runs: they are not read again.
    await interfaces.reconcile();
    expect(await received('sw_interface_rx_placement_dump')).toBe(1);
    expect(errors.length).toBe(1);
    // A VPP that cannot report queues is not at fault.
    interfaces.detach();
    await vpp.control({ command: 'error', message: 'sw_interface_tx_placement_get', retval: -6 });
    await using again = await VppApiClient.connect(vpp.apiSocket);
    await interfaces.attach(again, 'reconnected');
    expect(stateOf('xe0')).toEqual({ state: 'unconfigured' });
  });
});
