/** `appliance vppctl show … [--host URL]`: VPP's own command line, as far as the appliance lets it be asked. */
import { parseArgs } from 'node:util';
import { get, TARGET_OPTIONS, targetOf } from './transport.ts';

/** Without a command it prints those that there are. Which ones are run is the appliance's to say. */
export async function vppctl(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: TARGET_OPTIONS,
  });
  const command = positionals.join(' ');
  const path = command === '' ? '/vppctl' : `/vppctl?command=${encodeURIComponent(command)}`;
  const text = await get(targetOf(values), path, { authenticated: true });
  process.stdout.write(values.json ? `${JSON.stringify({ command, output: text })}\n` : text);
  return 0;
}
