/**
 * Renames and removals on the boot partition, as data: placing a new entry, marking the running one good, making room.
 * Pure; `apply-steps.ts` executes the steps in order.
 *
 * Invariants, checked for any set of entries by the tests: after each step the loader would choose the running entry
 * or the new one; after the last step the new one; and once that has used up its boots, the running one again.
 * The running entry is never removed.
 */
import { compareEntries, type Entry, type EntryName, entryState, formatEntryName, TRIES } from './entries.ts';
import type { Running } from './running.ts';
import { compareVersions } from './version.ts';

/** One change in `EFI/Linux`. A rename replaces an existing file of that name. */
export type Step =
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly file: string };

/** The steps that place `unfinished`, a complete image, as `version` on trial. */
export function planPlacing(
  entries: readonly Entry[],
  running: Entry | undefined,
  version: string,
  unfinished: string,
): { readonly steps: Step[]; readonly file: string; readonly isDowngrade: boolean } {
  const placed: EntryName = { version, counter: { left: TRIES, done: 0 } };
  const file = formatEntryName(placed);
  const others = entries.filter((entry) => entry.file !== running?.file && !isSameFile(entry.file, file));
  const isDouble = (entry: Entry): boolean => entry.version === running?.version;
  // An entry on trial that is not running was superseded before it was proven.
  const isReplaced = (entry: Entry): boolean => entry.version === version || entryState(entry) === 'trial';
  const kept = others.filter((entry) => !isDouble(entry) && !isReplaced(entry));
  const isDowngrade = running !== undefined && compareVersions(running.version, version) > 0;
  // Before the running one is renamed: it may get the name of a duplicate.
  const steps = removeAll(others.filter(isDouble));
  if (running !== undefined && !isDowngrade) steps.push(...setCounter(running, undefined));
  steps.push({ kind: 'rename', from: unfinished, to: file });
  steps.push(...removeAll(others.filter((entry) => !isDouble(entry) && isReplaced(entry))));
  if (!isDowngrade) {
    // Newer, good and not running: the running one was selected by hand. The new one must come first.
    for (const entry of kept) {
      if (compareEntries(entry, placed) < 0) steps.push(...setCounter(entry, { left: 0, done: 0 }));
    }
    return { steps, file, isDowngrade };
  }
  // A downgrade. The loader chooses the newest version with boots left, so the running one must have none. When the new
  // one then fails, no entry has any, and the loader chooses the newest of all, which must be the running one. Hence
  // older ones get none either (restored when the verdict is reached), and entries without boots that are newer than
  // the running one are removed. The running one is last: until then the loader chooses it.
  for (const entry of kept) {
    if (compareVersions(entry.version, running.version) > 0) steps.push({ kind: 'remove', file: entry.file });
    else if (entryState(entry) === 'good') steps.push(...setCounter(entry, { left: 0, done: 0 }));
  }
  steps.push(...setCounter(running, { left: 0, done: 0 }));
  return { steps, file, isDowngrade };
}

/**
 * The steps of a verdict: the running entry loses its counter; older ones that a downgrade set aside are restored.
 * Newer ones stay aside, or the loader would leave the version just found good.
 */
export function planGood(entries: readonly Entry[], running: Entry): Step[] {
  const others = entries.filter((entry) => entry.file !== running.file);
  const older = others.filter((entry) => compareVersions(entry.version, running.version) < 0);
  return [
    // First, since the running one may get the name of a duplicate.
    ...removeAll(others.filter((entry) => entry.version === running.version)),
    ...setCounter(running, undefined),
    ...older
      .filter((entry) => entryState(entry) === 'aside')
      .flatMap((entry) => setCounter(entry, undefined)),
  ];
}

/** The steps that leave an entry without boots but keep its count; none for one without a counter or boots. */
export function planFailed(entry: Entry): Step[] {
  if (entry.counter === undefined || entry.counter.left === 0) return [];
  return setCounter(entry, { left: 0, done: Math.max(1, entry.counter.done) });
}

/**
 * The removals, in this order, until `neededBytes` are free: failed entries, entries that the new version replaces or
 * supersedes, then proven ones, oldest first. The newest proven one beside the running one comes last, and only when
 * the running one is itself proven. Undefined when that is not enough.
 */
export function planRoom(
  entries: readonly Entry[],
  running: Running,
  version: string,
  neededBytes: number,
  freeBytes: number,
): Step[] | undefined {
  const rank = (entry: Entry): number => {
    if (entryState(entry) === 'failed') return 0;
    if (entry.version === version || entryState(entry) === 'trial') return 1;
    return entryState(entry) === 'aside' ? 2 : 3;
  };
  const candidates = entries
    .filter((entry) => entry.file !== running.entry?.file)
    .sort((a, b) => rank(a) - rank(b) || compareVersions(a.version, b.version));
  if (running.entry === undefined || running.state === 'fallback') {
    // The running entry is not proven, or unknown: proven ones are kept.
    const last = candidates.findLastIndex((entry) => rank(entry) >= 2);
    if (last >= 0) candidates.splice(last, 1);
  }
  const steps: Step[] = [];
  let free = freeBytes;
  for (const entry of candidates) {
    if (free >= neededBytes) break;
    steps.push({ kind: 'remove', file: entry.file });
    free += entry.sizeBytes;
  }
  return free >= neededBytes ? steps : undefined;
}

function removeAll(entries: readonly Entry[]): Step[] {
  return entries.map(({ file }) => ({ kind: 'remove', file }));
}

function setCounter(entry: Entry, counter: EntryName['counter']): Step[] {
  const to = formatEntryName({ version: entry.version, counter });
  return isSameFile(entry.file, to) ? [] : [{ kind: 'rename', from: entry.file, to }];
}

/** FAT ignores case. */
function isSameFile(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
