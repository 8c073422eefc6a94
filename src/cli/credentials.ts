/** The password of the appliance: from a file, the environment, or the terminal, read without echo. */
import { readFileSync } from 'node:fs';

export interface Credentials {
  readonly passwordFile?: string | undefined;
  /** Known already: nothing is read. */
  readonly password?: string | undefined;
}

/** The server ignores the user's name; its console and its page say this one. */
const USER = 'admin';

/** The value of the Authorization header (RFC 7617). Rejects as `passwordOf` does. */
export async function authorization(credentials: Credentials, where: string): Promise<string> {
  const password = await passwordOf(credentials, where);
  return `Basic ${Buffer.from(`${USER}:${password}`, 'utf8').toString('base64')}`;
}

/** The password itself. Rejects without one and without a terminal. */
export async function passwordOf({ passwordFile, password }: Credentials, where: string): Promise<string> {
  if (password !== undefined) return password;
  if (passwordFile !== undefined) return readPasswordFile(passwordFile);
  const fromEnvironment = process.env.APPLIANCE_PASSWORD;
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  if (process.stdin.isTTY) return askSecretly(`password of ${where}: `);
  throw new Error('expected a password: give --password-file FILE or set APPLIANCE_PASSWORD');
}

/** The first line of a file. */
export function readPasswordFile(file: string): string {
  const [line = ''] = readFileSync(file, 'utf8').split(/\r?\n/);
  if (line === '') throw new Error(`cannot read the password from ${file}: its first line is empty`);
  return line;
}

/** Reads a line of the terminal without echo. Rejects when it is interrupted (Ctrl-C, Ctrl-D). */
export async function askSecretly(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  const wasRaw = stdin.isRaw;
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.resume();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let typed = '';
  const onData = (text: string): void => {
    for (const key of text) {
      if (key === '\r' || key === '\n') resolve(typed);
      else if (key === '\u0003' || (key === '\u0004' && typed === '')) reject(new Error('interrupted'));
      else if (key === '\u007f' || key === '\b') typed = typed.replace(/.$/u, '');
      else if (key >= ' ') typed += key;
    }
  };
  const onEnd = (): void => reject(new Error('the terminal was closed'));
  stdin.on('data', onData);
  stdin.once('end', onEnd);
  try {
    return await promise;
  } finally {
    stdin.off('data', onData);
    stdin.off('end', onEnd);
    stdin.setRawMode(wasRaw);
    stdin.pause();
    stderr.write('\n');
  }
}
