/**
 * Reads the ELF data that an image needs: the libraries of a program, and a kernel module's
 * `.modinfo`. Only 64-bit little-endian files (the appliance is x86-64). Source: the System V ABI, elf(5).
 *
 * Files are read in pieces: an executable here may have 120 MB, its headers a few kB.
 */

import { closeSync, openSync, readSync } from 'node:fs';
import { ImageError } from './errors.ts';

// Elf64_Ehdr: e_ident[16] type:2 machine:2 version:4 entry:8 phoff:8 shoff:8 flags:4 ehsize:2 phentsize:2 phnum:2
//             shentsize:2 shnum:2 shstrndx:2
const HEADER_BYTES = 64;
const CLASS_OFFSET = 4;
const CLASS_64 = 2;
const DATA_OFFSET = 5;
const DATA_LITTLE = 1;
const MACHINE_OFFSET = 18;
const MACHINE_X86_64 = 62;
const PROGRAM_TABLE_OFFSET = 32;
const SECTION_TABLE_OFFSET = 40;
const PROGRAM_COUNT_OFFSET = 56;
const SECTION_COUNT_OFFSET = 60;
const SECTION_NAMES_OFFSET = 62;

// Elf64_Phdr: type:4 flags:4 offset:8 vaddr:8 paddr:8 filesz:8 memsz:8 align:8
const PROGRAM_BYTES = 56;
const SegmentType = { load: 1, dynamic: 2, interpreter: 3 } as const;

// Elf64_Shdr: name:4 type:4 flags:8 addr:8 offset:8 size:8 link:4 info:4 addralign:8 entsize:8
const SECTION_BYTES = 64;

// Elf64_Dyn: tag:8 value:8
const DYNAMIC_BYTES = 16;
const DynamicTag = { needed: 1, stringTable: 5, soname: 14, rpath: 15, runpath: 29 } as const;

/** The maximum length of a table or string here: a larger one means a damaged file. */
const MAX_READ_BYTES = 64 << 20;

export interface ElfDynamic {
  readonly interpreter: string | undefined;
  readonly soname: string | undefined;
  readonly needed: readonly string[];
  /** RPATH and RUNPATH, `$ORIGIN` not yet replaced. */
  readonly searchPath: readonly string[];
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

class ElfFile implements Disposable {
  readonly #path: string;
  readonly #fd: number;
  readonly header: Buffer;

  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(path, 'r');
    try {
      this.header = this.read(0, HEADER_BYTES);
      const { header } = this;
      if (header.readUInt32BE(0) !== 0x7f454c46) throw this.error('not an ELF file');
      if (header[CLASS_OFFSET] !== CLASS_64 || header[DATA_OFFSET] !== DATA_LITTLE)
        throw this.error('not 64-bit');
      if (header.readUInt16LE(MACHINE_OFFSET) !== MACHINE_X86_64) throw this.error('not for x86-64');
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  error(reason: string): ImageError {
    return new ImageError('bad-elf', `${this.#path}: ${reason}`);
  }

  number(buffer: Buffer, offset: number): number {
    return Number(buffer.readBigUInt64LE(offset));
  }

  read(offset: number, length: number): Buffer {
    if (length > MAX_READ_BYTES) throw this.error(`a table of ${length} bytes exceeds the limit`);
    const buffer = Buffer.alloc(length);
    const count = readSync(this.#fd, buffer, 0, length, offset);
    if (count < length) throw this.error('shorter than its headers say');
    return buffer;
  }

  segments(): Segment[] {
    const count = this.header.readUInt16LE(PROGRAM_COUNT_OFFSET);
    const table = this.read(this.number(this.header, PROGRAM_TABLE_OFFSET), count * PROGRAM_BYTES);
    return Array.from({ length: count }, (_, index) => {
      const at = index * PROGRAM_BYTES;
      return {
        type: table.readUInt32LE(at),
        offset: this.number(table, at + 8),
        address: this.number(table, at + 16),
        size: this.number(table, at + 32),
      };
    });
  }

  section(wanted: string): Buffer | undefined {
    const count = this.header.readUInt16LE(SECTION_COUNT_OFFSET);
    const table = this.read(this.number(this.header, SECTION_TABLE_OFFSET), count * SECTION_BYTES);
    const bytes = (index: number): Buffer => {
      const at = index * SECTION_BYTES;
      return this.read(this.number(table, at + 24), this.number(table, at + 32));
    };
    const names = bytes(this.header.readUInt16LE(SECTION_NAMES_OFFSET));
    for (let index = 0; index < count; index += 1) {
      if (textAt(names, table.readUInt32LE(index * SECTION_BYTES)) === wanted) return bytes(index);
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

function textAt(buffer: Buffer, offset: number): string {
  const end = buffer.indexOf(0, offset);
  return buffer.toString('utf8', offset, end < 0 ? buffer.length : end);
}

/** The dynamic loader's inputs; a static program has none. @throws ImageError `bad-elf` */
export function readDynamic(path: string): ElfDynamic {
  using file = new ElfFile(path);
  const segments = file.segments();
  const interpreterSegment = segments.find((segment) => segment.type === SegmentType.interpreter);
  const interpreter =
    interpreterSegment && textAt(file.read(interpreterSegment.offset, interpreterSegment.size), 0);
  const dynamic = segments.find((segment) => segment.type === SegmentType.dynamic);
  if (dynamic === undefined) return { interpreter, soname: undefined, needed: [], searchPath: [] };

  const table = file.read(dynamic.offset, dynamic.size);
  const values: { tag: number; value: number }[] = [];
  for (let at = 0; at + DYNAMIC_BYTES <= table.length; at += DYNAMIC_BYTES) {
    const tag = file.number(table, at);
    if (tag === 0) break;
    values.push({ tag, value: file.number(table, at + 8) });
  }
  const address = values.find(({ tag }) => tag === DynamicTag.stringTable)?.value;
  if (address === undefined) throw file.error('its dynamic section has no string table');
  const load = segments.find(
    (segment) =>
      segment.type === SegmentType.load &&
      segment.address <= address &&
      address < segment.address + segment.size,
  );
  if (load === undefined) throw file.error('its string table is outside its segments');
  const start = address - load.address + load.offset;
  const strings = file.read(start, Math.min(load.offset + load.size - start, MAX_READ_BYTES));
  const texts = (wanted: number): string[] =>
    values.filter(({ tag }) => tag === wanted).map(({ value }) => textAt(strings, value));
  return {
    interpreter,
    soname: texts(DynamicTag.soname)[0],
    needed: texts(DynamicTag.needed),
    searchPath: [...texts(DynamicTag.rpath), ...texts(DynamicTag.runpath)].flatMap((path) => path.split(':')),
  };
}

/** The `key=value` strings of a kernel module's `.modinfo` section. @throws ImageError `bad-elf` */
export function readModinfo(path: string): { readonly key: string; readonly value: string }[] {
  using file = new ElfFile(path);
  const section = file.section('.modinfo');
  if (section === undefined) throw file.error('no .modinfo section');
  return section
    .toString('utf8')
    .split('\0')
    .filter((text) => text.includes('='))
    .map((text) => {
      const at = text.indexOf('=');
      return { key: text.slice(0, at), value: text.slice(at + 1) };
    });
}
