/**
 * What is renamed and removed on the boot partition, as data: placing a new entry, marking the running one good,
 * making room. Pure; `apply-steps.ts` carries the steps out in their order.
 *
 * Invariants, checked for any set of entries by the tests: after each step the loader would choose the running entry
 * or the new one; after the last it would choose the new one; and when the new one has used its boots up, the running
 * one again. The running entry is never removed.
 */
import { compareEntries, type Entry, type EntryName, entryState, formatEntryName, TRIES } from './entries.ts';
import type { Running } from './running.ts';
import { compareVersions } from './version.ts';

/** One change in `EFI/Linux`. A rename replaces what has the name. */
export type Step =
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly file: string };

/** The steps that put `unfinished`, a whole image, in place as `version` on trial. */
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
  // One on trial that does not run was superseded before it was ever proven.
  const isReplaced = (entry: Entry): boolean => entry.version === version || entryState(entry) === 'trial';
  const kept = others.filter((entry) => !isDouble(entry) && !isReplaced(entry));
  const isDowngrade = running !== undefined && compareVersions(running.version, version) > 0;
  // Before the running one is renamed: it may get the name of its double.
  const steps = removeAll(others.filter(isDouble));
  if (running !== undefined && !isDowngrade) steps.push(...setCounter(running, undefined));
  steps.push({ kind: 'rename', from: unfinished, to: file });
  steps.push(...removeAll(others.filter((entry) => !isDouble(entry) && isReplaced(entry))));
  if (!isDowngrade) {
    // Newer, good and not running: somebody chose the running one by hand. The new one must come before it.
    for (const entry of kept) {
      if (compareEntries(entry, placed) < 0) steps.push(...setCounter(entry, { left: 0, done: 0 }));
    }
    return { steps, file, isDowngrade };
  }
  // A downgrade. The loader takes the newest version that has boots left, so the running one must have none. When the
  // new one then fails, nobody has any, and the loader takes the newest version of all: that must be the running one.
  // Hence older ones get none either (they are given back when the verdict is reached), and of those without any,
  // newer ones than the running are removed. The running one is last: until then it is what the loader chooses.
  for (const entry of kept) {
    if (compareVersions(entry.version, running.version) > 0) steps.push({ kind: 'remove', file: entry.file });
    else if (entryState(entry) === 'good') steps.push(...setCounter(entry, { left: 0, done: 0 }));
  }
  steps.push(...setCounter(running, { left: 0, done: 0 }));
  return { steps, file, isDowngrade };
}

/**
 * The steps of a verdict: the running entry loses its counter; older ones that a downgrade had put aside get their
 * boots back. Newer ones stay aside, or the loader would leave the version that was just found good.
 */
export function planGood(entries: readonly Entry[], running: Entry): Step[] {
  const others = entries.filter((entry) => entry.file !== running.file);
  const older = others.filter((entry) => compareVersions(entry.version, running.version) < 0);
  return [
    // First, since the running one may get the name of its double.
    ...removeAll(others.filter((entry) => entry.version === running.version)),
    ...setCounter(running, undefined),
    ...older
      .filter((entry) => entryState(entry) === 'aside')
      .flatMap((entry) => setCounter(entry, undefined)),
  ];
}

/** The steps that leave an entry without boots, its count kept; none for one that has no counter or no boots. */
export function planFailed(entry: Entry): Step[] {
  if (entry.counter === undefined || entry.counter.left === 0) return [];
  return setCounter(entry, { left: 0, done: Math.max(1, entry.counter.done) });
}

/**
 * What to remove, in this order, until `neededBytes` are free: failed ones, ones that the new version replaces or
 * supersedes, then proven ones from the oldest on. The newest proven one beside the running one goes last, and only
 * when the running one is itself proven. Undefined when all of that is not enough.
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
    // What runs is not proven, or not known: what is proven stays.
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

/** FAT does not heed case. */
function isSameFile(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
