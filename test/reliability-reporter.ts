/**
 * Writes the table of cases, docs/reliability.md: what was done to a box, and how it ended. Rows of cases that this run
 * did not take stay as they are, so that a part of the long run can be repeated.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Reporter, TestCase } from 'vitest/node';

const PAGE = join(resolve(import.meta.dirname, '..'), 'docs/reliability.md');

const HEAD = `# Reliability

<!-- Written by \`npm run test:long\`; run that, do not change this page. -->

Tests of a whole box, and the result of their last run. A box is the flashed image under QEMU: UEFI firmware, the
boot loader, our PID 1, the emulator as its VPP; an emulated processor, no KVM. Times of verdicts are shortened by
configuration (2 s stable, 75 s at most), the counter of the boot loader is not: a version that does not work is tried
three times. \`./appliance test\` runs one case of each class. Those of the class \`hang\` are of \`appliance run\` on the
machine itself, with the emulator or the VPP that \`VPP_BIN\` names, and with the times of a box.

`;

export default class ReliabilityReporter implements Reporter {
  /** After each case, so that a run that is ended early has told what it saw. */
  onTestCaseResult(test: TestCase): void {
    const row = rowOf(test);
    if (row === undefined) return;
    const identity = ([kind, name]: readonly string[]): string => `${kind} ${name}`;
    const rows = [row, ...readRows().filter((old) => identity(old) !== identity(row))];
    rows.sort((a, b) => (identity(a) < identity(b) ? -1 : 1));
    const failed = rows.filter(([, , state]) => state === 'failed').length;
    const count = `${rows.length} cases, ${rows.length - failed} passed.\n\n`;
    const table = [
      ['class', 'case', 'result', 'how it ended', 'seconds'],
      ['---', '---', '---', '---', '---:'],
      ...rows,
    ];
    writeFileSync(PAGE, `${HEAD}${count}${table.map((cells) => `| ${cells.join(' | ')} |\n`).join('')}`);
  }
}

/** The rows of the page as it is. */
function readRows(): string[][] {
  if (!existsSync(PAGE)) return [];
  return readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

function rowOf(test: TestCase): string[] | undefined {
  const outcome = test.meta().reliability;
  const { state } = test.result();
  if (outcome === undefined) return undefined;
  const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(0);
  return [outcome.kind, `${suiteOf(test)} ${test.name}`, state, outcome.words, seconds].map(cell);
}

function suiteOf({ parent }: TestCase): string {
  return parent.type === 'suite' ? parent.name : '';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim();
}
