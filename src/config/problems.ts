/**
 * Collects what is wrong with a file, as messages for people.
 *
 * Owns the bound on how many problems are kept and the quoting of what a user wrote: a quoted value never carries a
 * control character to a terminal or a page, and never more than QUOTE_LIMIT characters.
 */

import type { ConfigProblem } from './basic-types.ts';

/** Problems kept of one file; the rest is counted. */
export const MAX_PROBLEMS = 1000;
const QUOTE_LIMIT = 80;

// Controls, and the characters that turn the direction of writing or hide: a terminal or a page must not obey them.
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** `text` in double quotes, bounded, with unprintable characters as `\u001b`. */
export function quote(text: string): string {
  const shown = text.length > QUOTE_LIMIT ? `${text.slice(0, QUOTE_LIMIT)}…` : text;
  return `"${printable(shown.toWellFormed())}"`;
}

function printable(text: string): string {
  return text.replace(UNPRINTABLE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The problems of one file. Order of finding is kept; `sorted` puts them by line. */
export class Problems {
  readonly #kept: ConfigProblem[] = [];
  #dropped = 0;
  #errors = 0;

  error(line: number, leaf: string, message: string): void {
    this.#errors++;
    this.#add({ severity: 'error', line, leaf, message });
  }

  warning(line: number, leaf: string, message: string): void {
    this.#add({ severity: 'warning', line, leaf, message });
  }

  get hasErrors(): boolean {
    return this.#errors > 0;
  }

  /** True when more would only be counted: callers skip costly explanations then. */
  get full(): boolean {
    return this.#kept.length >= MAX_PROBLEMS;
  }

  #add(problem: ConfigProblem): void {
    if (this.full) this.#dropped++;
    else this.#kept.push(problem);
  }

  /** By line; when the bound was hit, first a line-0 problem that says how many are not listed. */
  sorted(): ConfigProblem[] {
    const list = this.#kept.toSorted((a, b) => a.line - b.line);
    if (this.#dropped > 0) {
      const message = `${this.#kept.length + this.#dropped} problems, of which ${this.#kept.length} are listed: correct these first`;
      list.unshift({ severity: this.#errors > 0 ? 'error' : 'warning', line: 0, leaf: 'file', message });
    }
    return list;
  }
}

/** `FILE:LINE: leaf: message`; without the line when the problem is about the whole. Warnings say that they are. */
export function formatProblem(file: string, problem: ConfigProblem): string {
  const place = problem.line > 0 ? `${file}:${problem.line}` : file;
  const severity = problem.severity === 'warning' ? 'warning: ' : '';
  return `${place}: ${printable(problem.leaf)}: ${severity}${problem.message}`;
}
