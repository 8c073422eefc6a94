/**
 * Restores the state of delivery: on the boot partition the loader and the images are kept, the text files restored and
 * appliance.ini replaced by the caller's; everything else there and on the data partition is erased and discarded.
 *
 * After a power cut the box still boots, since loader and images are not touched, and finishes the reset: its first
 * step writes factory-reset.ini, the new appliance.ini, and while that file exists each boot erases everything before
 * it is read. It exists after an uninterrupted reset too, because a running box keeps writing (logs, the clock); the
 * next boot removes it as its last step.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { isErrno, reasonOf } from '../linux/mod.ts';
import { bootTexts, LOADER_PROGRAMS } from './boot-files.ts';
import { findForeign } from './foreign-files.ts';
import type { BootPartition, DataPartition } from './partitions.ts';
import { syncDirectory } from './replace-file.ts';
import type { ResetReport } from './reset-report.ts';

const CONFIG = 'appliance.ini';
/** Exists while a reset is unfinished. */
const PENDING = 'factory-reset.ini';
/** Created by mke2fs and required by e2fsck; only its content is erased. */
const LOST_AND_FOUND = 'lost+found';
/** Erased first on the data partition: the password, and the configuration that would be restored. */
const FIRST = ['password.json', 'last-good.json', 'last-good.ini'];

export interface ResetPlace {
  readonly boot: BootPartition;
  readonly data: DataPartition;
  /** Version of the running image, whose text files are restored. */
  readonly version: string;
  /** Whether a lower-case path from the root of the boot partition is an image. */
  readonly isImage: (path: string) => boolean;
}

/**
 * Erases what can be erased now; the caller restarts, and the next boot finishes the reset. Rejects when nothing was
 * erased, because the configuration could not be written. The report lists what could not be erased; a retry is safe.
 *
 * @param config text of the new appliance.ini
 */
export async function factoryReset(place: ResetPlace, config: string): Promise<ResetReport> {
  const { boot } = place;
  try {
    await boot.writeFile(PENDING, config);
    await boot.writeFile(CONFIG, config);
  } catch (error) {
    await boot.removeFile(PENDING).catch(() => {}); // the write's error is the one to report
    throw error;
  }
  return erase(place);
}

/**
 * Finishes a reset begun before this boot; undefined when none was. Call it before anything else reads the partitions.
 * Rejects when it cannot be finished: the next boot tries again.
 */
export async function finishFactoryReset(place: ResetPlace): Promise<ResetReport | undefined> {
  const { boot } = place;
  const config = await readIfPresent(`${boot.root}/${PENDING}`);
  if (config === undefined) return undefined;
  await boot.writeFile(CONFIG, config);
  const report = await erase(place);
  await boot.removeFile(PENDING);
  return report;
}

async function erase(place: ResetPlace): Promise<ResetReport> {
  const { boot, data } = place;
  const done: Done = { restored: [`${boot.root}/${CONFIG}`], erased: [], notErased: [] };
  // An error on one of them is no reason to skip the other.
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
  // FAT preserves case and ignores it.
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
      // Booted by another loader, or from a file with another name: the box must boot again.
      if (!hasImage && /^(EFI|loader)(\/|$)/i.test(name)) {
        done.notErased.push({ path, reason: 'the box may boot from it, since no image has a known name' });
      } else await remove(path, done);
    }
    for (const [name, text] of texts) {
      if ((await readIfPresent(`${root}/${name}`).catch(() => undefined)) === text) continue;
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
  // Blocks of files whose removal is not on the disk yet are not free for a discard.
  await syncDirectory(root);
}

function remove(path: string, done: Done): Promise<void> {
  return attempt(path, done, async () => {
    await rm(path, { recursive: true, force: true });
    done.erased.push(path);
  });
}

/** Records the error for a path and continues. */
async function attempt(path: string, done: Done, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    done.notErased.push({ path, reason: reasonOf(error) });
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
