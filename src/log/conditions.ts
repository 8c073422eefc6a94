/** What an operator should know now: one entry per subject, with the time it began. */
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
   * Sets a condition; setting it again with the same reason changes nothing.
   *
   * @param leaf the configuration leaf that is not in effect because of it
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

  /** Removes a condition. */
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
