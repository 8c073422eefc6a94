/**
 * The boot as data: named phases, run in order, timed, each with its outcome.
 *
 * A failed phase is a condition, and the next ones run: a box that is partly up can still be reached and repaired.
 */
import type { BootPhase } from '../status/mod.ts';
import type { Logger } from '../log/mod.ts';
import { reasonOf } from '../linux/mod.ts';

export interface Phase {
  readonly name: string;
  /** Returns a detail to show. A rejection fails the phase with its message as the reason. */
  run(): Promise<string | void> | string | void;
}

export class Phases {
  readonly #logger: Logger;
  readonly #report: BootPhase[] = [];
  #startedAt: number;
  #totalMs: number | undefined;

  /** @param startedAt `performance.now()` of the first own line: what the phases' times count from */
  constructor(logger: Logger, startedAt = performance.now()) {
    this.#logger = logger;
    this.#startedAt = startedAt;
  }

  get report(): readonly BootPhase[] {
    return this.#report;
  }

  /** From the first own line to the end of the last phase, in ms; undefined before `finish`. */
  get totalMs(): number | undefined {
    return this.#totalMs;
  }

  /** Runs the phases in order, after those of earlier calls. Never rejects. */
  async run(phases: readonly Phase[]): Promise<void> {
    const known = this.#report.length + phases.length;
    for (const phase of phases) {
      const startedMs = performance.now() - this.#startedAt;
      const slot = this.#report.push({ name: phase.name, state: 'running', startedMs }) - 1;
      const position = `phase ${phase.name} (${slot + 1}/${known})`;
      try {
        const detail = (await phase.run()) ?? undefined;
        const ms = performance.now() - this.#startedAt - startedMs;
        this.#report[slot] = {
          name: phase.name,
          state: 'done',
          startedMs,
          ms,
          ...(detail === undefined ? {} : { detail }),
        };
        this.#logger.info(
          'boot',
          `${position} done in ${ms.toFixed(1)} ms${detail === undefined ? '' : `: ${detail}`}`,
        );
      } catch (error) {
        const ms = performance.now() - this.#startedAt - startedMs;
        const reason = reasonOf(error);
        this.#report[slot] = { name: phase.name, state: 'failed', startedMs, ms, reason };
        this.#logger.error('boot', `${position} failed after ${ms.toFixed(1)} ms: ${reason}`);
      }
    }
  }

  /** Ends the boot: no phase follows. */
  finish(): void {
    this.#totalMs = performance.now() - this.#startedAt;
    this.#logger.info('boot', `${this.#report.length} phases in ${this.#totalMs.toFixed(0)} ms`);
  }
}
