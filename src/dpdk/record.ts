/**
 * Owns RUN/nics.json: the state of each NIC before this program first took it from the kernel.
 *
 * Invariants: written before the first unbind, atomically; a later state of the device never changes an existing
 * entry, so that a new process (after a crash of this one) still knows the original driver.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isErrno, reasonOf } from '../linux/mod.ts';
import { DpdkError } from './errors.ts';

/** Name of the file in the run directory. */
export const RECORD_FILE = 'nics.json';

export const DEFAULT_RUN_DIR = '/run/appliance';

const FORMAT_VERSION = 1;

/** A NIC as it was in the kernel. */
export interface OriginalNic {
  readonly pciAddress: string;
  /** `8086:125c` */
  readonly pciId: string;
  /** null: it had no driver. */
  readonly driver: string | null;
  readonly mac: string | null;
  readonly kernelName: string | null;
}

export interface NicRecord {
  readonly version: typeof FORMAT_VERSION;
  /** By PCI address. */
  readonly nics: Readonly<Record<string, OriginalNic>>;
}

export const EMPTY_RECORD: NicRecord = { version: FORMAT_VERSION, nics: {} };

/** Reads the record; the empty one when there is no file. Throws DpdkError `record-unreadable`. */
export function loadRecord(runDir: string = DEFAULT_RUN_DIR): NicRecord {
  const path = `${runDir}/${RECORD_FILE}`;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return EMPTY_RECORD;
    throw new DpdkError('record-unreadable', `cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DpdkError('record-unreadable', `cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
  if (!isRecord(value)) throw new DpdkError('record-unreadable', `cannot read ${path}: not a record of NICs`);
  return value;
}

/** The record, or undefined when it cannot be read: for display only. */
export function tryLoadRecord(runDir: string): NicRecord | undefined {
  try {
    return loadRecord(runDir);
  } catch {
    return undefined; // shown without the record's facts; binding and restoring report the error
  }
}

/**
 * Adds `nics` to the record, keeping existing entries, and returns the record on disk. An unreadable record is renamed
 * to nics.json.bad. Throws DpdkError `record-unwritable`.
 */
export function mergeRecord(runDir: string, nics: readonly OriginalNic[]): NicRecord {
  const path = `${runDir}/${RECORD_FILE}`;
  try {
    mkdirSync(runDir, { recursive: true });
    let existing = tryLoadRecord(runDir);
    if (existing === undefined) {
      renameSync(path, `${path}.bad`);
      existing = EMPTY_RECORD;
    }
    const added = nics.filter((nic) => existing.nics[nic.pciAddress] === undefined);
    if (added.length === 0) return existing;
    const record: NicRecord = {
      version: FORMAT_VERSION,
      nics: { ...existing.nics, ...Object.fromEntries(added.map((nic) => [nic.pciAddress, nic])) },
    };
    writeFileSync(`${path}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { flush: true });
    renameSync(`${path}.new`, path);
    return record;
  } catch (error) {
    throw new DpdkError('record-unwritable', `cannot write ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

function isRecord(value: unknown): value is NicRecord {
  if (typeof value !== 'object' || value === null) return false;
  if (!('version' in value) || value.version !== FORMAT_VERSION || !('nics' in value)) return false;
  if (typeof value.nics !== 'object' || value.nics === null) return false;
  return Object.entries(value.nics).every(
    ([address, nic]) => isOriginalNic(nic) && nic.pciAddress === address,
  );
}

function isOriginalNic(value: unknown): value is OriginalNic {
  if (typeof value !== 'object' || value === null) return false;
  const nic = new Map<string, unknown>(Object.entries(value));
  const isText = (key: keyof OriginalNic): boolean => typeof nic.get(key) === 'string';
  const isTextOrNull = (key: keyof OriginalNic): boolean => nic.get(key) === null || isText(key);
  return (
    isText('pciAddress') &&
    isText('pciId') &&
    isTextOrNull('driver') &&
    isTextOrNull('mac') &&
    isTextOrNull('kernelName')
  );
}
