/**
 * One line of a feed of routes: the grammar of [route], with words instead of `=` (docs/routes.md).
 *
 *   PREFIX via HOP… | PREFIX blackhole | PREFIX unreachable | PREFIX prohibit | mpls LABEL via NEXT-HOP…
 *                                                                                              see route-value.ts
 *   del PREFIX [table N] | del mpls LABEL
 */
import { interfaceName } from './name-types.ts';
import type { Read } from './network-values.ts';
import { quote } from './problems.ts';
import { ACTION_WORDS, readDestination, readRouteValue, subjectOf } from './route-value.ts';
import { wholeNumber } from './route-labels.ts';
import type { Destination, StaticRoute } from './types.ts';

export type RouteLine =
  | { readonly kind: 'route'; readonly route: Omit<StaticRoute, 'line'> }
  | { readonly kind: 'delete'; readonly destination: Destination; readonly tableId: number | undefined };

const GRAMMAR = `expected PREFIX via NEXT-HOP, ${ACTION_WORDS.map((word) => `PREFIX ${word}`).join(', ')} or del PREFIX`;
const IS_ACTION_WORD = new RegExp(`^(?:${ACTION_WORDS.join('|')})\\b`);
const MPLS_GRAMMAR = 'expected mpls LABEL via NEXT-HOP, then swap LABEL or pop';
const MAX_U32 = 0xffff_ffff;
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/** Reads a line that is neither blank nor a comment; the first thing that is wrong with it is its error. */
export function readRouteLine(line: string): Read<RouteLine> {
  const control = CONTROL.exec(line)?.[0];
  if (control === '\u0000') return { error: 'NUL byte: expected a line of text' };
  if (control !== undefined) return { error: `control character ${quote(control)}: remove it` };
  const text = line.trim();
  const deleted = /^del(?:\s+(.*))?$/.exec(text);
  if (deleted !== null) return readDelete(deleted[1] ?? '');
  const isMpls = /^mpls(?:\s|$)/.test(text);
  const parts = (isMpls ? /^(mpls\s+\S+)(?:\s+(.*))?$/ : /^(\S+)(?:\s+(.*))?$/).exec(text);
  const grammar = isMpls ? MPLS_GRAMMAR : GRAMMAR;
  if (parts === null) return { error: `${quote(text)} names no label: ${grammar}` };
  const [, key = '', rest = ''] = parts;
  // A word that is no prefix at all: what is wrong is the line, not an address.
  if (!isMpls && !/[.:/]/.test(key) && key !== 'default') {
    return { error: `${quote(key)} is not a route: ${grammar}` };
  }
  const destination = readDestination(key);
  if ('error' in destination) return destination;
  const verb = /^\S*/.exec(rest)?.[0] ?? '';
  if (verb === '') return { error: `${quote(key)} lacks a next hop or an action: ${grammar}` };
  if (verb !== 'via' && !(ACTION_WORDS as readonly string[]).includes(verb)) {
    return { error: `unknown word ${quote(verb)} after ${key}: ${grammar}` };
  }
  const value = verb === 'via' ? rest.slice(verb.length).trim() : rest;
  if (verb === 'via' && IS_ACTION_WORD.test(value)) {
    return { error: `${quote(value)}: write ${value.split(/\s/)[0]} without via` };
  }
  const errors: string[] = [];
  const read = readRouteValue(value, subjectOf(key, destination), {
    refuseInterface,
    isVrf: () => false,
    tableOf: noVrf,
    report: (message) => errors.push(message),
  });
  if (read === undefined) return { error: errors[0] ?? `${quote(text)} is no route: ${grammar}` };
  return { value: { kind: 'route', route: { destination: destination.value, ...read } } };
}

/** A feed knows numbers: its names would be those of another configuration. */
const noVrf = (name: string): Read<number> => ({
  error: `vrf ${quote(name)}: expected table and a number in a feed`,
});

/** Any interface or VRF may come yet: only what none can be called is refused. */
function refuseInterface(name: string): string | undefined {
  return interfaceName.pattern.test(name) ? undefined : interfaceName.refuse(name, 'xe0');
}

function readDelete(text: string): Read<RouteLine> {
  if (text === '') return { error: 'del names no route: expected del PREFIX [table N] or del mpls LABEL' };
  const [key = '', ...words] = text.startsWith('mpls ') ? splitMpls(text) : text.split(/\s+/);
  const destination = readDestination(key);
  if ('error' in destination) return destination;
  const { value } = destination;
  if (words.length === 0) return { value: { kind: 'delete', destination: value, tableId: undefined } };
  const [word = '', number = '', ...more] = words;
  if (word !== 'table' || value.family === 'mpls') {
    const right = value.family === 'mpls' ? 'expected del mpls LABEL' : 'expected del PREFIX [table N]';
    return { error: `unknown word ${quote(word)} after del ${key}: ${right}` };
  }
  const tableId = wholeNumber(number);
  if (tableId === undefined || tableId > MAX_U32) {
    return { error: `expected a table (0–${MAX_U32}), got ${quote(number)}` };
  }
  if (more.length > 0) return { error: `unexpected ${quote(more.join(' '))}: expected del PREFIX [table N]` };
  return { value: { kind: 'delete', destination: value, tableId } };
}

function splitMpls(text: string): string[] {
  const [word = '', label = '', ...rest] = text.split(/\s+/);
  return [`${word} ${label}`, ...rest];
}
