/**
 * The wall clock of a box that may have no battery: never before the newest time that is known to have passed.
 *
 * Two times are known: when the image was built, and what the data partition kept of the clock at the last hour or the
 * last shutdown. NTP sets it right later; until then certificates are valid and logs are in order.
 */
import type { DataPartition } from '../disk/mod.ts';
import { setClock } from '../linux/mod.ts';
import { readImageFacts } from './image-facts.ts';

/** In the data partition: seconds since 1970. */
const CLOCK_FILE = 'clock';
const SAVE_MS = 3_600_000;
/** A kept time that is later than this after the image's is a mistake of its day, not a fact. */
const MAX_IMAGE_AGE_MS = 30 * 365 * 86_400_000;

export interface ClockOptions {
  readonly imageFile?: string;
  readonly now?: () => number;
  readonly set?: (epochMs: number) => void;
}

/**
 * Moves the clock forward when it is before a time that has passed. Called with no data partition before the disks are
 * looked at, and again with it. Returns what was done, in words; undefined when the clock is plausible.
 * Throws LinuxError when it cannot be set.
 */
export function advanceClock(
  data: DataPartition | undefined,
  { imageFile, now = Date.now, set = setClock }: ClockOptions = {},
): string | undefined {
  const builtAt = readImageFacts(imageFile)?.builtAt;
  const kept = data === undefined ? undefined : readKeptTime(data, builtAt);
  const [known, what] =
    kept !== undefined && kept > (builtAt ?? 0) ? [kept, 'the last time kept'] : [builtAt, "the image's"];
  const before = now();
  if (known === undefined || before >= known) return undefined;
  set(known);
  return `the clock was at ${words(before)} and is set to ${words(known)}, ${what}`;
}

/** Keeps the time now. Rejects when it cannot be written. */
export async function keepTime(data: DataPartition, now = Date.now()): Promise<void> {
  await data.writeFile(CLOCK_FILE, `${Math.floor(now / 1000)}\n`);
}

/** Keeps the time every hour until disposed of. Failures go to `onError`. */
export function keepTimeHourly(data: DataPartition, onError: (error: unknown) => void): Disposable {
  const timer = setInterval(() => void keepTime(data).catch(onError), SAVE_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function readKeptTime(data: DataPartition, builtAt: number | undefined): number | undefined {
  let text: string | undefined;
  try {
    text = data.readFile(CLOCK_FILE);
  } catch {
    return undefined; // unreadable: as if none had been kept
  }
  if (text === undefined || !/^\d{1,12}\s*$/.test(text)) return undefined;
  const time = Number(text) * 1000;
  return builtAt !== undefined && time > builtAt + MAX_IMAGE_AGE_MS ? undefined : time;
}

function words(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
