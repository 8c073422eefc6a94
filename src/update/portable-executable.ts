/**
 * Reads the metadata of a unified kernel image: its machine type, and the os-release inside.
 *
 *   DOS header: 'MZ' … at 60 u32 offset of the PE header
 *   PE header:  'PE\0\0', COFF { u16 machine, u16 sections, u32 time, u32 symbols, u32 count, u16 optional size, u16 }
 *   sections, after the optional header, 40 bytes each: name[8], u32 virtual size, u32 address, u32 raw size,
 *   u32 raw offset, …
 *
 * Sources: Microsoft's PE format; the UAPI group's Unified Kernel Image specification (`.osrel`).
 */
import { UpdateError } from './errors.ts';

/** `checkHeader` needs this many bytes from the start. */
export const HEADER_BYTES = 4096;
const DOS_HEADER_BYTES = 64;
const COFF_BYTES = 24;
const SECTION_BYTES = 40;
/** COFF machine types by the architecture's name in a manifest. */
const MACHINES: Readonly<Record<string, number>> = { x86_64: 0x8664, aarch64: 0xaa64 };

/**
 * Checks the first bytes of an image, up to HEADER_BYTES.
 * Throws UpdateError: `not-efi`, `wrong-architecture`.
 */
export function checkHeader(head: Buffer, architecture: string): void {
  const machine = head.readUInt16LE(peOffset(head) + 4);
  if (machine === MACHINES[architecture]) return;
  const name = Object.keys(MACHINES).find((key) => MACHINES[key] === machine) ?? `0x${machine.toString(16)}`;
  throw new UpdateError(
    'wrong-architecture',
    `check the image: it is an EFI program for ${name}, this machine is ${architecture}`,
  );
}

/** One entry of the section table. */
export interface PeSection {
  readonly name: string;
  readonly address: number;
  /** Length of the content: the raw length is padded. */
  readonly virtualBytes: number;
  readonly rawBytes: number;
  /** Position in the file. */
  readonly offset: number;
}

/** The section table, up to the end of `head`. Throws UpdateError `not-efi`. */
export function* sectionsOf(head: Buffer): Generator<PeSection> {
  const pe = peOffset(head);
  const count = head.readUInt16LE(pe + 6);
  const table = pe + COFF_BYTES + head.readUInt16LE(pe + 20);
  for (let at = table; at < table + count * SECTION_BYTES; at += SECTION_BYTES) {
    if (at + SECTION_BYTES > head.length) return;
    yield {
      name: head.toString('latin1', at, at + 8).replace(/\0+$/, ''),
      virtualBytes: head.readUInt32LE(at + 8),
      address: head.readUInt32LE(at + 12),
      rawBytes: head.readUInt32LE(at + 16),
      offset: head.readUInt32LE(at + 20),
    };
  }
}

/** The alignment of sections in memory, from the optional header. Throws UpdateError `not-efi`. */
export function sectionAlignment(head: Buffer): number {
  return head.readUInt32LE(peOffset(head) + COFF_BYTES + 32);
}

/** Location of a section's content in the file; undefined when the image lacks the section. Throws UpdateError `not-efi`. */
export function findSection(head: Buffer, name: string): { offset: number; length: number } | undefined {
  const found = sectionsOf(head).find((section) => section.name === name);
  return found && { offset: found.offset, length: Math.min(found.virtualBytes, found.rawBytes) };
}

/** The builder's field in the os-release: build time, Unix seconds. */
export const BUILT_AT_FIELD = 'APPLIANCE_BUILT_AT';

/** Build time of an image from its os-release; undefined when not set. */
export function builtAtOf(osRelease: string): number | undefined {
  const value = new RegExp(`^${BUILT_AT_FIELD}=(\\d{1,12})\\s*$`, 'm').exec(osRelease)?.[1];
  return value === undefined ? undefined : Number(value);
}

/** `VERSION_ID` of an os-release; undefined when it has none. */
export function versionOf(osRelease: string): string | undefined {
  return /^VERSION_ID=["']?([^"'\r\n]*)["']?\s*$/m.exec(osRelease)?.[1];
}

function peOffset(head: Buffer): number {
  if (head.length < DOS_HEADER_BYTES || head.toString('latin1', 0, 2) !== 'MZ') {
    throw notEfi('it does not start with MZ');
  }
  const offset = head.readUInt32LE(60);
  if (offset + COFF_BYTES > head.length) throw notEfi(`its PE header offset ${offset} is out of range`);
  if (head.toString('latin1', offset, offset + 4) !== 'PE\0\0') throw notEfi('it has no PE header');
  return offset;
}

function notEfi(reason: string): UpdateError {
  return new UpdateError('not-efi', `check the image: not an EFI program: ${reason}`);
}
