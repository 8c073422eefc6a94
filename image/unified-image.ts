/**
 * Writes the unified kernel image: systemd's boot stub, an EFI program, with the kernel, the initramfs, the command
 * line and the release as further sections.
 *
 * objcopy adds the sections after the stub's (Debian 12 has no ukify), in ascending addresses. The firmware
 * loads the file at these addresses, so none may overlap; each begins at a page, a multiple of any
 * SectionAlignment in use. The kernel comes before the initramfs, as ukify orders them.
 *
 * Source: systemd-stub(7), PE format section 4.
 */

import { closeSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { ImageError } from './errors.ts';
import { runCommand } from './run-command.ts';

// DOS header: e_lfanew at 0x3c → "PE\0\0", COFF header of 20 bytes (NumberOfSections at 2, SizeOfOptionalHeader at
// 16), optional header (SectionAlignment at 32), section table of 40 byte entries (VirtualSize at 8, VirtualAddress at
// 12)
const PE_POINTER = 0x3c;
const COFF_BYTES = 20;
const SECTION_BYTES = 40;
const HEADERS_BYTES = 4096;
const PAGE_BYTES = 4096;

export interface UnifiedImageParts {
  /** `linuxx64.efi.stub` */
  readonly stub: string;
  /** Files, by the name of their section. */
  readonly sections: readonly { readonly name: string; readonly path: string }[];
}

interface StubLayout {
  readonly sectionAlignment: number;
  /** The first address after its sections. */
  readonly end: number;
}

/** Reads where the stub's own sections end. @throws ImageError `bad-elf` */
export function readStubLayout(path: string): StubLayout {
  const header = Buffer.alloc(HEADERS_BYTES);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, header, 0, header.length, 0);
  } finally {
    closeSync(fd);
  }
  const pe = header.readUInt32LE(PE_POINTER);
  if (pe + 4 + COFF_BYTES > HEADERS_BYTES || header.toString('latin1', pe, pe + 4) !== 'PE\0\0') {
    throw new ImageError('bad-elf', `${path} is not an EFI program`);
  }
  const coff = pe + 4;
  const count = header.readUInt16LE(coff + 2);
  const optional = coff + COFF_BYTES;
  const table = optional + header.readUInt16LE(coff + 16);
  if (table + count * SECTION_BYTES > HEADERS_BYTES) {
    throw new ImageError('bad-elf', `${path} has ${count} sections, more than fit its first page`);
  }
  let end = 0;
  for (let index = 0; index < count; index += 1) {
    const at = table + index * SECTION_BYTES;
    end = Math.max(end, header.readUInt32LE(at + 12) + header.readUInt32LE(at + 8));
  }
  return { sectionAlignment: header.readUInt32LE(optional + 32), end };
}

const alignUp = (value: number, alignment: number): number => Math.ceil(value / alignment) * alignment;

/**
 * Writes the image to `target`.
 *
 * @throws ImageError `missing-tool`, `command-failed`, `bad-elf`
 */
export async function writeUnifiedImage(parts: UnifiedImageParts, target: string): Promise<void> {
  const { sectionAlignment, end } = readStubLayout(parts.stub);
  const alignment = Math.max(sectionAlignment, PAGE_BYTES);
  let address = alignUp(end, alignment);
  const args: string[] = [];
  for (const { name, path } of parts.sections) {
    args.push(
      '--add-section',
      `${name}=${path}`,
      '--change-section-vma',
      `${name}=0x${address.toString(16)}`,
    );
    args.push('--set-section-flags', `${name}=data,readonly`);
    address = alignUp(address + statSync(path).size, alignment);
  }
  const partial = `${target}.partial`;
  try {
    // Keeps the stub's time stamp inside the file: objcopy would write the time of day, and two builds would differ.
    await runCommand('objcopy', ['--preserve-dates', ...args, parts.stub, partial]);
    renameSync(partial, target);
  } finally {
    rmSync(partial, { force: true });
  }
}
