/**
 * Logs and evidence: every line of every service, storage on disk, syslog, and crash evidence. Other folders import
 * only this file.
 */
export {
  CrashEvidence,
  type CrashEvidenceOptions,
  type CrashReport,
  type Evidence,
  type ServiceCrash,
} from './crash-evidence.ts';
export { DiskSink, type DiskSinkOptions, type DiskSinkStatus } from './disk-sink.ts';
export { KERNEL_SERVICE, KernelLog, type KernelLogStatus, type KmsgSource, openKmsg } from './kernel-log.ts';
export { ALL_SERVICES, LogHub, type LogRecord, type LogSink } from './log-hub.ts';
export { type LogLine, LogRing } from './log-ring.ts';
export { collectPstore, type PstoreEvidence } from './pstore.ts';
export { LOG_SEVERITIES, type LogSeverity } from './severity.ts';
export { SyslogSink, type SyslogSinkOptions, type SyslogSinkStatus } from './syslog-sink.ts';
export { printableLine } from './text.ts';
export { Conditions } from './conditions.ts';
export { Console, type Logger, activeConsoles } from './console.ts';
