import { expect, test } from 'vitest';
import { iniLineFor } from './ini-line.ts';
import { vppConfig } from '../../test/fixtures/vpp-config.ts';

const nics = ['0000:01:00.0', '0000:02:00.0', '0000:03:00.0'].map((pciAddress) => ({ pciAddress }));

test('each NIC gets a unique name', () => {
  const vpp = vppConfig({ '0000:02:00.0': 'xe1' });
  expect(nics.map((nic) => iniLineFor(nic, nics, vpp))).toEqual([
    '[vpp.dpdk.interface.0000:01:00.0]\nname = xe0',
    '[vpp.dpdk.interface.0000:02:00.0]\nname = xe1',
    '[vpp.dpdk.interface.0000:03:00.0]\nname = xe2',
  ]);
});

test('a NIC that is not in the list still gets a free name', () => {
  expect(iniLineFor({ pciAddress: '0000:09:00.0' }, nics, vppConfig())).toContain('name = xe3');
});
