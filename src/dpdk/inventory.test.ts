import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeInventory } from './inventory.ts';
import { mergeRecord } from './record.ts';
import { FakeSysfs } from '../../test/fixtures/fake-sysfs.ts';

test('a NIC is listed with its driver, interface, MAC, link, speed and IOMMU group', () => {
  using bus = new FakeSysfs([
    { address: '0000:00:1c.0', classCode: 0x060400, driver: 'pcieport', group: 7 },
    { address: '0000:00:1f.3', classCode: 0x040300, driver: 'snd_hda_intel', group: 9 },
    {
      address: '0000:03:00.0',
      driver: 'igc',
      net: 'eth0',
      mac: '02:00:00:00:00:01',
      group: 7,
      carrier: '1',
      speed: '2500',
    },
  ]);
  const inventory = takeInventory(bus.options);
  expect(inventory.iommu).toBe(true);
  expect(inventory.devices).toHaveLength(3);
  expect(inventory.nics).toMatchObject([
    {
      pciAddress: '0000:03:00.0',
      pciId: '8086:125c',
      description: 'Intel I226-V',
      driver: 'igc',
      kernelName: 'eth0',
      kernelInterface: true,
      mac: '02:00:00:00:00:01',
      link: 'up',
      speedMbps: 2500,
      iommuGroup: 7,
      numaNode: undefined,
      groupMembers: [{ pciAddress: '0000:00:1c.0', classCode: 0x060400, driver: 'pcieport' }],
    },
  ]);
});

test("a virtio NIC's interface is found below its virtio device", () => {
  using bus = new FakeSysfs([
    { address: '0000:00:03.0', vendor: 0x1af4, device: 0x1041, driver: 'virtio-pci', net: 'eth2', virtio: 4 },
  ]);
  expect(takeInventory(bus.options).nics).toMatchObject([
    { kernelName: 'eth2', driver: 'virtio-pci', description: 'Virtio network device' },
  ]);
  expect(takeInventory(bus.options).iommu).toBe(false);
});

test('link: no carrier is down, an administratively down interface is unknown', () => {
  using bus = new FakeSysfs([
    { address: '0000:01:00.0', driver: 'igc', net: 'eth0', carrier: '0' },
    { address: '0000:02:00.0', driver: 'igc', net: 'eth1' },
  ]);
  expect(takeInventory(bus.options).nics.map((nic) => [nic.link, nic.speedMbps])).toEqual([
    ['down', undefined],
    ['unknown', undefined],
  ]);
});

test('MAC and name of a NIC in use by VPP come from the record', () => {
  using bus = new FakeSysfs([{ address: '0000:03:00.0', group: 7 }]);
  mergeRecord(bus.runDir, [
    {
      pciAddress: '0000:03:00.0',
      pciId: '8086:125c',
      driver: 'igc',
      mac: '02:00:00:00:00:01',
      kernelName: 'eth0',
    },
  ]);
  expect(takeInventory(bus.options).nics).toMatchObject([
    {
      kernelName: 'eth0',
      kernelInterface: false,
      mac: '02:00:00:00:00:01',
      originalDriver: 'igc',
      link: 'unknown',
    },
  ]);
});

test('a machine without PCI, or with a damaged record, is no error', () => {
  using bus = new FakeSysfs([{ address: '0000:03:00.0', driver: 'igc', net: 'eth0' }]);
  expect(takeInventory({ sysfs: '/nonexistent' })).toEqual({ nics: [], devices: [], iommu: false });
  mkdirSync(bus.runDir);
  writeFileSync(join(bus.runDir, 'nics.json'), '{"version":');
  expect(takeInventory(bus.options).nics).toMatchObject([{ kernelName: 'eth0', originalDriver: undefined }]);
});

test("VFIO's no-IOMMU groups do not count as an IOMMU", () => {
  using bus = new FakeSysfs([{ address: '0000:03:00.0', driver: 'vfio-pci', group: 0 }]);
  writeFileSync(join(bus.sysfs, 'kernel/iommu_groups/0/name'), 'vfio-noiommu\n');
  expect(takeInventory(bus.options).iommu).toBe(false);
});
