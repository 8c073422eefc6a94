/**
 * The value part of one line, `VALUE [; comment]`, to its text.
 *
 * What the `ini` package does here: unquoting of `"…"` (as a JSON string) and `'…'`, and `\;`, `\#`, `\\` to the
 * character itself. What it would do wrong is taken from it beforehand: it cuts a value at the first `#` or `;`
 * wherever that stands, so the comment is cut off here, by our rule, and the `#` and `;` that belong to the value are
 * escaped; and a quoted value with a comment behind it would keep its quotes.
 *
 * Our rule: a comment begins with `;` or `#` at the start of the value or after a blank or tab, outside of quotes.
 */

import { unsafe as iniValue } from 'ini';

export type InlineValue = { readonly text: string } | { readonly error: string };

/** Index of the comment's `;` or `#` at or after `from`, or the length. */
function commentStart(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if ((c === ';' || c === '#') && (i === 0 || text[i - 1] === ' ' || text[i - 1] === '\t')) return i;
  }
  return text.length;
}

/** Index after the closing quote, or -1. A backslash escapes inside double quotes, as in JSON. */
function quoteEnd(text: string): number {
  const mark = text[0];
  for (let i = 1; i < text.length; i++) {
    if (text[i] === '\\' && mark === '"') i++;
    else if (text[i] === mark) return i + 1;
  }
  return -1;
}

function readQuoted(text: string): InlineValue {
  const end = quoteEnd(text);
  if (end < 0) return { error: `the quote ${text[0]} is not closed: close it, or remove it` };
  const rest = text.slice(end);
  if (rest.slice(0, commentStart(rest, 0)).trim() !== '' || /^[;#]/.test(rest)) {
    return { error: 'text follows the closing quote: remove it, or write a blank and ; before a comment' };
  }
  const quoted = text.slice(0, end);
  if (quoted[0] === "'") return { text: quoted.slice(1, -1) };
  const value: unknown = iniValue(quoted);
  // ini gives the text back, quotes and all, when JSON.parse refuses it.
  if (typeof value !== 'string' || value === quoted)
    return { error: 'a backslash in double quotes escapes as in JSON: write \\\\ for one' };
  return { text: value };
}

/** Reads the part of a line behind its `=`; the error has no line and no leaf yet. */
export function readInlineValue(raw: string): InlineValue {
  const text = raw.trim();
  if (text[0] === '"' || text[0] === "'") return readQuoted(text);
  const bare = text.slice(0, commentStart(text, 0)).trimEnd();
  if (!/[\\;#]/.test(bare)) return { text: bare };
  const escaped = bare.replace(/\\[\\;#]|[;#]/g, (found) => (found.length === 2 ? found : `\\${found}`));
  return { text: iniValue(escaped) };
}

/** A line without its inline comment: for section headers, whose names hold no `;` or `#` after a blank. */
export function withoutComment(line: string): string {
  return line.slice(0, commentStart(line, 0)).trimEnd();
}
