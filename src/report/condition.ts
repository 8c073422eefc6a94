/** Owns what holds for a while and an operator should know: any room states it. Pure. */
import { type Finding, finding } from './finding.ts';
import type { Timestamp } from './format.ts';

export type Severity = 'error' | 'warning' | 'info';

/** Something that an operator should know, for as long as it holds. */
export interface Condition {
  readonly severity: Severity;
  /** The part it is about, `vpp`, `config`, `hugepages`, `nic 0000:03:00.0`; unique with the severity. */
  readonly subject: string;
  readonly reason: string;
  readonly since: Timestamp;
  /** What of the configuration is not so because of it: it counts for readiness then, however severe it is. */
  readonly leaf?: string;
}

/** Errors count for readiness, and whatever says that something of the configuration is not so. */
export function conditionFinding({ severity, subject, reason, leaf, since }: Condition): Finding {
  const level = severity === 'info' ? 'ok' : severity;
  const ready = severity !== 'error' && leaf === undefined;
  return finding('conditions', severity, level, `${subject}: ${reason}`, { subject, ready, since });
}
