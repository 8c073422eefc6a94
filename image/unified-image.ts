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
import { HEADER_BYTES, sectionAlignment, sectionsOf } from '../src/update/portable-executable.ts';
import { ImageError } from './errors.ts';
import { runCommand } from './run-command.ts';

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
  const head = Buffer.alloc(HEADER_BYTES);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, head);
  } finally {
    closeSync(fd);
  }
  try {
    const ends = [...sectionsOf(head)].map(({ address, virtualBytes }) => address + virtualBytes);
    return { sectionAlignment: sectionAlignment(head), end: Math.max(0, ...ends) };
  } catch (cause) {
    throw new ImageError('bad-elf', `${path} is not an EFI program`, { cause });
  }
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
