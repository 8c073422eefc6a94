/** `appliance run` */
import { runAppliance } from '../init/mod.ts';
import type { Context } from './command.ts';
import { UsageError } from './usage-error.ts';

interface RunOptions {
  readonly config: string | undefined;
  readonly runDir: string;
}

export async function run({ config, runDir }: RunOptions, { startedAt }: Context): Promise<number> {
  if (config === undefined) throw new UsageError('expected --config FILE after "run"');
  return runAppliance({ configPath: config, runDir, startedAt });
}
