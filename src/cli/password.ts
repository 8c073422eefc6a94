/**
 * `appliance password [--new-password-file FILE]`: changes the password. On the box's own socket the old one is not
 * asked for.
 */
import { parseArgs } from 'node:util';
import { printMessage } from './change.ts';
import { askSecretly, passwordOf, readPasswordFile } from './credentials.ts';
import { post, TARGET_OPTIONS, targetOf } from './transport.ts';
import { UsageError } from './usage.ts';

export async function password(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { ...TARGET_OPTIONS, 'new-password-file': { type: 'string' } },
  });
  const target = targetOf(values);
  const old = target.host === undefined ? undefined : await passwordOf(target, target.host);
  const file = values['new-password-file'];
  const wanted = file === undefined ? await askTwice() : readPasswordFile(file);
  const answer = await post(old === undefined ? target : { ...target, password: old }, '/password', {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...(old === undefined ? {} : { old }), new: wanted }),
  });
  return printMessage(answer, values.json);
}

async function askTwice(): Promise<string> {
  if (!process.stdin.isTTY)
    throw new UsageError('there is nobody to ask for the new password: give --new-password-file FILE');
  const wanted = await askSecretly('new password: ');
  if ((await askSecretly('new password, once more: ')) !== wanted) {
    throw new Error('change the password: the two are not the same');
  }
  return wanted;
}
