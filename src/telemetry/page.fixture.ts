/** How tests make and read the page. */
import { makePageModel, type PageModel } from './page-model.ts';
import { type HistorySource, type InterfaceRates, PAGE_POINTS, type RateHistory } from './rates.ts';
import { makeProvider, makeStatus, NOW } from './status.fixture.ts';
import type { ApplianceStatus } from '../status/mod.ts';

export const RATES: InterfaceRates = {
  rxBits: 1_250_000_000,
  txBits: 300_000,
  rxPackets: 150_000,
  txPackets: 400,
  drops: 12,
  errors: 0,
};

/** What the page is made of; every interface has the same rates, and a minute of history. */
export function makeModel(changes: Partial<ApplianceStatus> = {}): PageModel {
  const source = makeProvider({ status: () => makeStatus(changes) });
  const at = Array.from({ length: 60 }, (_, i) => NOW - (59 - i) * 1000);
  const rates: HistorySource = {
    latest: (names) => ({
      at: NOW,
      interfaces: Object.fromEntries(names.map((name) => [name, RATES])),
    }),
    history: (names): RateHistory => ({
      at,
      series: Object.fromEntries(
        names.map((name) => [name, { rx: at.map((_, i) => i * 1e6), tx: at.map(() => 2e6) }]),
      ),
    }),
  };
  return makePageModel(source, rates, PAGE_POINTS);
}

/** Text as a reader sees it. */
export function textOf(page: string): string {
  return page
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/\s+/g, ' ');
}

/** Throws unless every element is closed in its place and no attribute is without quotes. */
export function checkNesting(page: string): void {
  const empty = new Set(['meta', 'link', '!doctype', 'br', 'path', 'rect', 'line']);
  const open: string[] = [];
  for (const [tag, slash = '', name = '', attributes = ''] of page.matchAll(
    /<(\/?)([!a-z][a-z0-9]*)([^>]*)>/gi,
  )) {
    const element = name.toLowerCase();
    if (slash) {
      if (open.pop() !== element) throw new Error(`${tag} closes nothing`);
    } else {
      if (element !== '!doctype' && !/^( [a-z][a-z0-9-]*="[^"]*")*\/?$/i.test(attributes))
        throw new Error(`bad attributes: ${tag}`);
      if (!empty.has(element)) open.push(element);
    }
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(' ')}`);
}
