/** Expands the usage of a command (table.ts) into its forms. */
import { type ArgumentType, isArgumentType } from './arguments.ts';

/** One word of a form: a literal word, or an argument. */
export type Piece =
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'argument'; readonly type: ArgumentType };

/** A command without choices: one piece for each word. */
export type Form = readonly Piece[];

/** Every form of a usage, the shortest way through each `[…]` last. Throws an Error on a malformed usage. */
export function formsOf(usage: string): Form[] {
  const tokens = usage.match(/[[\]{}|]|[^\s[\]{}|]+/g) ?? [];
  let at = 0;

  /** Up to the closing bracket, or to the end. */
  const alternatives = (closing: string | undefined): Form[] => {
    const all: Form[] = [];
    for (;;) {
      all.push(...sequence());
      const token = tokens[at++];
      if (token === closing) return all;
      if (token !== '|') throw new Error(`the usage "${usage}" lacks ${closing ?? 'an opening bracket'}`);
    }
  };

  const sequence = (): Form[] => {
    let forms: Form[] = [[]];
    for (;;) {
      const token = tokens[at];
      if (token === undefined || token === '|' || token === ']' || token === '}') return forms;
      at++;
      const next =
        token === '[' ? [...alternatives(']'), []] : token === '{' ? alternatives('}') : [[pieceOf(token)]];
      forms = forms.flatMap((form) => next.map((rest) => [...form, ...rest]));
    }
  };

  return alternatives(undefined);
}

/** As the usage writes it. */
export function formText(form: Form): string {
  return form.map((piece) => (piece.kind === 'word' ? piece.word : piece.type)).join(' ');
}

function pieceOf(token: string): Piece {
  if (!/^[A-Z]/.test(token)) return { kind: 'word', word: token };
  if (!isArgumentType(token)) throw new Error(`unknown argument type ${token}`);
  return { kind: 'argument', type: token };
}
