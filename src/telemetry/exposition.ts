/**
 * Owns Prometheus' text exposition (version 0.0.4) and OpenMetrics 1.0, which differ in the heads of counters and the end:
 * https://prometheus.io/docs/instrumenting/exposition_formats/, https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 *
 * Invariants: one family is written once, HELP and TYPE first; label sets are unique.
 */
import type { Column, Distribution, Metric, Sample } from '../report/mod.ts';

export type Format = 'text' | 'openmetrics';

export const EXPOSITION_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** What ends an exposition. */
export const EXPOSITION_ENDS: Readonly<Record<Format, string>> = { text: '', openmetrics: '# EOF\n' };

/** Lines between two places where a writer may pause. */
const BLOCK_LINES = 128;
/** Size from which collected lines become a chunk. */
const CHUNK_CHARACTERS = 32 * 1024;

/**
 * The format that an `Accept` header asks for: the one of greater weight (`q`), the text where they are equal or
 * nothing is asked for.
 */
export function formatFor(accept: string | undefined): Format {
  let openmetrics = 0;
  let text = 0;
  for (const part of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    const weight = Number(parameters.find((word) => word.startsWith('q='))?.slice(2) ?? 1);
    if (!Number.isFinite(weight)) continue;
    const version = parameters.find((word) => word.startsWith('version='))?.slice(8) ?? '';
    if (type === 'application/openmetrics-text' && ['', '0.0.1', '1.0.0'].includes(version)) {
      openmetrics = Math.max(openmetrics, weight);
    } else if (type === 'text/plain' || type === 'text/*' || type === '*/*') text = Math.max(text, weight);
  }
  return openmetrics > text ? 'openmetrics' : 'text';
}

/** `# HELP` and `# TYPE`. OpenMetrics names a counter without `_total`. */
function headOf({ name, type, help }: Metric<never>, format: Format): string {
  const family = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  return `# HELP ${family} ${help}\n# TYPE ${family} ${type}\n`;
}

/**
 * Text of prom-client as OpenMetrics: no empty lines, counters without `_total` in their heads, and behind each sample
 * of a counter when it began, `createdSeconds`.
 */
export function toOpenMetrics(text: string, createdSeconds: number): string {
  let counter: string | undefined;
  let out = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const head = /^# (HELP|TYPE) ([^ ]+)(.*)$/.exec(line);
    if (head === null) {
      out += `${line}\n`;
      if (counter !== undefined && line.startsWith(counter)) {
        const labels = line.slice(counter.length, line.lastIndexOf(' '));
        out += `${counter.replace(/_total$/, '_created')}${labels} ${createdSeconds}\n`;
      }
      continue;
    }
    const [, kind = '', name = '', rest = ''] = head;
    const isCounter = name.endsWith('_total');
    counter = isCounter ? name : undefined;
    out += `# ${kind} ${isCounter ? name.slice(0, -'_total'.length) : name}${rest}\n`;
  }
  return out;
}

/** What is written, and how. */
export interface WriteOptions {
  readonly format: Format;
  /** Whether keys with only zeros are written too. */
  readonly zeroSeries?: boolean;
}

/**
 * The rows as text, in blocks of lines; a family without a sample says nothing. Not by prom-client, which needs a
 * hundred milliseconds in one piece for what a large VPP has.
 */
export function* writeMetrics<Source>(
  rows: readonly Metric<Source>[],
  source: Source,
  { format, zeroSeries = false }: WriteOptions,
): Generator<string> {
  for (const row of rows) {
    const samples = row.read(source);
    const head = headOf(row, format);
    if (Symbol.iterator in samples || 'parts' in samples) {
      const lines =
        'parts' in samples ? distributionLines(row, samples) : sampleLines(row.name, row.labels, samples);
      if (lines !== '') yield head + lines;
    } else yield* columnBlocks(head, row, samples, zeroSeries);
  }
}

/** Hot: a line is one concatenation. */
function* columnBlocks(
  head: string,
  { name, labels }: Pick<Metric<never>, 'name' | 'labels'>,
  { keys, values, activity }: Column,
  zeroSeries: boolean,
): Generator<string> {
  const texts = labelTexts(keys, labels);
  const keep = zeroSeries ? undefined : activity;
  let block = head;
  let lines = 0;
  for (let i = 0; i < texts.length; i++) {
    const value = values[i]!;
    if ((keep !== undefined && keep[i] === 0) || Number.isNaN(value)) continue;
    block += `${name}${texts[i]}${value}\n`;
    if (++lines % BLOCK_LINES === 0) {
      yield block;
      block = '';
    }
  }
  if (lines > 0) yield block;
}

function sampleLines(name: string, labels: readonly string[], samples: Iterable<Sample>): string {
  let lines = '';
  for (const [value, ...values] of samples) {
    lines += `${name}${labelText(labels, values)} ${formatValue(value)}\n`;
  }
  return lines;
}

/** @example `name_bucket{le="0.1"} 3`, or `name{quantile="0.5"} 0.002`; then `name_sum` and `name_count` */
function distributionLines(
  { name, type, labels }: Metric<never>,
  { parts, sum, count }: Distribution,
): string {
  const lines = sampleLines(type === 'histogram' ? `${name}_bucket` : name, labels, parts);
  return `${lines}${name}_sum ${formatValue(sum)}\n${name}_count ${count}\n`;
}

const madeLabels = new WeakMap<object, readonly string[]>();

/** `{interface="xe0"} ` for each key; made once for as long as the keys are the same. */
function labelTexts(keys: Column['keys'], labels: readonly string[]): readonly string[] {
  let texts = madeLabels.get(keys);
  if (texts === undefined) {
    texts = unique(keys).map((key) => `${labelText(labels, typeof key === 'string' ? [key] : key)} `);
    madeLabels.set(keys, texts);
  }
  return texts;
}

function labelText(labels: readonly string[], values: readonly (string | number)[]): string {
  if (labels.length === 0) return '';
  return `{${labels.map((label, i) => `${label}="${escapeLabel(String(values[i]))}"`).join(',')}}`;
}

/**
 * Makes names unique, so that one doubled name does not spoil a whole scrape: the second `a` becomes `a#2` (VPP allows
 * an interface to be named as another one was before).
 */
function unique(keys: Column['keys']): Column['keys'] {
  const seen = new Set<string>();
  return keys.map((key) => {
    if (typeof key !== 'string') return key;
    let name = key;
    for (let n = 2; seen.has(name); n++) name = `${key}#${n}`;
    seen.add(name);
    return name;
  });
}

/** Escapes a label's value: backslash, double quote, line feed. */
function escapeLabel(value: string): string {
  return /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value;
}

function formatValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

/** Joins lines to chunks of a size that is worth a write. */
export function* inChunks(lines: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}
