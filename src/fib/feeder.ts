/**
 * One feeder: its connection, the lines that come and the answers that go (docs/routes.md).
 *
 * Invariants: at most one piece of input is held, and no more is read before it was worked through; an error's answer
 * is dropped (and counted) when the feeder does not read, any other one makes it wait; the source is made by the first
 * line, and is given away exactly once, when the feed ends.
 */
import type { Socket } from 'node:net';
import { TimeSlice } from '../linux/mod.ts';
import { defaultHeader, type FeedHeader, type Hold, readFeedHeader } from './feed-header.ts';
import type { FeedLineReader } from './feed-line.ts';
import type { HeldSource } from './held-routes.ts';
import { LineSplitter, MAX_LINE_BYTES } from './line-splitter.ts';
import type { RouteSource } from './route-table.ts';
import type { FibCounts } from './status.ts';
import type { Turns } from './turns.ts';

/** Answers that a feeder has not read yet, beyond which errors are only counted. */
const MAX_PENDING_REPLY_BYTES = 256 * 1024;
/** `sync` lines that wait for their answer. */
export const MAX_PENDING_SYNCS = 16;
/** How long the last answer waits to be read. */
const LINGER_MS = 5_000;
/** Lines between two looks at the clock. */
const LINES_PER_LOOK = 64;
const SPACE = 0x20;
const TAB = 0x09;
const HASH = 0x23;

/** What a feeder needs of its server. */
export interface FeederHost {
  readonly reader: FeedLineReader;
  readonly turns: Turns;
  /** A source for a feed; throws, in words, when there can be none. */
  open(feeder: Feeder, header: FeedHeader): RouteSource;
  /** A name for a feed that gives none. */
  nextName(): string;
  /** The feeder has said all that it has: what is held of its name goes. Resolves with how many routes these were. */
  sweep(name: string): Promise<number>;
  /** Resolves when the FIBs have what was told to them, or say why not. */
  settled(): Promise<void>;
  /** What the FIBs have, all together. */
  fibTotals(): FibCounts;
  /** The feed has ended: the source is the server's now. */
  ended(held: HeldSource | undefined): void;
  log(line: string): void;
}

type State =
  | { readonly kind: 'new' }
  | { readonly kind: 'feeding'; readonly source: RouteSource; readonly hold: Hold }
  | { readonly kind: 'ended' };

export class Feeder {
  readonly #socket: Socket;
  readonly #host: FeederHost;
  readonly #splitter = new LineSplitter();
  readonly #since = Date.now();
  #state: State = { kind: 'new' };
  /** How the input ends, once it does; `refused`: nothing more of it is wanted. */
  #inputEnd: 'none' | 'closed' | 'gone' | 'refused' = 'none';
  #errors = 0;
  #dropped = 0;
  #firstError: string | undefined;
  #pendingSyncs = 0;
  #lastSync: Promise<void> = Promise.resolve();
  /** It said `sync` or `end`, or goes on with what is complete. */
  #isComplete = false;

