import { expect, it } from 'vitest';
import { EmulatorProcess } from '../../test/emulator/emulator.ts';
import { parseConfig } from '../config/mod.ts';
import { VppApiClient } from '../vpp/api/mod.ts';
import { VppInterfaces } from './mod.ts';

const CONF = `plugins { plugin default { disable } plugin dpdk_plugin.so { enable } plugin lacp_plugin.so { enable } }
dpdk { dev 0000:03:00.0 { name xe0 } dev 0000:03:00.1 { name xe1 } }`;

const read = (ini: string) => {
  const nics =
    '[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n[vpp.dpdk.interface.0000:03:00.1]\nname = xe1\n';
  const parsed = parseConfig(`[vpp]\nenabled = true\n${nics}${ini}`, 'test.ini');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
};

function interfacesOf(before: string): VppInterfaces {
  const queues = { rxQueues: undefined, txQueues: undefined };
  return new VppInterfaces({
    config: read(before),
    nics: [
      { name: 'xe0', ...queues, filtersVlans: true },
      { name: 'xe1', ...queues, filtersVlans: false },
    ],
    onChange: () => {},
    onError: () => {},
  });
}

async function promiscuous(vpp: EmulatorProcess): Promise<string[]> {
  const { interfaces: all } = await vpp.control({ command: 'state' });
  return (all as { name: string; isPromiscuous: boolean }[])
    .filter((one) => one.isPromiscuous)
    .map(({ name }) => name);
}

it.each([
  ['they have some', '[interface.xe0]\n[interface.xe1.7]\n', '[interface.xe0.5]\n[interface.xe1.7]\n'],
  [
    'their bond has some',
    '[bond.lag]\nmembers = xe0, xe1\n[interface.lag]\n',
    '[bond.lag]\nmembers = xe0, xe1\n[interface.lag]\n[interface.lag.5]\n',
  ],
])('makes NICs that filter VLANs promiscuous once %s, and no others', async (_, before, after) => {
  await using vpp = await EmulatorProcess.start({ extraConf: CONF });
  await using client = await VppApiClient.connect(vpp.apiSocket);
  const interfaces = interfacesOf(before);
  try {
    await interfaces.attach(client, 'first');
    expect(await promiscuous(vpp)).toEqual([]);
    await interfaces.reconfigure(read(after));
    expect(await promiscuous(vpp)).toEqual(['xe0']);
    const { received } = await vpp.control({ command: 'state' });
    await interfaces.reconcile();
    const again = await vpp.control({ command: 'state' });
    const asked = (counts: unknown) => (counts as Record<string, number>)['sw_interface_set_promisc'];
    expect(asked(again['received'])).toBe(asked(received));
  } finally {
    interfaces.detach();
  }
});

it.each([
  [
    'join another bond',
    '[interface.xe0.5]\n',
    '[bond.lag]\nmembers = xe0, xe1\n[interface.lag]\n[interface.lag.5]\n',
  ],
  [
    'leave a bridge',
    '[interface.xe0.5]\n[interface.xe0.6]\n[bridge.br0]\nmembers = xe0.6, xe1\n',
    '[interface.xe0.5]\n[interface.xe0.6]\n',
  ],
])('keeps NICs with VLANs promiscuous when they %s', async (_, before, after) => {
  await using vpp = await EmulatorProcess.start({ extraConf: CONF });
  await using client = await VppApiClient.connect(vpp.apiSocket);
  const interfaces = interfacesOf(before);
  try {
    await interfaces.attach(client, 'first');
    expect(await promiscuous(vpp)).toContain('xe0');
    await interfaces.reconfigure(read(after));
    expect(await promiscuous(vpp)).toEqual(['xe0']);
  } finally {
    interfaces.detach();
  }
});
