/**
 * Affinity of interrupts and of the kernel's unbound work: kept off some cores, and restored.
 *
 * Sources: kernel Documentation/core-api/irq/irq-affinity.rst, Documentation/core-api/workqueue.rst. Interrupts that
 * a driver spreads itself (managed ones, such as NVMe's queues) and those of one processor (timers) cannot be
 * moved: they are counted. `default_smp_affinity` applies to interrupts that are requested later.
 */
import {
  formatCpuList,
  formatCpuMask,
  parseCpuList,
  parseCpuMask,
  readNames,
  readText,
  writeAttribute,
  reasonOf,
} from '../linux/mod.ts';

/** Maximum number of interrupts named in one message. */
const MAX_NAMED = 5;

export interface InterruptRoots {
  /** Default /proc/irq. */
  readonly irq: string;
  /** Default /sys. */
  readonly sysfs: string;
}

export interface MovedInterrupts {
  readonly moved: number;
  /** Those that their driver or chip does not allow to be moved. */
  readonly refused: number;
}

export class InterruptAffinity {
  readonly #roots: InterruptRoots;
  /** The previous content of each changed file, in the order of the changes. */
  #before = new Map<string, string>();
  readonly #refused = new Set<string>();

  constructor(roots: InterruptRoots) {
    this.#roots = roots;
  }

  /** Moves interrupts and unbound work away from `cores`. Rejects when the defaults cannot be set. */
  async moveOff(cores: readonly number[], housekeeping: readonly number[]): Promise<MovedInterrupts> {
    this.#refused.clear();
    for (const path of [this.#defaultPath, this.#workqueuePath]) {
      const now = parseCpuMask(readText(path) ?? '');
      if (now.some((cpu) => cores.includes(cpu))) {
        await this.#change(path, formatCpuMask(without(now, cores, housekeeping)));
      }
    }
    let moved = 0;
    for (const irq of this.#numbers()) {
      const path = this.#listPath(irq);
      const now = parseCpuList(readText(path) ?? '');
      if (!now.some((cpu) => cores.includes(cpu))) continue;
      try {
        await this.#change(path, formatCpuList(without(now, cores, housekeeping)));
        moved += 1;
      } catch {
        // EIO or EPERM: managed or per processor; ENOSPC: no free vector there. Counted, not a failure.
        this.#refused.add(irq);
      }
    }
    return { moved, refused: this.#refused.size };
  }

  /** Restores everything that `moveOff` changed. Returns the failures. */
  async restore(): Promise<string[]> {
    const problems: string[] = [];
    const before = [...this.#before].toReversed();
    this.#before = new Map();
    this.#refused.clear();
    for (const [path, text] of before) {
      // An interrupt whose device was removed has no file any more.
      if (readText(path) === undefined) continue;
      try {
        await writeAttribute(path, text);
      } catch (error) {
        problems.push(reasonOf(error));
      }
    }
    return problems;
  }

  /** Reports what runs on `cores` again although it can be moved. */
  strays(cores: readonly number[]): string[] {
    const overlaps = (cpus: readonly number[]): boolean => cpus.some((cpu) => cores.includes(cpu));
    const problems: string[] = [];
    const strays = this.#numbers().filter(
      (irq) => !this.#refused.has(irq) && overlaps(parseCpuList(readText(this.#listPath(irq)) ?? '')),
    );
    if (strays.length > 0) {
      const more = strays.length > MAX_NAMED ? ' …' : '';
      const names = strays.slice(0, MAX_NAMED).join(', ');
      problems.push(`${strays.length} interrupts may run on cores ${formatCpuList(cores)}: ${names}${more}`);
    }
    const masks = [
      [this.#defaultPath, 'new interrupts'],
      [this.#workqueuePath, 'unbound work of the kernel'],
    ] as const;
    for (const [path, what] of masks) {
      if (overlaps(parseCpuMask(readText(path) ?? ''))) {
        problems.push(`${what} may run on cores ${formatCpuList(cores)} (${path})`);
      }
    }
    return problems;
  }

  get #defaultPath(): string {
    return `${this.#roots.irq}/default_smp_affinity`;
  }

  get #workqueuePath(): string {
    return `${this.#roots.sysfs}/devices/virtual/workqueue/cpumask`;
  }

  #listPath(irq: string): string {
    return `${this.#roots.irq}/${irq}/smp_affinity_list`;
  }

  #numbers(): string[] {
    return readNames(this.#roots.irq).filter((name) => /^\d+$/.test(name));
  }

  async #change(path: string, text: string): Promise<void> {
    const before = readText(path);
    await writeAttribute(path, text);
    if (before !== undefined && !this.#before.has(path)) this.#before.set(path, before);
  }
}

function without(
  now: readonly number[],
  cores: readonly number[],
  housekeeping: readonly number[],
): readonly number[] {
  const rest = now.filter((cpu) => !cores.includes(cpu));
  return rest.length > 0 ? rest : housekeeping;
}
