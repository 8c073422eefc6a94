/** Severity of a line: syslog's eight levels, shared by the kernel's printk. */

/** In the order of their numbers, 0 first. Source: RFC 5424 section 6.2.1, table 2. */
export const LOG_SEVERITIES = [
  'emergency',
  'alert',
  'critical',
  'error',
  'warning',
  'notice',
  'info',
  'debug',
] as const;

export type LogSeverity = (typeof LOG_SEVERITIES)[number];

/** The number on the wire: 0 is the most severe. */
export function severityNumber(severity: LogSeverity): number {
  return LOG_SEVERITIES.indexOf(severity);
}

/** Whether `severity` is at least as severe as `limit`. */
export function isAtLeast(severity: LogSeverity, limit: LogSeverity): boolean {
  return severityNumber(severity) <= severityNumber(limit);
}
