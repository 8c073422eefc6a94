/**
 * One syslog message: `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID SD MSG`. Source: RFC 5424 section 6; the
 * length that every receiver should accept: RFC 5426 section 3.2.
 */
import { KERNEL_SERVICE } from './kernel-log.ts';
import type { LogRecord } from './log-hub.ts';
import { severityNumber } from './severity.ts';
import { cutUtf8 } from './text.ts';

/** Longest message sent, header included. */
export const MAX_SYSLOG_BYTES = 2048;

/** Facilities. Source: RFC 5424 section 6.2.1, table 1. */
const FACILITY = { kernel: 0, daemon: 3 } as const;
/** Longest header fields. Source: RFC 5424 section 6. */
const MAX_HOSTNAME_LENGTH = 255;
const MAX_APP_NAME_LENGTH = 48;
const NIL = '-';
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export interface SyslogSender {
  readonly hostname: string;
  /** The pid of this program, used for its own lines. */
  readonly pid: number;
}

/** At most `MAX_SYSLOG_BYTES`; longer ones are cut after a whole character. */
export function encodeSyslog(record: LogRecord, sender: SyslogSender): Buffer {
  const facility = record.service === KERNEL_SERVICE ? FACILITY.kernel : FACILITY.daemon;
  const header = [
    `<${facility * 8 + severityNumber(record.severity)}>1`,
    new Date(record.at).toISOString(),
    headerField(sender.hostname, MAX_HOSTNAME_LENGTH),
    headerField(record.service, MAX_APP_NAME_LENGTH),
    record.service === 'appliance' ? String(sender.pid) : NIL,
    NIL,
    NIL,
  ].join(' ');
  const message = Buffer.from(record.line, 'utf8');
  // Section 6.4: UTF-8 text starts with the byte order mark; pure ASCII needs none, and some receivers display it.
  const isAscii = message.length === record.line.length;
  const start = Buffer.concat([Buffer.from(`${header} `, 'latin1'), isAscii ? EMPTY : BYTE_ORDER_MARK]);
  return Buffer.concat([start, cutUtf8(message, MAX_SYSLOG_BYTES - start.length)]);
}

const EMPTY = Buffer.alloc(0);

/** Printable ASCII without spaces (PRINTUSASCII), never empty. */
function headerField(text: string, maxLength: number): string {
  const clean = text.replace(/[^\u0021-\u007e]/g, '_').slice(0, maxLength);
  return clean === '' ? NIL : clean;
}
