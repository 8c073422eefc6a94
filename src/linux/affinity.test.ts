import { Worker } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  formatCpuList,
  formatCpuMask,
  getThreadAffinity,
  listThreads,
  parseCpuMask,
  setThreadAffinity,
} from './affinity.ts';
import { parseCpuList } from './machine.ts';

describe('sets of processors', () => {
  it('are formatted as lists that the kernel and our parser read', () => {
    expect(formatCpuList([])).toBe('');
    expect(formatCpuList([3])).toBe('3');
    expect(formatCpuList([2, 0, 1, 5, 7, 8])).toBe('0-2,5,7-8');
    expect(parseCpuList(formatCpuList([1, 2, 3, 9]))).toEqual([1, 2, 3, 9]);
  });

  it('are formatted as masks in words of 32 bits', () => {
    expect(formatCpuMask([])).toBe('0');
    expect(formatCpuMask([0, 1])).toBe('3');
    expect(formatCpuMask([31])).toBe('80000000');
    expect(formatCpuMask([0, 32])).toBe('00000001,00000001');
    expect(parseCpuMask('f,00000003')).toEqual([0, 1, 32, 33, 34, 35]);
    expect(parseCpuMask(formatCpuMask([3, 40]))).toEqual([3, 40]);
    expect(parseCpuMask('')).toEqual([]);
    expect(parseCpuMask('no mask')).toEqual([]);
  });
});

describe('threads', () => {
  it('are listed by name, and one is pinned without the others', async () => {
    const allowed = getThreadAffinity(0);
    const worker = new Worker('setInterval(() => {}, 1e9)', { eval: true, name: 'test_wk_7' });
    try {
      let tid: number | undefined;
      for (let round = 0; tid === undefined && round < 500; round += 1) {
        tid = listThreads(process.pid).find(({ name }) => name === 'test_wk_7')?.tid;
        await sleep(10);
      }
      expect(tid).toBeGreaterThan(0);
      const last = allowed.at(-1) ?? 0;
      setThreadAffinity(tid ?? -1, [last]);
      expect(getThreadAffinity(tid ?? -1)).toEqual([last]);
      expect(getThreadAffinity(process.pid)).toEqual(allowed);
    } finally {
      await worker.terminate();
    }
  });

  it('are empty for a process that has exited', () => {
    expect(listThreads(2 ** 22 + 1)).toEqual([]);
  });

  it('cannot be pinned to a missing processor, nor after they have ended', () => {
    expect(() => setThreadAffinity(0, [8000])).toThrow(/sched_setaffinity\(0, "8000"\): EINVAL/);
    expect(() => setThreadAffinity(0, [])).toThrow(/EINVAL/);
    expect(() => setThreadAffinity(0, [-1])).toThrow(/processor -1/);
    expect(() => setThreadAffinity(2 ** 22 + 1, [0])).toThrow(/ESRCH/);
    expect(() => getThreadAffinity(2 ** 22 + 1)).toThrow(/ESRCH/);
  });
});
