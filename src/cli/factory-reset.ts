/** `appliance factory-reset --yes [--keep-network]`: exit code 1 when something could not be erased. */
import { parseArgs } from 'node:util';
import { printAnswer } from './change.ts';
import { post, TARGET_OPTIONS, targetOf } from './transport.ts';
import { UsageError } from './usage.ts';

export async function factoryReset(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...TARGET_OPTIONS,
      yes: { type: 'boolean', default: false },
      'keep-network': { type: 'boolean', default: false },
    },
  });
  if (!values.yes) {
    throw new UsageError(
      'factory-reset erases configuration, password, logs and whatever else is not of the image: give --yes to have it',
    );
  }
  const answer = await post(targetOf(values), '/factory-reset', {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ confirm: 'erase', 'keep-network': values['keep-network'] }),
  });
  const { result, words } = JSON.parse(answer) as { result: string; words: readonly string[] };
  printAnswer(answer, (text) => (values.json ? text : `${words.join('\n')}\n`));
  return result === 'erased' ? 0 : 1;
}
