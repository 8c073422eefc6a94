/**
 * Assigns NICs to VPP as planned: record, driver_override, unbind, drivers_probe, verify.
 *
 * Invariants: nothing is unbound before the record is on disk; a device whose binding failed is restored at once; no
 * IOMMU group is left partially assigned.
 */
import { existsSync } from 'node:fs';
import { isErrno, reasonOf } from '../linux/mod.ts';
import type { NicPlan, UserDriver } from './assess.ts';
import {
  describeDriver,
  type ExecuteOptions,
  type Kernel,
  kernelOf,
  overrideDriver,
  probeDrivers,
  unbind,
  waitUntil,
} from './execute.ts';
import { currentDriver, devicePath, type Nic } from './inventory.ts';
import { DEFAULT_RUN_DIR, mergeRecord, type OriginalNic } from './record.ts';
import { returnToKernel } from './restore.ts';

export type { ExecuteOptions } from './execute.ts';

/** Outcome for one configured NIC. */
export interface BindOutcome {
  readonly pciAddress: string;
  readonly name: string;
  /** `bound` and `already`: VPP can use it. `left`: VPP shares it with its kernel driver. */
  readonly state: 'bound' | 'already' | 'left' | 'refused' | 'failed';
  /** Its driver now. */
  readonly driver: string | undefined;
  /** Reason of `refused`, `failed` and `left`; otherwise a warning, if any. */
  readonly reason?: string;
}

type AssignedPlan = Extract<NicPlan, { kind: 'bind' | 'already' }>;

/**
 * Executes the plans, in order, and returns the outcomes. Throws DpdkError `record-unwritable` before any change, and
 * rejects with the abort reason when the signal aborts (NICs bound by then stay recorded).
 */
export async function bindNics(
  plans: readonly NicPlan[],
  options: ExecuteOptions = {},
): Promise<BindOutcome[]> {
  const kernel = kernelOf(options);
  const originals = plans.filter((plan) => plan.kind === 'bind').map((plan) => originalOf(plan.nic));
  const record = mergeRecord(options.runDir ?? DEFAULT_RUN_DIR, originals);
  const outcomes: BindOutcome[] = [];
  for (const plan of plans) outcomes.push(await execute(kernel, plan, record.nics[plan.pciAddress]));
  return undoPartialGroups(kernel, plans, outcomes, record.nics);
}

async function execute(
  kernel: Kernel,
  plan: NicPlan,
  original: OriginalNic | undefined,
): Promise<BindOutcome> {
  const base = { pciAddress: plan.pciAddress, name: plan.name };
  const driver = currentDriver(kernel.sysfs, plan.pciAddress);
  if (plan.kind === 'refuse') return { ...base, state: 'refused', driver, reason: plan.reason };
  if (plan.kind === 'leave') return { ...base, state: 'left', driver, reason: plan.reason };
  const warning = plan.warning === undefined ? {} : { reason: plan.warning };
  if (driver === plan.driver) return { ...base, state: 'already', driver, ...warning };
  const failure = await bindOne(kernel, plan);
  if (failure === undefined) return { ...base, state: 'bound', driver: plan.driver, ...warning };
  return { ...base, state: 'failed', ...(await undo(kernel, plan.pciAddress, original, failure)) };
}

/** Undefined, or why the device could not be bound. */
async function bindOne(kernel: Kernel, plan: AssignedPlan): Promise<string | undefined> {
  const { pciAddress, driver } = plan;
  if (!existsSync(`${kernel.sysfs}/bus/pci/drivers/${driver}`)) {
    return `the kernel has no driver ${driver}: its module is not loaded`;
  }
  try {
    overrideDriver(kernel, pciAddress, driver);
    unbind(kernel, pciAddress);
    probeDrivers(kernel, pciAddress);
  } catch (error) {
    const hint = isErrno(error, 'EACCES', 'EPERM') ? ' (root is required)' : '';
    return `${reasonOf(error)}${hint}`;
  }
  if (!(await waitUntil(kernel, () => currentDriver(kernel.sysfs, pciAddress) === driver))) {
    const found = describeDriver(currentDriver(kernel.sysfs, pciAddress));
    return `${pciAddress} is ${found} after binding it to ${driver}; see the kernel log`;
  }
  return verifyUserNode(kernel, plan.nic, driver);
}

/** VPP opens the group's node, which appears when the first device of the group is bound. */
async function verifyUserNode(kernel: Kernel, nic: Nic, driver: UserDriver): Promise<string | undefined> {
  if (driver === 'uio_pci_generic') {
    const uio = `${devicePath(kernel.sysfs, nic.pciAddress)}/uio`;
    return (await waitUntil(kernel, () => existsSync(uio))) ? undefined : `${uio} did not appear`;
  }
  const node = `${kernel.devVfio}/${nic.iommuGroup}`;
  return (await waitUntil(kernel, () => existsSync(node))) ? undefined : `${node} did not appear`;
}

async function undo(
  kernel: Kernel,
  pciAddress: string,
  original: OriginalNic | undefined,
  failure: string,
): Promise<{ driver: string | undefined; reason: string }> {
  const problem = await returnToKernel(kernel, pciAddress, original?.driver ?? undefined);
  const driver = currentDriver(kernel.sysfs, pciAddress);
  const after =
    problem === undefined ? `restored: ${describeDriver(driver)}` : `restoring it failed: ${problem}`;
  return { driver, reason: `${failure}; ${after}` };
}

/** A bound NIC is useless to VPP when another configured NIC of its group failed: it is restored too. */
async function undoPartialGroups(
  kernel: Kernel,
  plans: readonly NicPlan[],
  outcomes: readonly BindOutcome[],
  originals: Readonly<Record<string, OriginalNic>>,
): Promise<BindOutcome[]> {
  const failedIn = new Map<number, string>();
  for (const [index, plan] of plans.entries()) {
    const group = isVfio(plan) ? plan.nic.iommuGroup : undefined;
    if (group !== undefined && outcomes[index]?.state === 'failed') failedIn.set(group, plan.pciAddress);
  }
  const result: BindOutcome[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    const plan = plans[index];
    const group = plan !== undefined && isVfio(plan) ? plan.nic.iommuGroup : undefined;
    const culprit = group === undefined ? undefined : failedIn.get(group);
    if (culprit === undefined || outcome.state !== 'bound') {
      result.push(outcome);
      continue;
    }
    const failure = `it shares IOMMU group ${group} with ${culprit}, which could not be bound`;
    const undone = await undo(kernel, outcome.pciAddress, originals[outcome.pciAddress], failure);
    result.push({ ...outcome, state: 'failed', ...undone });
  }
  return result;
}

function isVfio(plan: NicPlan): plan is AssignedPlan {
  return (plan.kind === 'bind' || plan.kind === 'already') && plan.driver === 'vfio-pci';
}

function originalOf(nic: Nic): OriginalNic {
  return {
    pciAddress: nic.pciAddress,
    pciId: nic.pciId,
    driver: nic.driver ?? null,
    mac: nic.mac ?? null,
    kernelName: nic.kernelName ?? null,
  };
}
