/**
 * Determines the version of a VPP binary.
 *
 * VPP 25.x has no `--version` (26.02 introduced it), but the binary's read-only data holds its answer to `show
 * version`, which is read without running it. A file that is not an ELF program (a script) or does not hold the answer
 * is run with `--version`.
 */
import { open, stat } from 'node:fs/promises';
import { isErrno, spawnChild, reasonOf } from '../linux/mod.ts';
import { VppError, type VppErrorCode } from './errors.ts';

export interface VppVersion {
  /** Two digits, 25 */
  readonly year: number;
  /** Release month: 2, 6 or 10. */
  readonly month: number;
  /** `25.02-release`, `26.06-rc0~123-g0123456` */
  readonly text: string;
}

export interface ReadVersionOptions {
  /** For running it (default 5 s); reading the file is limited only by its size. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /**
   * `always` runs the binary even when the file holds its version, which shows missing libraries (default `if-needed`).
   */
  readonly run?: 'if-needed' | 'always';
}

const DEFAULT_TIMEOUT_MS = 5_000;
/** Limit of a run's output, and of what is quoted from it. */
const MAX_OUTPUT_BYTES = 16_384;
const MAX_QUOTED_CHARACTERS = 300;
/** bin/vpp is under a megabyte; a statically linked debug build some tens. */
const MAX_SCANNED_BYTES = 256 * 2 ** 20;
const SCAN_CHUNK_BYTES = 2 ** 20;
/** Longest version line that a scan finds across the end of a chunk. */
const SCAN_OVERLAP_BYTES = 512;

const VERSION = /\bv?(\d{2})\.(\d{2})((?:[-~.+][A-Za-z0-9.+~-]*)?)/;
const VERSION_LINE = /vpp v(\d{2}\.\d{2}[A-Za-z0-9.+~-]*) built by/;

/** Parses `25.02`, `v25.02-release`, `vpp v26.06-rc0~1-gabc built by …`; undefined when it holds no version. */
export function parseVppVersion(text: string): VppVersion | undefined {
  const match = VERSION.exec(text);
  if (match === null) return undefined;
  const [, year = '', month = '', rest = ''] = match;
  if (Number(month) < 1 || Number(month) > 12) return undefined;
  return { year: Number(year), month: Number(month), text: `${year}.${month}${rest}` };
}

/** Whether `version` is release `year`.`month` or later; a release candidate counts as its release. */
export function isAtLeast(version: VppVersion, year: number, month: number): boolean {
  return version.year > year || (version.year === year && version.month >= month);
}

/**
 * The version of a VPP binary. Rejects with VppError: `binary-missing`, `binary-unusable` (not executable, another
 * machine's), `libraries-missing` (the loader's message quoted), `version-unknown`, `timeout`, `aborted`.
 */
export async function readVppVersion(binary: string, options: ReadVersionOptions = {}): Promise<VppVersion> {
  const embedded = await readEmbeddedVersion(binary);
  if (embedded !== undefined && options.run !== 'always') return embedded;
  const run = await runForVersion(binary, options);
  const printed = VERSION_LINE.exec(run.output);
  const version = printed === null ? undefined : parseVppVersion(printed[1] ?? '');
  if (version !== undefined) return version;
  if (run.code === 127 || /error while loading shared libraries|cannot open shared object/.test(run.output)) {
    const said = quote(run.output);
    throw new VppError('libraries-missing', `cannot run ${binary}: shared libraries are missing: ${said}`);
  }
  if (run.code === 126) throw new VppError('binary-unusable', `cannot run ${binary}: ${quote(run.output)}`);
  if (embedded !== undefined) return embedded;
  const end = run.code === null ? `it was ended by ${run.signal}` : `it exited with code ${run.code}`;
  throw new VppError(
    'version-unknown',
    `cannot read the version from ${binary} --version: ${end} and printed ${quote(run.output)}`,
  );
}

async function readEmbeddedVersion(binary: string): Promise<VppVersion | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    const info = await stat(binary);
    if (!info.isFile()) throw new VppError('binary-unusable', `cannot open ${binary}: not a file`);
    if ((info.mode & 0o111) === 0)
      throw new VppError('binary-unusable', `cannot run ${binary}: not executable`);
    file = await open(binary, 'r');
  } catch (error) {
    throw asBinaryError(binary, error);
  }
  try {
    const header = Buffer.alloc(20);
    const { bytesRead } = await file.read(header, 0, header.length, 0);
    if (header.toString('latin1', 0, 2) === '#!') return undefined;
    if (bytesRead < header.length || header.readUInt32BE(0) !== ELF_MAGIC) {
      throw new VppError(
        'binary-unusable',
        `cannot run ${binary}: it is neither an ELF program nor a script`,
      );
    }
    checkMachine(binary, header);
    return await scan(file);
  } finally {
    await file.close();
  }
}

