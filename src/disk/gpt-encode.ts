/** Encodes a GUID partition table: the protective master boot record and both copies. */
import { crc32 } from 'node:zlib';
import {
  checkPartitions,
  ENTRIES_BYTES,
  ENTRY_BYTES,
  ENTRY_COUNT,
  Entry,
  type Gpt,
  gptTailSectors,
  HEADER_BYTES,
  Header,
  MBR_ENTRY,
  MBR_SIGNATURE,
  MBR_TYPE_PROTECTIVE,
  NAME_CHARACTERS,
  SIGNATURE,
} from './gpt-layout.ts';
import { guidToBytes } from './guid.ts';

const REVISION_1_0 = 0x00010000;
const MAX_MBR_SECTORS = 0xffffffff;

export interface EncodedGpt {
  /** From LBA 0. */
  readonly head: Buffer;
  readonly tail: Buffer;
  readonly tailLba: number;
}

/** The bytes of both copies. @throws Error for an invalid table */
export function encodeGpt(gpt: Gpt): EncodedGpt {
  checkPartitions(gpt);
  const { sectorBytes, diskSectors } = gpt;
  const entries = encodeEntries(gpt);
  const lastLba = diskSectors - 1;
  const tailLba = diskSectors - gptTailSectors(sectorBytes);
  const primary = encodeHeader(gpt, entries, { myLba: 1, alternateLba: lastLba, entriesLba: 2 });
  const backup = encodeHeader(gpt, entries, { myLba: lastLba, alternateLba: 1, entriesLba: tailLba });
  return {
    head: Buffer.concat([encodeProtectiveMbr(sectorBytes, diskSectors), primary, entries]),
    tail: Buffer.concat([entries, backup]),
    tailLba,
  };
}

function encodeProtectiveMbr(sectorBytes: number, diskSectors: number): Buffer {
  const sector = Buffer.alloc(sectorBytes);
  // From LBA 1 to the end; CHS addresses are obsolete.
  sector.set([0, 0x00, 0x02, 0x00, MBR_TYPE_PROTECTIVE, 0xff, 0xff, 0xff], MBR_ENTRY);
  sector.writeUInt32LE(1, MBR_ENTRY + 8);
  sector.writeUInt32LE(Math.min(diskSectors - 1, MAX_MBR_SECTORS), MBR_ENTRY + 12);
  sector.writeUInt16BE(0x55aa, MBR_SIGNATURE);
  return sector;
}

function encodeEntries(gpt: Gpt): Buffer {
  const entries = Buffer.alloc(ENTRIES_BYTES);
  for (const partition of gpt.partitions) {
    const at = (partition.number - 1) * ENTRY_BYTES;
    guidToBytes(partition.typeGuid).copy(entries, at);
    guidToBytes(partition.guid).copy(entries, at + Entry.guid);
    entries.writeBigUInt64LE(BigInt(partition.firstLba), at + Entry.firstLba);
    entries.writeBigUInt64LE(BigInt(partition.lastLba), at + Entry.lastLba);
    entries.writeBigUInt64LE(partition.attributes, at + Entry.attributes);
    entries.write(partition.name, at + Entry.name, NAME_CHARACTERS * 2, 'utf16le');
  }
  return entries;
}

function encodeHeader(
  gpt: Gpt,
  entries: Buffer,
  place: { readonly myLba: number; readonly alternateLba: number; readonly entriesLba: number },
): Buffer {
  const sector = Buffer.alloc(gpt.sectorBytes);
  const lba = (value: number, offset: number) => sector.writeBigUInt64LE(BigInt(value), offset);
  SIGNATURE.copy(sector);
  sector.writeUInt32LE(REVISION_1_0, Header.revision);
  sector.writeUInt32LE(HEADER_BYTES, Header.size);
  lba(place.myLba, Header.myLba);
  lba(place.alternateLba, Header.alternateLba);
  lba(gpt.firstUsableLba, Header.firstUsableLba);
  lba(gpt.lastUsableLba, Header.lastUsableLba);
  guidToBytes(gpt.diskGuid).copy(sector, Header.diskGuid);
  lba(place.entriesLba, Header.entriesLba);
  sector.writeUInt32LE(ENTRY_COUNT, Header.entryCount);
  sector.writeUInt32LE(ENTRY_BYTES, Header.entrySize);
  sector.writeUInt32LE(crc32(entries), Header.entriesCrc);
  sector.writeUInt32LE(crc32(sector.subarray(0, HEADER_BYTES)), Header.crc);
  return sector;
}
