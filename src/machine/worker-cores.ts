/**
 * The isolation of VPP's worker cores over the lives of VPP: released before each start, applied once its API answers,
 * checked periodically. Each deviation is a condition.
 */
import type { VppConfig } from '../config/types.ts';
import type { CpuIsolationStatus } from './status.ts';
import type { Conditions, Logger } from '../log/mod.ts';
import { CpuIsolation } from './cpu-isolation.ts';

const CHECK_MS = 15_000;
const SUBJECT = 'cpu-isolation';

export class WorkerCores {
  readonly #isolation: CpuIsolation;
  readonly #conditions: Conditions;
  #timer: NodeJS.Timeout | undefined;

  constructor(logger: Logger, conditions: Conditions) {
    this.#isolation = new CpuIsolation(logger);
    this.#conditions = conditions;
  }

  get status(): CpuIsolationStatus {
    return this.#isolation.status;
  }

  /** Called before a start of VPP and after its end. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    this.#conditions.clear(SUBJECT);
    await this.#isolation.release();
    this.#state();
  }

  /** Called when VPP's API answers: its threads exist. */
  async take(pid: number, cpu: VppConfig['cpu'], life: AbortSignal): Promise<void> {
    await this.#isolation.apply(pid, cpu, life);
    if (life.aborted) return;
    this.#state();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      this.#isolation.check();
      this.#state();
    }, CHECK_MS);
    this.#timer.unref();
    life.addEventListener('abort', () => clearInterval(this.#timer), { once: true });
  }

  #state(): void {
    const { status } = this;
    if (status.state === 'failed') this.#conditions.set('warning', SUBJECT, status.reason);
    else if (status.state === 'active' && status.problems.length > 0) {
      this.#conditions.set('warning', SUBJECT, status.problems.join('; '));
    } else this.#conditions.clear(SUBJECT);
  }
}
