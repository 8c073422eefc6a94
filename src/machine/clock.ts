/**
 * The wall clock of a box that may have no battery: never earlier than the latest time known to have passed.
 *
 * Two times are known: the build time of the image, and the time saved on the data partition hourly and at shutdown.
 * NTP corrects the clock later; until then certificates are valid and logs are in order.
 */
import type { DataPartition } from '../disk/mod.ts';
import { setClock } from '../linux/mod.ts';
import { readImageFacts } from './image-facts.ts';

/** On the data partition: seconds since 1970. */
const CLOCK_FILE = 'clock';
const SAVE_MS = 3_600_000;
/** A saved time more than this after the image's build time came from a wrong clock. */
const MAX_IMAGE_AGE_MS = 30 * 365 * 86_400_000;

export interface ClockOptions {
  readonly imageFile?: string;
  readonly now?: () => number;
  readonly set?: (epochMs: number) => void;
}

/**
 * Moves the clock forward when it is before a time known to have passed. Called without the data partition before the
 * disks are found, and again with it. Returns a description of the change; undefined when the clock is plausible.
 * Throws LinuxError when the clock cannot be set.
 */
export function advanceClock(
  data: DataPartition | undefined,
  { imageFile, now = Date.now, set = setClock }: ClockOptions = {},
): string | undefined {
  const builtAt = readImageFacts(imageFile)?.builtAt;
  const kept = data === undefined ? undefined : readKeptTime(data, builtAt);
  const [known, what] =
    kept !== undefined && kept > (builtAt ?? 0)
      ? [kept, 'the last saved time']
      : [builtAt, 'the build time of the image'];
  const before = now();
  if (known === undefined || before >= known) return undefined;
  set(known);
  return `the clock was set from ${words(before)} to ${words(known)}, ${what}`;
}

/** Saves the current time. Rejects when it cannot be written. */
export async function keepTime(data: DataPartition, now = Date.now()): Promise<void> {
  await data.writeFile(CLOCK_FILE, `${Math.floor(now / 1000)}\n`);
}

/** Saves the time every hour until disposed. Failures are passed to `onError`. */
export function keepTimeHourly(data: DataPartition, onError: (error: unknown) => void): Disposable {
  const timer = setInterval(() => void keepTime(data).catch(onError), SAVE_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function readKeptTime(data: DataPartition, builtAt: number | undefined): number | undefined {
  let text: string | undefined;
  try {
    text = data.readFile(CLOCK_FILE);
  } catch {
    return undefined; // unreadable: as if none had been saved
  }
  if (text === undefined || !/^\d{1,12}\s*$/.test(text)) return undefined;
  const time = Number(text) * 1000;
  return builtAt !== undefined && time > builtAt + MAX_IMAGE_AGE_MS ? undefined : time;
}

function words(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
