/**
 * Logs and evidence: every line of every service, storage on disk, syslog, and crash evidence. Other folders import
 * only this file.
 */
export {
  CrashEvidence,
  type Evidence,
  type ServiceCrash,
} from './crash-evidence.ts';
export { DiskSink } from './disk-sink.ts';
export { KernelLog } from './kernel-log.ts';
export { LogHub } from './log-hub.ts';
export { type LogLine, LogRing } from './log-ring.ts';
export { collectPstore } from './pstore.ts';
export { type LogSeverity } from './severity.ts';
export { SyslogSink } from './syslog-sink.ts';
export { Conditions } from './conditions.ts';
export { Console, type Logger, activeConsoles } from './console.ts';
