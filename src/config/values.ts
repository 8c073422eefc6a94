/**
 * The values of the file: text → converted by the type of its leaf → judged by the compiled schema → read by path.
 *
 * A value that was refused reads as its default, so that whoever judges the rest needs no special case; `isGiven`
 * tells one that the file really has.
 */

import { type KnownLeaf, LEAVES, type Leaf } from './leaves.ts';
import { type Problems, quote } from './problems.ts';
import type { Entry, Resolved, SectionInstance } from './resolve.ts';
import { validate } from './validate.generated.js';
import { parseSize, refusedValue } from './words.ts';

type Value = boolean | number | string;

/** The TypeScript type of each leaf type that is not text. */
interface ConvertedTypes {
  boolean: boolean;
  integer: number;
  size: number;
}

export type LeafPath = KnownLeaf['path'];
type LeafAt<P extends LeafPath> = Extract<KnownLeaf, { path: P }>;
type Converted<T> = T extends keyof ConvertedTypes ? ConvertedTypes[T] : string;
/** What a leaf reads as: undefined only where it has no default. */
export type ValueAt<P extends LeafPath> =
  | Converted<LeafAt<P>['type']>
  | (LeafAt<P> extends { default: string } ? never : undefined);

/** Text that looks like its type becomes that type; any other text stays, for the schema to refuse. */
function convert(leaf: Leaf, text: string): Value {
  if (leaf.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (leaf.type === 'integer') return /^-?(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : text;
  if (leaf.type === 'size') return parseSize(text) ?? text;
  return text;
}

export class Values {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #values: ReadonlyMap<string, Value>;

  constructor(entries: ReadonlyMap<string, Entry>, values: ReadonlyMap<string, Value>) {
    this.#entries = entries;
    this.#values = values;
  }

  /** The value at a leaf, or its default. `section` picks the instance for `…PCI.…` and `….NAME.…` leaves. */
  get<P extends LeafPath>(path: P, section?: SectionInstance): ValueAt<P> {
    const fallback = defaultValues().get(path);
    const given = this.#values.get(instancePath(path, section));
    // The schema has proven that the value has the type of its leaf.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return (given ?? fallback) as ValueAt<P>;
  }

  /** Whether the file has a value there that was not refused. */
  isGiven(path: LeafPath, section?: SectionInstance): boolean {
    return this.#values.has(instancePath(path, section));
  }

  /** Whether the file has the leaf with a value that was refused: nothing that depends on it can be judged. */
  isRefused(path: LeafPath): boolean {
    return this.#entries.has(path) && !this.#values.has(path);
  }

  /** The line of the leaf; 0 when it is not in the file. */
  line(path: LeafPath, section?: SectionInstance): number {
    return this.#entries.get(instancePath(path, section))?.line ?? 0;
  }

  /** The text as written of a leaf that may have been refused. */
  text(path: LeafPath, section?: SectionInstance): string | undefined {
    return this.#entries.get(instancePath(path, section))?.text;
  }
}

function instancePath(path: LeafPath, section: SectionInstance | undefined): string {
  return section === undefined ? path : `${section.id}${path.slice(path.lastIndexOf('.'))}`;
}

let defaults: ReadonlyMap<string, Value> | undefined;

// Made at first use: loading the module costs nothing.
function defaultValues(): ReadonlyMap<string, Value> {
  defaults ??= new Map(
    LEAVES.flatMap((leaf) =>
      leaf.default === undefined ? [] : [[leaf.path, convert(leaf, leaf.default)] as const],
    ),
  );
  return defaults;
}

/** Converts and judges every value; what the schema refuses goes to `problems` in words. */
export function readValues(resolved: Resolved, problems: Problems): Values {
  // Objects without a prototype: a section called interface.constructor is an ordinary one.
  const document: Record<string, Record<string, Value>> = Object.create(null);
  const byPointer = new Map<string, Entry>();
  const values = new Map<string, Value>();
  for (const section of resolved.sections) {
    if (section.template !== 'route') document[section.id] = Object.create(null);
  }
  for (const entry of resolved.entries.values()) {
    if (entry.text === undefined) continue;
    const value = convert(entry.leaf, entry.text);
    const target = document[entry.section.id];
    if (target !== undefined) target[entry.leaf.key] = value;
    byPointer.set(`/${escapePointer(entry.section.id)}/${entry.leaf.key}`, entry);
    values.set(entry.path, value);
  }
  if (validate(document)) return new Values(resolved.entries, checkBytes(values, resolved, problems));
  const sections = new Map(resolved.sections.map((section) => [`/${escapePointer(section.id)}`, section]));
  for (const { instancePath, keyword, params } of validate.errors ?? []) {
    const entry = byPointer.get(instancePath);
    const section = sections.get(instancePath);
    if (entry !== undefined) {
      // A value fails once, however many keywords refuse it.
      if (values.delete(entry.path))
        problems.error(entry.line, entry.path, refusedValue(entry.leaf, entry.text ?? ''));
    } else if (section !== undefined && keyword === 'required') {
      reportMissing(section, String(params['missingProperty']), resolved, problems);
    }
  }
  return new Values(resolved.entries, checkBytes(values, resolved, problems));
}

function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

function reportMissing(section: SectionInstance, key: string, resolved: Resolved, problems: Problems): void {
  const path = `${section.id}.${key}`;
  // It is there, but its line was reported already.
  if (resolved.entries.has(path)) return;
  const leaf = LEAVES.find((candidate) => candidate.section === section.template && candidate.key === key);
  problems.error(
    section.line,
    path,
    `missing: [${section.id}] needs a line like ${key} = ${leaf?.example ?? ''}`,
  );
}

/** Socket paths are bounded in bytes, which a schema cannot say. */
function checkBytes(values: Map<string, Value>, resolved: Resolved, problems: Problems): Map<string, Value> {
  for (const { leaf, path, line, text } of resolved.entries.values()) {
    if (leaf.type !== 'socket-path' || text === undefined || !values.has(path)) continue;
    const bytes = Buffer.byteLength(text);
    if (bytes <= 107) continue;
    problems.error(line, path, `${quote(text)} has ${bytes} bytes: a socket path has at most 107`);
    values.delete(path);
  }
  return values;
}
