/** The command line: one function a command, chosen by its first word. main.ts imports this file only. */
import { UsageError, USAGE } from './usage.ts';

type Command = (args: readonly string[], startedAt: number) => Promise<number>;

/** Loaded when asked for: `check` needs no HTTP, `version` needs nothing. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  check: async () => (await import('./check.ts')).check,
  config: async () => (await import('./config.ts')).config,
  'factory-reset': async () => (await import('./factory-reset.ts')).factoryReset,
  install: async () => (await import('./install.ts')).install,
  password: async () => (await import('./password.ts')).password,
  power: async () => (await import('./power.ts')).power,
  reload: async () => (await import('./reload.ts')).reload,
  render: async () => (await import('./render.ts')).render,
  routes: async () => (await import('./routes.ts')).routes,
  run: async () => (await import('./run.ts')).run,
  show: async () => (await import('./show.ts')).show,
  sign: async () => (await import('./sign.ts')).sign,
  update: async () => (await import('./update.ts')).update,
  vpp: async () => (await import('./vpp.ts')).vpp,
  vppctl: async () => (await import('./vppctl.ts')).vppctl,
  version: async () => (await import('./version.ts')).version,
};

/** Runs one command; resolves with the exit code: 0 done, 1 failed, 2 not understood. */
export async function runCommandLine(args: readonly string[], startedAt: number): Promise<number> {
  const [name = 'help', ...rest] = args;
  if (name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(USAGE);
    return args.length === 0 ? 2 : 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  try {
    if (load === undefined) throw new UsageError(`there is no command "${name}"`);
    const command = await load();
    return await command(rest, startedAt);
  } catch (error) {
    const isUsage = error instanceof UsageError || isParseArgsError(error);
    process.stderr.write(`appliance: ${error instanceof Error ? error.message : String(error)}\n`);
    if (isUsage) process.stderr.write(`\n${USAGE}`);
    return isUsage ? 2 : 1;
  }
}

function isParseArgsError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
