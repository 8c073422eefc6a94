/** `appliance vppctl show … [--host URL]`: VPP's own command line, read-only. */
import { parseArgs } from 'node:util';
import { isReadOnlyCommand } from '../vpp/mod.ts';
import { get, TARGET_OPTIONS, targetOf } from './transport.ts';
import { UsageError } from './usage.ts';

export async function vppctl(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: TARGET_OPTIONS,
  });
  const command = positionals.join(' ');
  if (!isReadOnlyCommand(command)) {
    throw new UsageError(
      `vppctl takes a command that begins with show, not "${command}": nothing can be changed here`,
    );
  }
  const text = await get(targetOf(values), `/vppctl?command=${encodeURIComponent(command)}`);
  process.stdout.write(values.json ? `${JSON.stringify({ command, output: text })}\n` : text);
  return 0;
}
