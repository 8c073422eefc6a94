import { expect, test } from 'vitest';
import { assessNics, chooseManagementInterface, type NicPlan } from './assess.ts';
import { takeInventory } from './inventory.ts';
import { type FakeDevice, FakeSysfs } from '../../test/fixtures/fake-sysfs.ts';
import { vppConfig } from '../../test/fixtures/vpp-config.ts';

const WAN = '0000:03:00.0';
const LAN = '0000:04:00.0';
const MANAGEMENT = '0000:01:00.0';

const machine: readonly FakeDevice[] = [
  { address: '0000:00:1c.0', classCode: 0x060400, driver: 'pcieport', group: 5 },
  { address: MANAGEMENT, driver: 'igc', net: 'eth0', group: 4 },
  { address: WAN, driver: 'igc', net: 'eth1', group: 5 },
  { address: LAN, driver: 'igc', net: 'eth2', group: 6 },
];

function assess(
  devices: readonly FakeDevice[],
  nics: Readonly<Record<string, string>>,
  options: { unsafeNoIommu?: boolean; management?: string } = {},
): NicPlan[] {
  using bus = new FakeSysfs(devices);
  const base = vppConfig(nics);
  const vpp = { dpdk: { ...base.dpdk, unsafeNoIommu: options.unsafeNoIommu ?? false } };
  return assessNics(takeInventory(bus.options), vpp, { managementInterface: options.management });
}

function reasonOf(plan: NicPlan | undefined): string {
  return plan?.kind === 'refuse' || plan?.kind === 'leave' ? plan.reason : `not refused but ${plan?.kind}`;
}

test('a NIC with its own group is bound, and a PCI bridge in its group is no obstacle', () => {
  const plans = assess(machine, { [WAN]: 'xe0', [LAN]: 'xe1' }, { management: 'eth0' });
  expect(plans).toMatchObject([
    { kind: 'bind', pciAddress: WAN, name: 'xe0', driver: 'vfio-pci' },
    { kind: 'bind', pciAddress: LAN, name: 'xe1', driver: 'vfio-pci' },
  ]);
});

test('a missing device is refused, listing the machine’s NICs', () => {
  const [plan] = assess(machine, { '0000:09:00.0': 'xe0' });
  expect(plan).toMatchObject({ kind: 'refuse', code: 'missing', line: 1 });
  expect(reasonOf(plan)).toBe(
    'no PCI device at 0000:09:00.0; the machine has: 0000:01:00.0 (eth0, Intel I226-V), ' +
      '0000:03:00.0 (eth1, Intel I226-V), 0000:04:00.0 (eth2, Intel I226-V)',
  );
  expect(reasonOf(assess([], { [WAN]: 'xe0' })[0])).toContain('the machine has no PCI network devices');
});

test('a device that is not a NIC is refused with its class', () => {
  const [plan] = assess(
    [...machine, { address: '0000:05:00.0', classCode: 0x010802, driver: 'nvme', group: 9 }],
    {
      '0000:05:00.0': 'xe0',
    },
  );
  expect(plan).toMatchObject({ kind: 'refuse', code: 'not-a-nic' });
  expect(reasonOf(plan)).toContain('mass storage controller (class 0x010802)');
});

test('the management NIC is never taken', () => {
  const [plan] = assess(machine, { [MANAGEMENT]: 'xe0' }, { management: 'eth0' });
  expect(plan).toMatchObject({ kind: 'refuse', code: 'management' });
  expect(reasonOf(plan)).toContain('is the management interface eth0');
});

test('Mellanox stays with its kernel driver', () => {
  const [plan] = assess([{ address: WAN, vendor: 0x15b3, device: 0x1017, driver: 'mlx5_core', group: 5 }], {
    [WAN]: 'xe0',
  });
  expect(plan).toMatchObject({ kind: 'leave', pciAddress: WAN });
  expect(reasonOf(plan)).toContain('mlx5_core');
});

test('a NIC already on vfio-pci needs no change', () => {
  const [plan] = assess([{ address: WAN, driver: 'vfio-pci', group: 5 }], { [WAN]: 'xe0' });
  expect(plan).toMatchObject({ kind: 'already', driver: 'vfio-pci' });
});

