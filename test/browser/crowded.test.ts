/**
 * The status page with something of everything on it, well and not: whatever it has to say is readable, labelled and
 * fits, as it is sent, without its script. Screenshots are left in test-results/.
 */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, startHttpServer } from '../../src/telemetry/mod.ts';
import { OWN_NAMES } from '../fixtures/status.ts';
import { noChromium, startChromium } from './chromium.ts';
import { crowdedProvider } from './crowded.ts';
import { lowContrast, structureProblems } from './in-page.ts';

const RESULTS = resolve(import.meta.dirname, '../../test-results');

let server: HttpServer;
let browser: Browser;
let url = '';

if (noChromium !== undefined) process.stdout.write(`skipped: the crowded page in Chromium: ${noChromium}\n`);

describe.skipIf(noChromium !== undefined)('a page with everything on it', () => {
  beforeAll(async () => {
    mkdirSync(RESULTS, { recursive: true });
    const source = crowdedProvider();
    server = await startHttpServer({
      listen: [{ host: '127.0.0.1', port: 0 }],
      source,
      logger: () => {},
      names: OWN_NAMES,
    });
    const [address] = server.addresses;
    if (address === undefined || !('port' in address)) throw new Error('no port');
    url = `http://127.0.0.1:${address.port}/?refresh=off`;
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  async function visit(width: number, colorScheme: 'light' | 'dark'): Promise<Page> {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    const page = await context.newPage();
    await page.goto(url);
    // what a script would unfold and show
    await page.evaluate(() => {
      document.documentElement.classList.add('has-script');
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    return page;
  }

  const views = [
    [1280, 'light'],
    [1280, 'dark'],
    [768, 'light'],
    [360, 'dark'],
  ] as const;

  it.each(views)('%d pixels, %s: contrast, structure, nothing beyond the edge', async (width, scheme) => {
    const page = await visit(width, scheme);
    expect(await page.evaluate(lowContrast, 4.5)).toEqual([]);
    expect(await page.evaluate(structureProblems)).toEqual([]);
    const [wide, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(wide).toBeLessThanOrEqual(inner ?? 0);
    await page.screenshot({ path: `${RESULTS}/crowded-${width}-${scheme}.png`, fullPage: true });
    await page.context().close();
  });

  it('names every cause by its first broken step', async () => {
    const page = await visit(1280, 'light');
    const causes = await page.locator('.causes li').allInnerTexts();
    expect(causes.join('\n')).toMatch(/xe1 broken at link/);
    expect(causes.join('\n')).toMatch(/xe9 broken at driver: no PCI device/);
    expect(causes.join('\n')).toMatch(/xe5 broken at vfio: the kernel has no IOMMU/);
    expect(causes.join('\n')).toMatch(/loop1 broken at address: ADDRESS_IN_USE/);
    expect(causes.join('\n')).toMatch(/xe0, loop0 broken at routes/);
    await page.context().close();
  });
});
