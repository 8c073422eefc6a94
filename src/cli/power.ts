/** `appliance power restart | off` */
import { parseArgs } from 'node:util';
import { printMessage } from './change.ts';
import { post, TARGET_OPTIONS, targetOf } from './transport.ts';
import { UsageError } from './usage.ts';

export async function power(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: TARGET_OPTIONS,
  });
  const [action, ...others] = positionals;
  if ((action !== 'restart' && action !== 'off') || others.length > 0) {
    throw new UsageError('power takes restart or off');
  }
  return printMessage(await post(targetOf(values), `/power/${action}`), values.json);
}
