/** Types of leaves about objects of VPP. */
import { integer, type LeafType, listOf, parsed, pattern } from './leaf-types.ts';
import { interfaceName } from './name-types.ts';
import { type Read, readHostAddress } from './network-values.ts';
import { quote } from './problems.ts';

/** A whole number, or one word in its place. */
export function integerOr<const W extends string>(word: W, min: number, max: number): LeafType<number | W> {
  const number = integer(min, max);
  const range = `${min}–${max} or ${word}`;
  return {
    name: `whole number or ${word}`,
    range,
    schema: { anyOf: [{ const: word }, number.schema] },
    convert: (text) => (text === word ? text : (number.convert?.(text) ?? text)),
    refuse: (text, example) =>
      /^-?[0-9]+$/.test(text)
        ? `${quote(text)} is out of range (${range})`
        : text.toLowerCase() === word
          ? `expected ${range}, got ${quote(text)}: write ${word}`
          : `expected ${range} such as ${example}, got ${quote(text)}`,
    format: String,
  };
}

/** Names of interfaces, whose order means nothing; `what` they are. */
export function interfaceList(what: string): LeafType<readonly string[]> {
  const names = listOf<string>('names of interfaces, separated by commas', {
    read: (item) =>
      interfaceName.pattern.test(item) ? { value: item } : { error: interfaceName.refuse(item, 'xe0') },
    format: String,
    what,
  });
  return { ...names, format: (values) => values.toSorted().join(', ') };
}

/** One line of text for people. */
export const text = pattern('text', '^[^\\u0000-\\u001f\\u007f]{1,200}$', (given) =>
  given.length > 200
    ? `${quote(`${given.slice(0, 20)}…`)} has ${given.length} characters: a description has at most 200`
    : `${quote(given)} has control characters`,
);

/** The address of a host, without a prefix length, in canonical text. */
export const hostAddress: LeafType<string> = parsed(
  'address',
  (given): Read<string> => {
    const read = readHostAddress(given);
    return 'error' in read ? read : { value: read.value.address };
  },
  String,
);
