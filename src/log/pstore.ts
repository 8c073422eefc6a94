/**
 * Collects what a crashed kernel left in non-volatile memory: the records below /sys/fs/pstore are joined into one text
 * on the data partition, then removed, because the firmware needs that memory too.
 *
 * Invariants: nothing is removed before its text is on the disk; without a disk nothing is removed. A dump is split
 * into records that start with `REASON#COUNT PartNUMBER`; part 1 is its end, so parts are joined from the highest down.
 * Source: the kernel's fs/pstore/platform.c and Documentation/ABI/testing/pstore.
 */
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { isErrno } from '../linux/mod.ts';
import { fileTime, writeEvidence } from './evidence-file.ts';
import { printableLine } from './text.ts';

const MAX_RECORD_BYTES = 256 * 1024;
const MAX_RECORDS = 256;
const MAX_TEXT_BYTES = 1024 * 1024;
/** Lines returned from the reason on. */
const REASON_LINES = 12;

export interface PstoreEvidence {
  /** When the kernel wrote it. */
  readonly at: number;
  /** Text: `the last boot ended in: Kernel panic - not syncing: VFS: …`. */
  readonly reason: string;
  /** The line of the reason and the following ones. */
  readonly lines: readonly string[];
  /** The text on the data partition; undefined: none was written, and the records remain. */
  readonly file?: string;
}

export interface PstoreOptions {
  /** `/sys/fs/pstore` */
  readonly root?: string;
  /** `/data/crash` on the box. */
  readonly directory: string;
  readonly persistent: boolean;
}

interface DumpRecord {
  readonly at: number;
  readonly title: string;
  readonly part: number;
  readonly text: string;
}

/** Collects the records; undefined when there are none (or no pstore). Rejects when the text cannot be written. */
export async function collectPstore(options: PstoreOptions): Promise<PstoreEvidence | undefined> {
  const root = options.root ?? '/sys/fs/pstore';
  const names = await namesIn(root);
  if (names.length === 0) return undefined;
  const records: DumpRecord[] = [];
  for (const name of names) {
    const record = await readRecord(`${root}/${name}`, name);
    if (record !== undefined) records.push(record);
  }
  const text = inOrder(records)
    .map(({ title, part, text }) => `==== ${title} part ${part} ====\n${text}\n`)
    .join('');
  const at = Math.max(0, ...records.map((record) => record.at));
  const { reason, lines } = explain(text);
  if (!options.persistent) return { at, reason, lines };
  await mkdir(options.directory, { recursive: true });
  // The reason is at the end, so the start is cut.
  const kept = Buffer.from(text, 'utf8').subarray(-MAX_TEXT_BYTES).toString('utf8');
  const file = await writeEvidence(options.directory, `pstore-${fileTime(at)}`, {
    head: { service: 'kernel', at, reason },
    body: kept,
  });
  for (const name of names) {
    // A record that the firmware does not release is retried at the next boot.
    await rm(`${root}/${name}`, { force: true }).catch(() => {});
  }
  return { at, reason, lines, file };
}

async function namesIn(root: string): Promise<string[]> {
  try {
    return (await readdir(root)).sort().slice(0, MAX_RECORDS);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return []; // a kernel without pstore
    throw error;
  }
}

async function readRecord(path: string, name: string): Promise<DumpRecord | undefined> {
  try {
    await using handle = await open(path, 'r');
    const at = (await stat(path)).mtimeMs;
    const buffer = Buffer.alloc(MAX_RECORD_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    const bytes = buffer.subarray(0, bytesRead);
    if (name.endsWith('.enc.z')) {
      const text = `(${bytesRead} bytes that the kernel could not decompress)`;
      return { at, title: name, part: 1, text };
    }
    const content = bytes.toString('utf8');
    const header = /^(\w+#\d+) Part(\d+)\n/.exec(content);
    return {
      at,
      title: header?.[1] ?? name,
      part: Number(header?.[2] ?? 1),
      text: content.slice(header?.[0].length ?? 0).trimEnd(),
    };
  } catch {
    return undefined; // a record that the firmware does not return: the others may have the reason
  }
}

/** Longest time between the first and the last record of one dump, in ms. */
const DUMP_MS = 60_000;

/** Older dumps first; within one its parts from the highest down. */
function inOrder(records: readonly DumpRecord[]): DumpRecord[] {
  const dumps: DumpRecord[][] = [];
  for (const record of records.toSorted((a, b) => a.at - b.at)) {
    // The count restarts with each boot: dumps of several boots may have the same title.
    const dump = dumps.find(
      ([first, ...others]) =>
        first !== undefined &&
        first.title === record.title &&
        record.at - first.at < DUMP_MS &&
        ![first, ...others].some(({ part }) => part === record.part),
    );
    if (dump === undefined) dumps.push([record]);
    else dump.push(record);
  }
  return dumps.flatMap((dump) => dump.sort((a, b) => b.part - a.part));
}

/** Patterns of a kernel crash, the most severe first. */
const CRASH_PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/Kernel panic - not syncing/, 'the last boot ended in'],
  [
    /^(?:BUG:|Oops\b|general protection fault|watchdog: BUG:|Unable to handle|invalid opcode)/,
    'the last boot reported',
  ],
];

function explain(text: string): { reason: string; lines: string[] } {
  const lines = text.split('\n').map(stripPrefix);
  for (const [pattern, what] of CRASH_PATTERNS) {
    const index = lines.findIndex((line) => pattern.test(line));
    if (index < 0) continue;
    return {
      reason: `${what}: ${(lines[index] ?? '').slice(0, 300)}`,
      lines: lines.slice(index, index + REASON_LINES),
    };
  }
  return { reason: 'the last boot left a kernel log without a panic', lines: lines.slice(-REASON_LINES) };
}

/** `<0>[   12.345678][  T1] Kernel panic` without the prefix before the text. */
function stripPrefix(line: string): string {
  return printableLine(line.replace(/^(?:<\d+>)?\[\s*\d+\.\d+\](?:\[\s*[TC]\d+\])?\s?/, ''));
}