const ELF_MAGIC = 0x7f454c46;
/** e_machine at offset 18 (System V ABI, gABI 4.1), for the machines that Node names. */
const ELF_MACHINES: Readonly<Record<number, string>> = {
  3: 'ia32',
  8: 'mips',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};

function checkMachine(binary: string, header: Buffer): void {
  const isLittleEndian = header[5] !== 2;
  const number = isLittleEndian ? header.readUInt16LE(18) : header.readUInt16BE(18);
  const machine = ELF_MACHINES[number] ?? `ELF machine ${number}`;
  if (machine === process.arch) return;
  const reason = `it is a program for ${machine}, expected ${process.arch}`;
  throw new VppError('binary-unusable', `cannot run ${binary}: ${reason}`);
}

async function scan(file: Awaited<ReturnType<typeof open>>): Promise<VppVersion | undefined> {
  const buffer = Buffer.alloc(SCAN_OVERLAP_BYTES + SCAN_CHUNK_BYTES);
  let kept = 0;
  for (let position = 0; position < MAX_SCANNED_BYTES; ) {
    const { bytesRead } = await file.read(buffer, kept, SCAN_CHUNK_BYTES, position);
    if (bytesRead === 0) return undefined;
    position += bytesRead;
    const length = kept + bytesRead;
    const match = VERSION_LINE.exec(buffer.toString('latin1', 0, length));
    if (match !== null) return parseVppVersion(match[1] ?? '');
    kept = Math.min(SCAN_OVERLAP_BYTES, length);
    buffer.copyWithin(0, length - kept, length);
  }
  return undefined;
}

interface Run {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
}

function runForVersion(binary: string, options: ReadVersionOptions): Promise<Run> {
  const { promise, resolve, reject } = Promise.withResolvers<Run>();
  if (options.signal?.aborted) {
    reject(
      new VppError('aborted', `cannot run ${binary} --version: aborted`, { cause: options.signal.reason }),
    );
    return promise;
  }
  let output = '';
  let givenUp: VppError | undefined;
  const child = spawnChild(binary, ['--version'], {
    onOutput: (chunk) => {
      if (output.length < MAX_OUTPUT_BYTES) output += chunk.toString('latin1');
    },
  });
  const giveUp = (error: VppError): void => {
    givenUp ??= error;
    child.kill('SIGKILL');
  };
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const timer = setTimeout(
    () => giveUp(new VppError('timeout', `cannot run ${binary} --version: no answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  const onAbort = (): void =>
    giveUp(
      new VppError('aborted', `cannot run ${binary} --version: aborted`, { cause: options.signal?.reason }),
    );
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const settle = (): void => {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  };
  child.once('error', (error) => {
    settle();
    reject(asRunError(binary, error));
  });
  // `exit`, not `close`: a process that the binary left behind may hold the pipes indefinitely.
  child.once('exit', (code, signal) => {
    setImmediate(() => {
      settle();
      child.stdout?.destroy();
      child.stderr?.destroy();
      if (givenUp === undefined) resolve({ code, signal, output });
      else reject(givenUp);
    });
  });
  return promise;
}

/** The file exists, so ENOENT is about its interpreter. */
function asRunError(binary: string, error: Error): VppError {
  if (!isErrno(error, 'ENOENT')) return asBinaryError(binary, error);
  const reason = 'its dynamic loader or interpreter is missing (ENOENT)';
  return new VppError('libraries-missing', `Run ${binary}: ${reason}`, { cause: error });
}

function asBinaryError(binary: string, error: unknown): VppError {
  if (error instanceof VppError) return error;
  const words = reasonOf(error);
  const failed = (kind: VppErrorCode, reason: string): VppError =>
    new VppError(kind, `cannot open ${binary}: ${reason}`, { cause: error });
  if (isErrno(error, 'ENOENT', 'ENOTDIR')) return failed('binary-missing', 'no such file');
  if (isErrno(error, 'EACCES')) return failed('binary-unusable', 'permission denied (EACCES)');
  if (isErrno(error, 'ENOEXEC')) return failed('binary-unusable', 'not a program for this machine (ENOEXEC)');
  return failed('binary-unusable', words);
}

function quote(output: string): string {
  const text = output.trim();
  if (text === '') return 'nothing';
  return JSON.stringify(
    text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}…` : text,
  );
}
