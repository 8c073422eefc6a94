/**
 * Writes initramfs archives in the kernel's `newc` format.
 *
 * header  110 bytes: magic "070701", then 13 fields of 8 hexadecimal digits:
 *         ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
 * name    with its NUL, header and name together padded to 4 bytes
 * data    padded to 4 bytes
 *
 * Source: the kernel's driver-api/early-userspace/buffer-format. Independent of the building machine: owner
 * and time are zero and inodes count from 1, so equal trees give equal bytes. Every regular file has one link.
 * Archives may be concatenated: the end is padded to 512 bytes.
 */

import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { ImageError } from './errors.ts';
import type { FileTree, TreeEntry } from './file-tree.ts';

const MAGIC = '070701';
const HEADER_BYTES = 110;
const ALIGNMENT = 4;
const ARCHIVE_ALIGNMENT = 512;
const TRAILER = 'TRAILER!!!';
const COPY_CHUNK_BYTES = 4 << 20;
/** The size field has 32 bits. */
const MAX_FILE_BYTES = 0xffffffff;

const FileType = {
  directory: 0o040000,
  regular: 0o100000,
  symlink: 0o120000,
  characterDevice: 0o020000,
} as const;

interface Header {
  readonly mode: number;
  readonly links: number;
  readonly size: number;
  readonly major?: number;
  readonly minor?: number;
}

function encodeHeader(inode: number, name: string, header: Header): Buffer {
  const nameBytes = Buffer.byteLength(name) + 1;
  const fields = [
    inode,
    header.mode,
    0,
    0,
    header.links,
    0,
    header.size,
    0,
    0,
    header.major ?? 0,
    header.minor ?? 0,
    nameBytes,
    0,
  ];
  const text = MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  const used = HEADER_BYTES + nameBytes;
  const buffer = Buffer.alloc(used + padding(used, ALIGNMENT));
  buffer.write(text + name);
  return buffer;
}

function padding(length: number, alignment: number): number {
  return (alignment - (length % alignment)) % alignment;
}

/** Writes one archive to a descriptor and counts its bytes. */
class ArchiveWriter {
  readonly #fd: number;
  #length = 0;
  #inode = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  get length(): number {
    return this.#length;
  }

  writeEntry(name: string, entry: TreeEntry): void {
    switch (entry.kind) {
      case 'directory':
        return this.#writeHeader(name, { mode: FileType.directory | entry.mode, links: 2, size: 0 });
      case 'character-device':
        return this.#writeHeader(name, {
          mode: FileType.characterDevice | entry.mode,
          links: 1,
          size: 0,
          major: entry.major,
          minor: entry.minor,
        });
      case 'symlink':
        return this.#writeWhole(name, FileType.symlink | 0o777, Buffer.from(entry.target));
      case 'data':
        return this.#writeWhole(name, FileType.regular | entry.mode, entry.data);
      case 'file':
        return this.#writeFile(name, FileType.regular | entry.mode, entry.source);
    }
  }

  writeTrailer(): void {
    this.#write(encodeHeader(0, TRAILER, { mode: 0, links: 1, size: 0 }));
    this.#pad(ARCHIVE_ALIGNMENT);
  }

  #writeHeader(name: string, header: Header): void {
    this.#inode += 1;
    this.#write(encodeHeader(this.#inode, name, header));
  }

  #writeWhole(name: string, mode: number, data: Uint8Array): void {
    this.#writeHeader(name, { mode, links: 1, size: data.length });
    this.#write(data);
    this.#pad(ALIGNMENT);
  }

  #writeFile(name: string, mode: number, source: string): void {
    const fd = openSync(source, 'r');
    try {
      const { size } = fstatSync(fd);
      if (size > MAX_FILE_BYTES)
        throw new ImageError('too-large', `cannot add ${source}: its ${size} bytes exceed 4 GiB`);
      this.#writeHeader(name, { mode, links: 1, size });
      const chunk = Buffer.allocUnsafe(Math.min(COPY_CHUNK_BYTES, size));
      for (let left = size; left > 0; ) {
        const count = readSync(fd, chunk, 0, Math.min(chunk.length, left), null);
        if (count === 0)
          throw new ImageError('conflict', `cannot add ${source}: it shrank while it was read`);
        this.#write(chunk.subarray(0, count));
        left -= count;
      }
    } finally {
      closeSync(fd);
    }
    this.#pad(ALIGNMENT);
  }

  #pad(alignment: number): void {
    this.#write(Buffer.alloc(padding(this.#length, alignment)));
  }

  #write(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(this.#fd, bytes, offset);
    this.#length += bytes.length;
  }
}

/**
 * Writes the tree as one `newc` archive and returns its length in bytes.
 *
 * @param flags `w` overwrites the file, `a` appends a further archive, whose files replace earlier ones.
 */
export function writeCpio(tree: Pick<FileTree, 'entries'>, path: string, flags: 'w' | 'a' = 'w'): number {
  const fd = openSync(path, flags);
  try {
    const writer = new ArchiveWriter(fd);
    for (const [name, entry] of tree.entries()) writer.writeEntry(name, entry);
    writer.writeTrailer();
    return writer.length;
  } finally {
    closeSync(fd);
  }
}
