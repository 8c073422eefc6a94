/**
 * Plans, without changing anything, what to do with each NIC that the configuration assigns to VPP.
 *
 * Invariants: the management NIC is never bound; a device is bound to vfio-pci only when its whole IOMMU group can
 * be assigned (the kernel's vfio refuses a group in which another device has an ordinary driver).
 */
import type { DpdkInterfaceConfig, VppConfig } from '../config/types.ts';
import { type GroupMember, type Inventory, isNetworkDevice, type Nic } from './inventory.ts';
import { className } from './pci-names.ts';

export type RefusalCode =
  | 'missing'
  | 'not-a-nic'
  | 'management'
  | 'no-iommu'
  | 'no-iommu-group'
  | 'group-shared'
  | 'native';

/** Drivers that expose a device to user space. */
export type UserDriver = 'vfio-pci' | 'uio_pci_generic';

interface PlanBase {
  readonly pciAddress: string;
  /** Interface name in the configuration. */
  readonly name: string;
  readonly line: number;
}

/** The plan for one configured PCI address. `reason` is text without a period. */
export type NicPlan =
  /** To be bound. `warning` is set when that is unsafe. */
  | (PlanBase & {
      readonly kind: 'bind';
      readonly nic: Nic;
      readonly driver: UserDriver;
      readonly warning?: string;
    })
  /** Already has the driver. */
  | (PlanBase & {
      readonly kind: 'already';
      readonly nic: Nic;
      readonly driver: UserDriver;
      readonly warning?: string;
    })
  /** Stays with its kernel driver, which shares the device with DPDK. */
  | (PlanBase & { readonly kind: 'leave'; readonly nic: Nic; readonly reason: string })
  | (PlanBase & { readonly kind: 'refuse'; readonly code: RefusalCode; readonly reason: string });

export interface AssessContext {
  /** Kernel name of the interface that must stay with the kernel; undefined when there is none. */
  readonly managementInterface: string | undefined;
  /** Why a NIC with `driver = native` cannot use VPP's own driver; called only for such NICs. */
  readonly whyNotNative?: (entry: DpdkInterfaceConfig, nic: Nic) => string | undefined;
}

const UNSAFE_WARNING =
  'bound to uio_pci_generic because vpp.dpdk.unsafe-no-iommu = true: without an IOMMU the NIC can write to all memory';

/** NICs listed in a refusal; the rest are counted. */
const MAX_LISTED = 8;

/**
 * The management interface: the configured one, else the first (by PCI address) that has a kernel interface, now or
 * in the record, and is not configured for VPP; undefined when there is none.
 */
export function chooseManagementInterface(
  nics: readonly Nic[],
  configured: string | undefined,
  vpp: Pick<VppConfig, 'enabled' | 'external' | 'dpdk'>,
): string | undefined {
  if (configured !== undefined) return configured;
  const taken = new Set(vpp.enabled && !vpp.external ? vpp.dpdk.interfaces.map((nic) => nic.pciAddress) : []);
  return nics.find((nic) => nic.kernelName !== undefined && !taken.has(nic.pciAddress))?.kernelName;
}

/** One plan for each `[vpp.dpdk.interface.PCI]`, in the configuration's order. */
export function assessNics(
  inventory: Inventory,
  vpp: Pick<VppConfig, 'dpdk'>,
  context: AssessContext,
): NicPlan[] {
  const plans = vpp.dpdk.interfaces.map((entry) => assessOne(inventory, entry, vpp, context));
  return refuseSharedGroups(plans);
}

function assessOne(
  inventory: Inventory,
  entry: DpdkInterfaceConfig,
  vpp: Pick<VppConfig, 'dpdk'>,
  context: AssessContext,
): NicPlan {
  const base: PlanBase = { pciAddress: entry.pciAddress, name: entry.name, line: entry.line };
  const refuse = (code: RefusalCode, reason: string): NicPlan => ({ ...base, kind: 'refuse', code, reason });

  const device = inventory.devices.find((candidate) => candidate.pciAddress === entry.pciAddress);
  if (device === undefined) {
    return refuse('missing', `no PCI device at ${entry.pciAddress}; ${listMachineNics(inventory.nics)}`);
  }
  const nic = inventory.nics.find((candidate) => candidate.pciAddress === entry.pciAddress);
  if (nic === undefined || !isNetworkDevice(device)) {
    const reason = `${entry.pciAddress} is not a network device: ${className(device.classCode)}`;
    return refuse('not-a-nic', `${reason}; ${listMachineNics(inventory.nics)}`);
  }
  if (context.managementInterface !== undefined && nic.kernelName === context.managementInterface) {
    const reason = `${entry.pciAddress} is the management interface ${nic.kernelName}, which stays with the kernel`;
    return refuse(
      'management',
      `${reason}; set management.interface to another one to assign this NIC to VPP`,
    );
  }
  const notNative = entry.driver === 'native' ? context.whyNotNative?.(entry, nic) : undefined;
  if (notNative !== undefined) return refuse('native', notNative);
  if (isMellanox(nic)) {
    const driver = nic.driver ?? 'no driver';
    const reason = `${entry.pciAddress} is a Mellanox NIC (${driver}): DPDK shares it with its kernel driver`;
    return { ...base, kind: 'leave', nic, reason };
  }
  return assessIommu(inventory, base, nic, vpp.dpdk.unsafeNoIommu);
}