  constructor(socket: Socket, host: FeederHost) {
    this.#socket = socket;
    this.#host = host;
    socket.on('data', (piece: Buffer) => {
      // What comes after the end is not wanted, and thrown away: a feeder that still writes gets to reading.
      if (this.#state.kind === 'ended') return;
      socket.pause();
      this.#splitter.push(piece);
      host.turns.add(this.#work);
    });
    socket.on('end', () => this.#inputEnds('closed'));
    socket.on('drain', () => host.turns.add(this.#work));
    // What broke the connection says nothing beyond that it is gone.
    socket.on('error', () => {});
    socket.on('close', () => this.#inputEnds('gone'));
  }

  /** Undefined before the first line and after the end. */
  get source(): RouteSource | undefined {
    return this.#state.kind === 'feeding' ? this.#state.source : undefined;
  }

  get hold(): Hold {
    return this.#state.kind === 'feeding' ? this.#state.hold : 0;
  }

  get lines(): number {
    return this.#splitter.number;
  }

  get errors(): number {
    return this.#errors;
  }

  get since(): number {
    return this.#since;
  }

  /** Ends the feed, with a sentence as the last answer; nothing more of its input is read. */
  refuse(reason: string): void {
    if (this.#state.kind === 'ended') return;
    this.#error(reason);
    this.#inputEnd = 'refused';
    this.#end();
  }

  /** Cuts the connection; the routes stay as they are. */
  destroy(): void {
    this.#state = { kind: 'ended' };
    this.#socket.destroy();
  }

  #inputEnds(how: 'closed' | 'gone'): void {
    if (this.#state.kind === 'ended' || this.#inputEnd === 'gone') return;
    this.#inputEnd = how;
    this.#host.turns.add(this.#work);
  }

  /** One slice of the input that is here. */
  readonly #work = (): boolean => {
    const splitter = this.#splitter;
    const slice = new TimeSlice({ clockEvery: LINES_PER_LOOK });
    while (this.#state.kind !== 'ended' && this.#inputEnd !== 'refused') {
      // Only answers that were asked for get so far: errors stop before.
      if (this.#socket.writableLength > 2 * MAX_PENDING_REPLY_BYTES && this.#inputEnd !== 'gone')
        return false;
      const cut = splitter.next();
      if (cut === 'none') {
        if (this.#inputEnd === 'none') this.#socket.resume();
        else this.#inputIsOver();
        return false;
      }
      if (cut === 'too-long') this.#error(`the line is longer than ${MAX_LINE_BYTES} bytes`);
      else this.#line();
      if (slice.isOver()) return true;
    }
    return false;
  };

  #line(): void {
    const { bytes, end } = this.#splitter;
    let { start } = this.#splitter;
    while (start < end && (bytes[start] === SPACE || bytes[start] === TAB)) start += 1;
    if (start === end || bytes[start] === HASH) return;
    if (bytes[start] === 0x73 || bytes[start] === 0x65) {
      // Neither `s` nor `e` followed by a letter of these words begins a route.
      const words = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
        .toString('latin1')
        .trim()
        .split(/\s+/);
      if (words[0] === 'source') return this.#header(words.slice(1));
      if (words[0] === 'sync' || words[0] === 'end') return this.#command(words[0], words.slice(1));
    }
    const source = this.source ?? this.#open(defaultHeader(this.#host.nextName()));
    if (source === undefined) return;
    const error = this.#host.reader.apply(source, bytes, start, end);
    if (error !== undefined) this.#error(error);
  }

  #header(words: readonly string[]): void {
    if (this.#state.kind !== 'new') {
      this.#error(
        'source stands in the first line, before all routes: open another connection for another source',
      );
      return;
    }
    const header = readFeedHeader(words);
    // Whose routes these are, and for how long, is not known: none of them is taken.
    if ('error' in header) this.refuse(header.error);
    else this.#open(header);
  }

  #open(header: FeedHeader): RouteSource | undefined {
    try {
      const source = this.#host.open(this, header);
      this.#state = { kind: 'feeding', source, hold: header.hold };
      this.#isComplete = header.isResumed;
      return source;
    } catch (error) {
      this.refuse(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #command(word: 'sync' | 'end', more: readonly string[]): void {
    if (more.length > 0) {
      this.#error(`${word} stands alone`);
      return;
    }
    if (this.#state.kind === 'new') this.#open(defaultHeader(this.#host.nextName()));
    if (this.#state.kind !== 'feeding') return;
    if (word === 'sync') {
      this.#sync();
      return;
    }
    this.#isComplete = true;
    this.#inputEnd = 'refused';
    this.#end();
  }

  #sync(): void {
    const { source } = this;
    if (source === undefined) return;
    if (this.#pendingSyncs >= MAX_PENDING_SYNCS) {
      this.#error(`${MAX_PENDING_SYNCS} sync wait for an answer already`);
      return;
    }
    this.#isComplete = true;
    this.#pendingSyncs += 1;
    this.#lastSync = this.#answerSync(source, this.#lastSync);
  }

  async #answerSync(source: RouteSource, before: Promise<void>): Promise<void> {
    await this.#host.sweep(source.name);
    await this.#host.settled();
    await before;
    this.#pendingSyncs -= 1;
    const { programmed, pending, failed, unresolved } = this.#host.fibTotals();
    const fibs = `${programmed} programmed, ${pending} pending, ${failed} failed, ${unresolved} unresolved`;
    this.#reply(`ok synced ${source.size} routes, ${this.#errorWords()}; FIBs: ${fibs}`);
  }

  #inputIsOver(): void {
    if (this.#splitter.isUnfinished) {
      this.#splitter.number += 1;
      this.#error('the line is not finished, so it was not taken: each line ends with a newline');
    }
    this.#end();
  }

  /** The end of the feed, by whichever side: the source is given away, then the last answers go out. */
  #end(): void {
    if (this.#state.kind === 'ended') return;
    const held = this.#held();
    this.#state = { kind: 'ended' };
    if (this.#errors > 0) {
      const name = held?.source.name ?? 'a feed';
      this.#host.log(
        `${name}: ${this.#errors} of ${this.lines} lines were refused, the first: ${this.#firstError}`,
      );
    }
    this.#sayGoodbye(held).catch((error: unknown) => this.#host.log(`a feed's end: ${String(error)}`));
  }

  #held(): HeldSource | undefined {
    if (this.#state.kind !== 'feeding') return undefined;
    const { source, hold } = this.#state;
    const { lines } = this;
    return { source, hold, isComplete: this.#isComplete, lines, errors: this.#errors, since: Date.now() };
  }

  async #sayGoodbye(held: HeldSource | undefined): Promise<void> {
    const isSaidAll = held?.isComplete === true;
    const routes = held?.source.size ?? 0;
    // Before the source is held itself, or it would be swept with those before it.
    const sweep = isSaidAll ? this.#host.sweep(held.source.name) : Promise.resolve(0);
    this.#host.ended(held);
    const replaced = await sweep;
    if (this.#inputEnd !== 'gone') await Promise.race([this.#lastSync, this.#closed()]);
    const before = isSaidAll ? `, ${replaced} stale routes withdrawn` : '';
    this.#reply(
      `ok end ${routes} routes, ${this.lines} lines, ${this.#errorWords()}${before}; ${fateOf(held)}`,
    );
    this.#socket.end();
    this.#socket.resume();
    const linger = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once('close', () => clearTimeout(linger));
  }

  #closed(): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => socket.once('close', () => resolve()));
  }

  #error(message: string): void {
    this.#errors += 1;
    this.#firstError ??= `line ${this.lines}: ${message}`;
    if (this.#socket.writableLength > MAX_PENDING_REPLY_BYTES) this.#dropped += 1;
    else this.#reply(`error ${this.lines}: ${message}`);
  }

  #errorWords(): string {
    const unsaid =
      this.#dropped === 0 ? '' : ` (${this.#dropped} of them not listed: the answers were not read)`;
    return `${this.#errors} errors${unsaid}`;
  }

  #reply(line: string): void {
    if (this.#socket.writable) this.#socket.write(`${line}\n`);
  }
}

function fateOf(held: HeldSource | undefined): string {
  if (held === undefined) return 'nothing was taken';
  if (held.hold === 'forever') return 'its routes are retained';
  return held.hold === 0 ? 'its routes are withdrawn' : `its routes are retained for ${held.hold / 1000} s`;
}
