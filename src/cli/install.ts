/** `appliance install`: copies the running system to another disk of the box. */
import type { InstallTarget } from '../disk/mod.ts';
import { printAnswer, printMessage } from './change.ts';
import type { RemoteOptions } from './options.ts';
import { formatTable } from './table.ts';
import { get, post } from './transport.ts';
import { UsageError } from './usage-error.ts';

interface InstallOptions extends RemoteOptions {
  readonly list: boolean;
  readonly disk: string | undefined;
}

export async function install(word: string | undefined, options: InstallOptions): Promise<number> {
  const [disk, ...others] = [options.disk, word].filter((name) => name !== undefined);
  if ((disk === undefined) !== options.list || others.length > 0) {
    throw new UsageError('expected --list, or the name of one disk, after "install"');
  }
  if (disk === undefined) {
    const answer = await get(options, '/install', { authenticated: true });
    return printAnswer(options.json ? answer : diskTable(answer));
  }
  return printMessage(await post(options, `/install?disk=${encodeURIComponent(disk)}`), options.json);
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
