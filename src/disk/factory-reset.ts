/**
 * Back to the day of delivery: of the boot partition stay the loader and the images, its texts are as delivered, and
 * appliance.ini is what the caller wants; everything else there and on the data partition is erased, and the disk is
 * asked to discard it.
 *
 * A power cut in the midst leaves a box that boots, since loader and images are not touched, and that finishes: first of
 * all factory-reset.ini is written, the appliance.ini that the box shall have, and while that is there each boot erases
 * everything before anybody reads it. It is there after a reset that nothing cut as well, because a running box writes
 * on (logs, the clock); the next boot removes it last of all.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { isErrno, reasonOf } from '../linux/mod.ts';
import { bootTexts, LOADER_PROGRAMS } from './boot-files.ts';
import { findForeign } from './foreign-files.ts';
import type { BootPartition, DataPartition } from './partitions.ts';
import { syncDirectory } from './replace-file.ts';
import type { ResetReport } from './reset-report.ts';

const CONFIG = 'appliance.ini';
/** There while a reset is to be finished. */
const PENDING = 'factory-reset.ini';
/** Made by mke2fs and wanted by e2fsck; only what is in it is erased. */
const LOST_AND_FOUND = 'lost+found';
/** Of the data partition: what lets somebody in, and what would be in force again, before the rest. */
const FIRST = ['password.json', 'last-good.json', 'last-good.ini'];

export interface ResetPlace {
  readonly boot: BootPartition;
  readonly data: DataPartition;
  /** Of the running image: whose texts are as delivered. */
  readonly version: string;
  /** Whether a path from the root of the boot partition is that of an image, in small letters. */
  readonly isImage: (path: string) => boolean;
}

/**
 * Erases what can be erased now; a restart belongs to it, at which it is finished. Rejects when nothing was erased,
 * because not even the configuration could be written. What could not be erased is in the report; asking again is safe.
 *
 * @param config text of the appliance.ini that the box has afterwards
 */
export async function factoryReset(place: ResetPlace, config: string): Promise<ResetReport> {
  const { boot } = place;
  try {
    await boot.writeFile(PENDING, config);
    await boot.writeFile(CONFIG, config);
  } catch (error) {
    await boot.removeFile(PENDING).catch(() => {}); // the write's error is the one to tell
    throw error;
  }
  return erase(place);
}

/**
 * Finishes a reset that was begun before this boot; undefined when none was. Before anything else reads the partitions.
 * Rejects when it cannot be finished: the next boot tries again.
 */
export async function finishFactoryReset(place: ResetPlace): Promise<ResetReport | undefined> {
  const { boot } = place;
  const config = await readIfThere(`${boot.root}/${PENDING}`);
  if (config === undefined) return undefined;
  await boot.writeFile(CONFIG, config);
  const report = await erase(place);
  await boot.removeFile(PENDING);
  return report;
}

async function erase(place: ResetPlace): Promise<ResetReport> {
  const { boot, data } = place;
  const done: Done = { restored: [`${boot.root}/${CONFIG}`], erased: [], notErased: [] };
  // What goes wrong with one of them is no reason to leave the other as it was.
  await attempt(boot.root, done, () => eraseBoot(place, done));
  await attempt(data.root, done, () => eraseData(data, done));
  const discards = [await boot.discardFree(), await data.discardFree()];
  return { ...done, discards: discards.filter((discard) => discard !== undefined) };
}

interface Done {
  readonly restored: string[];
  readonly erased: string[];
  readonly notErased: { readonly path: string; readonly reason: string }[];
}

async function eraseBoot({ boot, version, isImage }: ResetPlace, done: Done): Promise<void> {
  const texts = bootTexts(version);
  // FAT keeps case and does not heed it.
  const kept = new Set(
    [...LOADER_PROGRAMS, ...texts.keys(), CONFIG, PENDING].map((path) => path.toLowerCase()),
  );
  await boot.writable(async (root) => {
    let hasImage = false;
    const { paths, unread } = await findForeign(root, (path) => {
      const name = path.toLowerCase();
      hasImage ||= isImage(name);
      return kept.has(name) || isImage(name);
    });
    done.notErased.push(...unread.map(({ path, reason }) => ({ path: `${root}/${path}`, reason })));
    for (const name of paths) {
      const path = `${root}/${name}`;
      // Booted by something else, or from a file with a name of its own: it must boot again.
      if (!hasImage && /^(EFI|loader)(\/|$)/i.test(name)) {
        done.notErased.push({ path, reason: 'there is no image of ours, so the box may boot from it' });
      } else await remove(path, done);
    }
    for (const [name, text] of texts) {
      if ((await readIfThere(`${root}/${name}`).catch(() => undefined)) === text) continue;
      await attempt(`${root}/${name}`, done, async () => {
        await boot.writeFile(name, text);
        done.restored.push(`${root}/${name}`);
      });
    }
  });
}

async function eraseData({ root }: DataPartition, done: Done): Promise<void> {
  const found = await readdir(root);
  const lost = found.includes(LOST_AND_FOUND) ? await readdir(`${root}/${LOST_AND_FOUND}`) : [];
  const names = [
    ...FIRST.filter((name) => found.includes(name)),
    ...found.filter((name) => !FIRST.includes(name) && name !== LOST_AND_FOUND),
    ...lost.map((name) => `${LOST_AND_FOUND}/${name}`),
  ];
  for (const name of names) await remove(`${root}/${name}`, done);
  // Blocks of files whose end is not on the disk yet are not free for a discard.
  await syncDirectory(root);
}

function remove(path: string, done: Done): Promise<void> {
  return attempt(path, done, async () => {
    await rm(path, { recursive: true, force: true });
    done.erased.push(path);
  });
}

/** Notes what went wrong with a path, and goes on. */
async function attempt(path: string, done: Done, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    done.notErased.push({ path, reason: reasonOf(error) });
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
