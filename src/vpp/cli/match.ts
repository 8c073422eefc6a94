/**
 * Matches typed text against the commands of the table and makes the text for VPP. Pure.
 *
 * The text for VPP is made of the table's words and of parsed arguments; nothing of the typed text is passed on, since
 * VPP's parser needs no blank between a word and its argument and accepts any unambiguous abbreviation of a word.
 */
import { nearest } from '../../config/mod.ts';
import { type Argument, ARGUMENTS, type KnownInterface } from './arguments.ts';
import { VPP_COMMANDS } from './table.ts';
import { type Form, formsOf, formText, type Piece } from './usage.ts';

export type Match =
  | { readonly ok: true; readonly command: MatchedCommand }
  | { readonly ok: false; readonly reason: string };

/** A command of the table with its arguments; `commandText` makes it text for VPP. */
export interface MatchedCommand {
  readonly pieces: readonly Argument[];
  /** Whether VPP's interfaces are needed to make its text. */
  readonly needsInterfaces: boolean;
}

export type CommandText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

const MAX_CHARACTERS = 256;
/** A longer list of names helps nobody. */
const MAX_LISTED = 6;

/** Forms with fewer arguments first: an exact word is never taken for the name of an interface. */
const FORMS = VPP_COMMANDS.flatMap((usage) => formsOf(usage).map((form) => ({ usage, form }))).toSorted(
  (a, b) => countArguments(a.form) - countArguments(b.form),
);

/** Finds the command of the table that was typed; the reason names the nearest one. */
export function matchCommand(typed: string): Match {
  if (typed.length > MAX_CHARACTERS)
    return refused(`expected a command of at most ${MAX_CHARACTERS} characters`);
  if (!/^[\x20-\x7e]*$/.test(typed)) return refused('expected one line of printable ASCII characters');
  const words = typed.split(' ').filter((word) => word !== '');
  if (words.length === 0) return refused('expected a command');
  for (const { form } of FORMS) {
    const pieces = takeWords(form, words);
    if (pieces.length < form.length || pieces.length < words.length) continue;
    return {
      ok: true,
      command: { pieces, needsInterfaces: pieces.some(({ kind }) => kind === 'interface') },
    };
  }
  return refused(`cannot run "${words.join(' ')}": ${suggestion(words)}`);
}

/** The text for VPP, once its interfaces are known. */
export function commandText({ pieces }: MatchedCommand, interfaces: readonly KnownInterface[]): CommandText {
  const words: string[] = [];
  for (const piece of pieces) {
    if (piece.kind === 'text') {
      words.push(piece.text);
      continue;
    }
    const { name, needsHardware } = piece;
    const found = interfaces.find((one) => one.name === name);
    const candidates = interfaces.filter((one) => one.isHardware || !needsHardware).map((one) => one.name);
    if (found !== undefined && candidates.includes(name)) words.push(found.name);
    else {
      const what =
        found === undefined
          ? `VPP has no interface "${name}"`
          : `"${name}" is a sub-interface, which has no hardware`;
      const near = nearest(name, candidates);
      const listed = [...candidates.slice(0, MAX_LISTED), ...(candidates.length > MAX_LISTED ? ['…'] : [])];
      const otherwise = listed.length === 0 ? 'it has none' : `expected one of ${listed.join(', ')}`;
      return refused(`${what}: ${near === undefined ? otherwise : `did you mean ${near}?`}`);
    }
  }
  return { ok: true, text: words.join(' ') };
}

function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}

/** The pieces up to the first word that does not match. */
function takeWords(form: Form, words: readonly string[]): Argument[] {
  const pieces: Argument[] = [];
  for (const [at, piece] of form.entries()) {
    const taken = takeWord(piece, words[at] ?? '');
    if (taken === undefined) break;
    pieces.push(taken);
  }
  return pieces;
}

function takeWord(piece: Piece, word: string): Argument | undefined {
  if (piece.kind === 'argument') return ARGUMENTS[piece.type].read(word);
  return piece.word === word ? { kind: 'text', text: word } : undefined;
}

/** Suggests a command: by abbreviated words, as VPP itself accepts them, by spelling, or by the first words. */
function suggestion(words: readonly string[]): string {
  const fixed = FORMS.filter(({ form }) => countArguments(form) === 0).map(({ form }) => form);
  const begun = fixed.find(
    (form) => form.length === words.length && form.every((piece, at) => beginsWith(piece, words[at] ?? '')),
  );
  const near = begun === undefined ? nearest(words.join(' '), fixed.map(formText)) : formText(begun);
  if (near !== undefined) return `did you mean ${near}?`;
  const all = FORMS.map(({ usage, form }) => ({ usage, form, taken: takeWords(form, words).length }));
  const most = Math.max(...all.map(({ taken }) => taken));
  const closest = all.filter(({ taken }) => taken === most);
  const usages = new Set(closest.map(({ usage }) => usage));
  if (most < 2 || usages.size > MAX_LISTED) return 'omit the command to list all commands';
  const next = closest.map(({ form }) => form[most]);
  const types = new Set(next.flatMap((piece) => (piece?.kind === 'argument' ? [piece.type] : [])));
  const legend = [...types].map((type) => `; ${type} is ${ARGUMENTS[type].words}`).join('');
  return `expected ${VPP_COMMANDS.filter((usage) => usages.has(usage)).join(', ')}${legend}`;
}

function beginsWith(piece: Piece, word: string): boolean {
  return piece.kind === 'word' && piece.word.startsWith(word);
}

function countArguments(form: Form): number {
  return form.filter(({ kind }) => kind === 'argument').length;
}
