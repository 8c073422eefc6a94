/**
 * A log in files that together never exceed a limit: `appliance.log` is written; when it is full it becomes
 * `appliance-NUMBER.log`, numbers ascending, and the oldest of those are removed.
 *
 * Invariants: each write fits within `totalBytes`; a line is never split over two files; a failed write leaves no
 * partial line, and a partial line from a power cut is ended before the next. Calls do not overlap: the caller awaits
 * each one before the next.
 */
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { isErrno } from '../linux/mod.ts';
import { cutUtf8 } from './text.ts';

const CURRENT = 'appliance.log';
const CLOSED = /^appliance-(\d{8,})\.log$/;
/** Number of files the limit is divided into: one rotation loses this fraction of it. */
const SEGMENTS = 8;
const NEWLINE = 0x0a;

interface Segment {
  readonly number: number;
  readonly bytes: number;
}

export class LogSegments {
  readonly #directory: string;
  #totalBytes: number;
  #handle: FileHandle | undefined;
  #size = 0;
  #closed: Segment[] = [];
  /** The number of the current file once it is full. */
  #number = 1;

  constructor(directory: string, totalBytes: number) {
    this.#directory = directory;
    this.#totalBytes = totalBytes;
  }

  get isOpen(): boolean {
    return this.#handle !== undefined;
  }

  /** Bytes in all files. */
  get bytes(): number {
    return this.#size + this.#closedBytes;
  }

  get #closedBytes(): number {
    return this.#closed.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get #segmentBytes(): number {
    return Math.floor(this.#totalBytes / SEGMENTS);
  }

  /** Sets another limit: the next `append` removes the excess. */
  resize(totalBytes: number): void {
    this.#totalBytes = totalBytes;
  }

  /** Opens or creates the current file, and removes files beyond the limit. */
  async open(): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    this.#closed = await this.#list();
    this.#number = (this.#closed.at(-1)?.number ?? 0) + 1;
    // Not 'a': with O_APPEND a write would ignore the position restored after a failed one.
    const handle = await open(this.#currentPath, 'r+').catch((error: unknown) => {
      if (isErrno(error, 'ENOENT')) return open(this.#currentPath, 'w+');
      throw error;
    });
    try {
      this.#size = (await handle.stat()).size;
      this.#handle = handle;
      await this.#endPartialLine(handle);
      await this.#makeRoom(0);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Writes lines, each without its newline; returns how many are written. Throws only when none is: the caller
   * passes the rest to the next call.
   */
  async append(lines: readonly string[]): Promise<number> {
    let done = 0;
    while (done < lines.length) {
      try {
        await this.#makeRoom(this.#encode(lines[done] ?? '').length);
        const group: Buffer[] = [];
        let groupBytes = 0;
        for (const line of lines.slice(done)) {
          const bytes = this.#encode(line);
          if (this.#size + groupBytes + bytes.length > this.#segmentBytes) break;
          group.push(bytes);
          groupBytes += bytes.length;
        }
        // A limit too small for any line: nothing can be done.
        if (group.length === 0) group.push(Buffer.alloc(0));
        await this.#write(Buffer.concat(group));
        done += group.length;
      } catch (error) {
        if (done === 0) throw error;
        return done;
      }
    }
    return done;
  }

  /** Syncs the current file's lines to the disk. */
  async sync(): Promise<void> {
    await this.#handle?.datasync();
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  get #currentPath(): string {
    return `${this.#directory}/${CURRENT}`;
  }

  #closedPath(number: number): string {
    return `${this.#directory}/appliance-${String(number).padStart(8, '0')}.log`;
  }

  #encode(line: string): Buffer {
    const bytes = Buffer.from(`${line}\n`, 'utf8');
    const limit = this.#segmentBytes;
    if (bytes.length <= limit) return bytes;
    if (limit < 1) return Buffer.alloc(0);
    return Buffer.concat([cutUtf8(bytes, limit - 1), Buffer.of(NEWLINE)]);
  }

  async #list(): Promise<Segment[]> {
    const found: Segment[] = [];
    for (const name of await readdir(this.#directory)) {
      const number = CLOSED.exec(name)?.[1];
      if (number === undefined) continue;
      const info = await stat(`${this.#directory}/${name}`).catch(() => undefined); // removed meanwhile
      if (info !== undefined) found.push({ number: Number(number), bytes: info.size });
    }
    return found.sort((a, b) => a.number - b.number);
  }

  /** Starts a new file when `bytes` do not fit into the current one, and removes the oldest ones beyond the limit. */
  async #makeRoom(bytes: number): Promise<void> {
    if (this.#size > 0 && this.#size + bytes > this.#segmentBytes) await this.#rotate();
    const kept = this.#totalBytes - this.#segmentBytes;
    while (this.#closed.length > 0 && this.#closedBytes > kept) {
      const [oldest] = this.#closed as [Segment];
      await rm(this.#closedPath(oldest.number), { force: true });
      this.#closed.shift();
    }
  }

  async #rotate(): Promise<void> {
    await this.sync();
    await this.close();
    const full = { number: this.#number, bytes: this.#size };
    await rename(this.#currentPath, this.#closedPath(full.number));
    this.#closed.push(full);
    this.#number += 1;
    this.#size = 0;
    this.#handle = await open(this.#currentPath, 'w+');
  }

  async #write(bytes: Buffer): Promise<void> {
    const handle = this.#handle;
    if (handle === undefined) throw new Error(`cannot write to "${this.#currentPath}": it is not open`);
    let written = 0;
    try {
      while (written < bytes.length) {
        const result = await handle.write(bytes, written, bytes.length - written, this.#size + written);
        written += result.bytesWritten;
      }
    } catch (error) {
      // The lines are written again later: a partial write would be a duplicate.
      await handle.truncate(this.#size).catch(() => {}); // the first error is reported
      throw error;
    }
    this.#size += bytes.length;
  }

  async #endPartialLine(handle: FileHandle): Promise<void> {
    if (this.#size === 0) return;
    const last = Buffer.alloc(1);
    await handle.read(last, 0, 1, this.#size - 1);
    if (last[0] === NEWLINE) return;
    // Replaces the last byte: another newline might exceed the limit by one byte.
    await handle.write(Buffer.of(NEWLINE), 0, 1, this.#size - 1);
  }
}
