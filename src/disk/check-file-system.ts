/**
 * Owns the checks before a mount, and the meaning of the checkers' exit codes.
 *
 * Sources: fsck.fat(8) and e2fsck(8), EXIT STATUS / EXIT CODE. The device must not be mounted while they run.
 */
import { DATA_LABEL } from './layout.ts';
import { describeToolEnd, expectSuccess, runTool, Tool, type ToolResult } from './run-tool.ts';

/** `unchecked`: the checker itself failed, which says nothing about the file system. */
export interface CheckReport {
  readonly state: 'clean' | 'repaired' | 'damaged' | 'unchecked';
  /** One self-contained line for the log, without the device. */
  readonly summary: string;
  /** The checker's output. */
  readonly output: readonly string[];
}

/** 512 MiB on the slowest USB stick take seconds. */
const FAT_TIMEOUT_MS = 120_000;
/** A full check of a terabyte with few files takes a minute on a slow disk. */
const EXT4_TIMEOUT_MS = 300_000;

// e2fsck's exit code is a bit mask.
const E2FSCK_CORRECTED = 1;
const E2FSCK_REBOOT = 2;
const E2FSCK_UNCORRECTED = 4;
const E2FSCK_OPERATIONAL = 8;
const E2FSCK_OTHER = ~15;

/**
 * Checks a FAT file system and repairs errors without asking. Never rejects. fsck.fat exits with 1 both after a repair
 * and when it gives up, so a second run decides.
 */
export async function checkFat(device: string): Promise<CheckReport> {
  const run = (): Promise<ToolResult> => runTool(Tool.fsckFat, ['-a', device], FAT_TIMEOUT_MS);
  const first = await run();
  const { output } = first;
  if (first.end !== 'exited') return { state: 'unchecked', summary: uncheckedSummary(first), output };
  if (first.code === 0) return { state: 'clean', summary: 'clean', output };
  const second = await run();
  if (second.end !== 'exited') return { state: 'unchecked', summary: uncheckedSummary(second), output };
  if (second.code === 0) {
    return { state: 'repaired', summary: `repaired: ${fatFindings(first)}`, output };
  }
  return { state: 'damaged', summary: `damaged: ${lastLine(second)}`, output: second.output };
}

/** How thorough a check of ext4 is; see e2fsck(8). */
type Ext4Check =
  /** Safe repairs, and only when the file system was not unmounted cleanly. */
  | 'preen'
  /** Safe repairs, always with a full check. */
  | 'preen-all'
  /** All repairs, even those that lose data. */
  | 'repair-all';

const EXT4_FLAGS: Readonly<Record<Ext4Check, readonly string[]>> = {
  preen: ['-p'],
  'preen-all': ['-f', '-p'],
  'repair-all': ['-f', '-y'],
};

/** Checks an ext4 file system. Never rejects. */
export async function checkExt4(device: string, how: Ext4Check): Promise<CheckReport> {
  const result = await runTool(Tool.e2fsck, [...EXT4_FLAGS[how], device], EXT4_TIMEOUT_MS);
  const report = (state: CheckReport['state'], summary: string): CheckReport => ({
    state,
    summary,
    output: result.output,
  });
  if (result.end !== 'exited') return report('unchecked', uncheckedSummary(result));
  const { code } = result;
  if ((code & E2FSCK_OTHER) !== 0) return report('unchecked', `could not be checked: ${lastLine(result)}`);
  if ((code & (E2FSCK_UNCORRECTED | E2FSCK_OPERATIONAL)) !== 0) {
    return report('damaged', `damaged: ${lastLine(result)}`);
  }
  // A restart is needed after repairing a mounted file system; this one is not mounted.
  if ((code & (E2FSCK_CORRECTED | E2FSCK_REBOOT)) !== 0) {
    return report('repaired', `repaired: ${lastLine(result)}`);
  }
  return report('clean', 'clean');
}

/** Creates an empty ext4 file system as large as the device. Rejects with mke2fs's message. */
export async function makeExt4(device: string): Promise<void> {
  const options = ['-q', '-F', '-t', 'ext4', '-L', DATA_LABEL, '-m', '1', '-i', '65536'];
  expectSuccess(await runTool(Tool.mke2fs, [...options, device], EXT4_TIMEOUT_MS));
}

function uncheckedSummary(result: ToolResult): string {
  return `could not be checked: ${describeToolEnd(result)}`;
}

/** The last line without the device's name, or the exit code when there is none. */
function lastLine(result: ToolResult): string {
  return result.output.at(-1)?.replace(/^\/\S+: /, '') ?? describeToolEnd(result);
}

/** The first line is the program's version; then come the findings; the last one only counts files. */
function fatFindings(result: ToolResult): string {
  const findings = result.output.filter((line) => !/^fsck\.fat \d|^\*{3} Filesystem|files, \d/.test(line));
  return findings.slice(0, 3).join('; ') || 'minor differences';
}
