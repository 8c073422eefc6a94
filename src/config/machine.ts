/**
 * Whether a configuration fits a machine. Nothing is read here: the caller gives the facts, `check` those of the machine
 * it runs on, the boot those of the box. All problems are warnings: the configuration itself is valid.
 */

import { formatSize, GIB, MIB } from './leaf-types.ts';
import { nearest } from './nearest.ts';
import type { Config, ConfigProblem, VppConfig } from './types.ts';

export interface MachineFacts {
  /** CPU cores that are online. */
  readonly cores: number;
  /** MemTotal of /proc/meminfo, in bytes. */
  readonly memoryBytes: number;
  /** PCI addresses of all network devices, `0000:03:00.0`, lower case. */
  readonly nicPciAddresses: readonly string[];
  /** Whether the kernel has IOMMU groups. */
  readonly iommu: boolean;
  /** Kernel names of the network interfaces; left out when not known. */
  readonly kernelInterfaces?: readonly string[];
  /** Whether a path is a program that can be started; left out when not known. */
  readonly isProgram?: (path: string) => boolean;
}

/** The specification's minimum for VPP. */
const MIN_CORES = 4;
/** 8 GB as a kernel counts them: firmware, graphics and the kernel itself take up to a gigabyte from MemTotal. */
const MIN_MEMORY_BYTES = 7 * GIB;
/** What a buffer takes with its headers (2,048 bytes of data), and DPDK's own memory. */
const BUFFER_BYTES = 2496;
const DPDK_BYTES = 16 * MIB;
/** Left for the kernel, this program and page tables. */
const SYSTEM_BYTES = 768 * MIB;

/** What the configuration needs and the machine does not have. Lines are given where the Config knows them. */
export function machineProblems(config: Config, facts: MachineFacts): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const warn = (leaf: string, message: string, line = 0): void => {
    problems.push({ severity: 'warning', line, leaf, message });
  };
  const { vpp, management } = config;
  const { kernelInterfaces } = facts;
  if (management.interface !== undefined && kernelInterfaces?.includes(management.interface) === false) {
    const names = kernelInterfaces.join(', ') || 'none';
    warn(
      'management.interface',
      `"${management.interface}" is not an interface of this machine, which has ${names}`,
    );
  }
  for (const { name, command, line } of config.services) {
    const [program = ''] = command;
    if (facts.isProgram?.(program) !== false) continue;
    const message = `"${program}" is not a program of this machine: add its package to the image with --add`;
    warn(`service.${name}.command`, message, line);
  }
  if (vpp.enabled && !vpp.external) {
    warnMinimum(facts, warn);
    warnCores(vpp, facts, warn);
    warnMemory(vpp, facts, warn);
    warnNics(vpp, facts, warn);
  }
  return problems.toSorted((a, b) => a.line - b.line);
}

type Warn = (leaf: string, message: string, line?: number) => void;

function warnMinimum({ cores, memoryBytes }: MachineFacts, warn: Warn): void {
  if (cores < MIN_CORES)
    warn('machine.cores', `the machine has ${cores} CPU cores: VPP needs at least ${MIN_CORES}`);
  if (memoryBytes < MIN_MEMORY_BYTES) {
    warn(
      'machine.memory',
      `the machine has ${(memoryBytes / GIB).toFixed(1)} GiB of memory: VPP needs at least 8 GB`,
    );
  }
}

function warnCores({ cpu }: VppConfig, { cores }: MachineFacts, warn: Warn): void {
  const mainCore = cpu.mainCore ?? 0;
  const lastCore = mainCore + (cpu.workers ?? 0);
  if (mainCore >= cores) {
    warn('vpp.cpu.main-core', `"${mainCore}" is not a core of this machine, which has 0–${cores - 1}`);
  } else if (lastCore >= cores) {
    const most = cores - 1 - mainCore;
    const message = `"${cpu.workers}" workers after core ${mainCore} end at core ${lastCore}, and the machine has 0–${cores - 1}: at most ${most} fit`;
    warn('vpp.cpu.workers', message);
  }
}

function warnMemory({ memory, stats }: VppConfig, { memoryBytes }: MachineFacts, warn: Warn): void {
  const page = memory.hugepageSize === '1G' ? GIB : 2 * MIB;
  const parts = [memory.mainHeapBytes, memory.buffers * BUFFER_BYTES, stats.segmentBytes, DPDK_BYTES];
  const bytes = parts.reduce((sum, part) => sum + Math.ceil(part / page) * page, 0);
  if (bytes + SYSTEM_BYTES <= memoryBytes) return;
  const have = `${(memoryBytes / GIB).toFixed(1)} GiB`;
  const message = `heap, buffers and stats segment need ${formatSize(bytes)} in hugepages of ${memory.hugepageSize}: ${have} of memory are too little`;
  warn('vpp.memory', message);
}

function warnNics({ dpdk }: VppConfig, { nicPciAddresses, iommu }: MachineFacts, warn: Warn): void {
  for (const { pciAddress, line } of dpdk.interfaces) {
    if (nicPciAddresses.includes(pciAddress)) continue;
    const near = nearest(pciAddress, nicPciAddresses);
    const all = nicPciAddresses.join(', ') || 'none';
    const hint = near === undefined ? `it has ${all}` : `did you mean ${near}? It has ${all}`;
    warn(`vpp.dpdk.interface.${pciAddress}`, `no NIC of this machine has this address: ${hint}`, line);
  }
  if (dpdk.interfaces.length === 0) return;
  if (!iommu && !dpdk.unsafeNoIommu) {
    const message =
      'the machine has no IOMMU: enable VT-d or AMD-Vi in the firmware, or write unsafe-no-iommu = true in [vpp.dpdk]';
    warn('machine.iommu', message);
  }
  if (iommu && dpdk.unsafeNoIommu)
    warn('vpp.dpdk.unsafe-no-iommu', 'it is not needed: the machine has an IOMMU');
}
