/** `appliance factory-reset --yes` */
import { parseArgs } from 'node:util';
import { printMessage } from './change.ts';
import { post, TARGET_OPTIONS, targetOf } from './transport.ts';
import { UsageError } from './usage.ts';

export async function factoryReset(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { ...TARGET_OPTIONS, yes: { type: 'boolean', default: false } },
  });
  if (!values.yes) {
    throw new UsageError('factory-reset erases configuration, password and logs: give --yes to have it');
  }
  const answer = await post(targetOf(values), '/factory-reset', {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ confirm: 'erase' }),
  });
  return printMessage(answer, values.json);
}
