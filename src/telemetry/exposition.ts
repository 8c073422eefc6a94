/**
 * Owns Prometheus' text exposition format (version 0.0.4): https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 * Invariant: one family is written once, HELP and TYPE first; who writes samples keeps label sets unique.
 */

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Size from which collected lines become a chunk. */
const CHUNK_CHARACTERS = 32 * 1024;

export type MetricType = 'counter' | 'gauge' | 'summary';

/** `# HELP` and `# TYPE`; `help` has no line breaks. */
export function familyHeader(name: string, type: MetricType, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
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
export function single(name: string, type: MetricType, help: string, value: number): string {
  return `${familyHeader(name, type, help)}${name} ${formatValue(value)}\n`;
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
