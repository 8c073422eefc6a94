/**
 * Owns one attachment to a stats segment: the descriptor from VPP, and the segment's known structure.
 *
 * Invariants: a value is returned only when neither epoch, in_progress nor the directory's place changed during the
 * read; the number of tries is bounded, and between them there is at most a turn of the event loop; one read at a time,
 * since a read in slices borrows the buffer of the file; after a restart of VPP the attachment stays readable but
 * frozen, which only its user can detect (`SystemCounters.heartbeat`).
 */
import { receiveFdOverSeqpacket, reasonOf } from '../../linux/mod.ts';
import { readDirectoryLength } from './directory.ts';
import { type EntryInfo, type EntryValue, listEntries, readEntry } from './entries.ts';
import { StatsError } from './errors.ts';
import { type Layout, readLayout } from './layout.ts';
import { readSnapshot } from './read-snapshot.ts';
import { SegmentFile, type SegmentHeader } from './segment-file.ts';
import { inOnePiece, inSlices, type Sliced } from './slices.ts';
import type { StatsSnapshot } from './snapshot.ts';

/** Tries of one read before it fails with `unstable`; each takes as long as the read itself. */
const MAX_TRIES = 8;
/** How often damage is taken for a change without a new epoch (a new symlink), before it is an error. */
const MAX_CORRUPT_TRIES = 3;

export interface AttachOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export class StatsClient implements Disposable {
  readonly #file: SegmentFile;
  #layout: Layout | undefined;
  #retries = 0;
  #isReading = false;

  private constructor(file: SegmentFile) {
    this.#file = file;
  }

  /** Connects to VPP's stats socket and takes the descriptor from it. Errors: `attach`, `version`, `corrupt`. */
  static async attach(socketPath: string, options: AttachOptions): Promise<StatsClient> {
    let fd: number;
    try {
      fd = await receiveFdOverSeqpacket(socketPath, options);
    } catch (cause) {
      const reason = reasonOf(cause);
      throw new StatsError('attach', `cannot attach to the stats socket ${socketPath}: ${reason}`, { cause });
    }
    return StatsClient.fromFd(fd);
  }

  /** Takes ownership of an open descriptor of a segment, also when this throws. */
  static fromFd(fd: number): StatsClient {
    const file = new SegmentFile(fd);
    try {
      file.readHeader();
      return new StatsClient(file);
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  /** Reads repeated because the segment changed meanwhile, since the attachment. */
  get retries(): number {
    return this.#retries;
  }

  /** All figures, consistent. Errors: `unstable` (retry later), `corrupt`, `version`, `read`, `disposed`. */
  readSnapshot(): StatsSnapshot {
    return inOnePiece(this.#snapshot());
  }

  /** The same with turns of the event loop in between. One read at a time: the same errors, and `busy`. */
  async readSnapshotInSlices(): Promise<StatsSnapshot> {
    return inSlices(this.#snapshot());
  }

  /** Names and types of all entries in the directory's order. Slower than a snapshot; the same errors. */
  listEntries(): EntryInfo[] {
    return inOnePiece(this.#consistently((header) => listEntries(this.#file, header)));
  }

  /**
   * One entry in full, a symlink resolved; `undefined` without such a name. Slower than a snapshot; the same errors.
   */
  readEntry(name: string): EntryValue | undefined {
    return inOnePiece(this.#consistently((header) => readEntry(this.#file, header, name)));
  }

  /** Closes the descriptor; idempotent. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  *#snapshot(): Sliced<StatsSnapshot> {
    let layout: Layout | undefined;
    const file = this.#file;
    const known = (header: SegmentHeader): Layout | undefined => this.#currentLayout(header);
    const snapshot = yield* this.#consistently(function* (header) {
      layout = known(header) ?? (yield* readLayout(file, header));
      return yield* readSnapshot(file, layout);
    });
    if (layout !== this.#layout) file.trim();
    this.#layout = layout;
    return snapshot;
  }

  #currentLayout(header: SegmentHeader): Layout | undefined {
    const known = this.#layout;
    const isCurrent =
      known?.epoch === header.epoch &&
      known.directory === header.directory &&
      known.directoryLength === readDirectoryLength(this.#file, header);
    return isCurrent ? known : undefined;
  }

  *#consistently<T>(read: (header: SegmentHeader) => Sliced<T>): Sliced<T> {
    if (this.#isReading)
      throw new StatsError('busy', 'cannot read the stats segment: another read is in progress');
    this.#isReading = true;
    try {
      let corrupt = 0;
      for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
        let before: SegmentHeader;
        try {
          before = this.#file.readHeader();
        } catch (error) {
          if (++corrupt >= MAX_CORRUPT_TRIES || !isCorrupt(error)) throw error;
          this.#retries++;
          yield 'wait';
          continue;
        }
        if (before.inProgress) {
          this.#retries++;
          yield 'wait';
          continue;
        }
        let outcome:
          | { readonly ok: true; readonly value: T }
          | { readonly ok: false; readonly error: unknown };
        try {
          outcome = { ok: true, value: yield* read(before) };
        } catch (error) {
          outcome = { ok: false, error };
        }
        if (isSame(before, this.#file.readHeader())) {
          if (outcome.ok) return outcome.value;
          this.#layout = undefined;
          if (++corrupt >= MAX_CORRUPT_TRIES || !isCorrupt(outcome.error)) throw outcome.error;
        }
        // pointers that changed while they were followed yield neither values nor errors
        this.#layout = undefined;
        this.#retries++;
        yield 'wait';
      }
      throw new StatsError(
        'unstable',
        `cannot read the stats segment: VPP kept changing it during ${MAX_TRIES} tries`,
      );
    } finally {
      this.#isReading = false;
    }
  }
}

function isSame(before: SegmentHeader, after: SegmentHeader): boolean {
  return (
    !after.inProgress &&
    after.epoch === before.epoch &&
    after.directory === before.directory &&
    after.base === before.base
  );
}

function isCorrupt(error: unknown): boolean {
  return error instanceof StatsError && error.code === 'corrupt';
}