test('a group shared with a device on a kernel driver is refused, naming it', () => {
  const devices: FakeDevice[] = [
    { address: WAN, driver: 'igc', net: 'eth1', group: 5 },
    { address: '0000:03:00.1', driver: 'igc', net: 'eth2', group: 5 },
    { address: '0000:03:00.2', classCode: 0x0c0330, driver: 'xhci_hcd', group: 5 },
    { address: '0000:03:00.3', group: 5 },
    { address: '0000:03:00.4', driver: 'vfio-pci', group: 5 },
  ];
  const [plan] = assess(devices, { [WAN]: 'xe0' });
  expect(plan).toMatchObject({ kind: 'refuse', code: 'group-shared' });
  expect(reasonOf(plan)).toContain(
    'shares IOMMU group 5 with 0000:03:00.1 (network controller (class 0x020000), driver igc), ' +
      '0000:03:00.2 (serial bus controller (class 0x0c0330), driver xhci_hcd);',
  );
});

test('a group whose members are all configured is accepted, unless one of them is refused', () => {
  const devices: FakeDevice[] = [
    { address: WAN, driver: 'igc', net: 'eth1', group: 5 },
    { address: '0000:03:00.1', driver: 'igc', net: 'eth2', group: 5 },
  ];
  const nics = { [WAN]: 'xe0', '0000:03:00.1': 'xe1' };
  expect(assess(devices, nics).map((plan) => plan.kind)).toEqual(['bind', 'bind']);
  const plans = assess(devices, nics, { management: 'eth2' });
  expect(plans).toMatchObject([
    { kind: 'refuse', code: 'group-shared' },
    { kind: 'refuse', code: 'management' },
  ]);
});

test('without an IOMMU: refused with advice, or uio_pci_generic with a warning', () => {
  const devices: FakeDevice[] = [{ address: WAN, driver: 'igc', net: 'eth1' }];
  const [refused] = assess(devices, { [WAN]: 'xe0' });
  expect(refused).toMatchObject({ kind: 'refuse', code: 'no-iommu' });
  expect(reasonOf(refused)).toMatch(/VT-d.*intel_iommu=on.*unsafe-no-iommu/);
  const [plan] = assess(devices, { [WAN]: 'xe0' }, { unsafeNoIommu: true });
  expect(plan).toMatchObject({
    kind: 'bind',
    driver: 'uio_pci_generic',
    warning: expect.stringContaining('IOMMU'),
  });
});

test('unsafe-no-iommu changes nothing for a NIC that has an IOMMU group', () => {
  const plans = assess(machine, { [WAN]: 'xe0' }, { unsafeNoIommu: true });
  expect(plans).toMatchObject([{ kind: 'bind', driver: 'vfio-pci' }]);
});

test('the management interface is the configured one, else the first NIC not assigned to VPP', () => {
  using bus = new FakeSysfs(machine);
  const { nics } = takeInventory(bus.options);
  expect(chooseManagementInterface(nics, 'eth9', vppConfig())).toBe('eth9');
  expect(chooseManagementInterface(nics, undefined, vppConfig({ [MANAGEMENT]: 'xe0' }))).toBe('eth1');
  const all = { [MANAGEMENT]: 'xe0', [WAN]: 'xe1', [LAN]: 'xe2' };
  expect(chooseManagementInterface(nics, undefined, vppConfig(all))).toBeUndefined();
  expect(chooseManagementInterface(nics, undefined, vppConfig(all, { enabled: false }))).toBe('eth0');
});

test("a NIC that VPP's own driver cannot use is refused with its reason; DPDK's NICs are not checked", () => {
  using bus = new FakeSysfs(machine);
  const inventory = takeInventory(bus.options);
  const { dpdk } = vppConfig({ [WAN]: 'xe0', [LAN]: 'xe1' });
  const [wan, lan] = dpdk.interfaces;
  if (wan === undefined || lan === undefined) throw new Error('there are two');
  const vpp = { dpdk: { ...dpdk, interfaces: [{ ...wan, driver: 'native' as const }, lan] } };
  const asked: string[] = [];
  const whyNotNative = ({ name }: { name: string }, { pciId }: { pciId: string }): string | undefined => {
    asked.push(`${name} ${pciId}`);
    return asked.length === 1 ? 'VPP 25.02 has none' : undefined;
  };
  const context = { managementInterface: 'eth0', whyNotNative };
  expect(assessNics(inventory, vpp, context)).toMatchObject([
    { kind: 'refuse', code: 'native', reason: 'VPP 25.02 has none', name: 'xe0', line: 1 },
    { kind: 'bind', driver: 'vfio-pci', name: 'xe1' },
  ]);
  // A NIC that VPP can use is bound like DPDK's.
  expect(assessNics(inventory, vpp, context)[0]).toMatchObject({ kind: 'bind', driver: 'vfio-pci' });
  expect(asked).toEqual(['xe0 8086:125c', 'xe0 8086:125c']);
});
