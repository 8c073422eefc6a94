/**
 * Owns preparing the data partition's file system before the mount: check, repair, recreation as a last resort, and
 * growth to the size of its partition.
 *
 * Invariant: an empty file system replaces a broken one only after e2fsck completed and could not repair it; a checker
 * that is missing, hangs or is killed is no reason. This loses the last good configuration, history and logs: the box
 * runs without them, and a data partition that cannot be mounted would keep none.
 */
import { checkExt4, makeExt4 } from './check-file-system.ts';
import { readExt4 } from './ext4-superblock.ts';
import { geometryOf } from './partition-table.ts';
import { expectSuccess, runTool, Tool } from './run-tool.ts';
import { reasonOf } from '../linux/mod.ts';

export interface PreparedData {
  /** Findings and actions, one line each. */
  readonly lines: readonly string[];
  /** A condition: data was lost, or the file system is not as it should be. */
  readonly problem: string | undefined;
}

/** Writing the inode tables of a terabyte, when the kernel cannot do it later. */
const RESIZE_TIMEOUT_MS = 600_000;
/** resize2fs leaves a remainder too small for a group's own tables: less than this is not worth growing. */
const WORTH_GROWING_BYTES = 16 * 2 ** 20;

/** Prepares an unmounted partition. Never rejects: the mount that follows shows whether it is usable. */
export async function prepareData(device: string): Promise<PreparedData> {
  const lines: string[] = [];
  const addLine = (line: string): void => void lines.push(`${device}: ${line}`);
  let problem: string | undefined;
  try {
    const first = await checkExt4(device, 'preen');
    addLine(first.summary);
    if (first.state === 'damaged') {
      const second = await checkExt4(device, 'repair-all');
      addLine(`second check: ${second.summary}`);
      if (second.state === 'damaged') {
        await makeExt4(device);
        addLine('recreated');
        problem = `the data partition could not be repaired (${second.summary}) and was recreated: last good configuration, password and logs are lost`;
      } else if (second.state === 'repaired') {
        problem = `the data partition was damaged and repaired; files may be missing: ${first.summary}`;
      }
    }
    const grown = await growExt4(device);
    if (grown !== undefined) addLine(grown);
  } catch (error) {
    problem ??= `the data partition could not be prepared: ${reasonOf(error)}`;
    addLine(reasonOf(error));
  }
  return { lines, problem };
}

/**
 * Grows an unmounted, checked file system to the size of its device. Returns a description, undefined when there was
 * nothing to do. Rejects with the tool's message; the next boot tries again.
 */
async function growExt4(device: string): Promise<string | undefined> {
  const before = await readExt4(device);
  if (before === undefined) return undefined;
  const { sizeBytes } = await geometryOf(device);
  if (sizeBytes - before.sizeBytes < WORTH_GROWING_BYTES) return undefined;
  // resize2fs requires a full check since the last mount, and relies on the clock for when that was. The clock of a box
  // without a battery may be wrong, so the check runs here and resize2fs skips its own.
  const check = await checkExt4(device, 'preen-all');
  if (check.state !== 'clean' && check.state !== 'repaired') {
    throw new Error(`not grown: ${check.summary}`);
  }
  expectSuccess(await runTool(Tool.resize2fs, ['-f', device], RESIZE_TIMEOUT_MS));
  const after = await readExt4(device);
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  return `grown from ${mib(before.sizeBytes)} to ${mib(after?.sizeBytes ?? sizeBytes)} MiB`;
}
