/**
 * startup.conf as VPP reads it (src/vpp/vnet/main.c): words, `#` to the end of the line, sections in braces. Line ends
 * have no other meaning. An unclosed section at the end of the file is silently dropped, as in VPP.
 */

/** A word, or a block after one: `dev 0000:01:00.0 { name x }` is two words and a block. */
export type Token = { readonly word: string } | { readonly block: readonly Token[] };

export interface Section {
  readonly name: string;
  readonly tokens: readonly Token[];
}

function words(text: string): string[] {
  const all: string[] = [];
  for (const line of text.split('\n')) {
    // VPP splits at blanks first: a `#` inside a word is a part of it, one that begins a word ends the line.
    for (const word of line.split(/[ \t\r]+/)) {
      if (word === '') continue;
      if (word.startsWith('#')) break;
      all.push(...word.split(/([{}])/).filter((piece) => piece !== ''));
    }
  }
  return all;
}

function readBlock(all: readonly string[], from: number): { tokens: Token[]; next: number } | undefined {
  const tokens: Token[] = [];
  let at = from;
  while (at < all.length) {
    const word = all[at++] ?? '';
    if (word === '}') return { tokens, next: at };
    if (word === '{') {
      const inner = readBlock(all, at);
      if (inner === undefined) return undefined;
      tokens.push({ block: inner.tokens });
      at = inner.next;
    } else tokens.push({ word });
  }
  return undefined;
}

/** The sections of a text, in order; `NAME WORD` without braces is a section of one word. */
export function readSections(text: string): Section[] {
  const all = words(text);
  const sections: Section[] = [];
  let at = 0;
  while (at < all.length) {
    const name = all[at++] ?? '';
    if (all[at] !== '{') {
      const word = all[at++];
      if (word !== undefined) sections.push({ name, tokens: [{ word }] });
      continue;
    }
    const inner = readBlock(all, at + 1);
    if (inner === undefined) break;
    sections.push({ name, tokens: inner.tokens });
    at = inner.next;
  }
  return sections;
}

/** Tokens as VPP quotes them in its messages. */
export function textOf(tokens: readonly Token[]): string {
  return tokens.map((token) => ('word' in token ? token.word : `{ ${textOf(token.block)} }`)).join(' ');
}

/** A cursor over tokens, with VPP's "match these words, then a value" (unformat). */
export class TokenCursor {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  get rest(): string {
    return textOf(this.#tokens.slice(this.#at));
  }

  /** Takes the words of `pattern` when they come next. */
  take(pattern: string): boolean {
    const expected = pattern.split(' ');
    for (const [offset, word] of expected.entries()) {
      const token = this.#tokens[this.#at + offset];
      if (token === undefined || !('word' in token) || token.word !== word) return false;
    }
    this.#at += expected.length;
    return true;
  }

  /** Takes `pattern` and the next word, when both match; undefined otherwise, with nothing taken. */
  value(pattern: string, shape: RegExp = /^/): string | undefined {
    const before = this.#at;
    if (pattern === '' || this.take(pattern)) {
      const token = this.#tokens[this.#at];
      if (token !== undefined && 'word' in token && shape.test(token.word)) {
        this.#at++;
        return token.word;
      }
    }
    this.#at = before;
    return undefined;
  }

  /** Takes a block, when one comes next. */
  block(): readonly Token[] | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || !('block' in token)) return undefined;
    this.#at++;
    return token.block;
  }
}
