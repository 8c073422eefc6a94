/**
 * Owns threads and the processors they may run on: sched_setaffinity(2), /proc/PID/task, the kernel's two
 * notations for a set of processors.
 *
 * To the kernel a thread is a task with its own id; the main thread's id is the process id.
 */
import { check } from './check.ts';
import { readNames, readText } from './files.ts';
import { libc, nativeBuffer } from './libc.ts';

/** Bytes of the largest mask a kernel accepts (NR_CPUS 8192); smaller kernels ignore the excess. */
const MASK_BYTES = 1024;

export interface Thread {
  readonly tid: number;
  /** The name in /proc: at most 15 bytes. */
  readonly name: string;
}

/** The threads of a process, by id; none when it has exited. A thread that ends meanwhile is left out. */
export function listThreads(pid: number, procRoot = '/proc'): Thread[] {
  const threads: Thread[] = [];
  for (const entry of readNames(`${procRoot}/${pid}/task`)) {
    const name = readText(`${procRoot}/${pid}/task/${entry}/comm`);
    if (name !== undefined) threads.push({ tid: Number(entry), name });
  }
  return threads.sort((a, b) => a.tid - b.tid);
}

/**
 * Pins a thread to these processors; 0 is the calling thread. Throws LinuxError: EINVAL (none of them is online and
 * in the thread's cpuset), ESRCH (no such thread), EPERM; RangeError for a processor number no kernel has.
 */
export function setThreadAffinity(tid: number, cpus: readonly number[]): void {
  const mask = nativeBuffer(MASK_BYTES);
  for (const cpu of cpus) {
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= MASK_BYTES * 8) {
      throw new RangeError(`processor ${cpu}: out of range (0–${MASK_BYTES * 8 - 1})`);
    }
    mask[cpu >> 3] = (mask[cpu >> 3] ?? 0) | (1 << (cpu & 7));
  }
  check(libc.sched_setaffinity(tid, BigInt(MASK_BYTES), mask), 'sched_setaffinity', tid, formatCpuList(cpus));
}

/** The processors a thread may run on, ascending; 0 is the calling thread. Throws LinuxError: ESRCH. */
export function getThreadAffinity(tid: number): number[] {
  const mask = nativeBuffer(MASK_BYTES);
  check(libc.sched_getaffinity(tid, BigInt(MASK_BYTES), mask), 'sched_getaffinity', tid);
  const cpus: number[] = [];
  for (let cpu = 0; cpu < MASK_BYTES * 8; cpu += 1) {
    if (((mask[cpu >> 3] ?? 0) >> (cpu & 7)) & 1) cpus.push(cpu);
  }
  return cpus;
}

/** In the notation of sysfs lists: `0-2,5`. */
export function formatCpuList(cpus: readonly number[]): string {
  const sorted = [...new Set(cpus)].sort((a, b) => a - b);
  const ranges: string[] = [];
  for (let first = 0, at = 0; at < sorted.length; at += 1) {
    const cpu = sorted[at] ?? 0;
    if (sorted[at + 1] === cpu + 1) continue;
    const low = sorted[first] ?? cpu;
    ranges.push(low === cpu ? `${cpu}` : `${low}-${cpu}`);
    first = at + 1;
  }
  return ranges.join(',');
}

/** In the notation of the kernel's masks: hexadecimal words of 32 bits, the highest first (`1,00000003`). */
export function formatCpuMask(cpus: readonly number[]): string {
  let bits = 0n;
  for (const cpu of cpus) bits |= 1n << BigInt(cpu);
  const digits = bits.toString(16);
  const padded = digits.length <= 8 ? digits : digits.padStart(Math.ceil(digits.length / 8) * 8, '0');
  return padded.match(/.{1,8}/g)?.join(',') ?? '0';
}

/** The processors in such a mask, ascending; none when the text is not a mask. */
export function parseCpuMask(text: string): number[] {
  const digits = text.replaceAll(',', '').trim();
  if (!/^[0-9a-f]+$/i.test(digits)) return [];
  const bits = BigInt(`0x${digits}`);
  const cpus: number[] = [];
  for (let cpu = 0; cpu < digits.length * 4; cpu += 1) {
    if (((bits >> BigInt(cpu)) & 1n) === 1n) cpus.push(cpu);
  }
  return cpus;
}
