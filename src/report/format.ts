/** Owns how figures and times are written for people. */

/** Wall clock time in milliseconds since 1970-01-01 UTC (`Date.now()`). */
export type Timestamp = number;

/** `3 d 4 h`, `5 min 6 s`, `7.8 s`, `9 ms`: two units at most. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.floor(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `2 min 3 s ago`, and `in 4 s` for what is to come. */
export function formatAgo(at: number, now: number): string {
  return at <= now ? `${formatDuration(now - at)} ago` : `in ${formatDuration(at - now)}`;
}

/** `2026-07-01T12:00:00Z`; a time that is none reads as such. */
export function formatTime(at: number): string {
  return Number.isFinite(at) && Math.abs(at) < 8.64e15
    ? new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z')
    : 'unknown time';
}

/** `1,234,567` */
export function formatCount(count: number): string {
  // not toLocaleString: it costs some 50 µs a call, which a page of a thousand figures feels
  return String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1.5 GiB` */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** `1.25 Gbit/s`: bits per second, in powers of ten as links are sold. */
export function formatBitRate(bits: number): string {
  return `${scaled(bits)}bit/s`;
}

/** `1.25 Mpps`: packets per second. */
export function formatPacketRate(packets: number): string {
  return `${scaled(packets)}pps`;
}

/** Three digits that count, a blank and the prefix of the unit. */
function scaled(value: number): string {
  const prefixes = ['', 'k', 'M', 'G', 'T'];
  let rest = value;
  let at = 0;
  while (rest >= 999.5 && at < prefixes.length - 1) {
    rest /= 1000;
    at++;
  }
  const digits = rest >= 99.5 || rest === 0 ? 0 : rest >= 9.95 ? 1 : 2;
  return `${at === 0 ? String(Math.round(rest)) : rest.toFixed(digits)} ${prefixes[at]}`;
}

/** `1 route`, `2 routes` */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Text for a terminal: other control characters than tab and line feed become U+FFFD. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\t\n]/gu, '\uFFFD');
}
