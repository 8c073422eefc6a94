/** All cases: the `cases` of the files in cases/, in the order of the files' names. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FieldCase } from './case.ts';

const DIRECTORY = join(import.meta.dirname, 'cases');

/** @throws when two have the same name */
export async function allCases(): Promise<FieldCase[]> {
  const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.ts'));
  const found: FieldCase[] = [];
  for (const file of files.sort()) {
    // Each exports just this: the compiler checks the type in the file itself.
    const { cases } = (await import(join(DIRECTORY, file))) as { cases: readonly FieldCase[] };
    found.push(...cases);
  }
  const names = new Set(found.map(({ name }) => name));
  if (names.size !== found.length) throw new Error('two cases have the same name');
  return found;
}
