/** `appliance reload [--dry-run] [--restart-vpp]`: the configuration file is read again. */
import { parseArgs } from 'node:util';
import { CHANGE_OPTIONS, changeQuery, printChange } from './change.ts';
import { post, TARGET_OPTIONS, targetOf } from './transport.ts';

/** Exit code 1 when the file was refused. */
export async function reload(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { ...TARGET_OPTIONS, ...CHANGE_OPTIONS } });
  return printChange(post(targetOf(values), `/reload${changeQuery(values)}`), values.json);
}
