/** `appliance password`: changes the password. On the socket of this machine the old one is not needed. */
import { printMessage } from './change.ts';
import { askSecretly, passwordOf, readPasswordFile } from './credentials.ts';
import type { RemoteOptions } from './options.ts';
import { post } from './transport.ts';
import { UsageError } from './usage-error.ts';

interface PasswordOptions extends RemoteOptions {
  readonly newPasswordFile: string | undefined;
}

export async function password(options: PasswordOptions): Promise<number> {
  const { host, newPasswordFile: file, json } = options;
  const old = host === undefined ? undefined : await passwordOf(options, host);
  const wanted = file === undefined ? await askTwice() : readPasswordFile(file);
  const answer = await post({ ...options, password: old }, '/password', {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...(old === undefined ? {} : { old }), new: wanted }),
  });
  return printMessage(answer, json);
}

async function askTwice(): Promise<string> {
  if (!process.stdin.isTTY)
    throw new UsageError(
      'cannot ask for the new password: there is no terminal (give --new-password-file FILE)',
    );
  const wanted = await askSecretly('new password: ');
  if ((await askSecretly('new password, once more: ')) !== wanted) {
    throw new Error('cannot change the password: the two entries differ');
  }
  return wanted;
}
