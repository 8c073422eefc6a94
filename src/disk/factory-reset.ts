/**
 * Back to the day of delivery: no configuration but the default one, no password, no history. The images stay.
 *
 * A power cut in the midst leaves a valid box: first appliance.ini is replaced as a whole, then what the box knew is
 * erased file by file; each of these files is one that a box may be without. Asked again, it goes on where it ended.
 */
import { readdir, rm } from 'node:fs/promises';
import { renderDefaultIni } from '../config/mod.ts';
import type { BootPartition, DataPartition } from './partitions.ts';
import { syncDirectory } from './replace-file.ts';

/** On the boot partition, besides appliance.ini: what belongs to the configuration that goes. */
const BOOT_FILES = ['appliance.errors.txt', 'https.crt', 'https.key'];
/** Made by mke2fs and wanted by e2fsck. */
const KEPT = 'lost+found';
/** A cut in the midst must leave a reset box without its old password, not one with it and nothing else. */
const FIRST = ['password.json', 'last-good.json', 'last-good.ini'];

/** Rejects when something could not be written or erased; asking again is safe. */
export async function factoryReset(boot: BootPartition, data: DataPartition): Promise<void> {
  await boot.writable(async () => {
    await boot.writeFile('appliance.ini', renderDefaultIni().replaceAll('\n', '\r\n'));
    for (const name of BOOT_FILES) await boot.removeFile(name);
  });
  const names = (await readdir(data.root)).filter((name) => name !== KEPT);
  const ordered = [
    ...FIRST.filter((name) => names.includes(name)),
    ...names.filter((n) => !FIRST.includes(n)),
  ];
  for (const name of ordered) await rm(`${data.root}/${name}`, { recursive: true, force: true });
  await syncDirectory(data.root);
}
