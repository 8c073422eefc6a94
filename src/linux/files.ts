/**
 * Owns the reading and writing of sysfs, procfs and sysctl: small files, one value each, read whole.
 *
 * Every path comes from the caller, so that tests can use a fake tree.
 */
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  readlinkSync,
  readdirSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename } from 'node:path';
import { asLinuxError } from './errors.ts';

/** The file's text without surrounding whitespace; undefined when it does not exist or cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined; // the attribute is absent, or this device does not support it (EINVAL, EIO)
  }
}

/** The file's text as an integer (decimal, or hexadecimal with 0x); undefined when it is not one. */
export function readInt(path: string): number | undefined {
  const text = readText(path);
  if (text === undefined || !/^(-?\d+|0x[0-9a-f]+)$/i.test(text)) return undefined;
  return Number(text);
}

/** Names in a directory, sorted; none when it does not exist. */
export function readNames(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch {
    return []; // no such directory
  }
}

/** Last component of a symbolic link's target (`driver` → `igc`); undefined when there is no link. */
export function readLinkName(path: string): string | undefined {
  try {
    return basename(readlinkSync(path));
  } catch {
    return undefined; // no link: the device has no such property
  }
}

/**
 * Writes `text` in one write(2) to an existing file, as sysfs attributes require (never creates one).
 * Throws LinuxError naming path and value: ENOENT, EINVAL, EBUSY, ENODEV …
 */
export function writeText(path: string, text: string): void {
  const fd = openExisting(path, text);
  try {
    writeSync(fd, text);
  } catch (error) {
    throw asLinuxError(error, 'write', [path, text]);
  } finally {
    closeSync(fd);
  }
}

function openExisting(path: string, text: string): number {
  try {
    // Neither 'r+' nor 'w': many attributes (`unbind`) are write-only, and none may be created.
    return openSync(path, constants.O_WRONLY | constants.O_TRUNC);
  } catch (error) {
    throw asLinuxError(error, 'write', [path, text]);
  }
}

/** Sets a sysctl by its dotted name. Throws LinuxError: ENOENT (this kernel lacks it), EINVAL, EACCES … */
export function writeSysctl(name: string, value: string | number, root = '/proc/sys'): void {
  writeText(sysctlPath(name, root), String(value));
}

// As sysctl(8): in a name with slashes, dots are literal (`net/ipv4/conf/eth0.100/forwarding`).
function sysctlPath(name: string, root: string): string {
  return `${root}/${name.includes('/') ? name : name.replaceAll('.', '/')}`;
}

/** Whether a path is an executable file. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
