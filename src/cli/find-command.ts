/** Which command words name. */
import { type AnyCommand, flagOf, type Group, isGroup, type OptionSpec } from './command.ts';

export interface Named {
  readonly declaration: AnyCommand | Group;
  /** `appliance show fib` */
  readonly path: string;
  /** Where it stands; undefined for the root. */
  readonly group: Group | undefined;
  /** The words that are not its name. */
  readonly rest: readonly string[];
}

/** The command that words name, or the last group on the way to it. Options may stand between the words of its name. */
export function findCommand(root: Group, words: readonly string[]): Named {
  let named: Named = { declaration: root, path: root.name, group: undefined, rest: words };
  while (isGroup(named.declaration)) {
    const { declaration: group, path, rest } = named;
    const at = operandAt(group, rest);
    const declaration = group.commands.find(({ name }) => name === rest[at]);
    if (declaration === undefined) break;
    named = { declaration, path: `${path} ${declaration.name}`, group, rest: rest.toSpliced(at, 1) };
  }
  return named;
}

/** Where the first word is that is neither an option of a command in the group nor its value; -1 for nowhere. */
export function operandAt(group: Group, words: readonly string[]): number {
  const isOption = (word: string): boolean => word.startsWith('-') && word !== '-';
  return words.findIndex(
    (word, at) => !isOption(word) && optionOf(group, words[at - 1])?.value === undefined,
  );
}

/** The option that a word is, of a command or of one in a group. */
export function optionOf(declaration: AnyCommand | Group, word: string | undefined): OptionSpec | undefined {
  if (isGroup(declaration)) {
    return declaration.commands.map((one) => optionOf(one, word)).find((one) => one !== undefined);
  }
  return Object.entries(declaration.options ?? {}).find(([name]) => flagOf(name) === word)?.[1];
}

export function visibleIn({ commands }: Group): readonly (AnyCommand | Group)[] {
  return commands.filter(({ hidden }) => hidden !== true);
}
