/**
 * The GUID partition table's layout: both copies and the protective master boot record. Pure.
 *
 *   LBA 0           protective MBR
 *   LBA 1           primary header
 *   LBA 2 …         128 entries of 128 bytes          ┐ head: LBA 0 up to the first usable sector
 *   …               partitions
 *   LBA n-33 …      the same entries                  ┐ tail: the last sectors of the disk
 *   LBA n-1         backup header                     ┘ (n sectors of 512 bytes; fewer of 4096)
 *
 * header  "EFI PART" revision:4 headerSize:4 headerCrc:4 reserved:4 myLba:8 alternateLba:8 firstUsable:8 lastUsable:8
 *         diskGuid:16 entriesLba:8 entryCount:4 entrySize:4 entriesCrc:4
 * entry   typeGuid:16 guid:16 firstLba:8 lastLba:8 attributes:8 name:72 (UTF-16LE)
 *
 * To change a table on a disk, write the tail, sync, then write the head: at every moment one of the two is intact.
 * Source: UEFI specification 2.10, section 5.
 */
import { guidFromBytes, guidToBytes } from './guid.ts';

export const SIGNATURE = Buffer.from('EFI PART', 'latin1');
export const HEADER_BYTES = 92;
export const Header = {
  revision: 8,
  size: 12,
  crc: 16,
  myLba: 24,
  alternateLba: 32,
  firstUsableLba: 40,
  lastUsableLba: 48,
  diskGuid: 56,
  entriesLba: 72,
  entryCount: 80,
  entrySize: 84,
  entriesCrc: 88,
} as const;

export const ENTRY_BYTES = 128;
export const ENTRY_COUNT = 128;
export const ENTRIES_BYTES = ENTRY_BYTES * ENTRY_COUNT;
export const Entry = { guid: 16, firstLba: 32, lastLba: 40, attributes: 48, name: 56 } as const;
export const NAME_CHARACTERS = 36;

// Master boot record: code[440] id:4 zero:2 entry[4][16] 0x55 0xaa; entry: flags:1 chs:3 type:1 chs:3 start:4 sectors:4
export const MBR_ENTRY = 446;
export const MBR_SIGNATURE = 510;
export const MBR_TYPE_PROTECTIVE = 0xee;

/** Partition types of this box's disk, as their GUIDs. */
export const GptType = {
  efiSystem: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  linuxFilesystem: '0fc63daf-8483-4772-8e79-3d69d8477de4',
} as const;

export interface GptPartition {
  /** The kernel's number, from 1: `nvme0n1p1`. */
  readonly number: number;
  /** Lower-case text, like `guid`. */
  readonly typeGuid: string;
  /** PARTUUID in Linux. */
  readonly guid: string;
  readonly firstLba: number;
  /** Inclusive. */
  readonly lastLba: number;
  readonly attributes: bigint;
  /** At most 36 UTF-16 units. */
  readonly name: string;
}

export interface Gpt {
  readonly sectorBytes: number;
  /** Number of sectors of the disk that the table was made for: the backup header is in the last one. */
  readonly diskSectors: number;
  readonly diskGuid: string;
  readonly firstUsableLba: number;
  readonly lastUsableLba: number;
  /** By number. */
  readonly partitions: readonly GptPartition[];
}

/** Number of sectors that `decodeGpt` needs from the start of the disk. */
export function gptHeadSectors(sectorBytes: number): number {
  return 2 + ENTRIES_BYTES / sectorBytes;
}

/** Number of sectors that `decodeGpt` needs from the end of the disk. */
export function gptTailSectors(sectorBytes: number): number {
  return 1 + ENTRIES_BYTES / sectorBytes;
}

/** An empty table over a whole disk. */
export function emptyGpt(sectorBytes: number, diskSectors: number, diskGuid: string): Gpt {
  return {
    sectorBytes,
    diskSectors,
    diskGuid: guidFromBytes(guidToBytes(diskGuid)),
    firstUsableLba: gptHeadSectors(sectorBytes),
    lastUsableLba: diskSectors - gptTailSectors(sectorBytes) - 1,
    partitions: [],
  };
}

/** Throws when a partition is outside the disk, overlaps another, or cannot be encoded. */
export function checkPartitions(gpt: Gpt): void {
  const first = gptHeadSectors(gpt.sectorBytes);
  const last = gpt.diskSectors - gptTailSectors(gpt.sectorBytes) - 1;
  if (gpt.firstUsableLba < first || gpt.lastUsableLba > last) {
    const range = `${gpt.firstUsableLba}–${gpt.lastUsableLba}`;
    throw new Error(`usable sectors ${range} of ${gpt.diskSectors}: expected them within ${first}–${last}`);
  }
  let end = gpt.firstUsableLba - 1;
  for (const { number, firstLba, lastLba, name } of gpt.partitions.toSorted(
    (a, b) => a.firstLba - b.firstLba,
  )) {
    const range = `partition ${number} at sectors ${firstLba}–${lastLba}`;
    if (lastLba < firstLba) throw new Error(`${range} ends before it starts`);
    if (firstLba <= end) throw new Error(`${range} starts before sector ${end + 1}, the first free one`);
    if (lastLba > gpt.lastUsableLba) {
      throw new Error(`${range} ends after sector ${gpt.lastUsableLba}, the last usable one`);
    }
    if (number < 1 || number > ENTRY_COUNT) throw new Error(`${range}: number out of range (1–128)`);
    if (name.length > NAME_CHARACTERS)
      throw new Error(`${range} has a name longer than 36 characters: "${name}"`);
    end = lastLba;
  }
}
