/** Owns inserting one module file into the kernel: finit_module(2), or init_module(2) for those unpacked here. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { check } from './check.ts';
import { asLinuxError, isErrno, LinuxError } from './errors.ts';
import { addressOf, cString, keepAlive, libc, nativeBuffer, SystemCall } from './libc.ts';

const MODULE_INIT_COMPRESSED_FILE = 4;
/** Far above any module's size; a corrupt file must not exhaust memory. */
const MAX_MODULE_BYTES = 256 * 1024 * 1024;
const ENOEXEC = 8;

/**
 * Inserts a module from a `.ko`, `.ko.xz`, `.ko.zst` or `.ko.gz` file. The kernel decompresses them
 * (CONFIG_MODULE_DECOMPRESS); if it cannot, zstd and gzip are decompressed here, xz is not. Throws LinuxError:
 *  EEXIST (already loaded), ENOENT (an unknown symbol), ENOEXEC, EPERM …
 */
export function insertModule(file: string, parameters: string): void {
  const compressed = !file.endsWith('.ko');
  try {
    insertFile(file, parameters, compressed ? MODULE_INIT_COMPRESSED_FILE : 0);
  } catch (error) {
    // EINVAL and EOPNOTSUPP: the kernel lacks the flag or this compression. Other errors concern the module itself.
    if (!compressed || !isErrno(error, 'EINVAL', 'EOPNOTSUPP', 'ENOEXEC')) throw error;
    insertImage(file, decompress(file, error), parameters);
  }
}

function insertFile(file: string, parameters: string, flags: number): void {
  const native = nativeString(parameters);
  const fd = open(file);
  try {
    check(
      libc.syscall(BigInt(SystemCall.finitModule), BigInt(fd), addressOf(native), BigInt(flags)),
      'finit_module',
      file,
      parameters,
      flags,
    );
  } finally {
    keepAlive(native);
    closeSync(fd);
  }
}

function insertImage(file: string, image: Uint8Array, parameters: string): void {
  const native = nativeBuffer(image.length);
  native.set(image);
  const nativeText = nativeString(parameters);
  check(
    libc.syscall(
      BigInt(SystemCall.initModule),
      addressOf(native),
      BigInt(native.length),
      addressOf(nativeText),
    ),
    'init_module',
    file,
    parameters,
  );
  keepAlive(native, nativeText);
}

function nativeString(text: string): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(cString(text, 'module parameters'), 'utf8');
  const native = nativeBuffer(bytes.length + 1);
  native.set(bytes);
  return native;
}

function decompress(file: string, cause: unknown): Uint8Array {
  if (!file.endsWith('.zst') && !file.endsWith('.gz')) {
    throw new LinuxError('finit_module', ENOEXEC, [file], {
      detail:
        'the kernel cannot decompress it, and the appliance decompresses only zstd and gzip: use plain .ko files',
      cause,
    });
  }
  try {
    // Loaded lazily: a boot whose kernel decompresses modules itself must not pay for it.
    const { gunzipSync, zstdDecompressSync } = process.getBuiltinModule('node:zlib');
    const packed = readFileSync(file);
    const options = { maxOutputLength: MAX_MODULE_BYTES };
    return file.endsWith('.zst') ? zstdDecompressSync(packed, options) : gunzipSync(packed, options);
  } catch (error) {
    throw asLinuxError(error, 'decompress', [file]);
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw asLinuxError(error, 'finit_module', [file]);
  }
}
