/**
 * Owns the checks before a mount, and what the checkers' exit codes mean, in words.
 *
 * Sources: fsck.fat(8) and e2fsck(8), EXIT STATUS / EXIT CODE. Nothing may be mounted here while they run.
 */
import { DATA_LABEL } from './layout.ts';
import { type BoundedTool, expectSuccess, runTool, Tool, type ToolResult, toolEndWords } from './run-tool.ts';

/** `unchecked`: the checker itself could not do its work, which says nothing about the file system. */
export interface CheckReport {
  readonly state: 'clean' | 'repaired' | 'damaged' | 'unchecked';
  /** One line that stands alone in a log, without the device. */
  readonly words: string;
  /** What the checker said. */
  readonly output: readonly string[];
}

/** 512 MiB on the slowest stick take seconds. */
const FAT_TIMEOUT_MS = 120_000;
/** A full check of a terabyte with few files takes a minute on a slow disk. */
const EXT4_TIMEOUT_MS = 300_000;

// e2fsck's exit code is a sum.
const E2FSCK_CORRECTED = 1;
const E2FSCK_REBOOT = 2;
const E2FSCK_UNCORRECTED = 4;
const E2FSCK_OPERATIONAL = 8;
const E2FSCK_OTHER = ~15;

/**
 * Checks a FAT file system and repairs what is wrong without asking. Never rejects. fsck.fat exits with 1 both after a
 * repair and when it gives up, so a second run is the judge of the first.
 */
export async function checkFat(device: string, { signal }: BoundedTool = {}): Promise<CheckReport> {
  const run = (): Promise<ToolResult> =>
    runTool(Tool.fsckFat, ['-a', device], { timeoutMs: FAT_TIMEOUT_MS, signal });
  const first = await run();
  const { output } = first;
  if (first.end !== 'exited') return { state: 'unchecked', words: uncheckedWords(first), output };
  if (first.code === 0) return { state: 'clean', words: 'clean', output };
  const second = await run();
  if (second.end !== 'exited') return { state: 'unchecked', words: uncheckedWords(second), output };
  if (second.code === 0) {
    return { state: 'repaired', words: `repaired: ${fatFindings(first)}`, output };
  }
  return { state: 'damaged', words: `damaged: ${lastWords(second)}`, output: second.output };
}

/** How thorough a check of ext4 is; see e2fsck(8). */
type Ext4Check =
  /** What is safe without asking, and only when the file system says that it was not unmounted well. */
  | 'preen'
  /** The same, whatever the file system says of itself. */
  | 'preen-all'
  /** Everything, also where data is lost by it. */
  | 'repair-all';

const EXT4_FLAGS: Readonly<Record<Ext4Check, readonly string[]>> = {
  preen: ['-p'],
  'preen-all': ['-f', '-p'],
  'repair-all': ['-f', '-y'],
};

/** Checks an ext4 file system. Never rejects. */
export async function checkExt4(
  device: string,
  how: Ext4Check,
  { signal }: BoundedTool = {},
): Promise<CheckReport> {
  const result = await runTool(Tool.e2fsck, [...EXT4_FLAGS[how], device], {
    timeoutMs: EXT4_TIMEOUT_MS,
    signal,
  });
  const report = (state: CheckReport['state'], words: string): CheckReport => ({
    state,
    words,
    output: result.output,
  });
  if (result.end !== 'exited') return report('unchecked', uncheckedWords(result));
  const { code } = result;
  if ((code & E2FSCK_OTHER) !== 0) return report('unchecked', `could not be checked: ${lastWords(result)}`);
  if ((code & (E2FSCK_UNCORRECTED | E2FSCK_OPERATIONAL)) !== 0) {
    return report('damaged', `damaged: ${lastWords(result)}`);
  }
  // A restart is wanted after a repair of what is mounted; this is not.
  if ((code & (E2FSCK_CORRECTED | E2FSCK_REBOOT)) !== 0) {
    return report('repaired', `repaired: ${lastWords(result)}`);
  }
  return report('clean', 'clean');
}

/** Makes an empty ext4 file system as large as the device. Rejects with what mke2fs said. */
export async function makeExt4(device: string, { signal }: BoundedTool = {}): Promise<void> {
  const options = ['-q', '-F', '-t', 'ext4', '-L', DATA_LABEL, '-m', '1', '-i', '65536'];
  expectSuccess(await runTool(Tool.mke2fs, [...options, device], { timeoutMs: EXT4_TIMEOUT_MS, signal }));
}

function uncheckedWords(result: ToolResult): string {
  return `could not be checked: ${toolEndWords(result)}`;
}

/** The last line with the device's name taken off, and the exit code when there is none. */
function lastWords(result: ToolResult): string {
  return result.output.at(-1)?.replace(/^\/\S+: /, '') ?? toolEndWords(result);
}

/** The first lines name what was found; the last one only counts files. The first of all is the program's version. */
function fatFindings(result: ToolResult): string {
  const findings = result.output.filter((line) => !/^fsck\.fat \d|^\*{3} Filesystem|files, \d/.test(line));
  return findings.slice(0, 3).join('; ') || 'small differences';
}
