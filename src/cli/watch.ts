/**
 * `--watch`: a view drawn again whenever the appliance reports a change, at least once a second.
 *
 * Owns the terminal while it runs: the alternate screen without a cursor, both restored however it ends. A pipe gets one
 * text after another.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../linux/mod.ts';
import { paint } from './paint.ts';

/** Between two drawings; events meanwhile count as one. */
const PACE_MS = 200;
const RETRY_MS = 1000;

const ESCAPE = '\u001b';
/** The alternate screen without a cursor, and back. */
const ENTER = `${ESCAPE}[?1049h${ESCAPE}[?25l`;
const LEAVE = `${ESCAPE}[?25h${ESCAPE}[?1049l`;
/** As `styleText` writes it. */
const COLOUR = new RegExp(`(${ESCAPE}\\[\\d*m)`);

export interface WatchOptions {
  /** The appliance's events until the signal; their content does not matter. */
  readonly changes: (signal: AbortSignal) => AsyncIterable<string>;
  readonly draw: () => Promise<string>;
  readonly title: string;
  /** Whether the output is a terminal. */
  readonly onScreen: boolean;
  /** Whether a further try is useless. */
  readonly isFinal: (error: unknown) => boolean;
}

/** Runs until Ctrl-C or SIGTERM; resolves with exit code 0. Rejects when it cannot begin. */
export async function watchView(options: WatchOptions): Promise<number> {
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, stop);
  // A failure of the first drawing is the command's.
  let text = await options.draw();
  if (options.onScreen) process.stdout.write(ENTER);
  try {
    put(options, text);
    let lost = false;
    while (!stopped.signal.aborted) {
      try {
        for await (const _ of turns(options.changes(stopped.signal), stopped.signal)) {
          text = await options.draw();
          if (stopped.signal.aborted) break;
          lost = false;
          put(options, text);
          await sleep(PACE_MS, undefined, { signal: stopped.signal });
        }
      } catch (error) {
        if (stopped.signal.aborted) break;
        if (options.isFinal(error)) throw error;
        if (!lost && options.onScreen) put(options, text, reasonOf(error));
        lost = true;
      }
      await sleep(RETRY_MS, undefined, { signal: stopped.signal }).catch(() => {});
    }
    return 0;
  } finally {
    if (options.onScreen) process.stdout.write(LEAVE);
    for (const signal of signals) process.off(signal, stop);
  }
}

/** One turn for all events since the last. Throws what ended them. */
async function* turns(events: AsyncIterable<string>, signal: AbortSignal): AsyncGenerator<void> {
  let fresh = Promise.withResolvers<void>();
  let failure: unknown;
  const read = async (): Promise<void> => {
    for await (const _ of events) fresh.resolve();
    throw new Error('the appliance ended the connection');
  };
  void read().catch((error: unknown) => {
    failure = error;
    fresh.resolve();
  });
  for (;;) {
    await fresh.promise;
    if (signal.aborted) return;
    if (failure !== undefined) throw failure;
    fresh = Promise.withResolvers();
    // Events between these two lines are in the next drawing.
    if (failure !== undefined) throw failure;
    yield;
  }
}

function put({ title, onScreen }: WatchOptions, text: string, trouble?: string): void {
  if (!onScreen) {
    process.stdout.write(text);
    return;
  }
  // A terminal of unknown size reports 0.
  const rows = process.stdout.rows || 24;
  const columns = process.stdout.columns || 80;
  const state = trouble === undefined ? new Date().toLocaleTimeString() : `stale: ${trouble}`;
  const head = `${paint('heading', title)}  ${paint(trouble === undefined ? 'dim' : 'error', `${state}  (Ctrl-C ends)`)}`;
  const lines = [head, '', ...text.replace(/\n$/, '').split('\n')];
  const left = lines.length - rows;
  if (left > 0) lines.splice(rows - 1, lines.length, paint('dim', `${left + 1} more lines`));
  const screen = lines.map((line) => `${cropped(line, columns)}\u001b[K`).join('\n');
  process.stdout.write(`\u001b[H${screen}\u001b[J`);
}

/** The line cut to the columns; colours take none. */
function cropped(line: string, columns: number): string {
  let shown = 0;
  let text = '';
  for (const part of line.split(COLOUR)) {
    if (part.startsWith(ESCAPE)) text += part;
    else {
      text += part.slice(0, columns - shown);
      shown = Math.min(columns, shown + part.length);
    }
  }
  return text;
}
