/**
 * The cgroup of VPP's worker threads: a threaded child of the root whose cpuset is an isolated partition.
 *
 * Invariants: threads are moved in before the partition is created, so that no worker ever loses its core to others; it
 * is `member` before it becomes `isolated`, since an invalid partition stays invalid until then. VPP itself stays in
 * the root cgroup: threads can move only within one threaded subtree.
 * Sources: kernel 6.1 Documentation/admin-guide/cgroup-v2.rst (Threads, Cpuset), kernel/cgroup/cpuset.c.
 */
import { mkdirSync, rmdirSync } from 'node:fs';
import { formatCpuList, isErrno, parseCpuList, readNames, readText, writeAttribute } from '../linux/mod.ts';

const NAME = 'vpp-workers';

export class WorkerPartition {
  readonly #root: string;
  readonly #path: string;

  /** @param root the cgroup v2 mount */
  constructor(root: string) {
    this.#root = root;
    this.#path = `${root}/${NAME}`;
  }

  /** Creates the group with these cores, not yet isolated. Rejects with the reason when the kernel cannot. */
  async create(cores: readonly number[]): Promise<void> {
    const controllers = readText(`${this.#root}/cgroup.controllers`);
    if (controllers?.split(' ').includes('cpuset') !== true) {
      const found = controllers === undefined ? 'it is not a cgroup v2 mount' : `it has "${controllers}"`;
      throw new Error(`no cpuset controller in ${this.#root}: ${found}`);
    }
    const control = `${this.#root}/cgroup.subtree_control`;
    if (readText(control)?.split(' ').includes('cpuset') !== true) await writeAttribute(control, '+cpuset');
    mkdirSync(this.#path, { recursive: true });
    if (readText(`${this.#path}/cgroup.type`) !== 'threaded') await this.#write('cgroup.type', 'threaded');
    await this.#leavePartition();
    await this.#write('cpuset.cpus', formatCpuList(cores));
  }

  /** Moves one thread in; the kernel then lets it run on every core of the group. Errors: ESRCH, EOPNOTSUPP. */
  async add(tid: number): Promise<void> {
    await this.#write('cgroup.threads', String(tid));
  }

  /** Isolates the cores from everything else. Rejects with the kernel's reason. */
  async isolate(): Promise<void> {
    await this.#write('cpuset.cpus.partition', 'isolated');
    const state = this.#read('cpuset.cpus.partition');
    if (state !== 'isolated')
      throw new Error(`cannot isolate the partition ${this.#path}: the kernel reports "${state ?? ''}"`);
  }

  /** The threads in it, by id. */
  threads(): number[] {
    return (this.#read('cgroup.threads') ?? '').split('\n').filter(Boolean).map(Number);
  }

  /** Releases the cores and removes the group. Rejects when the kernel does not release them. */
  async remove(): Promise<void> {
    if (readNames(this.#path).length === 0) return;
    await this.#leavePartition();
    for (const tid of this.threads()) {
      try {
        await writeAttribute(`${this.#root}/cgroup.threads`, String(tid));
      } catch (error) {
        // The thread ended meanwhile.
        if (!isErrno(error, 'ESRCH')) throw error;
      }
    }
    try {
      rmdirSync(this.#path);
    } catch {
      // EBUSY while the last thread is still ending: an ordinary group without a partition is harmless.
    }
  }

  /** Reports the deviations from what `isolate` set. */
  check(cores: readonly number[], tids: readonly number[]): string[] {
    const problems: string[] = [];
    const state = this.#read('cpuset.cpus.partition');
    if (state !== 'isolated')
      problems.push(`the partition of the workers is "${state ?? 'missing'}", expected "isolated"`);
    const effective = this.#read('cpuset.cpus.effective');
    if (effective !== formatCpuList(cores)) {
      problems.push(
        `the cores of the workers are ${effective ?? 'unknown'}, expected ${formatCpuList(cores)}`,
      );
    }
    const others = parseCpuList(readText(`${this.#root}/cpuset.cpus.effective`) ?? '');
    const shared = others.filter((cpu) => cores.includes(cpu));
    if (shared.length > 0) problems.push(`everything else may run on cores ${formatCpuList(shared)}`);
    const inside = this.threads();
    const missing = tids.filter((tid) => !inside.includes(tid));
    if (missing.length > 0) problems.push(`threads ${missing.join(', ')} are not in the partition`);
    const strangers = inside.filter((tid) => !tids.includes(tid));
    if (strangers.length > 0) problems.push(`threads ${strangers.join(', ')} do not belong in the partition`);
    return problems;
  }

  async #leavePartition(): Promise<void> {
    const state = this.#read('cpuset.cpus.partition');
    if (state === undefined || state === 'member') return;
    await this.#write('cpuset.cpus.partition', 'member');
  }

  #read(name: string): string | undefined {
    return readText(`${this.#path}/${name}`);
  }

  async #write(name: string, text: string): Promise<void> {
    await writeAttribute(`${this.#path}/${name}`, text);
  }
}
