/**
 * What the text of a value must be: how the schema judges it, what it becomes in `Config`, and the message for each
 * mistake that people make.
 */
import { type Read, splitList } from './network-values.ts';
import { quote } from './problems.ts';

export type Schema = Readonly<Record<string, unknown>>;

export interface LeafType<T> {
  /** As the reference page calls it. */
  readonly name: string;
  /** `1–3600 seconds`, `true or false`; left out where no few words say it. */
  readonly range?: string;
  readonly unit?: string;
  readonly schema: Schema;
  /** Message for a text that the schema refuses. */
  readonly refuse: (text: string, example: string) => string;
  /** Text that looks like the type becomes what the schema judges; any other text stays text, for it to refuse. */
  readonly convert?: (text: string) => unknown;
  /** For a grammar that a schema cannot express. Undefined after something was reported; else it is `convert`'s. */
  read?(text: string, report: (message: string) => void): T | undefined;
  /** The value as the file would have it. */
  format(value: T): string;
  /** What a leaf without a default is when the file does not have it: undefined unless given. */
  readonly none?: T;
}

export const boolean: LeafType<boolean> = {
  name: 'true or false',
  range: 'true or false',
  schema: { type: 'boolean' },
  convert: (text) => (text === 'true' ? true : text === 'false' ? false : text),
  refuse: (text) => {
    const lower = text.toLowerCase();
    const meant = TRUE_WORDS.has(lower) ? ': write true' : FALSE_WORDS.has(lower) ? ': write false' : '';
    return `expected true or false, got ${quote(text)}${meant}`;
  },
  format: String,
};

const TRUE_WORDS = new Set(['true', 'yes', 'on', '1', 'enable', 'enabled', 'y', 't']);
const FALSE_WORDS = new Set(['false', 'no', 'off', '0', 'disable', 'disabled', 'n', 'f']);

export function integer(min: number, max: number, unit?: string): LeafType<number> {
  const range = `${min}–${max}${unit === undefined ? '' : ` ${unit}`}`;
  return {
    name: 'whole number',
    range,
    ...(unit === undefined ? {} : { unit }),
    schema: { type: 'integer', minimum: min, maximum: max },
    convert: (text) => (/^-?(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : text),
    refuse: (text) => {
      if (/^-?(0|[1-9][0-9]*)$/.test(text)) return `${quote(text)} is out of range (${range})`;
      const digits = /^\+?0*([0-9]+?)(?:\s*[a-z]+|\.0+)?$/i.exec(text);
      const number = Number(digits?.[1] ?? Number.NaN);
      const meant = number >= min && number <= max ? `: write ${number}` : '';
      return `expected a whole number (${range}), got ${quote(text)}${meant}`;
    },
    format: String,
  };
}

const UNITS = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 } as const;
export const MIB = UNITS.M;
export const GIB = UNITS.G;

