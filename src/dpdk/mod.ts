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
  chooseManagementInterface,
  type NicPlan,
} from './assess.ts';
export { bindNics } from './bind.ts';
export { allocateHugepages } from './hugepage-allocation.ts';
export { dpdkNumaNodes, hugepageBudget } from './hugepages.ts';
export { iniLineFor } from './ini-line.ts';
export {
  currentKernelName,
  type Inventory,
  type Nic,
  takeInventory,
} from './inventory.ts';
export { restoreNics } from './restore.ts';
