/**
 * VPP's worker threads: real threads of this process, named `vpp_wk_N` and pinned from the main thread, so that
 * isolation of their cores has threads to move. They only wait; VPP's would poll.
 *
 * Like VPP (src/vlib/threads.c) it exits when a core is not online, or is not in the cpuset of this process.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { isErrno, listThreads, onlineCpus, setThreadAffinity } from '../../src/linux/mod.ts';
import type { StartupConf } from './startup-conf.ts';
import { refuse } from './startup-refusal.ts';

/** The main thread's core when the configuration names none: core 1, if there is one. */
const DEFAULT_MAIN_CORE = 1;
const APPEAR_MS = 10_000;
const POLL_MS = 5;

/** The cores of main thread and workers; throws StartupRefusal in VPP's words when there are not enough. */
export function assignCores(
  conf: Pick<StartupConf, 'workers' | 'mainCore' | 'workerCores'>,
  online: readonly number[],
): { readonly main: number; readonly workers: readonly number[] } {
  const available = new Set(online);
  const main = conf.mainCore ?? (available.has(DEFAULT_MAIN_CORE) ? DEFAULT_MAIN_CORE : (online[0] ?? 0));
  if (!available.delete(main)) {
    refuse(`vlib_thread_init: cpu ${main} is not available to be used for the main thread`, 0);
  }
  const workers: number[] = [];
  for (let index = 0; index < conf.workers; index += 1) {
    // Core 0 is taken last: it is left to the host and its interrupts.
    const free = [...available].sort((a, b) => a - b);
    const core = conf.workerCores?.[index] ?? free.find((candidate) => candidate !== 0) ?? free[0];
    if (core === undefined) {
      refuse(`vlib_thread_init: no available cpus to be used for the 'workers' thread`, 0);
    }
    if (!available.delete(core)) {
      refuse(`vlib_thread_init: cpu ${core} is not available to be used for the 'workers' thread`, 0);
    }
    workers.push(core);
  }
  return { main, workers: workers.sort((a, b) => a - b) };
}

/** Starts and pins the configured threads; throws StartupRefusal as VPP exits. */
export async function startWorkerThreads(conf: StartupConf): Promise<void> {
  if (conf.workers === 0) return;
  const { main, workers } = assignCores(conf, onlineCpus());
  for (const [index, core] of workers.entries()) {
    const name = `vpp_wk_${index}`;
    new Worker('setInterval(() => {}, 2 ** 30)', { eval: true, name }).unref();
    pin(await threadId(name), core);
  }
  // Last, since threads inherit it.
  pin(process.pid, main);
}

function pin(tid: number, core: number): void {
  try {
    setThreadAffinity(tid, [core]);
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error;
    refuse(`start_workers: pthread_setaffinity_np() on cpu ${core} failed: Invalid argument (errno 22)`, 1);
  }
}

async function threadId(name: string): Promise<number> {
  const deadline = performance.now() + APPEAR_MS;
  for (;;) {
    const thread = listThreads(process.pid).find((candidate) => candidate.name === name);
    if (thread !== undefined) return thread.tid;
    if (performance.now() > deadline) throw new Error(`the thread ${name} did not appear`);
    await sleep(POLL_MS);
  }
}
