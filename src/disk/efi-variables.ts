/**
 * Owns reading the EFI variables that the boot loader sets.
 *
 *   efivarfs file: attributes:4 (little-endian), then the variable's bytes; here NUL-terminated UTF-16LE text.
 *
 * Sources: Documentation/filesystems/efivarfs.rst; systemd's "The Boot Loader Interface", which owns the GUID.
 */
import { readFileSync } from 'node:fs';
import { isErrno } from '../linux/mod.ts';

export const EFI_VARIABLES_DIRECTORY = '/sys/firmware/efi/efivars';
const LOADER_GUID = '4a67b082-0a4c-41cf-b6c7-440b29bb8c4f';
const ATTRIBUTES_BYTES = 4;

/** Text variables of the Boot Loader Interface. */
export type LoaderVariable =
  /** Partition GUID of the EFI system partition that the loader was started from, in upper or lower case. */
  | 'LoaderDevicePartUUID'
  /** `systemd-boot 252.39` */
  | 'LoaderInfo'
  /** File name of the started entry, `appliance-1.2.3+2-1.efi`, with its counter in the menu. */
  | 'LoaderEntrySelected'
  /** `\EFI\Linux\appliance-1.2.3+2-1.efi`: set only while the running entry has a counter. */
  | 'LoaderBootCountPath'
  | 'LoaderFirmwareInfo'
  | 'LoaderImageIdentifier'
  | 'StubInfo';

/**
 * The text of a variable; undefined when the loader did not set it or there is no efivarfs (a kernel not
 * started through EFI). Throws the file and the reason when it exists and cannot be read.
 */
export function readLoaderVariable(
  name: LoaderVariable,
  directory = EFI_VARIABLES_DIRECTORY,
): string | undefined {
  const path = `${directory}/${name}-${LOADER_GUID}`;
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
  return decodeText(bytes, path);
}

function decodeText(bytes: Buffer, path: string): string {
  if (bytes.length < ATTRIBUTES_BYTES || bytes.length % 2 !== 0) {
    throw new Error(`EFI variable ${path}: ${bytes.length} bytes are not attributes and UTF-16 text`);
  }
  const text = bytes.toString('utf16le', ATTRIBUTES_BYTES);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
