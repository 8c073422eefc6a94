/**
 * Owns what happens to the data partition's file system before it is mounted: checked, repaired, made anew when
 * nothing helps, and made as large as its partition.
 *
 * Invariant: an empty file system replaces a broken one only after e2fsck itself came to the end and could not repair
 * it; a checker that is missing, hangs or is killed is no reason. What is lost then is the last good configuration,
 * history and logs: the box runs without them, and with a data partition that cannot be mounted it would keep none.
 */
import { checkExt4, makeExt4 } from './check-file-system.ts';
import { readExt4 } from './ext4-superblock.ts';
import { geometryOf } from './partition-table.ts';
import { type BoundedTool, expectSuccess, runTool, Tool } from './run-tool.ts';
import { reasonOf } from '../linux/mod.ts';

export interface PreparedData {
  /** What was found and done, in words; one line each. */
  readonly lines: readonly string[];
  /** A stated condition: data was lost, or the file system is not as it should be. */
  readonly problem: string | undefined;
}

/** Inode tables of a terabyte are written here when the kernel cannot do it later. */
const RESIZE_TIMEOUT_MS = 600_000;
/** resize2fs leaves a rest in which a group's own tables would not fit: less than this is not worth a try. */
const WORTH_GROWING_BYTES = 16 * 2 ** 20;

/** Prepares an unmounted partition. Never rejects: the mount that follows says whether it can be used. */
export async function prepareData(device: string, bound: BoundedTool = {}): Promise<PreparedData> {
  const lines: string[] = [];
  const tell = (line: string): void => void lines.push(`${device}: ${line}`);
  let problem: string | undefined;
  try {
    const first = await checkExt4(device, 'preen', bound);
    tell(first.words);
    if (first.state === 'damaged') {
      const second = await checkExt4(device, 'repair-all', bound);
      tell(`second check: ${second.words}`);
      if (second.state === 'damaged') {
        await makeExt4(device, bound);
        tell('made anew');
        problem = `the data partition could not be repaired (${second.words}) and was made anew: last good configuration, password and logs are gone`;
      } else if (second.state === 'repaired') {
        problem = `the data partition was damaged and is repaired; files may be missing: ${first.words}`;
      }
    }
    const grown = await growExt4(device, bound);
    if (grown !== undefined) tell(grown);
  } catch (error) {
    problem ??= `the data partition could not be prepared: ${reasonOf(error)}`;
    tell(reasonOf(error));
  }
  return { lines, problem };
}

/**
 * Makes an unmounted, checked file system as large as its device. Returns what was done, undefined when nothing was to
 * be done. Rejects with what the tool said; the next boot tries again.
 */
async function growExt4(device: string, bound: BoundedTool): Promise<string | undefined> {
  const before = await readExt4(device);
  if (before === undefined) return undefined;
  const { sizeBytes } = await geometryOf(device);
  if (sizeBytes - before.sizeBytes < WORTH_GROWING_BYTES) return undefined;
  // resize2fs wants a full check since the last mount, and believes the clock about when that was. The clock of a box
  // without a battery may be wrong, so it is checked here and resize2fs told not to look.
  const check = await checkExt4(device, 'preen-all', bound);
  if (check.state !== 'clean' && check.state !== 'repaired') {
    throw new Error(`not made larger: ${check.words}`);
  }
  expectSuccess(
    await runTool(Tool.resize2fs, ['-f', device], { timeoutMs: RESIZE_TIMEOUT_MS, signal: bound.signal }),
  );
  const after = await readExt4(device);
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  return `made larger, from ${mib(before.sizeBytes)} to ${mib(after?.sizeBytes ?? sizeBytes)} MiB`;
}
