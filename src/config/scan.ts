/**
 * INI text to sections and keys with their lines: structure only, no leaf is known here.
 *
 * Owns the bounds on the file and on a line, the encoding, and the rules of a line: a key ends at the first `=`
 * (IPv6 prefixes have colons); a section's name is all between its brackets (PCI addresses have dots and colons);
 * a line is a comment when its first character is `;` or `#`. Lines end with LF or CRLF and are counted from 1.
 */

import { readInlineValue, withoutComment } from './inline-value.ts';
import { type Problems, quote } from './problems.ts';

/** The size of the file in bytes; a million routes belong into BGP, not here. */
const MAX_FILE_BYTES = 1 << 20;
/** One line, in characters; sixteen next hops with weights and interfaces take half. */
const MAX_LINE_LENGTH = 4096;

export interface ScannedEntry {
  readonly key: string;
  /** undefined: the line was reported and its value is not to be judged again. */
  readonly value: string | undefined;
  readonly line: number;
}

export interface ScannedSection {
  /** Empty when the header was reported and its keys are not to be judged. */
  readonly name: string;
  readonly line: number;
  readonly entries: ScannedEntry[];
}

/** Bytes to text; undefined after a problem about the whole file was reported. Bad UTF-8 is reported per line. */
function decode(
  bytes: Uint8Array,
  fileName: string,
  badLines: Set<number>,
  problems: Problems,
): string | undefined {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    problems.error(0, 'file', `${fileName} is encoded as UTF-16: save it as UTF-8`);
    return undefined;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Some line is bad: find which, below.
  }
  const strict = new TextDecoder('utf-8', { fatal: true });
  const lines: string[] = [];
  for (let start = 0, line = 1; start <= bytes.length; line++) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    try {
      lines.push(strict.decode(bytes.subarray(start, end)));
    } catch {
      problems.error(line, 'file', 'invalid UTF-8: save the file as UTF-8');
      badLines.add(line);
      lines.push(new TextDecoder().decode(bytes.subarray(start, end)));
    }
    start = end + 1;
  }
  return lines.join('\n');
}

/** What no line may have: controls other than tab. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;

function controlMessage(character: string): string {
  if (character === '\u0000') return 'NUL byte: the file is damaged, or is not text';
  if (character === '\r') return 'carriage return inside the line: end lines with LF or CRLF';
  return `control character ${quote(character)}: remove it`;
}

/** Splits `input` into sections with their entries; what is wrong goes to `problems`. Never throws. */
export function scan(input: string | Uint8Array, fileName: string, problems: Problems): ScannedSection[] {
  const size = typeof input === 'string' ? Buffer.byteLength(input) : input.length;
  if (size > MAX_FILE_BYTES) {
    problems.error(0, 'file', `${fileName} has ${size} bytes: the limit is ${MAX_FILE_BYTES} bytes (1 MiB)`);
    return [];
  }
  const badLines = new Set<number>();
  const text = typeof input === 'string' ? input : decode(input, fileName, badLines, problems);
  if (text === undefined) return [];
  const sections: ScannedSection[] = [];
  const lines = text.replace(/^\ufeff/, '').split('\n');
  for (let i = 0; i < lines.length; i++) {
    const source = (lines[i] ?? '').replace(/\r+$/, '');
    scanLine({ source, line: i + 1, isBad: badLines.has(i + 1) }, sections, problems);
  }
  return sections;
}

interface Line {
  readonly source: string;
  readonly line: number;
  /** Its encoding was reported already. */
  readonly isBad: boolean;
}

function scanLine({ source, line, isBad }: Line, sections: ScannedSection[], problems: Problems): void {
  const section = sections.at(-1);
  const place = section?.name || 'file';
  let reported = isBad;
  let text = source.trim();
  const report = (leaf: string, message: string): void => {
    if (!reported) problems.error(line, leaf, message);
    reported = true;
  };
  const control = reported ? null : CONTROL.exec(text);
  if (control) report(place, controlMessage(control[0]));
  if (text.length > MAX_LINE_LENGTH) {
    report(place, `the line has ${text.length} characters: the limit is ${MAX_LINE_LENGTH}`);
    text = text.slice(0, MAX_LINE_LENGTH);
  }
  if (text === '' || text.startsWith(';') || text.startsWith('#')) return;
  if (text.startsWith('[')) {
    const name = readHeader(text, report);
    // A section whose header was refused still takes its keys, so that they do not count for the previous one.
    const isUsable = !reported || !(CONTROL.test(name) || name.includes('\ufffd'));
    sections.push({ name: isUsable ? name : '', line, entries: [] });
    return;
  }
  const equals = text.indexOf('=');
  const key = equals < 0 ? '' : text.slice(0, equals).trim();
  if (section === undefined) {
    report(
      key || 'file',
      `${quote(key || text)} is outside any section: write a line such as [system] above it`,
    );
  } else if (equals < 0) {
    report(place, `${quote(text)} is neither [SECTION] nor KEY = VALUE${guess(text)}`);
  } else if (key === '') {
    report(place, `${quote(text)} has no key before the =`);
  } else {
    const value = readInlineValue(text.slice(equals + 1));
    if ('error' in value)
      report(
        section.name === '' ? key : `${section.name}.${key}`,
        `${quote(text.slice(equals + 1).trim())}: ${value.error}`,
      );
    section.entries.push({ key, line, value: reported || 'error' in value ? undefined : value.text });
  }
}

/** `workers 2` and `workers: 2` are what other programs' files look like. */
function guess(text: string): string {
  const match = /^([A-Za-z][A-Za-z0-9-]*)(?:\s*:\s*|\s+)(\S.{0,40})$/.exec(text);
  return match ? `: did you mean ${match[1]} = ${match[2]}?` : '';
}

/** The name in the brackets; empty when the header was reported. */
function readHeader(text: string, report: (leaf: string, message: string) => void): string {
  const header = withoutComment(text);
  const name = header.slice(1, -1).trim();
  if (!header.endsWith(']')) {
    report(
      'file',
      `${quote(text)} is not a section: close the bracket, and write a blank and ; before a comment`,
    );
    return '';
  }
  if (name === '') report('file', `${quote(text)} names no section: expected a line such as [system]`);
  else if (/[[\]]/.test(name))
    report('file', `${quote(text)} has brackets inside brackets: expected a line such as [system]`);
  else return name;
  return '';
}
