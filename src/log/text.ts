/** Owns the content rules of a line: no control characters, bounded, whole characters. */

/** Longest line kept, in UTF-16 units; the rest is cut off and marked. */
export const MAX_LINE_LENGTH = 4096;

/** Cuts and marks a line that is too long. */
export function cutLine(line: string): string {
  return line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)} [cut]` : line;
}

/** Control characters as `?`: a service's output must not control a log reader's terminal. */
export function printableLine(line: string): string {
  // Tabs are kept. A line's own end never gets here; a newline inside a line would start a forged line.
  // oxlint-disable-next-line no-control-regex
  return line.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/g, '?');
}

/** The longest prefix of `bytes` (UTF-8) of at most `maxBytes` that ends with a whole character. */
export function cutUtf8(bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length <= maxBytes) return bytes;
  let end = Math.max(0, maxBytes);
  // 10xxxxxx continues a character: step back to the byte that starts one.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}
