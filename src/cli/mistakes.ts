/** The words for mistakes in a command line: one line each, with what was probably meant. */
import { nearest } from '../config/mod.ts';
import { flagOf, isGroup } from './command.ts';
import { type Named, optionOf, visibleIn } from './find-command.ts';
import { UsageError } from './usage-error.ts';

/** An option of more commands than this is not explained by naming them. */
const MAX_TAKERS = 3;

/** `show fib` of `appliance show fib`: messages begin with the name of the program anyway. */
export function shortPath(path: string): string {
  return path.replace(/^\S+ /, '');
}

/** A word in a group that names none of its commands. */
export function unknownCommand({ declaration, path, group }: Named, word: string): UsageError {
  const prefix = group === undefined ? '' : `${shortPath(path)} `;
  const names = isGroup(declaration) ? visibleIn(declaration).map(({ name }) => name) : [];
  const near = nearest(word, names);
  const hint =
    near === undefined ? `see "appliance help ${prefix}`.trimEnd() + '"' : `did you mean "${prefix}${near}"?`;
  return new UsageError(`unknown command "${prefix}${word}" (${hint})`);
}

/** An option that a command does not have, or a flag that was given a value. */
export function unknownOption({ declaration, path, group }: Named, word: string): UsageError {
  const flag = word.replace(/=.*/s, '');
  const of = shortPath(path);
  if (optionOf(declaration, flag) !== undefined) {
    return new UsageError(`expected no value after "${flag}" of ${of}, got "${word}"`);
  }
  const takers = (group?.commands ?? []).filter((one) => optionOf(one, flag) !== undefined);
  const own = isGroup(declaration) ? [] : Object.keys(declaration.options ?? {}).map(flagOf);
  const near = nearest(flag, [...own, '--help']);
  let hint = near === undefined ? '' : ` (did you mean "${near}"?)`;
  if (takers.length > 0 && takers.length <= MAX_TAKERS) {
    const names = takers.map(({ name }) => of.replace(/\S+$/, name));
    hint = ` (it is an option of ${names.join(', ')})`;
  }
  return new UsageError(`unknown option "${flag}" of ${of}${hint}`);
}

export function unknownChoice(word: string, choices: readonly string[], path: string): UsageError {
  const near = nearest(word, choices);
  const hint = near === undefined ? '' : ` (did you mean "${near}"?)`;
  return new UsageError(`expected ${choices.join(' or ')} after "${shortPath(path)}", got "${word}"${hint}`);
}
