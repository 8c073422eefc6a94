/** Decodes a GUID partition table, from its backup when the primary copy is damaged. Trusts nothing unchecked. */
import { crc32 } from 'node:zlib';
import {
  checkPartitions,
  ENTRY_BYTES,
  ENTRY_COUNT,
  Entry,
  type Gpt,
  type GptPartition,
  HEADER_BYTES,
  Header,
  MBR_ENTRY,
  MBR_SIGNATURE,
  MBR_TYPE_PROTECTIVE,
  NAME_CHARACTERS,
  SIGNATURE,
} from './gpt-layout.ts';
import { GUID_BYTES, guidFromBytes } from './guid.ts';
import { reasonOf } from '../linux/mod.ts';

const UNUSED_TYPE = '00000000-0000-0000-0000-000000000000';
const MBR_ENTRIES = 4;
const MBR_ENTRY_BYTES = 16;
const MBR_TYPE_OFFSET = 4;

export interface DecodedGpt {
  readonly gpt: Gpt;
  readonly source: 'primary' | 'backup';
  /** What is wrong with the other copy or its location; undefined when both agree. */
  readonly fault: string | undefined;
}

/**
 * Reads a table from the first `gptHeadSectors` and the last `gptTailSectors` sectors of a disk of `diskSectors`.
 * The primary copy is used; the backup when the primary is damaged.
 *
 * @throws Error with the fault of each when neither is intact
 */
export function decodeGpt(
  head: Buffer,
  tail: Buffer,
  disk: { readonly sectorBytes: number; readonly diskSectors: number },
): DecodedGpt {
  const { sectorBytes, diskSectors } = disk;
  const tailStart = diskSectors - Math.floor(tail.length / sectorBytes);
  const primary = attempt(() => {
    checkProtectiveMbr(head);
    return decodeCopy({ bytes: head, startLba: 0, sectorBytes }, 1);
  });
  const backup = attempt(() =>
    decodeCopy({ bytes: tail, startLba: tailStart, sectorBytes }, diskSectors - 1),
  );
  if (primary.value !== undefined) {
    const fault = backup.value === undefined ? backup.fault : difference(primary.value, backup.value);
    return { gpt: primary.value, source: 'primary', fault: fault && `backup table: ${fault}` };
  }
  if (backup.value === undefined) {
    throw new Error(`no partition table: primary: ${primary.fault}; backup: ${backup.fault}`);
  }
  return { gpt: backup.value, source: 'backup', fault: `primary table: ${primary.fault}` };
}

function checkProtectiveMbr(head: Buffer): void {
  if (head.length < MBR_SIGNATURE + 2 || head.readUInt16BE(MBR_SIGNATURE) !== 0x55aa) {
    throw new Error('no protective master boot record');
  }
  const types = Array.from({ length: MBR_ENTRIES }, (_, index) =>
    head.readUInt8(MBR_ENTRY + index * MBR_ENTRY_BYTES + MBR_TYPE_OFFSET),
  );
  if (!types.includes(MBR_TYPE_PROTECTIVE)) throw new Error('the master boot record has no protective entry');
}

/** Sectors read from a disk, and their position on it. */
interface Sectors {
  readonly bytes: Buffer;
  readonly startLba: number;
  readonly sectorBytes: number;
}

/** The table whose header is at `headerLba`, with its entries in the same sectors. */
function decodeCopy(sectors: Sectors, headerLba: number): Gpt {
  const { bytes, startLba, sectorBytes } = sectors;
  const slice = (firstLba: number, lengthBytes: number, what: string): Buffer => {
    const start = (firstLba - startLba) * sectorBytes;
    if (start < 0 || start + lengthBytes > bytes.length) {
      throw new Error(`${what} at sector ${firstLba}: outside the sectors reserved for the table`);
    }
    return bytes.subarray(start, start + lengthBytes);
  };
  const header = slice(headerLba, sectorBytes, 'the header');
  if (!header.subarray(0, SIGNATURE.length).equals(SIGNATURE))
    throw new Error(`no header at sector ${headerLba}`);
  const headerBytes = header.readUInt32LE(Header.size);
  if (headerBytes < HEADER_BYTES || headerBytes > sectorBytes) {
    throw new Error(`invalid header length of ${headerBytes} bytes`);
  }
  const covered = Buffer.from(header.subarray(0, headerBytes));
  covered.writeUInt32LE(0, Header.crc);
  if (crc32(covered) !== header.readUInt32LE(Header.crc)) throw new Error('header checksum mismatch');
  const myLba = readLba(header, Header.myLba);
  if (myLba !== headerLba)
    throw new Error(`the header at sector ${headerLba} names sector ${myLba} as its own`);

  const count = header.readUInt32LE(Header.entryCount);
  const size = header.readUInt32LE(Header.entrySize);
  if (count > ENTRY_COUNT || size !== ENTRY_BYTES) {
    throw new Error(`${count} entries of ${size} bytes: at most 128 of 128 bytes are supported`);
  }
  const entries = slice(readLba(header, Header.entriesLba), count * size, 'the entries');
  if (crc32(entries) !== header.readUInt32LE(Header.entriesCrc)) {
    throw new Error('entries checksum mismatch');
  }
  const gpt = {
    sectorBytes,
    diskSectors: Math.max(headerLba, readLba(header, Header.alternateLba)) + 1,
    diskGuid: guidFromBytes(header.subarray(Header.diskGuid, Header.diskGuid + GUID_BYTES)),
    firstUsableLba: readLba(header, Header.firstUsableLba),
    lastUsableLba: readLba(header, Header.lastUsableLba),
    partitions: decodeEntries(entries, count),
  };
  checkPartitions(gpt);
  return gpt;
}

function decodeEntries(entries: Buffer, count: number): GptPartition[] {
  const partitions: GptPartition[] = [];
  for (let index = 0; index < count; index += 1) {
    const entry = entries.subarray(index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES);
    const typeGuid = guidFromBytes(entry.subarray(0, GUID_BYTES));
    if (typeGuid === UNUSED_TYPE) continue;
    const name = entry.toString('utf16le', Entry.name, Entry.name + NAME_CHARACTERS * 2);
    partitions.push({
      number: index + 1,
      typeGuid,
      guid: guidFromBytes(entry.subarray(Entry.guid, Entry.guid + GUID_BYTES)),
      firstLba: readLba(entry, Entry.firstLba),
      lastLba: readLba(entry, Entry.lastLba),
      attributes: entry.readBigUInt64LE(Entry.attributes),
      name: name.replace(/\0.*$/su, ''),
    });
  }
  return partitions;
}

function difference(primary: Gpt, backup: Gpt): string | undefined {
  const text = (gpt: Gpt) =>
    JSON.stringify(gpt, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  return text(primary) === text(backup) ? undefined : 'differs from the primary';
}

function readLba(bytes: Buffer, offset: number): number {
  const value = bytes.readBigUInt64LE(offset);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error(`sector number ${value} is out of range`);
  return Number(value);
}

type Attempt<T> =
  | { readonly value: T; readonly fault: undefined }
  | { readonly value: undefined; readonly fault: string };

function attempt<T>(work: () => T): Attempt<T> {
  try {
    return { value: work(), fault: undefined };
  } catch (error) {
    return { value: undefined, fault: reasonOf(error) };
  }
}
