/**
 * The status page as a user has it: `appliance run` with an emulated VPP, looked at in Chromium. Screenshots are left in
 * test-results/.
 */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RunningAppliance, withOwnVpp } from '../system/running-appliance.ts';
import { noChromium, startChromium } from './chromium.ts';
import {
  boxes,
  focused,
  lowContrast,
  markFocusable,
  shiftsSoFar,
  structureProblems,
  watchShifts,
} from './in-page.ts';

const RESULTS = resolve(import.meta.dirname, '../../test-results');
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };

// VPP stays away long enough to be looked at
const MORE = `[supervisor]
backoff-ms = 6000
[interface.loop0]
addresses = 192.0.2.1/24, 2001:db8:1::1/64
[interface.loop1]
addresses = 198.51.100.1/24
[interface.loop2]
addresses = 203.0.113.1/24
[route]
0.0.0.0/0 = 192.0.2.254
10.0.0.0/8 = 198.51.100.7
10.1.0.0/16 = 203.0.113.9
`;

let appliance: RunningAppliance;
let browser: Browser;
/** What went wrong in any page, in words. */
let complaints: string[] = [];
let open: Page[] = [];

if (noChromium !== undefined) process.stdout.write(`skipped: the status page in Chromium: ${noChromium}\n`);

describe.skipIf(noChromium !== undefined)('the status page', () => {
  beforeAll(async () => {
    mkdirSync(RESULTS, { recursive: true });
    appliance = await RunningAppliance.serving(withOwnVpp({ more: MORE, pollIntervalSeconds: 5 }));
    browser = await startChromium();
    await appliance.until('routes are programmed', ({ fib }) => fib[0]?.status.state === 'synced');
  });
  afterAll(async () => {
    await browser?.close();
    await appliance?.[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    await Promise.all(open.map((page) => page.context().close()));
    open = [];
    expect(complaints).toEqual([]);
    complaints = [];
  });

  /** A page of its own, which takes part in `complaints`. */
  async function visit(options: BrowserContextOptions = {}, path = '/'): Promise<Page> {
    const context = await browser.newContext({ viewport: DESKTOP, ...options });
    const page = await context.newPage();
    open.push(page);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol !== 'data:' && url.origin !== appliance.url) complaints.push(`asks ${request.url()}`);
    });
    await page.goto(appliance.url + path);
    return page;
  }

  /** Resolves when figures have come by events. */
  async function untilLive(page: Page): Promise<void> {
    await page.waitForSelector('#live[data-state="live"]');
    await page.waitForFunction(() =>
      /\d bit\/s|[kM]bit\/s/.test(document.querySelector('.traffic')?.textContent ?? ''),
    );
  }

  /** The figures as they stand now. */
  const traffic = (page: Page): Promise<string> =>
    page.locator('.traffic path.rx.line').first().getAttribute('d').then(String);

  it('loads, and lives on events from then on', async () => {
    const page = await visit();
    await untilLive(page);
    const before = await traffic(page);
    await page.waitForFunction(
      (old) => document.querySelector('.traffic path.rx.line')?.getAttribute('d') !== old,
      before,
    );
    expect(await page.locator('#health').innerText()).toMatch(/Works|well/);
    expect(await page.locator('.paths > li').count()).toBe(3);
    await page.screenshot({ path: `${RESULTS}/desktop.png`, fullPage: true });
  });

  it('has a policy without unsafe-inline, which the browser keeps', async () => {
    const response = await fetch(appliance.url);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'");
    expect(policy).not.toContain('unsafe');
    const page = await visit();
    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.ran = true';
      document.body.append(script);
      return 'ran' in globalThis;
    });
    expect(ran).toBe(false);
    // that it was refused is what the browser complains of
    await expect.poll(() => complaints.length).toBeGreaterThan(0);
    expect(complaints.every((text) => /Content Security Policy/.test(text))).toBe(true);
    complaints = [];
  });

  it.each(['light', 'dark'] as const)('can be read: contrast in the %s scheme', async (colorScheme) => {
    const page = await visit({ colorScheme });
    await untilLive(page);
    await page.locator('summary').first().click();
    expect(await page.evaluate(lowContrast, 4.5)).toEqual([]);
    await page.screenshot({ path: `${RESULTS}/${colorScheme}.png`, fullPage: true });
  });

  it('has landmarks, headings, labels and names', async () => {
    const page = await visit();
    await untilLive(page);
    expect(await page.evaluate(structureProblems)).toEqual([]);
    const tree = await page.locator('body').ariaSnapshot();
    for (const part of ['- banner', '- navigation "Sections"', '- main', '- contentinfo', '- status: live']) {
      expect(tree).toContain(part);
    }
    expect(tree).toMatch(/img "All interfaces over the last minutes: in at most/);
    expect(tree).toMatch(/- region "Table of interfaces"/);
  });

  it('can be used by keyboard: skip link, everything reachable, focus in sight, no loss by updates', async () => {
    const page = await visit();
    await untilLive(page);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the status');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    // updates take nothing away while the keys go round
    await page.reload();
    await untilLive(page);
    await page.locator('#pause').click();
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    const wanted = new Set(await page.evaluate(markFocusable));
    await page.evaluate(() => document.body.focus());
    const reached = new Set<string>();
    for (let presses = 0; presses < wanted.size + 10; presses++) {
      await page.keyboard.press('Tab');
      const { mark, isShown } = await page.evaluate(focused);
      if (mark === undefined) continue;
      expect([mark, isShown]).toEqual([mark, true]);
      reached.add(mark);
    }
    expect([...wanted].filter((mark) => !reached.has(mark))).toEqual([]);
  });

  it('keeps the focus, and what is folded out, while it is drawn anew', async () => {
    const page = await visit();
    await untilLive(page);
    await page.locator('.health summary').click();
    await page.locator('#part-services a').first().focus();
    const before = await traffic(page);
    await page.waitForFunction(
      (old) => document.querySelector('.traffic path.rx.line')?.getAttribute('d') !== old,
      before,
    );
    expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/All output of vpp/);
    expect(await page.locator('.health details').getAttribute('open')).not.toBeNull();
  });

  it('moves nothing when figures change', async () => {
    const page = await visit();
    await untilLive(page);
    await page.evaluate(watchShifts);
    const before = await page.evaluate(boxes);
    let last = await traffic(page);
    for (let drawings = 0; drawings < 5; drawings++) {
      await page.waitForFunction(
        (old) => document.querySelector('.traffic path.rx.line')?.getAttribute('d') !== old,
        last,
      );
      last = await traffic(page);
    }
    expect(await page.evaluate(boxes)).toEqual(before);
    // a figure of one digit more begins further left in its cell: that, and nothing else, may be there
    const { score, what } = await page.evaluate(shiftsSoFar);
    expect(score, what.join('\n')).toBeLessThan(0.001);
  });

  it.each([360, 390])('fits on a phone of %d pixels', async (width) => {
    const page = await visit({
      viewport: { ...PHONE, width },
      isMobile: true,
      hasTouch: true,
      deviceScaleFactor: 2,
    });
    await untilLive(page);
    const [wide, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(wide).toBeLessThanOrEqual(inner ?? 0);
    await page.screenshot({ path: `${RESULTS}/phone-${width}.png`, fullPage: true });
  });

  it('stands still when it is paused, and asks for nothing then', async () => {
    const page = await visit();
    await untilLive(page);
    await page.locator('#pause').click();
    expect(await page.locator('#live').innerText()).toBe('paused');
    const before = await page.locator('main').innerHTML();
    await page.waitForTimeout(2500);
    expect(await page.locator('main').innerHTML()).toBe(before);
    await page.locator('#pause').click();
    await untilLive(page);
  });

  it('copies the lines that give a NIC to VPP', async (ctx) => {
    const page = await visit({ permissions: ['clipboard-read', 'clipboard-write'] });
    await untilLive(page);
    const button = page.locator('[data-copy]').first();
    if ((await button.count()) === 0) ctx.skip('this machine has no NIC on a PCI bus');
    await button.click();
    await expect.poll(() => button.innerText()).toBe('Copied');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^\[vpp\.dpdk\.interface\./);
  });

  it('is useful without scripts, and loads itself again', async () => {
    const page = await visit({ javaScriptEnabled: false });
    expect(await page.locator('#health').innerText()).toMatch(/Works|well/);
    expect(await page.locator('.traffic svg.spark').count()).toBeGreaterThan(2);
    expect(await page.locator('meta[http-equiv="refresh"]').getAttribute('content')).toBe('5');
    await page.screenshot({ path: `${RESULTS}/no-script.png`, fullPage: true });
    const still = await visit({ javaScriptEnabled: false }, '/?refresh=off');
    expect(await still.locator('meta[http-equiv="refresh"]').count()).toBe(0);
  });

  it('shows a crash of VPP within two seconds, with what is broken, and its return', async () => {
    const page = await visit();
    const phone = await visit({ viewport: PHONE, colorScheme: 'dark', deviceScaleFactor: 2 });
    await untilLive(page);
    await untilLive(phone);
    await appliance.crashVpp();
    const killedAt = performance.now();
    await page.waitForFunction(() => /wrong/.test(document.querySelector('#health')?.textContent ?? ''));
    const ms = performance.now() - killedAt;
    process.stdout.write(`a crash of VPP is on the page after ${ms.toFixed(0)} ms\n`);
    expect(ms).toBeLessThan(2000);
    expect(await page.locator('.causes').innerText()).toMatch(
      /loop0, loop1, loop2 broken at VPP: VPP does not stay up/,
    );
    expect(await page.title()).toMatch(/wrong/);
    expect(await page.locator('.paths li.broken').count()).toBe(3);
    expect(await page.evaluate(lowContrast, 4.5)).toEqual([]);
    await page.screenshot({ path: `${RESULTS}/degraded.png`, fullPage: true });
    await phone.screenshot({ path: `${RESULTS}/degraded-phone-dark.png`, fullPage: true });
    await page.waitForFunction(
      () => /Works|well/.test(document.querySelector('#health')?.textContent ?? ''),
      undefined,
      {
        timeout: 60_000,
      },
    );
    expect(await page.locator('#part-vpp').innerText()).toMatch(/Restarts\s+1/);
    expect(await page.locator('#part-vpp').innerText()).toMatch(/SIGSEGV/);
  });

  it('says that it is old when the appliance is gone, and lives again when that is back', async () => {
    const page = await visit();
    await untilLive(page);
    await page.route('**/events', (route) => route.abort());
    await page.locator('#pause').click();
    await page.locator('#pause').click();
    await page.waitForSelector('#live[data-state="lost"]');
    expect(await page.locator('#live').innerText()).toMatch(/does not answer/);
    await page.screenshot({ path: `${RESULTS}/lost.png` });
    await page.unroute('**/events');
    await page.waitForSelector('#live[data-state="live"]');
    complaints = complaints.filter((text) => !/Failed to load resource/.test(text));
  });
});
