/** `appliance config put FILE | confirm | show`: the configuration of a running appliance. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CHANGE_OPTIONS, changeQuery, printAnswer, printChange } from './change.ts';
import { get, post, put, TARGET_OPTIONS, targetOf } from './transport.ts';
import { UsageError } from './usage.ts';

/** Exit code 1 when the configuration was refused. */
export async function config(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...TARGET_OPTIONS, ...CHANGE_OPTIONS },
  });
  const [what, file, ...others] = positionals;
  const target = targetOf(values);
  if (what === 'put' && file !== undefined && others.length === 0) {
    const body = readFileSync(file);
    const headers = { 'Content-Type': 'text/plain; charset=utf-8' };
    return printChange(put(target, `/config${changeQuery(values)}`, { headers, body }), values.json);
  }
  if (file !== undefined) throw new UsageError('config takes put FILE, confirm or show');
  switch (what) {
    case 'confirm':
      return printChange(post(target, '/config/confirm'), values.json);
    case 'show':
      return printAnswer(await get(target, '/config', { authenticated: true }), (text) =>
        values.json ? `${JSON.stringify({ config: text })}\n` : text,
      );
    default:
      throw new UsageError('config takes put FILE, confirm or show');
  }
}
