/**
 * What a unified kernel image says of itself: the machine it is for, and the os-release inside.
 *
 *   DOS header: 'MZ' … at 60 u32 offset of the PE header
 *   PE header:  'PE\0\0', COFF { u16 machine, u16 sections, u32 time, u32 symbols, u32 count, u16 optional size, u16 }
 *   sections, after the optional header, 40 bytes each: name[8], u32 virtual size, u32 address, u32 raw size,
 *   u32 raw offset, …
 *
 * Sources: Microsoft's PE format; the UAPI group's Unified Kernel Image specification (`.osrel`).
 */
import { UpdateError } from './errors.ts';

/** This many bytes of the beginning are enough for `checkHeader`. */
export const HEADER_BYTES = 4096;
const DOS_HEADER_BYTES = 64;
const COFF_BYTES = 24;
const SECTION_BYTES = 40;
/** COFF machine types by the architecture's name in a manifest. */
const MACHINES: Readonly<Record<string, number>> = { x86_64: 0x8664, aarch64: 0xaa64 };

/**
 * Checks the first bytes of an image, as many as there are up to HEADER_BYTES.
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

/** Where the content of a section lies in the file; undefined when the image has no such section. Throws UpdateError `not-efi`. */
export function findSection(head: Buffer, name: string): { offset: number; length: number } | undefined {
  const pe = peOffset(head);
  const count = head.readUInt16LE(pe + 6);
  const table = pe + COFF_BYTES + head.readUInt16LE(pe + 20);
  for (let at = table; at < table + count * SECTION_BYTES; at += SECTION_BYTES) {
    if (at + SECTION_BYTES > head.length) return undefined;
    if (head.toString('latin1', at, at + 8).replace(/\0+$/, '') !== name) continue;
    // The raw size is padded, the virtual one is that of the content.
    const length = Math.min(head.readUInt32LE(at + 8), head.readUInt32LE(at + 16));
    return { offset: head.readUInt32LE(at + 20), length };
  }
  return undefined;
}

/** The builder's own field of an os-release: when the image was built, Unix seconds. */
export const BUILT_AT_FIELD = 'APPLIANCE_BUILT_AT';

/** When an image was built, by its os-release; undefined when that says nothing of it. */
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
    throw notEfi('it does not begin with MZ');
  }
  const offset = head.readUInt32LE(60);
  if (offset + COFF_BYTES > head.length) throw notEfi(`its PE header would be at ${offset}`);
  if (head.toString('latin1', offset, offset + 4) !== 'PE\0\0') throw notEfi('it has no PE header');
  return offset;
}

function notEfi(reason: string): UpdateError {
  return new UpdateError('not-efi', `check the image: ${reason}, so it is no EFI program`);
}
