/** A leaf that holds a comma list, each item once and not too many of them. */

import { type Read, splitList } from './network-values.ts';
import { type Problems, quote } from './problems.ts';
import type { Values } from './values.ts';

/** The items in order, as `readOne` gives them; what is wrong is reported, and left out. */
export function readList(
  leaf: 'management.dns' | 'management.ntp' | 'http.names',
  { what, max }: { readonly what: string; readonly max: number },
  values: Values,
  problems: Problems,
  readOne: (item: string) => Read<string>,
): string[] {
  const text = values.get(leaf);
  if (text === undefined) return [];
  const read = new Set<string>();
  const items = splitList(text);
  const line = values.line(leaf);
  if (items.length > max) {
    problems.error(line, leaf, `${items.length} ${what}: at most ${max} are right`);
    return [];
  }
  for (const item of items) {
    const one = readOne(item);
    if ('error' in one) problems.error(line, leaf, one.error);
    else if (read.has(one.value)) problems.error(line, leaf, `${quote(item)} is there twice: give it once`);
    else read.add(one.value);
  }
  return [...read];
}
