/**
 * What a command is, as data: its name, what it takes, an example, and where its code is. Parsing and help
 * (parser.ts) and completion (complete.ts) are made of this one declaration.
 */

/** Where completion finds the values of an argument or an option (complete.ts). */
export type ValueSource = 'command' | 'feed' | 'file' | 'prefix' | 'service' | 'vpp-command';

interface ValueSpec {
  readonly about: string;
  readonly source?: ValueSource;
}

export interface ArgumentSpec extends ValueSpec {
  /** `<file>`, `[file]` where it may be left out, `[words...]` for any number. */
  readonly form: string;
  readonly choices?: readonly string[];
}

/** By its name in camel case: `runDir` is `--run-dir`. Without `value` it is a flag. */
export interface OptionSpec extends ValueSpec {
  /** What its value is, as help shows it. */
  readonly value?: string;
  readonly default?: string;
  /** The heading under which help lists it. */
  readonly heading?: string;
}

type Arguments = readonly ArgumentSpec[];
type Options = Readonly<Record<string, OptionSpec>>;

type ArgumentValues<A extends Arguments> = {
  readonly [I in keyof A]: A[I]['form'] extends `${string}...${string}`
    ? readonly string[]
    : A[I]['form'] extends `<${string}`
      ? string
      : string | undefined;
};

type OptionValues<O extends Options> = {
  readonly [N in keyof O]: O[N] extends { readonly default: string }
    ? string
    : O[N] extends { readonly value: string }
      ? string | undefined
      : boolean;
};

interface Described {
  readonly name: string;
  /** One line, without a full stop. */
  readonly about: string;
  /** More about it, in sentences, for its own help. */
  readonly details?: string;
  readonly examples: readonly [string, ...string[]];
  /** The heading under which a group's help lists it. */
  readonly heading?: string;
  /** Left out of help and completion. */
  readonly hidden?: boolean;
}

/** What every command may know beside its own words. */
export interface Context {
  /** When the process began, by `performance.now()`. */
  readonly startedAt: number;
  /** All commands. */
  readonly root: Group;
}

/** A command that does something. `load` imports its code, since most commands need little of the program. */
export interface Command<A extends Arguments = Arguments, O extends Options = Options> extends Described {
  readonly arguments?: A;
  readonly options?: O;
  /** The code resolves with the exit code. */
  readonly load: () => Promise<
    (...values: [...ArgumentValues<A>, OptionValues<O>, Context]) => Promise<number>
  >;
}

/** A command whose types are no longer known: `load` gives what takes the values of its own declaration. */
export interface AnyCommand extends Described {
  readonly arguments?: Arguments;
  readonly options?: Options;
  readonly load: () => Promise<(...values: never) => Promise<number>>;
}

/** A word before other commands: `show` of `show fib`. */
export interface Group extends Described {
  readonly commands: readonly (AnyCommand | Group)[];
}

/** All of a section of a group's help. */
export function under(heading: string, commands: readonly (AnyCommand | Group)[]): (AnyCommand | Group)[] {
  return commands.map((one) => ({ ...one, heading }));
}

/** Checks a command's code against what it declares. */
export function command<const A extends Arguments = readonly [], const O extends Options = Options>(
  declaration: Command<A, O>,
): AnyCommand {
  return declaration;
}

export function isGroup(declaration: AnyCommand | Group): declaration is Group {
  return 'commands' in declaration;
}

/** `--run-dir` of `runDir`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
