import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assessNics } from './assess.ts';
import { type BindOutcome, bindNics } from './bind.ts';
import { takeInventory } from './inventory.ts';
import { loadRecord } from './record.ts';
import { restoreNics } from './restore.ts';
import { type FakeDevice, FakeSysfs } from '../../test/fixtures/fake-sysfs.ts';
import { vppConfig } from '../../test/fixtures/vpp-config.ts';

const WAN = '0000:03:00.0';
const LAN = '0000:04:00.0';

const machine: readonly FakeDevice[] = [
  { address: WAN, driver: 'igc', net: 'eth1', mac: '02:00:00:00:00:01', group: 5 },
  {
    address: LAN,
    vendor: 0x1af4,
    device: 0x1041,
    driver: 'virtio-pci',
    net: 'eth2',
    virtio: 1,
    mac: '02:00:00:00:00:02',
    group: 6,
  },
];

/** Plans and binds `nics` on `bus` as the boot does. */
async function give(
  bus: FakeSysfs,
  nics: Readonly<Record<string, string>>,
  unsafeNoIommu = false,
): Promise<BindOutcome[]> {
  const base = vppConfig(nics);
  const plans = assessNics(
    takeInventory(bus.options),
    { dpdk: { ...base.dpdk, unsafeNoIommu } },
    { managementInterface: 'eth0' },
  );
  return await bindNics(plans, bus.options);
}

const both = { [WAN]: 'xe0', [LAN]: 'xe1' };

test('binding: override, unbind, probe, with the originals on disk before', async () => {
  using bus = new FakeSysfs(machine);
  expect(await give(bus, both)).toEqual([
    { pciAddress: WAN, name: 'xe0', state: 'bound', driver: 'vfio-pci' },
    { pciAddress: LAN, name: 'xe1', state: 'bound', driver: 'vfio-pci' },
  ]);
  expect(bus.writes.slice(0, 3)).toEqual([
    `bus/pci/devices/${WAN}/driver_override = "vfio-pci"`,
    `bus/pci/devices/${WAN}/driver/unbind = "${WAN}"`,
    `bus/pci/drivers_probe = "${WAN}"`,
  ]);
  expect(loadRecord(bus.runDir).nics[LAN]).toEqual({
    pciAddress: LAN,
    pciId: '1af4:1041',
    driver: 'virtio-pci',
    mac: '02:00:00:00:00:02',
    kernelName: 'eth2',
  });
});

test('nothing is unbound when the record cannot be written', async () => {
  using bus = new FakeSysfs(machine);
  writeFileSync(bus.runDir, 'a file where the directory should be');
  await expect(give(bus, both)).rejects.toMatchObject({ code: 'record-unwritable' });
  expect(bus.writes).toEqual([]);
});

test('a second binding touches nothing and leaves the record as it is', async () => {
  using bus = new FakeSysfs(machine);
  await give(bus, both);
  const record = readFileSync(join(bus.runDir, 'nics.json'), 'utf8');
  bus.writes.length = 0;
  expect((await give(bus, both)).map((outcome) => outcome.state)).toEqual(['already', 'already']);
  expect(bus.writes).toEqual([]);
  expect(readFileSync(join(bus.runDir, 'nics.json'), 'utf8')).toBe(record);
});

test('a missing vfio-pci is named before anything is written', async () => {
  using bus = new FakeSysfs(machine, []);
  const [outcome] = await give(bus, { [WAN]: 'xe0' });
  expect(outcome).toMatchObject({ state: 'failed', driver: 'igc' });
  expect(outcome?.reason).toContain('the kernel has no driver vfio-pci: its module is not loaded');
  expect(bus.writes).toEqual([]);
});

test('a device that vfio-pci refuses is restored, with the reason', async () => {
  using bus = new FakeSysfs(machine);
  bus.failingProbes.add(`vfio-pci ${WAN}`);
  const [wan, lan] = await give(bus, both);
  expect(wan).toMatchObject({ state: 'failed', driver: 'igc' });
  expect(wan?.reason).toMatch(/is without a driver after binding it to vfio-pci.*restored: on driver igc/);
  expect(bus.overrideOf(WAN)).toBe('(null)');
  expect(lan).toMatchObject({ state: 'bound' });
});

test('a refused unbind and a group without a node are failures, undone', async () => {
  using bus = new FakeSysfs(machine);
  bus.refusals.set(`${WAN}/driver/unbind`, 'write("…/unbind"): EBUSY (Device or resource busy)');
  bus.groupsWithoutNode.add(6);
  const [wan, lan] = await give(bus, both);
  expect(wan).toMatchObject({ state: 'failed', driver: 'igc', reason: expect.stringContaining('EBUSY') });
  expect(lan).toMatchObject({
    state: 'failed',
    driver: 'virtio-pci',
    reason: expect.stringContaining('/6 did not'),
  });
});

test('no group is left partially assigned', async () => {
  const devices = machine.map((device) => ({ ...device, group: 5 }));
  using bus = new FakeSysfs(devices);
  bus.failingProbes.add(`vfio-pci ${LAN}`);
  const [wan, lan] = await give(bus, both);
  expect(lan?.state).toBe('failed');
  expect(wan).toMatchObject({ state: 'failed', driver: 'igc' });
  expect(wan?.reason).toContain(`shares IOMMU group 5 with ${LAN}, which could not be bound`);
});

test('without an IOMMU, if configured: uio_pci_generic, with the warning as reason', async () => {
  using bus = new FakeSysfs([{ address: WAN, driver: 'igc', net: 'eth1' }], ['uio_pci_generic']);
  const [outcome] = await give(bus, { [WAN]: 'xe0' }, true);
  expect(outcome).toMatchObject({ state: 'bound', driver: 'uio_pci_generic' });
  expect(outcome?.reason).toContain('without an IOMMU');
});

