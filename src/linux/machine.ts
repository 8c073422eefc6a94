/** Owns reading facts about memory and processors from sysfs and procfs. */
import { readText } from './files.ts';

/** Values of /proc/meminfo, in bytes. */
export interface MemInfo {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly availableBytes: number;
}

/** Reads /proc/meminfo. A missing field is 0. */
export function memInfo(procRoot = '/proc'): MemInfo {
  const fields = new Map<string, number>();
  for (const line of (readText(`${procRoot}/meminfo`) ?? '').split('\n')) {
    const [, name = '', kib] = /^(\S+):\s+(\d+) kB$/.exec(line.trim()) ?? [];
    fields.set(name, Number(kib) * 1024);
  }
  const field = (name: string): number => fields.get(name) ?? 0;
  return {
    totalBytes: field('MemTotal'),
    freeBytes: field('MemFree'),
    availableBytes: field('MemAvailable'),
  };
}

/** Numbers of the online processors, ascending; `[0]` when sysfs does not list them. */
export function onlineCpus(sysfs = '/sys'): number[] {
  const cpus = parseCpuList(readText(`${sysfs}/devices/system/cpu/online`) ?? '');
  return cpus.length > 0 ? cpus : [0];
}

/** How many processors are online. */
export function cpuCount(sysfs = '/sys'): number {
  return onlineCpus(sysfs).length;
}

/** Numbers in a kernel CPU list (`0-3,5`), ascending; unparsable parts are left out. */
export function parseCpuList(text: string): number[] {
  const cpus = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part);
    if (!match) continue;
    const first = Number(match[1]);
    const last = Math.min(match[2] === undefined ? first : Number(match[2]), first + MAX_CPUS);
    for (let cpu = first; cpu <= last; cpu++) cpus.add(cpu);
  }
  return [...cpus].sort((a, b) => a - b);
}

/** Longest range accepted in a CPU list: the kernel's largest NR_CPUS. */
const MAX_CPUS = 8192;
