/**
 * Owns reading the PCI bus in sysfs: its devices, their drivers, IOMMU groups and kernel interfaces. Reads only.
 *
 * Sources: Documentation/ABI/testing/sysfs-bus-pci, sysfs-class-net, sysfs-kernel-iommu_groups.
 */
import { readInt, readLinkName, readNames, readText } from '../linux/mod.ts';
import { deviceName } from './pci-names.ts';
import { DEFAULT_RUN_DIR, type NicRecord, tryLoadRecord } from './record.ts';

/** Where to look; the defaults are for a running system. */
export interface InventoryOptions {
  readonly sysfs?: string;
  /** Sysfs of another network namespace, where the kernel interface of a NIC may be. */
  readonly namespaceSysfs?: string | undefined;
  /** Directory of the record, which has the MAC and kernel name of a NIC in use by VPP. */
  readonly runDir?: string;
}

/** Any PCI device. */
export interface PciDevice {
  /** `0000:03:00.0` */
  readonly pciAddress: string;
  /** 24 bits: base class, subclass, programming interface. */
  readonly classCode: number;
  readonly vendor: number;
  readonly device: number;
  readonly driver: string | undefined;
  readonly iommuGroup: number | undefined;
}

/** Another device of a NIC's IOMMU group. */
export interface GroupMember {
  readonly pciAddress: string;
  readonly classCode: number;
  readonly driver: string | undefined;
}

/** A PCI network device (class 0x02xxxx). */
export interface Nic extends PciDevice {
  /** `8086:125c` */
  readonly pciId: string;
  /** `Intel I226-V`, where known. */
  readonly description: string | undefined;
  readonly modalias: string | undefined;
  /** The kernel interface; for a NIC without one, its name before VPP took it. */
  readonly kernelName: string | undefined;
  /** Whether `kernelName` exists now, in this thread's namespace or in the other one. */
  readonly kernelInterface: boolean;
  /** Lower case with colons; for a NIC without a kernel interface, as recorded. */
  readonly mac: string | undefined;
  /** Driver before the first unbind, if recorded. */
  readonly originalDriver: string | undefined;
  readonly link: 'up' | 'down' | 'unknown';
  readonly speedMbps: number | undefined;
  readonly numaNode: number | undefined;
  /** Other members of the IOMMU group, bridges included. */
  readonly groupMembers: readonly GroupMember[];
}

/** The PCI bus at one moment. */
export interface Inventory {
  readonly nics: readonly Nic[];
  /** Every PCI device, including the NICs. */
  readonly devices: readonly PciDevice[];
  /** Whether the kernel uses an IOMMU (IOMMU groups other than VFIO's no-IOMMU ones exist). */
  readonly iommu: boolean;
}

const NETWORK_BASE_CLASS = 0x02;

export function isNetworkDevice(device: { readonly classCode: number }): boolean {
  return device.classCode >> 16 === NETWORK_BASE_CLASS;
}

/** Reads the whole bus. Never throws: a machine without PCI has none. */
export function takeInventory(options: InventoryOptions = {}): Inventory {
  const sysfs = options.sysfs ?? '/sys';
  const record = tryLoadRecord(options.runDir ?? DEFAULT_RUN_DIR);
  const devices = readNames(`${sysfs}/bus/pci/devices`).map((address) => readDevice(sysfs, address));
  const groups = Map.groupBy(devices, (device) => device.iommuGroup);
  const nics = devices.filter(isNetworkDevice).map((device) => {
    const group = device.iommuGroup === undefined ? [] : (groups.get(device.iommuGroup) ?? []);
    return readNic([sysfs, options.namespaceSysfs ?? sysfs], device, group, record);
  });
  return { nics, devices, iommu: hasIommu(sysfs) };
}

/** Path of a device's directory; `bus/pci/devices` contains links to the real ones. */
export function devicePath(sysfs: string, pciAddress: string): string {
  return `${sysfs}/bus/pci/devices/${pciAddress}`;
}

/** Name of the device's current driver. */
export function currentDriver(sysfs: string, pciAddress: string): string | undefined {
  return readLinkName(`${devicePath(sysfs, pciAddress)}/driver`);
}

/** The kernel interface of a device: below the device, or below its virtio device. */
export function currentKernelName(sysfs: string, pciAddress: string): string | undefined {
  const path = devicePath(sysfs, pciAddress);
  const direct = readNames(`${path}/net`)[0];
  if (direct !== undefined) return direct;
  for (const child of readNames(path)) {
    if (!/^virtio\d+$/.test(child)) continue;
    const name = readNames(`${path}/${child}/net`)[0];
    if (name !== undefined) return name;
  }
  return undefined;
}

function readDevice(sysfs: string, pciAddress: string): PciDevice {
  const path = devicePath(sysfs, pciAddress);
  const group = readLinkName(`${path}/iommu_group`);
  return {
    pciAddress,
    classCode: readInt(`${path}/class`) ?? 0,
    vendor: readInt(`${path}/vendor`) ?? 0,
    device: readInt(`${path}/device`) ?? 0,
    driver: readLinkName(`${path}/driver`),
    iommuGroup: group !== undefined && /^\d+$/.test(group) ? Number(group) : undefined,
  };
}

function readNic(
  [own, other]: readonly [own: string, other: string],
  device: PciDevice,
  group: readonly PciDevice[],
  record: NicRecord | undefined,
): Nic {
  const path = devicePath(own, device.pciAddress);
  const original = record?.nics[device.pciAddress];
  const ownName = currentKernelName(own, device.pciAddress);
  const kernelName = ownName ?? currentKernelName(other, device.pciAddress);
  const net = `${ownName === undefined ? other : own}/class/net/${kernelName}`;
  const numaNode = readInt(`${path}/numa_node`);
  return {
    ...device,
    pciId: `${hex4(device.vendor)}:${hex4(device.device)}`,
    description: deviceName(device.vendor, device.device),
    modalias: readText(`${path}/modalias`),
    kernelName: kernelName ?? original?.kernelName ?? undefined,
    kernelInterface: kernelName !== undefined,
    mac: (kernelName === undefined ? undefined : readText(`${net}/address`)) ?? original?.mac ?? undefined,
    originalDriver: original?.driver ?? undefined,
    link: kernelName === undefined ? 'unknown' : readLink(net),
    speedMbps: kernelName === undefined ? undefined : readSpeed(net),
    numaNode: numaNode === undefined || numaNode < 0 ? undefined : numaNode,
    groupMembers: group
      .filter((member) => member.pciAddress !== device.pciAddress)
      .map(({ pciAddress, classCode, driver }) => ({ pciAddress, classCode, driver })),
  };
}

// `carrier` cannot be read (EINVAL) while the interface is administratively down: the link is unknown then.
function readLink(net: string): Nic['link'] {
  const carrier = readInt(`${net}/carrier`);
  if (carrier !== undefined) return carrier === 1 ? 'up' : 'down';
  return readText(`${net}/operstate`) === 'up' ? 'up' : 'unknown';
}

// -1 (or 65535 from old drivers): unknown.
function readSpeed(net: string): number | undefined {
  const speed = readInt(`${net}/speed`);
  return speed === undefined || speed <= 0 || speed === 0xffff ? undefined : speed;
}

function hasIommu(sysfs: string): boolean {
  const groups = `${sysfs}/kernel/iommu_groups`;
  return readNames(groups).some((group) => readText(`${groups}/${group}/name`) !== 'vfio-noiommu');
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, '0');
}
