/** Runs the command that words name, or prints help. */
import { CommanderError } from 'commander';
import { type Context, type Group, isGroup } from './command.ts';
import { findCommand, type Named, operandAt, optionOf, visibleIn } from './find-command.ts';
import { shortPath, unknownCommand, unknownOption } from './mistakes.ts';
import { optionValues, parserOf } from './parser.ts';
import { UsageError } from './usage-error.ts';

/** Resolves with the exit code. Rejects with UsageError, and as the command does. */
export async function execute(words: readonly string[], context: Context): Promise<number> {
  const named = findCommand(context.root, words);
  const { declaration, path } = named;
  if (isGroup(declaration)) return answerGroup(declaration, named);
  const parser = parserOf(named);
  let exitCode = 0;
  parser.allowExcessArguments().action(async () => {
    const { args, registeredArguments: known } = parser;
    if (args.length > known.length && known.at(-1)?.variadic !== true) {
      throw new UsageError(`unexpected word "${args[known.length]}" after "${shortPath(path)}"`);
    }
    const run = (await declaration.load()) as (...values: unknown[]) => Promise<number>;
    exitCode = await run(...(parser.processedArgs as unknown[]), optionValues(declaration, parser), context);
  });
  try {
    await parser.parseAsync(named.rest, { from: 'user' });
  } catch (error) {
    // Help was printed.
    if (!(error instanceof CommanderError)) throw error;
  }
  return exitCode;
}

/** `appliance help WORDS…` */
export async function help(words: readonly string[], _: object, { root }: Context): Promise<number> {
  const named = findCommand(root, words);
  const [word] = named.rest;
  if (word !== undefined) throw unknownCommand(named, word);
  parserOf(named).outputHelp();
  return 0;
}

/** Words that end before they name a command: none at all, a request for help, or a mistake. */
function answerGroup(group: Group, named: Named): number {
  const { rest, path } = named;
  const word = rest[operandAt(group, rest)];
  if (word !== undefined) throw unknownCommand(named, word);
  const wantsHelp = rest.includes('--help') || rest.includes('-h');
  if (wantsHelp || (named.group === undefined && rest.length === 0)) {
    parserOf(named).outputHelp();
    return wantsHelp ? 0 : 2;
  }
  const option = rest.find((one) => one.startsWith('-') && optionOf(group, one) === undefined);
  if (option !== undefined) throw unknownOption(named, option);
  if (named.group === undefined) throw new UsageError('expected a command (see "appliance help")');
  const names = visibleIn(group).map(({ name }) => name);
  throw new UsageError(`expected one of ${names.join(', ')} after "${shortPath(path)}"`);
}
