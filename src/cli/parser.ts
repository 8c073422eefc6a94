/** A declaration made into commander's parser, which reads options and arguments and writes help. */
import { Argument, Command as Commander, Option } from 'commander';
import { type AnyCommand, type ArgumentSpec, flagOf, isGroup, type OptionSpec } from './command.ts';
import type { Named } from './find-command.ts';
import { shortPath, unknownChoice, unknownOption } from './mistakes.ts';
import { paint } from './paint.ts';
import { UsageError } from './usage-error.ts';

/** Throws UsageError where commander would print its own words and end the process. */
export class CommandParser extends Commander {
  readonly #named: Named;

  constructor(named: Named) {
    super(named.path);
    this.#named = named;
    this.exitOverride();
  }

  // The three that commander calls; its types do not have them.
  unknownOption(word: string): never {
    throw unknownOption(this.#named, word);
  }

  missingArgument(name: string): never {
    const { argChoices } = this.registeredArguments.find((one) => one.name() === name) ?? {};
    const wanted = argChoices?.join(' or ') ?? `<${name}>`;
    throw new UsageError(`expected ${wanted} after "${shortPath(this.#named.path)}"`);
  }

  optionMissingArgument({ flags }: Option): never {
    const [flag, value] = flags.split(' ');
    throw new UsageError(`expected ${value} after "${flag}"`);
  }
}

export function parserOf(named: Named): CommandParser {
  const { declaration, path } = named;
  const { about, details, examples, heading = '' } = declaration;
  const parser = new CommandParser(named);
  parser
    .summary(about)
    .description(details === undefined ? `${about}.` : `${about}. ${details}`)
    .helpOption('-h, --help', 'Print this help')
    .helpCommand(false)
    .helpGroup(heading)
    .configureHelp({ subcommandTerm, styleTitle: (title) => paint('heading', title) })
    .addHelpText('after', `\n${paint('heading', 'Examples:')}\n  ${examples.join('\n  ')}`);
  if (isGroup(declaration)) {
    parser.usage('<command> …');
    for (const one of declaration.commands) {
      const child = parserOf({ declaration: one, path: one.name, group: declaration, rest: [] });
      parser.addCommand(child, { hidden: one.hidden === true });
    }
    return parser;
  }
  for (const spec of declaration.arguments ?? []) parser.addArgument(argumentOf(spec, path));
  for (const [name, spec] of Object.entries(declaration.options ?? {})) {
    parser.addOption(optionFrom(name, spec));
  }
  return parser;
}

/** The values of a command's options, by the names of its declaration. */
export function optionValues({ options = {} }: AnyCommand, parser: CommandParser): object {
  const values = Object.entries(options).map(([name, spec]): [string, unknown] => {
    const option = optionFrom(name, spec);
    const value: unknown = parser.getOptionValue(option.attributeName());
    // `--no-restart` makes `restart` false.
    if (option.negate) return [name, value === false];
    return [name, spec.value === undefined ? value === true : value];
  });
  return Object.fromEntries(values);
}

/** In the list of a group's help: the name of a command and what it takes. */
function subcommandTerm(parser: Commander): string {
  return `${parser.name()} ${parser.usage().replace('[options]', '')}`.replaceAll(/ +/g, ' ').trim();
}

function argumentOf({ form, about, choices }: ArgumentSpec, path: string): Argument {
  const argument = new Argument(form, about);
  if (choices === undefined) return argument;
  return argument.choices(choices).argParser((word: string) => {
    if (choices.includes(word)) return word;
    throw unknownChoice(word, choices, path);
  });
}

function optionFrom(name: string, { value, about, default: fallback, heading }: OptionSpec): Option {
  const option = new Option(value === undefined ? flagOf(name) : `${flagOf(name)} <${value}>`, about);
  if (fallback !== undefined) option.default(fallback);
  return heading === undefined ? option : option.helpGroup(heading);
}
