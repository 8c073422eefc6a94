/**
 * Crash evidence on the data partition: a text for each crash, and the cores of the last two.
 *
 * Invariants: the directory holds at most `MAX_CORES` cores and `MAX_TEXTS` texts of each kind beside those of a kept
 * core; a core never fills the partition beyond half: its limit follows from the free space when the process starts,
 * and the oldest are removed first when there is too little. Without a data partition there are no cores and no texts.
 * Changes are serialised; `evidence()` only returns what the last one found.
 */
import { type Stats, statfsSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { getRlimit, isErrno, type ProcessExit, setRlimit, writeSysctl, writeText } from '../linux/mod.ts';
import { fileTime, readEvidenceHead, writeEvidence } from './evidence-file.ts';
import type { LogLine } from './log-ring.ts';

const MAX_CORES = 2;
const MAX_TEXTS = 10;
/** Largest core: VPP's ordinary memory without its hugepages. */
const MAX_CORE_BYTES = 512 * 1024 * 1024;
/** A core limited to less than this is useless: none is written. */
const MIN_CORE_BYTES = 8 * 1024 * 1024;
/** Longest body of a text; the rest is cut. */
const MAX_BODY_LENGTH = 256 * 1024;
const MAX_FACT_LENGTH = 64 * 1024;

/** `core.PROGRAM.PID.TIME`. Source: core(5), naming of core dump files. */
const CORE_NAME = /^core\..+\.(\d+)\.(\d+)$/;
const CORE_PATTERN = 'core.%e.%p.%t';
/**
 * Anonymous memory, private and shared, and ELF headers: neither files nor hugepages. Inherited over fork and execve.
 * Source: core(5), "Controlling which mappings are written to the core dump".
 */
const COREDUMP_FILTER = '0x13';

/** What a service reports about an unexpected end. */
export interface ServiceCrash {
  readonly service: string;
  readonly exit: ProcessExit;
  /** Its last output, oldest first. */
  readonly lastLines: readonly LogLine[];
}

export interface CrashReport extends ServiceCrash {
  /** Facts of that time: VPP's version, startup.conf in force, uptime … */
  readonly facts: Readonly<Record<string, string>>;
}

/** One crash on record. */
export interface Evidence {
  readonly at: number;
  readonly service: string;
  readonly reason: string;
  /** Name of its text in the directory. */
  readonly file: string;
  /** Name of its core, while kept. */
  readonly core?: string;
  /** Text and core together. */
  readonly bytes: number;
}

export interface CrashEvidenceOptions {
  /** `/data/crash` on the box. */
  readonly directory: string;
  readonly persistent: boolean;
  readonly maxCoreBytes?: number;
  /** Size and free bytes of a directory's file system; the real one when absent. */
  readonly spaceOf?: (directory: string) => Space;
  readonly sysctlRoot?: string;
}

interface Space {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

interface FoundFile {
  readonly name: string;
  readonly info: Stats;
}

export class CrashEvidence {
  readonly #options: CrashEvidenceOptions;
  #list: readonly Evidence[] = [];
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: CrashEvidenceOptions) {
    this.#options = options;
  }

  /** Reads earlier evidence, removes the excess, and sets the kernel's core pattern; returns a line for the log. */
  async open(): Promise<string> {
    const { directory, persistent, sysctlRoot } = this.#options;
    if (!persistent) return 'no data partition: cores are not kept';
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await this.#inTurn(() => this.#tidy());
    writeSysctl('kernel.core_pattern', `${directory}/${CORE_PATTERN}`, sysctlRoot);
    return `${this.#list.length} on record in ${directory}`;
  }

  /** Newest first. */
  evidence(): readonly Evidence[] {
    return this.#list;
  }

  /** Largest core that may be written now, in bytes; 0: none. */
  coreLimit(): number {
    if (!this.#options.persistent) return 0;
    const room = Math.floor(this.#roomBytes());
    const limit = Math.min(room, this.#maxCoreBytes);
    return limit < MIN_CORE_BYTES ? 0 : limit;
  }

  /**
   * Runs `spawn`, which starts one process synchronously, so that the process may leave a core: within `coreLimit`,
   * without hugepages. Restores this process's own soft limit afterwards. Skips what cannot be set.
   */
  withCore<T>(spawn: () => T): T {
    let before: { soft: number; hard: number } | undefined;
    try {
      writeText('/proc/self/coredump_filter', COREDUMP_FILTER);
      before = getRlimit('core');
      // The hard limit is unchanged: raising it again requires a capability.
      setRlimit('core', Math.min(this.coreLimit(), before.hard), before.hard);
    } catch {
      // A core is optional: the process starts without one.
    }
    try {
      return spawn();
    } finally {
      if (before !== undefined) setRlimit('core', before.soft, before.hard);
    }
  }

  /** Records a crash; undefined without a data partition. Rejects when its text cannot be written. */
  async recordCrash(report: CrashReport): Promise<Evidence | undefined> {
    if (!this.#options.persistent) return undefined;
    return this.#inTurn(async () => {
      const { service, exit, lastLines } = report;
      const core = await this.#coreOf(exit.pid);
      if (core !== undefined) await this.#settle(core.name);
      const facts = Object.fromEntries(
        Object.entries(report.facts).map(([key, value]) => [key, value.slice(0, MAX_FACT_LENGTH)]),
      );
      const file = await writeEvidence(this.#options.directory, `crash-${fileTime(exit.at)}`, {
        head: {
          service,
          at: exit.at,
          reason: exit.reason,
          ...(core === undefined ? {} : { core: core.name }),
        },
        facts: { pid: String(exit.pid), ...(core === undefined ? {} : this.#coreFacts(core)), ...facts },
        body: renderLines(lastLines),
      });
      await this.#tidy();
      return this.#list.find((one) => one.file === file);
    });
  }

  get #maxCoreBytes(): number {
    return this.#options.maxCoreBytes ?? MAX_CORE_BYTES;
  }

  /** Bytes available before half of the partition is used. */
  #roomBytes(): number {
    const { totalBytes, freeBytes } = (this.#options.spaceOf ?? spaceOf)(this.#options.directory);
    return totalBytes / 2 - (totalBytes - freeBytes);
  }

  #coreFacts({ info }: FoundFile): Record<string, string> {
    return { 'core-bytes': String(info.size), 'core-bytes-on-disk': String(info.blocks * 512) };
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => {}); // the caller gets the error
    return result;
  }

  async #files(): Promise<FoundFile[]> {
    const { directory } = this.#options;
    const files: FoundFile[] = [];
    for (const name of await readdir(directory)) {
      const info = await stat(`${directory}/${name}`).catch(() => undefined); // removed meanwhile
      if (info?.isFile() === true) files.push({ name, info });
    }
    return files.sort((a, b) => b.info.mtimeMs - a.info.mtimeMs || (a.name < b.name ? 1 : -1));
  }

  async #coreOf(pid: number): Promise<FoundFile | undefined> {
    return (await this.#files()).find(({ name }) => CORE_NAME.exec(name)?.[1] === String(pid));
  }

  /** The kernel wrote the core to the page cache: it is synced before the text that names it is written. */
  async #settle(name: string): Promise<void> {
    await using handle = await open(`${this.#options.directory}/${name}`, 'r');
    await handle.datasync();
  }

  /** Removes the excess and reads the rest. */
  async #tidy(): Promise<void> {
    const { directory } = this.#options;
    const remove = (name: string): Promise<void> => rm(`${directory}/${name}`, { force: true });
    const files = await this.#files();
    // A text left unfinished by a power cut.
    for (const { name } of files) if (name.startsWith('.')) await remove(name);
    const cores = files.filter(({ name }) => CORE_NAME.test(name));
    const kept = new Map<string, number>();
    for (const { name, info } of cores) {
      const isTooLarge = info.blocks * 512 > this.#maxCoreBytes;
      if (isTooLarge || kept.size >= MAX_CORES) await remove(name);
      else kept.set(name, info.blocks * 512);
    }
    for (const name of [...kept.keys()].toReversed()) {
      if (this.#roomBytes() >= 0) break;
      await remove(name);
      kept.delete(name);
    }
    const list: Evidence[] = [];
    for (const kind of ['crash-', 'pstore-']) {
      const texts = files.filter(({ name }) => name.startsWith(kind) && name.endsWith('.txt'));
      let count = 0;
      for (const { name } of texts) {
        const head = await readEvidenceHead(`${directory}/${name}`);
        const coreBytes = head?.core === undefined ? undefined : kept.get(head.core);
        count += 1;
        if (head === undefined || (count > MAX_TEXTS && coreBytes === undefined)) {
          await remove(name);
          continue;
        }
        const { at, service, reason, core, bytes } = head;
        list.push({
          at,
          service,
          reason,
          file: name,
          ...(coreBytes === undefined || core === undefined ? {} : { core }),
          bytes: bytes + (coreBytes ?? 0),
        });
      }
    }
    this.#list = list.sort((a, b) => b.at - a.at);
  }
}

function spaceOf(directory: string): Space {
  try {
    const { blocks, bfree, bsize } = statfsSync(directory);
    return { totalBytes: blocks * bsize, freeBytes: bfree * bsize };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { totalBytes: 0, freeBytes: 0 };
    throw error;
  }
}

function renderLines(lines: readonly LogLine[]): string {
  const text = lines.map(({ at, line }) => `${new Date(at).toISOString()} ${line}\n`).join('');
  return `==== last output ====\n${text.slice(-MAX_BODY_LENGTH)}`;
}
