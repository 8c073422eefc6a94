/** What `appliance show health`, `nodes` and `errors` print on a terminal. Pure. */
import type { AgedList, NodeFigures } from '../telemetry/mod.ts';
import type { HealthReport, PathStep } from '../status/mod.ts';
import { formatCount, formatDuration } from '../report/mod.ts';
import { paint, type Shade } from './paint.ts';
import { type Cell, formatTable, plain } from './table.ts';

const WORDS: Readonly<Record<PathStep['state'], readonly [text: string, shade: Shade]>> = {
  ok: ['ok', 'ok'],
  broken: ['BROKEN', 'error'],
  waiting: ['waits', 'warning'],
  unknown: ['?', 'dim'],
  'not-needed': ['-', 'dim'],
};

export function healthText(report: HealthReport): string {
  const { hostname, headline, level, ready, checks, broken, sentences, paths } = report;
  const state = ready ? 'ready' : 'not ready';
  const head = `${plain(hostname)}: ${paint(level, headline)}, ${paint(ready ? 'ok' : 'error', state)}\n`;
  const causes = broken.map(({ interfaces, step }) => {
    const word = step.state === 'broken' ? 'broken at' : 'waits at';
    return `${interfaces.slice(0, 8).join(', ')} ${word} ${step.step}: ${step.text}\n  look at ${step.look}\n`;
  });
  const steps = paths[0]?.steps.map(({ step }) => step.toUpperCase()) ?? [];
  const ways = paths.map((path): Cell[] => [path.interface, ...path.steps.map(stepCell)]);
  const parts = [
    causes.map((cause) => cause.split('\n').map(plain).join('\n')).join(''),
    formatTable(sentences.map(({ level: shade, text }): Cell[] => [{ text: shade, shade }, text])),
    paths.length === 0 ? '' : formatTable([['FROM CABLE TO FIB', ...steps], ...ways], { heading: true }),
    formatTable(checks.map(({ name, ok, reason }): Cell[] => [name, okCell(ok), reason])),
  ];
  return [head, ...parts.filter((part) => part !== '')].join('\n');
}

function stepCell({ state }: PathStep): Cell {
  const [text, shade] = WORDS[state];
  return { text, shade };
}

function okCell(ok: boolean): Cell {
  return ok ? { text: 'ready', shade: 'ok' } : { text: 'not ready', shade: 'error' };
}

export function nodesText({ items, ageSeconds }: AgedList<NodeFigures>): string {
  const total = items.reduce((sum, { clocks }) => sum + clocks, 0);
  const rows = items.map((one): Cell[] => [
    one.name,
    total === 0 ? '-' : `${((one.clocks / total) * 100).toFixed(1)} %`,
    formatCount(one.calls),
    formatCount(one.vectors),
    one.vectorsPerCall?.toFixed(2) ?? '-',
    one.clocksPerVector?.toFixed(1) ?? '-',
    formatCount(one.suspends),
  ]);
  if (rows.length === 0) return `no node has run\n${age(ageSeconds)}`;
  const heading = ['NODE', 'CLOCKS', 'CALLS', 'VECTORS', 'VECTORS/CALL', 'CLOCKS/VECTOR', 'SUSPENDS'];
  return formatTable([heading, ...rows], { right: [1, 2, 3, 4, 5, 6], heading: true }) + age(ageSeconds);
}

export function errorsText({
  items,
  ageSeconds,
}: AgedList<{ readonly node: string; readonly reason: string; readonly count: number }>): string {
  if (items.length === 0) return `no errors since VPP started\n${age(ageSeconds)}`;
  const rows = items.map(({ node, reason, count }): Cell[] => [formatCount(count), node, reason]);
  return formatTable([['COUNT', 'NODE', 'REASON'], ...rows], { right: [0], heading: true }) + age(ageSeconds);
}

function age(seconds: number): string {
  return paint('dim', `read ${formatDuration(seconds * 1000)} ago, counted since VPP started`) + '\n';
}
