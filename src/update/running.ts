/**
 * Which entry is running, by the loader's EFI variables.
 *
 * LoaderBootCountPath is the counted entry's path after counting; it is not set for an entry without a counter.
 * LoaderEntrySelected is the entry's name in lower case before counting. Both are volatile.
 */
import { type Entry, entryState, type EntryName, parseEntryName, TRIES } from './entries.ts';

/** EFI variables of the vendor 4a67b082-0a4c-41cf-b6c7-440b29bb8c4f, decoded from UTF-16; undefined where not set. */
export interface LoaderVariables {
  /** `\EFI\Linux\appliance-0.2.0+2-1.efi` */
  readonly bootCountPath: string | undefined;
  /** `appliance-0.2.0+3.efi` */
  readonly entrySelected: string | undefined;
}

/**
 * `trial`: counted, and the loader tries another entry when the boots run out. `fallback`: chosen without boots left,
 * for lack of a better one; a restart would choose it again, so it is not on trial.
 */
export type RunningState = 'good' | 'trial' | 'fallback' | 'unknown';

export interface Running {
  readonly state: RunningState;
  /** Undefined: not booted from an entry of this boot partition. */
  readonly entry: Entry | undefined;
  /** Whether the loader counted this boot. False on trial: it could not rename the entry. */
  readonly counted: boolean;
}

/** Whether this boot is a trial by the loader's variables; needs no boot partition. */
export function isTrialBoot(loader: LoaderVariables): boolean {
  const { name } = chosen(loader);
  return name?.counter !== undefined && !hadNoBootsLeft(loader, name);
}

/** Counted boots of the running entry, this one included; 0 when it is not counted. */
export function countedBoots(loader: LoaderVariables): number {
  const { name, counted } = chosen(loader);
  return counted ? (name?.counter?.done ?? 0) : 0;
}

/** Finds the running entry. `imageVersion` (image.json) is used when the loader set no variables. */
export function findRunning(
  entries: readonly Entry[],
  loader: LoaderVariables,
  imageVersion: string | undefined,
): Running {
  const { name, file, counted } = chosen(loader);
  if (name === undefined) {
    const same = entries.filter(({ version }) => version === imageVersion);
    return { state: 'unknown', entry: same.length === 1 ? same[0] : undefined, counted: false };
  }
  const entry =
    entries.find((one) => one.file.toLowerCase() === file) ??
    entries.find((one) => one.version === name.version);
  if (entry === undefined) {
    // The loader's variables count even when this version cannot read the boot partition: that must fail the trial.
    return { state: isTrialBoot(loader) ? 'trial' : 'unknown', entry: undefined, counted };
  }
  if (entryState(entry) === 'good') return { state: 'good', entry, counted: false };
  return { state: hadNoBootsLeft(loader, name) ? 'fallback' : 'trial', entry, counted };
}

interface Chosen {
  readonly name: EntryName | undefined;
  /** In lower case. */
  readonly file: string;
  readonly counted: boolean;
}

function chosen(loader: LoaderVariables): Chosen {
  const counted = nameOf(loader.bootCountPath);
  const selected = nameOf(loader.entrySelected);
  // Another entry may have been selected in the menu after the counted one could not be started.
  if (
    counted.name !== undefined &&
    (selected.name?.version ?? counted.name.version) === counted.name.version
  ) {
    return { ...counted, counted: true };
  }
  return { ...selected, counted: false };
}

function nameOf(path: string | undefined): { name: EntryName | undefined; file: string } {
  const file = (path ?? '').replaceAll('\0', '').replace(/^.*\\/, '').toLowerCase();
  return { name: parseEntryName(file), file };
}

function hadNoBootsLeft(loader: LoaderVariables, name: EntryName): boolean {
  const before = nameOf(loader.entrySelected).name?.counter;
  if (before !== undefined) return before.left === 0;
  // Our entries start with TRIES boots: with fewer counted and none left, none were left before.
  return name.counter?.left === 0 && name.counter.done !== TRIES;
}
