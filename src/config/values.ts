/**
 * The values of the file: text → converted by the type of its leaf → judged by the compiled schema → read by the type.
 *
 * A value that was refused reads as its default, so that later checks need no special case; `isRefused`
 * tells where that is so.
 */
import type { Leaf, Line, Section } from './leaf.ts';
import type { LeafType } from './leaf-types.ts';
import type { Problems } from './problems.ts';
import type { Entry, Resolved, SectionInstance } from './resolve.ts';
import type { ScannedEntry } from './scan.ts';
import { type LeafPath, lineLeafOf, REPEATED, SINGLE } from './sections.ts';
import { validate } from './validate.generated.js';

/** The path of a leaf in the file: a part in capitals is any name. */
export type FilePath<P = LeafPath> = P extends `${infer Head}.${'NAME' | 'PCI'}.${infer Key}`
  ? `${Head}.${string}.${Key}`
  : P;

/** The keys of a section that may be repeated: `mtu` of `interface`. */
export type KeyOf<S extends string, P = LeafPath> = P extends `${S}.NAME.${infer K}` ? K : never;

export class Values {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #sections: ReadonlyMap<string, SectionInstance>;
  readonly #values: ReadonlyMap<string, unknown>;

  constructor({ entries, sections }: Resolved, values: ReadonlyMap<string, unknown>) {
    this.#entries = entries;
    this.#sections = new Map(sections.map((section) => [section.id, section]));
    this.#values = values;
  }

  /** All values of a section by property, or their defaults; undefined when it lacks one that is required. */
  ofSection({ id, section }: Pick<SectionInstance, 'id' | 'section'>): Record<string, unknown> | undefined {
    const values: Record<string, unknown> = {};
    for (const [property, leaf] of Object.entries(section.leaves)) {
      const value = this.#values.get(`${id}.${leaf.key}`) ?? fallbackOf(leaf);
      if (leaf.required && value === undefined) return undefined;
      values[property] = value;
    }
    return values;
  }

  /** Whether the file has the leaf with a value that was refused: nothing that depends on it can be judged. */
  isRefused(path: FilePath): boolean {
    return this.#entries.has(path) && !this.#values.has(path);
  }

  /** The line of the leaf; 0 when it is not in the file. */
  line(path: FilePath): number {
    return this.#entries.get(path)?.line ?? 0;
  }

  /** The line of the leaf, or of the section that lacks it; 0 when the file has neither. */
  lineOrSection(path: FilePath): number {
    return this.line(path) || (this.#sections.get(path.slice(0, path.lastIndexOf('.')))?.line ?? 0);
  }
}

function fallbackOf({ type, default: text, keys }: Leaf): unknown {
  if (keys !== undefined) return [];
  return text === undefined ? type.none : readText(type, text, () => {});
}

function readText(type: LeafType<unknown>, text: string, report: (message: string) => void): unknown {
  return type.read === undefined ? convert(type, text) : type.read(text, report);
}

function convert(type: LeafType<unknown>, text: string): unknown {
  return type.convert === undefined ? text : type.convert(text);
}

/** Converts, judges and reads every value; what is wrong with one goes to `problems`. */
export function readValues(resolved: Resolved, problems: Problems): Values {
  const { sections, entries, lines } = resolved;
  // Objects without a prototype: a section called interface.constructor is an ordinary one.
  const document: Record<string, Record<string, unknown>> = Object.create(null);
  const byPointer = new Map<string, Entry | SectionInstance>();
  for (const section of sections) {
    if (!READ_HERE.has(section.section)) continue;
    document[section.id] = Object.create(null);
    byPointer.set(`/${escapePointer(section.id)}`, section);
  }
  const accepted = new Map<string, Entry & { readonly text: string }>();
  for (const entry of entries.values()) {
    const { text } = entry;
    if (text === undefined) continue;
    const target = document[entry.section.id];
    if (target !== undefined) target[entry.leaf.key] = convert(entry.leaf.type, text);
    byPointer.set(`/${escapePointer(entry.section.id)}/${entry.leaf.key}`, entry);
    accepted.set(entry.path, { ...entry, text });
  }
  if (!validate(document)) {
    for (const { instancePath, keyword, params } of validate.errors ?? []) {
      const at = byPointer.get(instancePath);
      if (at === undefined) continue;
      if ('leaf' in at) {
        // A value fails once, however many keywords refuse it.
        if (accepted.delete(at.path)) problems.error(at.line, at.path, refusalOf(at.leaf, at.text ?? ''));
      } else if (keyword === 'required') {
        reportMissing(at, String(params['missingProperty']), entries, problems);
      }
    }
  }
  const values = new Map<string, unknown>();
  for (const { path, leaf, text, line } of accepted.values()) {
    const value = readText(leaf.type, text, (message) => problems.error(line, path, message));
    if (value !== undefined) values.set(path, value);
  }
  for (const section of sections) {
    const leaf = lineLeafOf(section.section);
    if (leaf?.keys?.read === undefined) continue;
    values.set(`${section.id}.${leaf.key}`, readLines(section, leaf, lines.get(section.id) ?? [], problems));
  }
  return new Values(resolved, values);
}

/** Sections whose values this reads: all but [route]. */
const READ_HERE: ReadonlySet<Section> = new Set([...SINGLE, ...REPEATED.map(({ section }) => section)]);

/** Lines whose keys are numbers, in the order of the numbers; one with a problem is left out. */
function readLines(
  { id }: SectionInstance,
  leaf: Leaf,
  entries: readonly ScannedEntry[],
  problems: Problems,
): Line<unknown>[] {
  const lines = new Map<number, Line<unknown>>();
  const firstLines = new Map<number, number>();
  for (const { key: written, value: text, line } of entries) {
    const report = (message: string): void => problems.error(line, `${id}.${written}`, message);
    const key = leaf.keys?.read?.(written) ?? { error: '' };
    if ('error' in key) {
      // A line that was reported may have lost its key with the rest.
      if (text !== undefined) report(key.error);
      continue;
    }
    const first = firstLines.get(key.value);
    if (first !== undefined) {
      report(`${written} is already on line ${first}: give each line its own number`);
      continue;
    }
    firstLines.set(key.value, line);
    if (text === undefined) continue;
    if (text === '') report(`no value: write one such as ${written} = ${leaf.example}, or omit the line`);
    else {
      const value = readText(leaf.type, text, report);
      if (value !== undefined) lines.set(key.value, { key: key.value, value, line });
    }
  }
  return [...lines.values()].toSorted((a, b) => a.key - b.key);
}

function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

function reportMissing(
  { id, line, section }: SectionInstance,
  key: string,
  entries: Resolved['entries'],
  problems: Problems,
): void {
  const path = `${id}.${key}`;
  // It is in the file, but its line was reported already.
  if (entries.has(path)) return;
  const leaf = Object.values(section.leaves).find((candidate) => candidate.key === key);
  problems.error(line, path, `missing: [${id}] needs a line such as ${key} = ${leaf?.example ?? ''}`);
}

function refusalOf(leaf: Leaf, text: string): string {
  if (text !== '') return leaf.type.refuse(text, leaf.example);
  const omit = leaf.required ? '' : `, or omit the line for ${leaf.default ?? leaf.absent ?? 'nothing'}`;
  return `no value: write one such as ${leaf.key} = ${leaf.example}${omit}`;
}
