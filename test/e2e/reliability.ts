/**
 * Cases of the table in docs/reliability.md. A run of the tests takes one of each class; `npm run test:long` takes
 * all, and writes what each came to into the table.
 */
import { it } from 'vitest';

/** What a case leaves for the table. */
export interface CaseOutcome {
  readonly kind: string;
  readonly words: string;
}

declare module 'vitest' {
  interface TaskMeta {
    reliability?: CaseOutcome;
  }
}

/** Whether every case is wanted, not one of each class. */
export const ALL_CASES = process.env['RELIABILITY'] === 'all';

export interface CaseOptions {
  /** Class of the case: `update`, `power cut` … */
  readonly kind: string;
  /** Part of every run of the tests. */
  readonly always?: boolean;
  readonly timeoutMs?: number;
}

/** Declares a case; its body resolves with how it ended, in words for the table. */
export function reliabilityCase(name: string, options: CaseOptions, body: () => Promise<string>): void {
  it(name, { timeout: options.timeoutMs ?? 900_000 }, async (context) => {
    if (options.always !== true && !ALL_CASES)
      context.skip('one case of its class runs; all do with npm run test:long');
    context.task.meta.reliability = { kind: options.kind, words: 'it did not end as it should' };
    context.task.meta.reliability = { kind: options.kind, words: await body() };
  });
}
