/** The first line of a feed: `source NAME [distance N] [hold SECONDS | hold forever] [resume]`. */
import { Distance } from './route-table.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
/** Names that sources of the appliance itself have. */
const RESERVED: readonly string[] = ['static', 'connected', 'kernel'];
const MAX_DISTANCE = 255;
/** A week. */
export const MAX_HOLD_SECONDS = 604_800;

/** How long routes stay after their feeder went, in milliseconds; 0: they go with it. */
export type Hold = number | 'forever';

export interface FeedHeader {
  readonly name: string;
  readonly distance: number;
  readonly hold: Hold;
  /** Go on with the routes that a feeder of this name left, instead of replacing them. */
  readonly isResumed: boolean;
}

/** What a feed is that does not say. */
export function defaultHeader(name: string): FeedHeader {
  return { name, distance: Distance.feed, hold: 0, isResumed: false };
}

const GRAMMAR = 'expected source NAME [distance N] [hold SECONDS or forever] [resume]';

/** Reads the words behind `source`. */
export function readFeedHeader(words: readonly string[]): FeedHeader | { readonly error: string } {
  const [name = '', ...options] = words;
  if (!NAME.test(name)) {
    const shown = JSON.stringify(name.slice(0, 80));
    return { error: `expected a name of up to 63 letters, digits, ".", "_" and "-", got ${shown}` };
  }
  if (RESERVED.includes(name))
    return { error: `"${name}" is reserved for the appliance: choose another name` };
  let { distance, hold, isResumed } = defaultHeader(name);
  const seen = new Set<string>();
  for (let at = 0; at < options.length; at++) {
    const word = options[at] ?? '';
    const shown = JSON.stringify(word.slice(0, 80));
    if (seen.has(word)) return { error: `${shown} is given twice: ${GRAMMAR}` };
    seen.add(word);
    if (word === 'resume') {
      isResumed = true;
      continue;
    }
    at += 1;
    const value = options[at] ?? '';
    if (word === 'distance') {
      const read = wholeNumber(value, MAX_DISTANCE);
      if (read === undefined || read === 0)
        return { error: `expected a distance (1–255), got ${quoted(value)}` };
      distance = read;
    } else if (word === 'hold') {
      const seconds = value === 'forever' ? undefined : wholeNumber(value, MAX_HOLD_SECONDS);
      if (value !== 'forever' && seconds === undefined) {
        return {
          error: `expected a hold time (0–${MAX_HOLD_SECONDS} seconds, or forever), got ${quoted(value)}`,
        };
      }
      hold = seconds === undefined ? 'forever' : seconds * 1000;
    } else return { error: `unknown word ${shown}: ${GRAMMAR}` };
  }
  if (isResumed && seen.has('distance')) return { error: 'resume keeps the distance: leave it out' };
  return { name, distance, hold, isResumed };
}

function quoted(value: string): string {
  return JSON.stringify(value.slice(0, 80));
}

function wholeNumber(text: string, max: number): number | undefined {
  const number = /^(0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : undefined;
  return number === undefined || number > max ? undefined : number;
}
