/**
 * Isolation of the workers' cores: VPP's worker threads in an isolated partition, everything else and the interrupts on
 * the other cores; applied and released at run time.
 *
 * The order in a life of VPP: `release` before its start, since VPP pins its workers itself and cannot while their
 * cores are outside its cpuset; `apply` once its API is connected; `release` at its end. Calls run one after the other.
 * Each worker is pinned again after it was moved: kernel 6.1 resets a thread's affinity when its cpuset changes, and
 * that of every thread in the root cgroup (VPP's main thread is one) when a partition is created.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { VppConfig } from '../config/types.ts';
import {
  formatCpuList,
  getThreadAffinity,
  listThreads,
  onlineCpus,
  setThreadAffinity,
  reasonOf,
} from '../linux/mod.ts';
import type { CpuIsolationStatus, WorkerThread } from '../machine/status.ts';
import { vppCores } from '../vpp/mod.ts';
import type { Logger } from '../log/mod.ts';
import { InterruptAffinity } from './interrupt-affinity.ts';
import { WorkerPartition } from './worker-partition.ts';

/** Directories of the kernel's files; a fake tree in a test. */
export interface IsolationRoots {
  readonly cgroup?: string;
  readonly proc?: string;
  readonly irq?: string;
  readonly sysfs?: string;
}

/** VPP has its threads before its API answers; on a slow machine they may be listed with a delay. */
const THREADS_MS = 5_000;
const POLL_MS = 50;

type Cpu = VppConfig['cpu'];

export class CpuIsolation {
  readonly #roots: Required<IsolationRoots>;
  readonly #logger: Logger;
  readonly #partition: WorkerPartition;
  readonly #interrupts: InterruptAffinity;
  #status: CpuIsolationStatus = { state: 'off', reason: 'VPP has not started yet' };
  #last: Promise<unknown> = Promise.resolve();

  constructor(logger: Logger, roots: IsolationRoots = {}) {
    this.#logger = logger;
    this.#roots = { cgroup: '/sys/fs/cgroup', proc: '/proc', irq: '/proc/irq', sysfs: '/sys', ...roots };
    this.#partition = new WorkerPartition(this.#roots.cgroup);
    this.#interrupts = new InterruptAffinity(this.#roots);
  }

  get status(): CpuIsolationStatus {
    return this.#status;
  }

