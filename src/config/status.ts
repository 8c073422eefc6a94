/** Owns what is said of the configuration: which one runs, and whether it is to stay. Pure. */
import type { Timestamp } from '../report/mod.ts';
import type { ChangePlan } from './difference.ts';
import type { ConfigProblem } from './types.ts';

/** Which configuration runs, and what is wrong with the file. */
export type ConfigStatus = {
  readonly path: string;
  /** Of the file at `path`. */
  readonly problems: readonly ConfigProblem[];
} & (
  | { readonly state: 'ok'; readonly source: 'file' }
  /** The file has mistakes (`rejected`), or cannot be read (`missing`). */
  | {
      readonly state: 'rejected' | 'missing';
      /** The configuration in use instead. */
      readonly source: 'last-good' | 'default';
      readonly reason: string;
    }
);

/** Whether the configuration in force is to stay; times are Unix milliseconds. */
export type ConfigChangeStatus = {
  /** What waits for a restart of VPP or of the box, in words. */
  readonly pending: readonly string[];
} & (
  | { readonly state: 'confirmed' }
  | { readonly state: 'waiting'; readonly confirmBefore: Timestamp; readonly plan: ChangePlan }
  | { readonly state: 'reverted'; readonly at: Timestamp; readonly reason: string }
);
