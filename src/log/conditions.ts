/** What an operator should know now: one entry a subject, with the time since when it holds. */
import type { Condition, Severity } from '../report/mod.ts';
import type { Logger } from './console.ts';

export class Conditions {
  readonly #logger: Logger;
  readonly #onChange: () => void;
  readonly #bySubject = new Map<string, Condition>();

  constructor(logger: Logger, onChange: () => void = () => {}) {
    this.#logger = logger;
    this.#onChange = onChange;
  }

  /**
   * States a condition; said again with the same words it changes nothing.
   *
   * @param leaf what of the configuration is not so because of it
   */
  set(severity: Severity, subject: string, reason: string, leaf?: string): void {
    const old = this.#bySubject.get(subject);
    if (old?.reason === reason && old.severity === severity) return;
    this.#bySubject.set(subject, {
      severity,
      subject,
      reason,
      since: Date.now(),
      ...(leaf === undefined ? {} : { leaf }),
    });
    this.#onChange();
    if (severity === 'error') this.#logger.error(subject, reason);
    else if (severity === 'warning') this.#logger.warning(subject, reason);
    else this.#logger.info(subject, reason);
  }

  /** The condition holds no more. */
  clear(subject: string): void {
    if (this.#bySubject.delete(subject)) this.#onChange();
  }

  list(): Condition[] {
    const rank = { error: 0, warning: 1, info: 2 } as const;
    return [...this.#bySubject.values()].sort(
      (a, b) => rank[a.severity] - rank[b.severity] || a.since - b.since,
    );
  }
}
