/** `appliance install --list | --disk DISK`: the running system, copied to another disk of the box. */
import { parseArgs } from 'node:util';
import type { InstallTarget } from '../disk/mod.ts';
import { printAnswer, printMessage } from './change.ts';
import { formatTable } from './table.ts';
import { get, post, TARGET_OPTIONS, targetOf } from './transport.ts';
import { UsageError } from './usage.ts';

export async function install(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...TARGET_OPTIONS, list: { type: 'boolean', default: false }, disk: { type: 'string' } },
  });
  // The disk may be named without --disk as well.
  const [disk, ...others] = [...(values.disk === undefined ? [] : [values.disk]), ...positionals];
  if ((disk === undefined) !== values.list || others.length > 0) {
    throw new UsageError('install takes --list or --disk with the name of one disk, all of which is erased');
  }
  const target = targetOf(values);
  if (disk === undefined) {
    const answer = await get(target, '/install', { authenticated: true });
    return printAnswer(answer, (text) => (values.json ? text : diskTable(text)));
  }
  return printMessage(await post(target, `/install?disk=${encodeURIComponent(disk)}`), values.json);
}

function diskTable(answer: string): string {
  const { targets } = JSON.parse(answer) as { targets: readonly InstallTarget[] };
  const rows = targets.map(({ name, model, sizeBytes, partitions, refusal }) => [
    name,
    `${(sizeBytes / 1e9).toFixed(1)} GB`,
    model ?? '-',
    partitions.join(', ') || '-',
    refusal ?? 'can be used',
  ]);
  return formatTable([['DISK', 'SIZE', 'MODEL', 'PARTITIONS', 'STATE'], ...rows]);
}
