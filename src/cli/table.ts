/**
 * Aligned columns.
 *
 * Invariant: text of an appliance cannot move the cursor: control characters are replaced before colours are added.
 */
import { paint, type Shade } from './paint.ts';

/** A cell's text, and its colour on a terminal. */
export type Cell = string | { readonly text: string; readonly shade: Shade };

export interface TableOptions {
  /** Columns of numbers, from 0: aligned on the right. */
  readonly right?: readonly number[];
  /** The first row names the columns. */
  readonly heading?: boolean;
}

/** One line a row, columns padded to their widest cell, two blanks between. */
export function formatTable(rows: readonly (readonly Cell[])[], options: TableOptions = {}): string {
  const right = new Set(options.right);
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, textOf(cell).length);
  return rows
    .map((row, line) => {
      const isHeading = options.heading === true && line === 0;
      const cells = row.map((cell, at) => {
        const text = textOf(cell);
        const blanks = ' '.repeat((widths[at] ?? 0) - text.length);
        const shown = isHeading ? paint('heading', text) : shaded(cell, text);
        if (right.has(at)) return blanks + shown;
        return at === row.length - 1 ? shown : shown + blanks;
      });
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}

function textOf(cell: Cell): string {
  return plain(typeof cell === 'string' ? cell : cell.text);
}

function shaded(cell: Cell, text: string): string {
  return typeof cell === 'string' || text === '' ? text : paint(cell.shade, text);
}

/** Text on one line of a terminal. */
export function plain(text: string): string {
  return text.replace(/[\n\t]+/g, ' ').replace(/\p{Cc}/gu, '\uFFFD');
}
