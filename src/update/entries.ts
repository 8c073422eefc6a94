/**
 * The images on the boot partition, as systemd-boot sees them: their names, boot counters, order, and the running one.
 *
 *
 *   EFI/Linux/appliance-VERSION[+LEFT[-DONE]].efi
 *
 * The loader decrements an entry's counter before it starts it (`+3` → `+2-1` → `+1-2` → `+0-3`), and prefers every
 * other entry to one with LEFT 0. An entry without a counter is good.
 *
 * Sources: systemd's Automatic Boot Assessment; src/boot/efi/boot.c of systemd 252 (config_entry_compare,
 * config_entry_bump_counters, config_entry_add_unified).
 */
import { readdir, stat } from 'node:fs/promises';
import { isImageVersion } from '../config/mod.ts';
import { isErrno } from '../linux/mod.ts';
import { compareVersions } from './version.ts';

/** Relative to the root of the boot partition. */
export const ENTRY_DIRECTORY = 'EFI/Linux';
/** Boots within which a new entry must reach its verdict. */
export const TRIES = 3;
/** Most entries read; a boot partition has room for about four. */
const MAX_ENTRIES = 64;

export interface BootCounter {
  /** Boots left. */
  readonly left: number;
  /** Boots counted. */
  readonly done: number;
}

/** The parts of an entry's name. */
export interface EntryName {
  readonly version: string;
  /** Undefined: not counted. */
  readonly counter: BootCounter | undefined;
}

export interface Entry extends EntryName {
  /** Name in `EFI/Linux`, as on the disk. */
  readonly file: string;
  readonly sizeBytes: number;
}

/**
 * `good`: not counted. `trial`: counted, with boots left. `failed`: its boots are used up. `aside`: has no boots
 * without having used one, as a downgrade sets newer entries; it was good.
 */
export type EntryState = 'good' | 'trial' | 'failed' | 'aside';

/** Parses a file name; undefined when it is not one of our entries. FAT preserves case and ignores it. */
export function parseEntryName(file: string): EntryName | undefined {
  const match = /^appliance-([^+]+)(?:\+(\d{1,9})(?:-(\d{1,9}))?)?\.efi$/i.exec(file);
  const version = match?.[1]?.toLowerCase();
  if (match === null || version === undefined || !isImageVersion(version)) return undefined;
  const [, , left, done = '0'] = match;
  return { version, counter: left === undefined ? undefined : { left: Number(left), done: Number(done) } };
}

/** Whether a path from the root of the boot partition is an entry. */
export function isEntryPath(path: string): boolean {
  const slash = path.lastIndexOf('/');
  return (
    path.slice(0, slash).toLowerCase() === ENTRY_DIRECTORY.toLowerCase() &&
    parseEntryName(path.slice(slash + 1)) !== undefined
  );
}

/** The file name of an entry; a DONE of 0 is omitted, as in a builder's names. */
export function formatEntryName({ version, counter }: EntryName): string {
  if (counter === undefined) return `appliance-${version}.efi`;
  const done = counter.done === 0 ? '' : `-${counter.done}`;
  return `appliance-${version}+${counter.left}${done}.efi`;
}

export function entryState({ counter }: EntryName): EntryState {
  if (counter === undefined) return 'good';
  if (counter.left > 0) return 'trial';
  return counter.done === 0 ? 'aside' : 'failed';
}

/** Compares as systemd-boot sorts: negative when `a` comes first. All entries carry the same sort key (os-release's ID). */
export function compareEntries(a: EntryName, b: EntryName): number {
  const used = Number(a.counter?.left === 0) - Number(b.counter?.left === 0);
  if (used !== 0) return used;
  const byVersion = -compareVersions(a.version, b.version) || -compareVersions(idOf(a), idOf(b));
  if (byVersion !== 0 || a.counter === undefined || b.counter === undefined) return byVersion;
  return Math.sign(b.counter.left - a.counter.left) || Math.sign(a.counter.done - b.counter.done);
}

/** In systemd-boot's order; it boots the first one next. */
export function inLoaderOrder<T extends EntryName>(entries: readonly T[]): T[] {
  return [...entries].sort(compareEntries);
}

/** Our entries on the boot partition, in the loader's order. None without the directory; rejects on other errors. */
export async function listEntries(root: string): Promise<Entry[]> {
  const directory = `${root}/${ENTRY_DIRECTORY}`;
  let files: string[];
  try {
    files = await readdir(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
  const entries: Entry[] = [];
  for (const file of files.sort()) {
    const name = parseEntryName(file);
    if (name === undefined || entries.length >= MAX_ENTRIES) continue;
    const { size } = await stat(`${directory}/${file}`);
    entries.push({ ...name, file, sizeBytes: size });
  }
  return inLoaderOrder(entries);
}

function idOf(name: EntryName): string {
  return formatEntryName(name);
}
