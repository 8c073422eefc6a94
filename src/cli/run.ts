/** `appliance run --config FILE` */
import { parseArgs } from 'node:util';
import { runAppliance } from '../init/mod.ts';
import { UsageError } from './usage.ts';

const DEFAULT_RUN_DIR = '/run/appliance';

export async function run(args: readonly string[], startedAt: number): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { config: { type: 'string' }, 'run-dir': { type: 'string', default: DEFAULT_RUN_DIR } },
  });
  if (values.config === undefined) throw new UsageError('run needs --config FILE');
  return runAppliance({ configPath: values.config, runDir: values['run-dir'], startedAt });
}
