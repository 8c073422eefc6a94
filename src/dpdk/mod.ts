/**
 * NICs for VPP: the PCI network devices, which ones may be assigned to VPP, assigning and restoring them, and the
 * hugepages that VPP needs.
 *
 * Other folders import this file only. The order of use: `takeInventory` → `assessNics` (pure) → `bindNics` →
 * … VPP runs … → `restoreNics`; `hugepageBudget` (pure) → `allocateHugepages`. Everything takes the root of sysfs
 * (and procfs, /dev/vfio, the run directory) as a parameter.
 */
export {
  assessNics,
  type AssessContext,
  chooseManagementInterface,
  type NicPlan,
  type RefusalCode,
} from './assess.ts';
export { type BindOutcome, bindNics, type ExecuteOptions } from './bind.ts';
export { DpdkError, type DpdkErrorCode } from './errors.ts';
export { allocateHugepages, type AllocateOptions } from './hugepage-allocation.ts';
export { dpdkNumaNodes, type HugepageBudget, hugepageBudget, type HugepagePart } from './hugepages.ts';
export { iniLineFor } from './ini-line.ts';
export {
  currentKernelName,
  type GroupMember,
  type Inventory,
  type InventoryOptions,
  listNics,
  type Nic,
  type PciDevice,
  takeInventory,
} from './inventory.ts';
export { loadRecord, type NicRecord, type OriginalNic, RECORD_FILE } from './record.ts';
export { restoreNics, type RestoreOptions, type RestoreOutcome } from './restore.ts';
