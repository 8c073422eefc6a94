/**
 * `appliance complete -- WORDS…`: what the last word may become, for the scripts of completion.ts. One candidate a line,
 * with a tab before its description; `:files` alone stands for the names of files.
 *
 * Names are asked of the appliance that the words are about. It has a second; without an answer nothing is offered.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FibRoute } from '../fib/status.ts';
import type { ApplianceStatus } from '../status/mod.ts';
import { formsOf, VPP_COMMANDS } from '../vpp/mod.ts';
import { type AnyCommand, type Context, flagOf, type Group, isGroup, type ValueSource } from './command.ts';
import { findCommand, type Named, operandAt, optionOf, visibleIn } from './find-command.ts';
import { optionValues, parserOf } from './parser.ts';
import { get, pieces, type Target } from './transport.ts';

/** How long an appliance may take to answer. */
const PATIENCE_MS = 1000;
/** Nobody reads more, and a FIB has a million. */
const MAX_PREFIXES = 200;

interface Candidate {
  readonly word: string;
  readonly about?: string;
}

const FILES: readonly Candidate[] = [{ word: ':files' }];

export async function complete(words: readonly string[], _: object, { root }: Context): Promise<number> {
  const begun = words.at(-1) ?? '';
  const offered = await Promise.race([
    candidates(root, words.slice(0, -1), begun).catch(() => []),
    sleep(PATIENCE_MS, []),
  ]);
  const fitting = offered === FILES ? FILES : offered.filter(({ word }) => word.startsWith(begun));
  const lines = fitting.map(({ word, about }) => (about === undefined ? word : `${word}\t${about}`));
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return 0;
}

async function candidates(
  root: Group,
  before: readonly string[],
  begun: string,
): Promise<readonly Candidate[]> {
  const named = findCommand(root, before);
  const { declaration, rest } = named;
  const option = optionOf(declaration, rest.at(-1));
  if (option?.value !== undefined) {
    // The last word is its value.
    const target = isGroup(declaration) ? undefined : read(named, declaration, rest.slice(0, -1)).target;
    return valuesOf(option.source, { root, target, words: [], begun });
  }
  if (isGroup(declaration)) return operandAt(declaration, rest) === -1 ? commandsIn(declaration) : [];
  if (begun.startsWith('-')) {
    const own = Object.entries(declaration.options ?? {});
    return [
      ...own.map(([name, { about }]) => ({ word: flagOf(name), about })),
      { word: '--help', about: 'Print help' },
    ];
  }
  const { target, operands } = read(named, declaration, rest);
  const specs = declaration.arguments ?? [];
  const last = specs.at(-1);
  const spec = specs[operands.length] ?? (last?.form.includes('...') === true ? last : undefined);
  if (spec?.choices !== undefined) return spec.choices.map((word) => ({ word }));
  return valuesOf(spec?.source, { root, target, words: operands, begun });
}

/** The options of a command as far as they were given, and its other words. */
function read(
  named: Named,
  one: AnyCommand,
  words: readonly string[],
): { target: Target; operands: string[] } {
  const parser = parserOf(named);
  const { operands } = parser.parseOptions([...words]);
  return { target: optionValues(one, parser) as Target, operands };
}

interface Asked {
  readonly root: Group;
  /** Undefined: no appliance is asked. */
  readonly target: Target | undefined;
  /** Those before, of the same argument. */
  readonly words: readonly string[];
  readonly begun: string;
}

async function valuesOf(source: ValueSource | undefined, asked: Asked): Promise<readonly Candidate[]> {
  const { root, target, words, begun } = asked;
  switch (source) {
    case 'file':
      return FILES;
    case 'command': {
      const { declaration, rest } = findCommand(root, words);
      return isGroup(declaration) && rest.length === 0 ? commandsIn(declaration) : [];
    }
    case 'service': {
      const { services, box } = await statusOf(target);
      const names = ['appliance', 'all', ...(box === undefined ? [] : ['kernel'])];
      return [...names, ...services.map(({ name }) => name)].map((word) => ({ word }));
    }
    case 'feed':
      return ((await statusOf(target)).feeds?.sources ?? []).map(({ name }) => ({ word: name }));
    case 'prefix':
      return target === undefined || words.length > 0 ? [] : prefixes(target, begun);
    case 'vpp-command':
      return vppWords(words, target);
    case undefined:
      return [];
  }
}

function commandsIn(group: Group): Candidate[] {
  return visibleIn(group).map(({ name, about }) => ({ word: name, about }));
}

/** The next word of VPP's commands that begin with these words; an interface by its names. */
async function vppWords(words: readonly string[], target: Target | undefined): Promise<Candidate[]> {
  const next = VPP_COMMANDS.flatMap(formsOf)
    .filter((form) =>
      words.every((word, at) => {
        const piece = form[at];
        return piece !== undefined && (piece.kind === 'argument' || piece.word === word);
      }),
    )
    .flatMap((form) => form[words.length] ?? []);
  const plain = next.flatMap((piece) => (piece.kind === 'word' ? [piece.word] : []));
  const wantsInterface = next.some(
    (piece) => piece.kind === 'argument' && (piece.type === 'INTERFACE' || piece.type === 'HARDWARE'),
  );
  const names = wantsInterface ? (await statusOf(target)).interfaces.map(({ name }) => name) : [];
  return [...new Set([...plain, ...names])].map((word) => ({ word }));
}

async function statusOf(target: Target | undefined): Promise<ApplianceStatus> {
  if (target === undefined) throw new Error('there is no appliance to ask');
  return JSON.parse(await get(target, '/status')) as ApplianceStatus;
}

/** The first prefixes of VPP's FIB, and then of the kernel's, that begin as written. */
async function prefixes(target: Target, begun: string): Promise<Candidate[]> {
  const found: Candidate[] = [{ word: 'mpls', about: 'a label' }];
  for (const backend of ['vpp', 'kernel']) {
    let rest = '';
    for await (const piece of pieces(target, `/fib/${backend}`)) {
      const lines = (rest + piece.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith(`{"prefix":"${begun}`)) continue;
        const route = JSON.parse(line.replace(/,$/, '')) as FibRoute;
        found.push({ word: route.prefix, about: route['next-hop'] });
        if (found.length > MAX_PREFIXES) return found;
      }
    }
  }
  return found;
}
