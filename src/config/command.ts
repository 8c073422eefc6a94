/** The words of a command: a program and its arguments. */

import type { Read } from './network-values.ts';
import { quote } from './problems.ts';

/** execve(2) takes more; a line of the file is bounded first. */
const MAX_WORDS = 256;
const EXAMPLE = '/usr/sbin/bird -f -c /boot/bird.conf';

/**
 * A program by its path and its arguments. Words are separated by blanks and tabs; within "…" and '…' they belong to the
 * word, and a backslash escapes the character after it, but not in '…'. There is no shell: nothing is expanded.
 */
export function readCommand(text: string): Read<readonly string[]> {
  const words: string[] = [];
  let word: string | undefined;
  let mark: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === mark) mark = undefined;
    else if (c === '\\' && mark !== "'") {
      i += 1;
      if (i === text.length) return { error: `${quote(text)} ends with a backslash: write \\\\ for one` };
      word = (word ?? '') + text.charAt(i);
    } else if (mark === undefined && (c === '"' || c === "'")) {
      mark = c;
      // two quotes are a word without characters
      word ??= '';
    } else if (mark === undefined && (c === ' ' || c === '\t')) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + c;
  }
  if (mark !== undefined) return { error: `${quote(text)} has an unclosed quote ${mark}` };
  if (word !== undefined) words.push(word);
  // oxlint-disable-next-line no-control-regex -- a value in double quotes may have them
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) {
    return { error: `${quote(text)} has control characters: remove them` };
  }
  const [program = ''] = words;
  if (!program.startsWith('/')) {
    return {
      error: `expected the absolute path of a program, got ${quote(program)}: write a command such as ${EXAMPLE}`,
    };
  }
  if (program.endsWith('/')) {
    return { error: `${quote(program)} is a directory: name the program in it, as in ${EXAMPLE}` };
  }
  if (program.split('/').includes('..'))
    return { error: `${quote(program)} has ".." in it: write the path without it` };
  if (words.length > MAX_WORDS) return { error: `${words.length} words exceed the limit of ${MAX_WORDS}` };
  return { value: words };
}

/** The words of a command as one line that reads as them again. */
export function formatCommand(words: readonly string[]): string {
  return words
    .map((word) => (/^[^\s"'\\]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`))
    .join(' ');
}
