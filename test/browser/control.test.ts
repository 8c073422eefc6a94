/**
 * What a browser makes of who may ask for what: the page of control by its forms, and a page of another site that asks
 * for things here.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'node:http';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningAppliance, withOwnVpp } from '../system/running-appliance.ts';
import { noChromium, startChromium } from './chromium.ts';

const PASSWORD = 'correct horse battery';

if (noChromium !== undefined) process.stdout.write(`skipped: control in Chromium: ${noChromium}\n`);

describe.skipIf(noChromium !== undefined)('in a browser', () => {
  let appliance: RunningAppliance;
  let browser: Browser;
  let secureUrl: string;

  beforeAll(async () => {
    appliance = await RunningAppliance.serving(withOwnVpp({ http: 'https-listen = 127.0.0.1:0' }));
    await appliance.until('VPP is there', ({ vpp }) => vpp.api.state === 'connected');
    const port = /HTTPS port (\d+)/.exec(appliance.output)?.[1];
    secureUrl = `https://127.0.0.1:${port}`;
    const sent = request({
      socketPath: join(appliance.runDir, 'appliance.sock'),
      path: '/password',
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
    });
    sent.end(JSON.stringify({ new: PASSWORD }));
    const [response] = await once(sent, 'response');
    expect(response.statusCode).toBe(200);
    response.resume();
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await appliance?.[Symbol.asyncDispose]();
  });

  it('logs in, uses a form and logs out', async () => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(`${secureUrl}/control`);
    await page.fill('input[name=password]', 'wrong');
    await page.keyboard.press('Enter');
    await page.getByText('the password is wrong').waitFor();
    await page.fill('input[name=password]', PASSWORD);
    await page.keyboard.press('Enter');
    await page.locator('textarea[name=config]').waitFor();
    expect(await page.inputValue('textarea[name=config]')).toContain('[vpp]');
    await page.locator('button[value=check]').click();
    await page.getByText('Nothing changes.').waitFor();
    // with the session VPP's command line, too
    const answer = await page.goto(`${secureUrl}/vppctl?command=show+version`);
    expect([answer?.status(), await answer?.text()]).toEqual([200, expect.stringMatching(/^vpp v25\.02/)]);
    await page.goto(`${secureUrl}/control`);
    await page.locator('form[action="/logout"] button').click();
    await page.locator('input[name=password]').waitFor();
    expect((await context.request.get(`${secureUrl}/vppctl?command=show+version`)).status()).toBe(401);
    await context.close();
  });

  describe('a page of another site', () => {
    let other: Server;
    let otherUrl: string;

    beforeAll(async () => {
      const status = `${appliance.url}/status`;
      const text = `<!doctype html><title>other</title>
        <img src="${status}"><img src="${appliance.url}/metrics">
        <iframe src="${appliance.url}/"></iframe>
        <a id="page" href="${appliance.url}/">the box</a> <a id="status" href="${status}">its status</a>
        <form method="post" action="${appliance.url}/login"><input name="password"><button>send</button></form>`;
      other = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(text));
      other.listen(0, '127.0.0.1');
      await once(other, 'listening');
      // 127.0.0.1 and localhost are two sites
      otherUrl = `http://localhost:${(other.address() as AddressInfo).port}/`;
    });
    afterAll(() => other?.close());

    /** How many requests came as far as a route. */
    async function routed(path: string): Promise<number> {
      const text = await (await fetch(`${appliance.url}/metrics`)).text();
      const found = new RegExp(`^appliance_http_routed_requests_total\\{path="${path}"\\} (\\d+)$`, 'm').exec(
        text,
      );
      return Number(found?.[1] ?? 0);
    }

    it('is refused images, frames, forms and links to data; a link leads to the page', async () => {
      const page = await browser.newPage();
      const seen = new Map<string, number>();
      page.on('response', (response) => {
        const url = new URL(response.url());
        if (url.host === new URL(appliance.url).host) {
          seen.set(`${response.request().resourceType()} ${url.pathname}`, response.status());
        }
      });
      const statusBefore = await routed('/status');
      const metricsBefore = await routed('/metrics');
      await page.goto(otherUrl, { waitUntil: 'load' });
      expect(seen.get('document /')).toBe(403);
      // what becomes of an image the browser keeps to itself
      expect(await routed('/status')).toBe(statusBefore);
      // that image, and what was asked here meanwhile
      expect(await routed('/metrics')).toBe(metricsBefore + 3);
      await page.click('#page');
      await page.waitForURL(`${appliance.url}/`);
      expect(await page.title()).not.toBe('other');
      expect(seen.get('document /')).toBe(200);
      for (const [what, path] of [
        ['#status', '/status'],
        ['form button', '/login'],
      ] as const) {
        await page.goto(otherUrl);
        const answer = page.waitForResponse((one) => one.url() === `${appliance.url}${path}`);
        await page.click(what);
        expect((await answer).status()).toBe(403);
      }
      await page.close();
    });
  });
});
