import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cpuCount, getThreadAffinity, listThreads } from '../../src/linux/mod.ts';
import { EmulatorProcess, testStartupConf, writeEmulatorBinary } from './emulator.ts';
import { assignCores } from './worker-threads.ts';

const conf = (workers: number, mainCore?: number, workerCores?: number[]) => ({
  workers,
  mainCore,
  workerCores,
});

describe('cores of the threads', () => {
  test('are those that the configuration names', () => {
    expect(assignCores(conf(2, 0, [1, 3]), [0, 1, 2, 3])).toEqual({ main: 0, workers: [1, 3] });
  });

  test('are chosen as in VPP when it names none: core 1 for the main thread, core 0 last', () => {
    expect(assignCores(conf(2), [0, 1, 2, 3])).toEqual({ main: 1, workers: [2, 3] });
    expect(assignCores(conf(3), [0, 1, 2, 3])).toEqual({ main: 1, workers: [0, 2, 3] });
  });

  test('are refused with the missing core named', () => {
    expect(() => assignCores(conf(1, 0, [9]), [0, 1])).toThrow(
      "vlib_thread_init: cpu 9 is not available to be used for the 'workers' thread",
    );
    expect(() => assignCores(conf(1, 0, [0]), [0, 1])).toThrow('cpu 0 is not available');
    expect(() => assignCores(conf(1, 7), [0, 1])).toThrow('for the main thread');
    expect(() => assignCores(conf(2), [0, 1])).toThrow('no available cpus');
  });
});

describe('the emulator', () => {
  test('has worker threads with the names and on the cores of VPP', async (ctx) => {
    if (cpuCount() < 2) ctx.skip('one processor only');
    await using emulator = await EmulatorProcess.start({
      startupConf: testStartupConf('${dir}').replace('main-core 0', 'main-core 0 corelist-workers 1'),
    });
    const { pid } = emulator;
    const workers = listThreads(pid).filter(({ name }) => name.startsWith('vpp_wk_'));
    expect(workers.map(({ name }) => name)).toEqual(['vpp_wk_0']);
    expect(getThreadAffinity(workers[0]?.tid ?? -1)).toEqual([1]);
    expect(getThreadAffinity(pid)).toEqual([0]);
  });

  test('exits like VPP when a core does not exist', () => {
    const dir = mkdtempSync(join(tmpdir(), 'emulator-'));
    try {
      const vpp = writeEmulatorBinary(dir);
      const text = testStartupConf(dir).replace('main-core 0', 'main-core 0 corelist-workers 500');
      writeFileSync(join(dir, 'startup.conf'), text);
      const { status, stderr } = spawnSync(vpp, ['-c', join(dir, 'startup.conf')], { encoding: 'utf8' });
      expect(stderr).toContain("cpu 500 is not available to be used for the 'workers' thread");
      expect(status).toBe(0);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
