/**
 * The isolation of worker cores: on a fake tree of the kernel's files with real threads (the emulator's), and on the
 * real cgroup v2 where this machine permits it.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmulatorProcess, testStartupConf } from '../../test/emulator/emulator.ts';
import { cpuCount, getThreadAffinity, listThreads, setThreadAffinity } from '../linux/mod.ts';
import { CpuIsolation } from './cpu-isolation.ts';

const LOGGER = { info() {}, warning() {}, error() {} };
const ONE_WORKER = { mainCore: 0, workers: 1, isolate: true };

let dir: string;
let isolation: CpuIsolation;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'appliance-isolation-'));
  put('cgroup/cgroup.controllers', 'cpuset cpu io memory');
  put('cgroup/cgroup.subtree_control', '');
  put('cgroup/cgroup.threads', '');
  put('cgroup/cpuset.cpus.effective', '0');
  put('cgroup/vpp-workers/cgroup.type', 'domain');
  put('cgroup/vpp-workers/cgroup.threads', '');
  put('cgroup/vpp-workers/cpuset.cpus', '');
  put('cgroup/vpp-workers/cpuset.cpus.effective', '1');
  put('cgroup/vpp-workers/cpuset.cpus.partition', 'member');
  put('sys/devices/system/cpu/online', '0-1');
  put('sys/devices/virtual/workqueue/cpumask', '3');
  put('irq/default_smp_affinity', '3');
  put('irq/24/smp_affinity_list', '0-1');
  put('irq/25/smp_affinity_list', '1');
  put('irq/26/smp_affinity_list', '0');
  put('proc/7/task/7/comm', 'vpp_main');
  isolation = fake(join(dir, 'proc'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function put(name: string, text: string): void {
  mkdirSync(dirname(join(dir, name)), { recursive: true });
  writeFileSync(join(dir, name), `${text}\n`);
}

const get = (name: string): string => readFileSync(join(dir, name), 'utf8').trim();

function fake(proc: string): CpuIsolation {
  const roots = { cgroup: join(dir, 'cgroup'), irq: join(dir, 'irq'), sysfs: join(dir, 'sys'), proc };
  return new CpuIsolation(LOGGER, roots);
}

function emulatorWithWorker(): Promise<EmulatorProcess> {
  const startupConf = testStartupConf('${dir}').replace('main-core 0', 'main-core 0 corelist-workers 1');
  return EmulatorProcess.start({ startupConf });
}

describe('CpuIsolation', () => {
  it('is off, with the reason, without workers or when disabled', async () => {
    expect(await isolation.apply(7, { ...ONE_WORKER, workers: undefined })).toEqual({
      state: 'off',
      reason: 'VPP has no worker threads (vpp.cpu.workers)',
    });
    expect(await isolation.apply(7, { ...ONE_WORKER, isolate: false })).toMatchObject({
      state: 'off',
      reason: 'vpp.cpu.isolate is false',
    });
    expect(get('irq/default_smp_affinity')).toBe('3');
  });

  it('fails with the reason when no other core would be left, or a core is absent', async () => {
    put('sys/devices/system/cpu/online', '1-2');
    expect(await isolation.apply(7, { ...ONE_WORKER, workers: 2 })).toEqual({
      state: 'failed',
      reason: 'worker cores 1-2 are all cores of this machine: expected one for everything else',
    });
    expect(await isolation.apply(7, { ...ONE_WORKER, workers: 3 })).toMatchObject({
      reason: 'worker cores 3 are not online',
    });
  });

  it('fails with the reason when VPP has exited or has other threads, or the kernel has no cpuset', async () => {
    expect(await isolation.apply(8, ONE_WORKER)).toMatchObject({ reason: 'VPP (pid 8) has exited' });
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('VPP ended')), 120);
    expect(await isolation.apply(7, ONE_WORKER, abort.signal)).toEqual({
      state: 'off',
      reason: 'VPP ended',
    });
    put('proc/7/task/9/comm', 'vpp_wk_0');
    put('cgroup/cgroup.controllers', 'cpu memory');
    expect(await isolation.apply(7, ONE_WORKER)).toMatchObject({
      reason: `no cpuset controller in ${join(dir, 'cgroup')}: it has "cpu memory"`,
    });
  });

  it('moves and pins real threads, moves interrupts and unbound work away, and undoes all of it', async (ctx) => {
    if (cpuCount() < 2) ctx.skip('only one processor');
    await using emulator = await emulatorWithWorker();
    const { pid } = emulator;
    isolation = fake('/proc');
    const worker = listThreads(pid).find(({ name }) => name === 'vpp_wk_0')?.tid ?? -1;
    // As the kernel leaves them: attached threads and those of the root may run on every allowed core.
    setThreadAffinity(worker, [0, 1]);
    setThreadAffinity(pid, [0, 1]);

    expect(await isolation.apply(pid, ONE_WORKER)).toMatchObject({
      state: 'active',
      cores: '1',
      threads: [{ tid: worker, name: 'vpp_wk_0', core: 1 }],
      movedInterrupts: 2,
      refusedInterrupts: 0,
      problems: [],
    });
    expect(get('cgroup/cgroup.subtree_control')).toBe('+cpuset');
    expect(get('cgroup/vpp-workers/cgroup.type')).toBe('threaded');
    expect(get('cgroup/vpp-workers/cgroup.threads')).toBe(String(worker));
    expect(get('cgroup/vpp-workers/cpuset.cpus')).toBe('1');
    expect(get('cgroup/vpp-workers/cpuset.cpus.partition')).toBe('isolated');
    expect(getThreadAffinity(worker)).toEqual([1]);
    expect(getThreadAffinity(pid)).toEqual([0]);
    expect(get('irq/default_smp_affinity')).toBe('1');
    expect(['24', '25', '26'].map((irq) => get(`irq/${irq}/smp_affinity_list`))).toEqual(['0', '0', '0']);
    expect(get('sys/devices/virtual/workqueue/cpumask')).toBe('1');
    expect(isolation.check()).toEqual([]);

    await isolation.release();
    expect(isolation.status).toEqual({ state: 'off', reason: 'VPP is not running' });
    expect(get('cgroup/vpp-workers/cpuset.cpus.partition')).toBe('member');
    expect(get('cgroup/cgroup.threads')).toBe(String(worker));
    expect(getThreadAffinity(worker)).toEqual([1]);
    expect(get('irq/default_smp_affinity')).toBe('3');
    expect(['24', '25', '26'].map((irq) => get(`irq/${irq}/smp_affinity_list`))).toEqual(['0-1', '1', '0']);
    expect(get('sys/devices/virtual/workqueue/cpumask')).toBe('3');
  });

  it('counts interrupts that cannot be moved, and does not report them as problems', async (ctx) => {
    if (cpuCount() < 2) ctx.skip('only one processor');
    await using emulator = await emulatorWithWorker();
    isolation = fake('/proc');
    // Reads as a list of processors and rejects every write, as a managed interrupt does.
    mkdirSync(join(dir, 'irq/27'));
    symlinkSync('/sys/devices/system/cpu/online', join(dir, 'irq/27/smp_affinity_list'));
    expect(await isolation.apply(emulator.pid, ONE_WORKER)).toMatchObject({
      state: 'active',
      movedInterrupts: 2,
      refusedInterrupts: 1,
    });
    expect(isolation.check()).toEqual([]);
  });

  it('relies on what it reads back, not on what it wrote', async (ctx) => {
    if (cpuCount() < 2) ctx.skip('only one processor');
    await using emulator = await emulatorWithWorker();
    isolation = fake('/proc');
    const partition = join(dir, 'cgroup/vpp-workers/cpuset.cpus.partition');
    rmSync(partition);
    symlinkSync('/dev/null', partition);
    const status = await isolation.apply(emulator.pid, ONE_WORKER);
    expect(status).toMatchObject({ state: 'failed' });
    expect(status).toHaveProperty('reason', expect.stringContaining('the kernel reports ""'));
    expect(get('irq/default_smp_affinity')).toBe('3');
  });

  it('reports every deviation from what it set', async (ctx) => {
    if (cpuCount() < 2) ctx.skip('only one processor');
    await using emulator = await emulatorWithWorker();
    isolation = fake('/proc');
    await isolation.apply(emulator.pid, ONE_WORKER);
    const worker = listThreads(emulator.pid).find(({ name }) => name === 'vpp_wk_0')?.tid ?? -1;
    put(
      'cgroup/vpp-workers/cpuset.cpus.partition',
      'isolated invalid (Cpu list in cpuset.cpus not exclusive)',
    );
    put('cgroup/cpuset.cpus.effective', '0-1');
    put('cgroup/vpp-workers/cgroup.threads', '999');
    put('irq/24/smp_affinity_list', '0-1');
    put('irq/default_smp_affinity', '3');
    setThreadAffinity(worker, [0, 1]);
    expect(isolation.check()).toEqual([
      'the partition of the workers is "isolated invalid (Cpu list in cpuset.cpus not exclusive)", expected "isolated"',
      'everything else may run on cores 1',
      `threads ${worker} are not in the partition`,
      'threads 999 do not belong in the partition',
      `vpp_wk_0 (${worker}) may run on cores 0-1, expected 1`,
      '1 interrupts may run on cores 1: 24',
      `new interrupts may run on cores 1 (${dir}/irq/default_smp_affinity)`,
    ]);
    expect(isolation.status).toMatchObject({ problems: expect.arrayContaining([expect.any(String)]) });
    await emulator.kill();
    expect(isolation.check()).toContain(`vpp_wk_0 (${worker}) has exited`);
  });

  it('removes the partition that an earlier process left', async () => {
    put('cgroup/vpp-workers/cpuset.cpus.partition', 'isolated');
    await isolation.release('not started yet');
    expect(get('cgroup/vpp-workers/cpuset.cpus.partition')).toBe('member');
    expect(isolation.status).toEqual({ state: 'off', reason: 'not started yet' });
  });
});

describe('on the cgroup v2 of this machine', () => {
  it('isolates the worker of an emulator, and lets it start again afterwards', async (ctx) => {
    const controllers = '/sys/fs/cgroup/cgroup.controllers';
    const hasCpuset = existsSync(controllers) && readFileSync(controllers, 'utf8').includes('cpuset');
    if (!hasCpuset) ctx.skip('no cgroup v2 with a cpuset controller at /sys/fs/cgroup');
    if (cpuCount() < 2) ctx.skip('only one processor');
    const own = readFileSync('/proc/self/cgroup', 'utf8').match(/^0::(.*)$/m)?.[1];
    if (own !== '/') ctx.skip(`this process is in the cgroup ${own}, not in the root`);
    isolation = new CpuIsolation(LOGGER);
    try {
      for (let life = 0; life < 2; life += 1) {
        await isolation.release();
        await using emulator = await emulatorWithWorker();
        const status = await isolation.apply(emulator.pid, ONE_WORKER);
        expect(status).toMatchObject({ state: 'active', cores: '1' });
        await sleep(200);
        expect(isolation.check()).toEqual([]);
        expect(getThreadAffinity(process.pid)).not.toContain(1);
      }
    } finally {
      await isolation.release();
    }
    expect(getThreadAffinity(process.pid)).toContain(1);
  });
});
