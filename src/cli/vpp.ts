/** `appliance vpp retry` */
import { parseArgs } from 'node:util';
import { printMessage } from './change.ts';
import { post, TARGET_OPTIONS, targetOf } from './transport.ts';
import { UsageError } from './usage.ts';

export async function vpp(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: TARGET_OPTIONS,
    allowPositionals: true,
  });
  if (positionals.join(' ') !== 'retry') {
    throw new UsageError(`expected "vpp retry", got "vpp ${positionals.join(' ')}"`);
  }
  return printMessage(await post(targetOf(values), '/vpp/retry'), values.json);
}