/** Bytes, with K, M and G as powers of 1024; the bounds are bytes. */
export function size(min: number, max: number): LeafType<number> {
  const range = `${formatSize(min)}–${formatSize(max)}`;
  return {
    name: 'size',
    range,
    schema: { type: 'integer', minimum: min, maximum: max },
    convert: (text) => parseSize(text) ?? text,
    refuse: (text, example) => {
      if (parseSize(text) !== undefined) return `${quote(text)} is out of range (${range})`;
      const match = /^([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([kmg]?)(?:i?b)?$/i.exec(text);
      const bytes = Number(match?.[1] ?? Number.NaN) * factorOf(match?.[2]?.toUpperCase());
      const isMeant = Number.isInteger(bytes) && bytes >= min && bytes <= max;
      const meant = isMeant ? formatSize(bytes) : `a whole number with K, M or G, such as ${example}`;
      return `expected a size (${range}), got ${quote(text)}: write ${meant}`;
    },
    format: formatSize,
  };
}

/** `1536M` → bytes (plain digits are bytes); undefined when the text is no size. */
function parseSize(text: string): number | undefined {
  const match = /^([0-9]{1,15})([KMG]?)$/.exec(text);
  return match ? Number(match[1]) * factorOf(match[2]) : undefined;
}

function factorOf(unit: string | undefined): number {
  return unit === 'K' || unit === 'M' || unit === 'G' ? UNITS[unit] : 1;
}

/** Bytes in the largest unit that divides them: `1536M`. */
export function formatSize(bytes: number): string {
  for (const unit of ['G', 'M', 'K'] as const) {
    if (bytes > 0 && bytes % UNITS[unit] === 0) return `${bytes / UNITS[unit]}${unit}`;
  }
  return String(bytes);
}

export function choice<const C extends string>(...choices: readonly C[]): LeafType<C> {
  const range = choices.join(', ').replace(/, (?=[^,]*$)/, ' or ');
  return {
    name: range,
    range,
    schema: { enum: choices },
    refuse: (text) => {
      const upper = text.toUpperCase().replace(/I?B$/, '').replaceAll(' ', '');
      const meant = choices.find((one) => one.toUpperCase() === upper);
      return `expected ${range}, got ${quote(text)}${meant === undefined ? '' : `: write ${meant}`}`;
    },
    format: String,
  };
}

/** Text that matches a pattern; `refuse` says what is wrong with one that does not. */
export interface PatternType extends LeafType<string> {
  readonly pattern: RegExp;
}

export function pattern(name: string, source: string, refuse: LeafType<string>['refuse']): PatternType {
  return {
    name,
    schema: { type: 'string', pattern: source },
    pattern: new RegExp(source),
    refuse,
    format: String,
  };
}

const NOT_EMPTY: Pick<LeafType<unknown>, 'schema' | 'refuse'> = {
  schema: { type: 'string', pattern: '\\S' },
  refuse: (text, example) => `expected a value such as ${example}, got ${quote(text)}`,
};

/** Text with a grammar of its own. */
export function parsed<T>(
  name: string,
  read: (text: string) => Read<T>,
  format: (value: T) => string,
): LeafType<T> {
  return {
    name,
    ...NOT_EMPTY,
    read: (text, report) => {
      const result = read(text);
      if ('value' in result) return result.value;
      report(result.error);
      return undefined;
    },
    format,
  };
}

export interface ListRules<T> {
  readonly read: (item: string) => Read<T>;
  readonly format: (value: T) => string;
  /** Of what the items differ; the formatted item unless given. */
  readonly identity?: (value: T) => string;
  readonly max?: number;
  /** `name servers` */
  readonly what?: string;
  /** Their order means nothing. */
  readonly isUnordered?: true;
}

/** Items separated by commas, each once; what is wrong with one is reported, and it is left out. */
export function listOf<T>(name: string, rules: ListRules<T>): LeafType<readonly T[]> {
  const { format, identity = format, max = Infinity, what = 'items', isUnordered } = rules;
  return {
    name,
    ...NOT_EMPTY,
    read: (text, report) => {
      const items = splitList(text);
      if (items.length > max) {
        report(`${items.length} ${what} exceed the limit of ${max}`);
        return undefined;
      }
      const read = new Map<string, T>();
      for (const item of items) {
        const one = rules.read(item);
        if ('error' in one) report(one.error);
        else if (read.has(identity(one.value))) report(`${quote(item)} is listed twice: list it once`);
        else read.set(identity(one.value), one.value);
      }
      return [...read.values()];
    },
    format: (values) => {
      const texts = values.map(format);
      return (isUnordered ? texts.sort() : texts).join(', ');
    },
    none: [],
  };
}

/** Names of one type. */
export function namesOf(
  name: string,
  type: PatternType,
  example: string,
  rules: Pick<ListRules<string>, 'what' | 'isUnordered'> = {},
): LeafType<readonly string[]> {
  const read = (item: string): Read<string> =>
    type.pattern.test(item) ? { value: item } : { error: type.refuse(item, example) };
  return listOf<string>(name, { read, format: String, ...rules });
}
