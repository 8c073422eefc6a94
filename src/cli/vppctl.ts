/** `appliance vppctl`: VPP's own command line, as far as the appliance allows it. */
import { printAnswer } from './change.ts';
import type { RemoteOptions } from './options.ts';
import { get } from './transport.ts';

/** Without a command it prints those that are allowed; the appliance decides which are. */
export async function vppctl(words: readonly string[], options: RemoteOptions): Promise<number> {
  const command = words.join(' ');
  const path = command === '' ? '/vppctl' : `/vppctl?command=${encodeURIComponent(command)}`;
  const text = await get(options, path, { authenticated: true });
  return printAnswer(options.json ? `${JSON.stringify({ command, output: text })}\n` : text);
}
