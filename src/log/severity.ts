/** How grave a line is: syslog's eight degrees, which the kernel's printk shares. */

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

/** The number on the wire: 0 is the gravest. */
export function severityNumber(severity: LogSeverity): number {
  return LOG_SEVERITIES.indexOf(severity);
}

/** Whether `severity` is at least as grave as `limit`. */
export function isAtLeast(severity: LogSeverity, limit: LogSeverity): boolean {
  return severityNumber(severity) <= severityNumber(limit);
}
