import { describe, expect, it } from 'vitest';
import { type MachineFacts, machineProblems } from './machine.ts';
import { parseConfig } from './parse.ts';

const GIB = 1024 ** 3;
const BIG: MachineFacts = {
  cores: 8,
  memoryBytes: 16 * GIB,
  nicPciAddresses: ['0000:03:00.0', '0000:04:00.0'],
  iommu: true,
  kernelInterfaces: ['lo', 'eth0'],
};
const NIC = '[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n';

function problemsOf(text: string, facts: Partial<MachineFacts>): string[] {
  const result = parseConfig(text, 'appliance.ini');
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return machineProblems(result.config, { ...BIG, ...facts }).map((problem) => {
    expect(problem.severity).toBe('warning');
    return `${problem.line} ${problem.leaf}: ${problem.message}`;
  });
}

describe('machineProblems', () => {
  it('finds nothing where all fits', () => {
    expect(problemsOf(`[vpp]\nenabled = true\n${NIC}`, {})).toEqual([]);
  });

  it('asks nothing of the machine while VPP is off or external', () => {
    const small = { cores: 1, memoryBytes: GIB, nicPciAddresses: [], iommu: false };
    expect(problemsOf(NIC, small)).toEqual([]);
    expect(problemsOf(`[vpp]\nenabled = true\nexternal = true\n${NIC}`, small)).toEqual([]);
  });

  it('names the minimum of cores and memory', () => {
    expect(problemsOf('[vpp]\nenabled = true', { cores: 2, memoryBytes: 6 * GIB })).toEqual([
      '0 machine.cores: the machine has 2 CPU cores: VPP needs at least 4',
      '0 machine.memory: the machine has 6.0 GiB of memory: VPP needs at least 8 GB',
    ]);
  });

  it('takes the 7.6 GiB that a kernel counts of 8 GB', () => {
    expect(problemsOf('[vpp]\nenabled = true', { memoryBytes: 7.6 * GIB })).toEqual([]);
  });

  it('names cores that are not there', () => {
    expect(problemsOf('[vpp]\nenabled = true\n[vpp.cpu]\nmain-core = 2\nworkers = 6', {})).toEqual([
      '0 vpp.cpu.workers: "6" workers after core 2 end at core 8, and the machine has 0–7: at most 5 fit',
    ]);
    expect(problemsOf('[vpp]\nenabled = true\n[vpp.cpu]\nmain-core = 8', {})).toEqual([
      '0 vpp.cpu.main-core: "8" is not a core of this machine, which has 0–7',
    ]);
  });

  it('names too little memory for the hugepages, with whole pages of 1G', () => {
    const text = '[vpp]\nenabled = true\n[vpp.memory]\nmain-heap = 6G\nhugepage-size = 1G';
    expect(problemsOf(text, { memoryBytes: 8 * GIB })).toEqual([
      '0 vpp.memory: heap, buffers and stats segment need 9G in hugepages of 1G: 8.0 GiB of memory are too little',
    ]);
  });

  it('names a NIC that is not there, with its line and the nearest that is', () => {
    expect(problemsOf('[vpp]\nenabled = true\n[vpp.dpdk.interface.0000:03:00.1]\nname = xe0', {})).toEqual([
      '3 vpp.dpdk.interface.0000:03:00.1: no NIC of this machine has this address: did you mean 0000:03:00.0? It has 0000:03:00.0, 0000:04:00.0',
    ]);
  });

  it('says when there is no IOMMU, and when the unsafe mode is not needed', () => {
    const unsafe = '[vpp.dpdk]\nunsafe-no-iommu = true\n';
    expect(problemsOf(`[vpp]\nenabled = true\n${NIC}`, { iommu: false })).toEqual([
      '0 machine.iommu: the machine has no IOMMU: enable VT-d or AMD-Vi in the firmware, or write unsafe-no-iommu = true in [vpp.dpdk]',
    ]);
    expect(problemsOf(`[vpp]\nenabled = true\n${unsafe}${NIC}`, { iommu: false })).toEqual([]);
    expect(problemsOf(`[vpp]\nenabled = true\n${unsafe}${NIC}`, {})).toEqual([
      '0 vpp.dpdk.unsafe-no-iommu: it is not needed: the machine has an IOMMU',
    ]);
  });

  it('names a management interface that is not there', () => {
    expect(problemsOf('[management]\ninterface = eth7', {})).toEqual([
      '0 management.interface: "eth7" is not an interface of this machine, which has lo, eth0',
    ]);
  });
});
