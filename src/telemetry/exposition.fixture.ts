/** A scrape for tests, and a strict reader of it. */
import type { Format } from './exposition.ts';
import { HostFigures } from './host-metrics.ts';
import { HttpCounters } from './http-counters.ts';
import { Metrics } from './metrics.ts';
import { makeProvider, type ProviderOptions } from './status.fixture.ts';

/** The machine below is left out unless `root` has a `/sys` and a `/proc`. */
export async function scrape(
  options: ProviderOptions & { readonly format?: Format; readonly root?: string } = {},
): Promise<string> {
  const host = new HostFigures(options.root ?? '/nowhere');
  using metrics = new Metrics(makeProvider(options), new HttpCounters(), host);
  let text = '';
  for await (const chunk of metrics.scrape(options.format)) text += chunk;
  return text;
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: Sample[];
}

/** A strict reader of the text format: throws for what Prometheus tolerates too. Independent of the writer. */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let current = '';
  let help = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const meta = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (meta) {
      const [, kind, name = '', rest = ''] = meta;
      if (kind === 'HELP') {
        if (families.has(name)) throw new Error(`${name} is described twice`);
        current = name;
        help = rest;
      } else {
        if (name !== current) throw new Error(`TYPE of ${name} does not follow its HELP`);
        families.set(name, { help, type: rest, samples: [] });
      }
      continue;
    }
    if (line === '') continue;
    const { name, labels, value } = parseSample(line);
    const family = families.get(current);
    const isOfFamily =
      name === current ||
      (family?.type === 'summary' && [`${current}_sum`, `${current}_count`].includes(name)) ||
      (family?.type === 'histogram' &&
        [`${current}_bucket`, `${current}_sum`, `${current}_count`].includes(name));
    if (!family || !isOfFamily) throw new Error(`sample outside its family: ${line}`);
    const key = `${name} ${keyOf(labels)}`;
    if (seen.has(key)) throw new Error(`twice: ${line}`);
    seen.add(key);
    if (name === current || name === `${current}_bucket`) family.samples.push({ labels, value });
  }
  return families;
}

/** The same for the same labels, in whatever order. */
function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function parseSample(line: string): { name: string; labels: Record<string, string>; value: number } {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0];
  if (!name) throw new Error(`no name: ${line}`);
  let at = name.length;
  const labels: Record<string, string> = {};
  if (line[at] === '{') {
    at++;
    while (line[at] !== '}') {
      const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/.exec(line.slice(at));
      if (!label) throw new Error(`bad label: ${line}`);
      const [all, key = '', raw = ''] = label;
      if (key in labels) throw new Error(`label twice: ${line}`);
      labels[key] = raw.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
      at += all.length;
      if (line[at] === ',') at++;
      else if (line[at] !== '}') throw new Error(`bad labels: ${line}`);
    }
    at++;
  }
  const text = /^ (NaN|[+-]Inf|-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)$/.exec(line.slice(at))?.[1];
  if (text === undefined) throw new Error(`bad value: ${line}`);
  const value = text.endsWith('Inf') ? Number(text.replace('Inf', 'Infinity')) : Number(text);
  return { name, labels, value };
}

export function valueOf(
  families: Map<string, Family>,
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const wanted = keyOf(labels);
  return families.get(name)?.samples.find((sample) => keyOf(sample.labels) === wanted)?.value;
}
