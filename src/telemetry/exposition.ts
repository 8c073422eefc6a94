/**
 * Owns Prometheus' text exposition (version 0.0.4) and OpenMetrics 1.0, which differ in the heads of counters and the end:
 * https://prometheus.io/docs/instrumenting/exposition_formats/, https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 *
 * Invariant: one family is written once, HELP and TYPE first; who writes samples keeps label sets unique.
 */

export type Format = 'text' | 'openmetrics';

export const EXPOSITION_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** What ends an exposition. */
export const EXPOSITION_ENDS: Readonly<Record<Format, string>> = { text: '', openmetrics: '# EOF\n' };

/** Size from which collected lines become a chunk. */
const CHUNK_CHARACTERS = 32 * 1024;

type MetricType = 'counter' | 'gauge' | 'summary' | 'histogram';

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

/** `# HELP` and `# TYPE`; `help` has no line breaks and no quotes. OpenMetrics names a counter without `_total`. */
export function familyHeader(name: string, type: MetricType, help: string, format: Format): string {
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

/** Escapes a label's value: backslash, double quote, line feed. */
export function escapeLabel(value: string): string {
  return /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value;
}

/** A sample's value. */
export function formatValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

/** One family with one sample and no labels. */
export function single(name: string, type: MetricType, help: string, value: number, format: Format): string {
  return `${familyHeader(name, type, help, format)}${name} ${formatValue(value)}\n`;
}

/**
 * Makes names unique, so that one doubled name does not spoil a whole scrape: the second `a` becomes `a#2` (VPP allows
 * an interface to be named as another one was before).
 */
export function uniqueNames(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let n = 2; seen.has(unique); n++) unique = `${name}#${n}`;
    seen.add(unique);
    return unique;
  });
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