function assessIommu(inventory: Inventory, base: PlanBase, nic: Nic, unsafeNoIommu: boolean): NicPlan {
  const hasGroup = inventory.iommu && nic.iommuGroup !== undefined;
  if (!hasGroup && !unsafeNoIommu) {
    const code: RefusalCode = inventory.iommu ? 'no-iommu-group' : 'no-iommu';
    const found = inventory.iommu
      ? `${base.pciAddress} has no IOMMU group although the machine has an IOMMU`
      : 'the kernel has no IOMMU, which vfio-pci needs';
    const advice =
      'enable VT-d or AMD-Vi in the firmware setup and add intel_iommu=on to the kernel command line, ' +
      'or set vpp.dpdk.unsafe-no-iommu = true to run without its protection';
    return { ...base, kind: 'refuse', code, reason: `${found}: ${advice}` };
  }
  const driver: UserDriver = hasGroup ? 'vfio-pci' : 'uio_pci_generic';
  const kind = nic.driver === driver ? 'already' : 'bind';
  return { ...base, kind, nic, driver, ...(hasGroup ? {} : { warning: UNSAFE_WARNING }) };
}

/** Repeats until nothing changes: refusing one NIC may leave its group with a device that keeps its kernel driver. */
function refuseSharedGroups(plans: readonly NicPlan[]): NicPlan[] {
  let current = [...plans];
  for (;;) {
    const given = new Set(current.filter(isAssigned).map((plan) => plan.pciAddress));
    const next = current.map((plan) => refuseIfShared(plan, given));
    if (next.every((plan, index) => plan === current[index])) return next;
    current = next;
  }
}

function refuseIfShared(plan: NicPlan, given: ReadonlySet<string>): NicPlan {
  if (!isAssigned(plan) || plan.driver !== 'vfio-pci') return plan;
  const blocking = plan.nic.groupMembers.filter(
    (member) => !given.has(member.pciAddress) && !isHarmless(member),
  );
  if (blocking.length === 0) return plan;
  const { pciAddress, name, line } = plan;
  const others = blocking.map((member) => `${member.pciAddress} (${describeMember(member)})`).join(', ');
  const reason =
    `${pciAddress} shares IOMMU group ${plan.nic.iommuGroup} with ${others}; ` +
    'VFIO assigns whole groups only: configure these devices for VPP too, or use a NIC with its own group';
  return { pciAddress, name, line, kind: 'refuse', code: 'group-shared', reason };
}

function isAssigned(plan: NicPlan): plan is Extract<NicPlan, { kind: 'bind' | 'already' }> {
  return plan.kind === 'bind' || plan.kind === 'already';
}

// drivers/vfio and drivers/pci: drivers with driver_managed_dma do not claim the group's DMA ownership.
const HARMLESS_DRIVERS: ReadonlySet<string> = new Set(['vfio-pci', 'pcieport', 'pci-stub']);

/** Whether vfio accepts a group with this member: it has no driver, or one that does no DMA of its own. */
export function isHarmless(member: GroupMember): boolean {
  return member.driver === undefined || HARMLESS_DRIVERS.has(member.driver);
}

// mlx4_core and mlx5_core share the device with DPDK ("bifurcated"); vendor 15b3 without a driver counts too.
function isMellanox(nic: Nic): boolean {
  return nic.vendor === 0x15b3 || nic.driver === 'mlx4_core' || nic.driver === 'mlx5_core';
}

function describeMember(member: GroupMember): string {
  return `${className(member.classCode)}, driver ${member.driver}`;
}

function listMachineNics(nics: readonly Nic[]): string {
  if (nics.length === 0) return 'the machine has no PCI network devices';
  const listed = nics.slice(0, MAX_LISTED).map((nic) => {
    const names = [nic.kernelName, nic.description ?? nic.pciId].filter((name) => name !== undefined);
    return `${nic.pciAddress} (${names.join(', ')})`;
  });
  const more = nics.length > MAX_LISTED ? ` and ${nics.length - MAX_LISTED} more` : '';
  return `the machine has: ${listed.join(', ')}${more}`;
}