  /** Releases every core, also of a partition that an earlier process left. Never rejects. */
  release(reason = 'VPP is not running'): Promise<void> {
    return this.#inTurn(async () => {
      const problems = await this.#undo();
      if (problems.length === 0) this.#status = { state: 'off', reason };
      else this.#fail(`cannot release the worker cores: ${problems.join('; ')}`);
    });
  }

  /**
   * Isolates the workers of the VPP with this pid, as its configuration places them. The signal aborts at VPP's end.
   * Never rejects: a failure is in the status.
   */
  apply(pid: number, cpu: Cpu, signal?: AbortSignal): Promise<CpuIsolationStatus> {
    return this.#inTurn(async () => {
      try {
        this.#status = await this.#isolate(pid, cpu, signal);
      } catch (error) {
        const reason = reasonOf(error);
        const problems = await this.#undo();
        // The end of VPP is reported elsewhere, and is no failure here.
        if (signal?.aborted === true && problems.length === 0) {
          this.#status = { state: 'off', reason: 'VPP ended' };
        } else {
          this.#fail([reason, ...problems].join('; '));
        }
      }
      return this.#status;
    });
  }

  /** Reads the kernel's state and returns the deviations; none when nothing is isolated. */
  check(): readonly string[] {
    const status = this.#status;
    if (status.state !== 'active') return [];
    const cores = status.threads.map(({ core }) => core);
    const problems = this.#partition.check(
      cores,
      status.threads.map(({ tid }) => tid),
    );
    for (const thread of status.threads) {
      const problem = pinningProblem(thread);
      if (problem !== undefined) problems.push(problem);
    }
    problems.push(...this.#interrupts.strays(cores));
    this.#status = { ...status, problems };
    return problems;
  }

  async #isolate(pid: number, cpu: Cpu, signal: AbortSignal | undefined): Promise<CpuIsolationStatus> {
    const { main, workers: cores } = vppCores(cpu);
    await this.#undoOrThrow();
    if (!cpu.isolate) return { state: 'off', reason: 'vpp.cpu.isolate is false' };
    if (cores.length === 0) return { state: 'off', reason: 'VPP has no worker threads (vpp.cpu.workers)' };
    const online = onlineCpus(this.#roots.sysfs);
    const absent = cores.filter((core) => !online.includes(core));
    if (absent.length > 0) throw new Error(`worker cores ${formatCpuList(absent)} are not online`);
    const housekeeping = online.filter((core) => !cores.includes(core));
    if (housekeeping.length === 0) {
      throw new Error(
        `worker cores ${formatCpuList(cores)} are all cores of this machine: expected one for everything else`,
      );
    }
    const threads = await this.#findWorkers(pid, cores, signal);
    await this.#partition.create(cores);
    for (const thread of threads) {
      await this.#partition.add(thread.tid);
      setThreadAffinity(thread.tid, [thread.core]);
    }
    await this.#partition.isolate();
    for (const thread of threads) setThreadAffinity(thread.tid, [thread.core]);
    if (housekeeping.includes(main)) setThreadAffinity(pid, [main]);
    const { moved, refused } = await this.#interrupts.moveOff(cores, housekeeping);
    const list = formatCpuList(cores);
    this.#logger.info(
      'isolation',
      `cores ${list} isolated for the workers; ${moved} interrupts moved to ${formatCpuList(housekeeping)}, ` +
        `${refused} cannot be moved`,
    );
    return {
      state: 'active',
      cores: list,
      threads,
      movedInterrupts: moved,
      refusedInterrupts: refused,
      since: Date.now(),
      problems: [],
    };
  }

  /** VPP's worker threads, in the order of their cores. Source: VPP, src/vlib/threads.c (`vpp_wk_N`). */
  async #findWorkers(
    pid: number,
    cores: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<WorkerThread[]> {
    const deadline = performance.now() + THREADS_MS;
    for (;;) {
      const found = listThreads(pid, this.#roots.proc);
      const threads = cores.flatMap((core, index) => {
        const name = `vpp_wk_${index}`;
        const tid = found.find((thread) => thread.name === name)?.tid;
        return tid === undefined ? [] : [{ tid, name, core }];
      });
      if (threads.length === cores.length) return threads;
      if (found.length === 0) throw new Error(`VPP (pid ${pid}) has exited`);
      if (performance.now() > deadline) {
        throw new Error(`VPP (pid ${pid}) has ${threads.length} of ${cores.length} worker threads`);
      }
      await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal });
    }
  }

  async #undoOrThrow(): Promise<void> {
    const problems = await this.#undo();
    if (problems.length > 0) throw new Error(problems.join('; '));
  }

  async #undo(): Promise<string[]> {
    const problems = await this.#interrupts.restore();
    const threads = this.#status.state === 'active' ? this.#status.threads : [];
    try {
      await this.#partition.remove();
    } catch (error) {
      problems.push(reasonOf(error));
    }
    // Of a VPP that keeps running: its workers, moved back, would migrate between cores.
    for (const { tid, name, core } of threads) {
      if (listThreads(tid, this.#roots.proc).some((thread) => thread.name === name)) {
        try {
          setThreadAffinity(tid, [core]);
        } catch {
          // It ended in between.
        }
      }
    }
    return problems;
  }

  #fail(reason: string): void {
    this.#status = { state: 'failed', reason };
    this.#logger.warning('isolation', reason);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result;
    return result;
  }
}

function pinningProblem({ tid, name, core }: WorkerThread): string | undefined {
  try {
    const cpus = getThreadAffinity(tid);
    if (cpus.length === 1 && cpus[0] === core) return undefined;
    return `${name} (${tid}) may run on cores ${formatCpuList(cpus)}, expected ${core}`;
  } catch {
    return `${name} (${tid}) has exited`;
  }
}
