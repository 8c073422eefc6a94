/**
 * One record of /dev/kmsg: `PRIORITY,SEQUENCE,TIMESTAMP,FLAGS[,…];TEXT`, a newline, then lines that start with a
 * space and contain `KEY=value` for programs. Source: the kernel's Documentation/ABI/testing/dev-kmsg.
 */
import { LOG_SEVERITIES, type LogSeverity } from './severity.ts';

export interface KmsgRecord {
  readonly severity: LogSeverity;
  /** 0 is the kernel itself; others come from a process. */
  readonly facility: number;
  readonly sequence: number;
  /** Since the boot, in microseconds. */
  readonly timestampUs: number;
  /** The lines of the text: nearly always one. */
  readonly lines: readonly string[];
}

/** Undefined when `bytes` are not a record. */
export function parseKmsgRecord(bytes: Buffer): KmsgRecord | undefined {
  // The kernel escapes everything except ASCII.
  const record = bytes.toString('latin1');
  const separator = record.indexOf(';');
  const fields = record.slice(0, Math.max(0, separator)).split(',');
  if (fields.length < 3 || !fields.slice(0, 3).every((field) => /^\d+$/.test(field))) return undefined;
  const [priority, sequence, timestampUs] = fields.map(Number) as [number, number, number];
  const end = record.indexOf('\n', separator);
  const text = unescape(record.slice(separator + 1, end < 0 ? undefined : end));
  return {
    severity: LOG_SEVERITIES[priority & 7] ?? 'info',
    facility: priority >> 3,
    sequence,
    timestampUs,
    lines: text.split('\n'),
  };
}

/** The kernel writes non-printable and non-ASCII bytes, and the backslash, as `\xHH`: the bytes of UTF-8. */
function unescape(text: string): string {
  if (!text.includes('\\x')) return text;
  const bytes = text.replace(/\\x([0-9a-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