test('refused NICs are reported and not touched', async () => {
  using bus = new FakeSysfs(machine);
  expect(await give(bus, { '0000:09:00.0': 'xe0' })).toMatchObject([{ state: 'refused', driver: undefined }]);
  expect(bus.writes).toEqual([]);
});

test('an aborted signal ends the wait', async () => {
  using bus = new FakeSysfs(machine);
  bus.failingProbes.add(`vfio-pci ${WAN}`);
  const plans = assessNics(takeInventory(bus.options), vppConfig(both), { managementInterface: undefined });
  const options = { ...bus.options, timeoutMs: 60_000, signal: AbortSignal.timeout(30) };
  await expect(bindNics(plans, options)).rejects.toMatchObject({ name: 'AbortError' });
});

test('restoring, from the record alone, returns each NIC to its driver and interface', async () => {
  using bus = new FakeSysfs(machine);
  await give(bus, both);
  expect(await restoreNics(bus.options)).toEqual([
    {
      pciAddress: WAN,
      state: 'restored',
      driver: 'igc',
      kernelName: 'eth1',
      mac: '02:00:00:00:00:01',
    },
    expect.objectContaining({ pciAddress: LAN, state: 'restored', driver: 'virtio-pci', kernelName: 'eth2' }),
  ]);
  expect(bus.overrideOf(WAN)).toBe('(null)');
  bus.writes.length = 0;
  expect((await restoreNics(bus.options)).map((outcome) => outcome.state)).toEqual([
    'unchanged',
    'unchanged',
  ]);
  expect(bus.writes).toEqual([]);
});

test('bound again after a restore, and restored again: the record still has the first originals', async () => {
  using bus = new FakeSysfs(machine);
  await give(bus, both);
  await restoreNics(bus.options);
  await give(bus, both);
  expect(bus.driverOf(WAN)).toBe('vfio-pci');
  expect(await restoreNics({ ...bus.options, pciAddresses: [WAN] })).toMatchObject([
    { pciAddress: WAN, driver: 'igc' },
  ]);
  expect(bus.driverOf(LAN)).toBe('vfio-pci');
});

test('a device that fell off the bus returns by a rescan', async () => {
  using bus = new FakeSysfs(machine);
  await give(bus, both);
  bus.removeDevice(WAN);
  bus.removeDevice(LAN, true);
  const outcomes = await restoreNics(bus.options);
  expect(bus.writes).toContain('bus/pci/rescan = "1"');
  expect(outcomes).toMatchObject([
    { pciAddress: WAN, state: 'unchanged', driver: 'igc' },
    { pciAddress: LAN, state: 'failed', reason: expect.stringContaining('no longer on the PCI bus') },
  ]);
});

test('a probe that finds no driver is followed by a bind by name, and a failure of both is reported', async () => {
  using bus = new FakeSysfs(machine);
  await give(bus, both);
  bus.failingProbes.add(`igc ${WAN}`);
  bus.failingProbes.add(`virtio-pci ${LAN}`);
  bus.refusals.set('drivers/virtio-pci/bind', 'write: ENODEV (No such device)');
  expect(await restoreNics(bus.options)).toMatchObject([
    { pciAddress: WAN, state: 'restored', driver: 'igc' },
    {
      pciAddress: LAN,
      state: 'failed',
      driver: undefined,
      reason: expect.stringMatching(/without a driver, not on virtio-pci; .*ENODEV/),
    },
  ]);
});

test('with a damaged record every NIC on a user-space driver is released', async () => {
  using bus = new FakeSysfs(machine);
  await give(bus, { [WAN]: 'xe0' });
  writeFileSync(join(bus.runDir, 'nics.json'), 'garbage');
  expect(await restoreNics(bus.options)).toMatchObject([
    { pciAddress: WAN, state: 'restored', driver: 'igc' },
  ]);
  // The next binding renames the damaged file.
  expect((await give(bus, { [WAN]: 'xe0' }))[0]?.state).toBe('bound');
  expect(readFileSync(join(bus.runDir, 'nics.json.bad'), 'utf8')).toBe('garbage');
  expect(loadRecord(bus.runDir).nics[WAN]?.driver).toBe('igc');
});

test('with no record there is nothing to restore', async () => {
  using bus = new FakeSysfs([{ address: WAN, driver: 'vfio-pci', group: 5 }]);
  expect(await restoreNics(bus.options)).toEqual([]);
});

test('a later state of a device never replaces its original in the record', async () => {
  using bus = new FakeSysfs(machine);
  await give(bus, { [WAN]: 'xe0' });
  bus.write(join(bus.sysfs, 'bus/pci/devices', WAN, 'driver/unbind'), WAN);
  expect(bus.driverOf(WAN)).toBeUndefined();
  expect((await give(bus, both)).map((outcome) => outcome.state)).toEqual(['bound', 'bound']);
  const { nics } = loadRecord(bus.runDir);
  expect([nics[WAN]?.driver, nics[LAN]?.driver]).toEqual(['igc', 'virtio-pci']);
});

test('the record is on disk when the first write to sysfs happens', async () => {
  using bus = new FakeSysfs(machine);
  const drivers: unknown[] = [];
  const write = (path: string, text: string): void => {
    drivers.push(loadRecord(bus.runDir).nics[LAN]?.driver);
    bus.write(path, text);
  };
  const plans = assessNics(takeInventory(bus.options), vppConfig(both), { managementInterface: undefined });
  await bindNics(plans, { ...bus.options, write });
  expect(drivers).toEqual(Array.from({ length: 6 }, () => 'virtio-pci'));
});
