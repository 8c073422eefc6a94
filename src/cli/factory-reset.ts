/** `appliance factory-reset`: exit code 1 when something could not be erased. */
import { printAnswer } from './change.ts';
import type { RemoteOptions } from './options.ts';
import { post } from './transport.ts';
import { UsageError } from './usage-error.ts';

interface ResetOptions extends RemoteOptions {
  readonly yes: boolean;
  readonly keepNetwork: boolean;
}

export async function factoryReset(options: ResetOptions): Promise<number> {
  if (!options.yes) {
    throw new UsageError(
      'factory-reset erases configuration, password, logs and everything else that is not of the image: confirm with --yes',
    );
  }
  const answer = await post(options, '/factory-reset', {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ confirm: 'erase', 'keep-network': options.keepNetwork }),
  });
  const { result, words } = JSON.parse(answer) as { result: string; words: readonly string[] };
  printAnswer(options.json ? answer : `${words.join('\n')}\n`);
  return result === 'erased' ? 0 : 1;
}
