/**
 * The GUID partition table of a disk: its codec, and the changes of a first boot. Imports only node and its
 * siblings gpt-*.ts and guid.ts.
 */
import { randomUUID } from 'node:crypto';
import { type Gpt, gptTailSectors } from './gpt-layout.ts';

export { type DecodedGpt, decodeGpt } from './gpt-decode.ts';
export { encodeGpt } from './gpt-encode.ts';
export {
  emptyGpt,
  type Gpt,
  type GptPartition,
  GptType,
  gptHeadSectors,
  gptTailSectors,
} from './gpt-layout.ts';
export { guidFromBytes, guidToBytes } from './guid.ts';

/** Partitions start and end at multiples of this, as with partitioning tools: no two share a flash page. */
export const PARTITION_ALIGNMENT_BYTES = 1 << 20;

/**
 * The table for a disk of `diskSectors`: the backup header at its end, and the last partition extended to the last
 * aligned sector. The same table when nothing is gained.
 *
 * @throws Error when the disk is smaller than in the table
 */
export function growGpt(gpt: Gpt, diskSectors: number): Gpt {
  if (diskSectors < gpt.diskSectors) {
    throw new Error(
      `the table is for ${gpt.diskSectors} sectors, the disk is too small: it has ${diskSectors}`,
    );
  }
  const lastUsableLba = diskSectors - gptTailSectors(gpt.sectorBytes) - 1;
  const alignment = Math.max(PARTITION_ALIGNMENT_BYTES / gpt.sectorBytes, 1);
  const end = Math.floor((lastUsableLba + 1) / alignment) * alignment - 1;
  const last = gpt.partitions.toSorted((a, b) => a.lastLba - b.lastLba).at(-1);
  const grows = last !== undefined && end > last.lastLba;
  if (!grows && diskSectors === gpt.diskSectors) return gpt;
  const partitions = gpt.partitions.map((each) =>
    grows && each === last ? { ...each, lastLba: end } : each,
  );
  return { ...gpt, diskSectors, lastUsableLba, partitions };
}

/** The table with new GUIDs for the disk and every partition, so that two copies of one image differ. */
export function renewGuids(gpt: Gpt, makeGuid: () => string = randomUUID): Gpt {
  const partitions = gpt.partitions.map((each) => ({ ...each, guid: makeGuid() }));
  return { ...gpt, diskGuid: makeGuid(), partitions };
}
