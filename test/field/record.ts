/**
 * docs/field.md: the last result of each case on each data plane. Rows of cases outside a run stay as they are, so
 * that a run can continue an earlier one.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const HEAD = `# Field

<!-- Written by \`npm run field\`; run that, do not change this page. -->

A box, which is the flashed image under QEMU, between daemons of Debian in network namespaces: BIRD, FRR, keepalived and
others on both sides of it. Of bonds, tags, tunnels and labels the other end is a guest with Debian's kernel, and tcpdump on the
wire judges the frames. The same cases run with the kernel as the data plane and, by \`npm run field -- --vpp DIR\`, on a
real VPP. How each ended when it was run last; \`./appliance test\` runs some of them.

`;

export interface Row {
  readonly name: string;
  readonly plane: string;
  /** Of the product. */
  readonly version: string;
  readonly passed: boolean;
  /** What it shows; or why it failed. */
  readonly words: string;
  readonly seconds: number;
}

export class Record {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  rows(): Row[] {
    if (!existsSync(this.#path)) return [];
    const lines = readFileSync(this.#path, 'utf8').split('\n');
    const table = lines.filter((line) => line.startsWith('| ')).slice(2);
    return table.map((line) => {
      const cells = line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|'));
      const [name = '', plane = '', version = '', result = '', seconds = '', words = ''] = cells;
      return { name, plane, version, passed: result === 'passed', words, seconds: Number(seconds) };
    });
  }

  /** Whether the case passed on that plane with that version of the product. */
  hasPassed(name: string, plane: string, version: string): boolean {
    return this.rows().some(
      (row) => row.name === name && row.plane === plane && row.version === version && row.passed,
    );
  }

  /** Writes the page with this row in place of an older one of the same case and plane. */
  write(row: Row): void {
    const others = this.rows().filter(({ name, plane }) => name !== row.name || plane !== row.plane);
    const rows = [...others, row].sort((a, b) => (identity(a) < identity(b) ? -1 : 1));
    const passed = rows.filter((one) => one.passed).length;
    const count = `${rows.length} results, ${passed} as they should be.\n\n`;
    const table = [
      ['case', 'data plane', 'version', 'result', 'seconds', 'what it shows, or why it failed'],
      ['---', '---', '---', '---', '---:', '---'],
      ...rows.map((one) => [
        ...[one.name, one.plane, one.version, one.passed ? 'passed' : 'failed'],
        ...[one.seconds.toFixed(0), one.words],
      ]),
    ];
    const text = table.map((cells) => `| ${cells.map(cell).join(' | ')} |\n`).join('');
    writeFileSync(this.#path, `${HEAD}${count}${text}`);
  }
}

function identity({ name, plane }: Row): string {
  return `${name} ${plane}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim();
}
