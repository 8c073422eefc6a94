/**
 * The entries on this box's boot partition, and the running one.
 *
 * Invariant: the running entry's file stays known for the life of this process, even after it is renamed.
 */
import type { BootPartition } from '../disk/mod.ts';
import { applySteps } from './apply-steps.ts';
import { type Entry, listEntries } from './entries.ts';
import type { Step } from './plan.ts';
import { findRunning, type LoaderVariables, type Running } from './running.ts';

export class BootEntries {
  readonly boot: BootPartition;
  #entries: readonly Entry[];
  #running: Running;

  private constructor(boot: BootPartition, entries: readonly Entry[], running: Running) {
    this.boot = boot;
    this.#entries = entries;
    this.#running = running;
  }

  /** Reads the boot partition. Rejects when it cannot be read. */
  static async read(
    boot: BootPartition,
    loader: LoaderVariables,
    imageVersion: string,
  ): Promise<BootEntries> {
    const entries = await listEntries(boot.root);
    return new BootEntries(boot, entries, findRunning(entries, loader, imageVersion));
  }

  /** In the loader's order, as of the last reading. */
  get all(): readonly Entry[] {
    return this.#entries;
  }

  get running(): Running {
    return this.#running;
  }

  /** Marks the running entry as good. */
  setGood(): void {
    this.#running = { ...this.#running, state: 'good' };
  }

  /** Reads the boot partition again. */
  async refresh(): Promise<void> {
    this.#entries = await listEntries(this.boot.root);
    const file = this.#running.entry?.file;
    const entry = this.#entries.find((one) => one.file === file);
    if (entry !== undefined) this.#running = { ...this.#running, entry };
  }

  /** Executes the steps in order. Rejects at the first that fails; earlier ones are done. */
  async apply(steps: readonly Step[]): Promise<void> {
    if (steps.length === 0) return;
    try {
      await this.boot.writable((root) => applySteps(root, steps));
    } finally {
      // After a failure too: some steps were done.
      const file = this.#running.entry?.file;
      const renamed = steps.find((step) => step.kind === 'rename' && step.from === file);
      this.#entries = await listEntries(this.boot.root);
      const to = renamed?.kind === 'rename' ? renamed.to : file;
      const entry =
        this.#entries.find((one) => one.file === to) ?? this.#entries.find((one) => one.file === file);
      if (entry !== undefined) this.#running = { ...this.#running, entry };
    }
  }
}
