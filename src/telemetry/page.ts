/** Owns the status page as a whole: a document without scripts, made of one status. */
import { formatDuration, formatTime } from './format.ts';
import { assessHealth, type Health } from './health.ts';
import { type Html, html } from './html.ts';
import { boxSection } from './page-box.ts';
import { configSection, interfaceSection, nicSection } from './page-machine.ts';
import { bootSection, conditionSection, fibSection, serviceSection, vppSection } from './page-parts.ts';
import { updateSection } from './page-update.ts';
import type { ApplianceStatus } from './status.ts';

const REFRESH_SECONDS = 5;
/** Bound on the sentences on top: what is beyond is in the sections below. */
const MAX_SENTENCES = 30;

export interface PageOptions {
  /** Unix milliseconds. */
  readonly now: number;
  /** Whether the page loads itself again. */
  readonly refresh: boolean;
  /** Whether there is a page of control to link to. */
  readonly hasControl?: boolean;
}

/** Renders the page; every value in it is escaped. */
export function renderPage(status: ApplianceStatus, options: PageOptions): string {
  const { now, refresh } = options;
  const health = assessHealth(status, now);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${refresh ? html`<meta http-equiv="refresh" content="${REFRESH_SECONDS}">\n` : ''}<title>${status.hostname}: ${health.headline}</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="data:,">
</head>
<body>
${pageHeader(status, options)}
<main>
${healthSection(health)}
${conditionSection(status.conditions, now)}
${status.box === undefined ? '' : html`${updateSection(status.box.update, now)}\n`}${configSection(status.config, status.change, now)}
${vppSection(status, now)}
${serviceSection(status.services, now)}
${interfaceSection(status.interfaces)}
${fibSection(status.fib, now)}
${nicSection(status.nics)}
${status.box === undefined ? '' : html`${boxSection(status.box, now)}\n`}${bootSection(status.boot)}
</main>
<footer><p>As JSON: <a href="/status">status</a>, <a href="/fib/vpp">routes in VPP</a>. For Prometheus: <a href="/metrics">metrics</a>.</p></footer>
</body>
</html>
`;
  return page.text;
}

function pageHeader(status: ApplianceStatus, { now, refresh, hasControl = false }: PageOptions): Html {
  const toggle = refresh
    ? html`<a href="/?refresh=off">stop reloading</a>`
    : html`<a href="/">reload every ${REFRESH_SECONDS} s</a>`;
  const control = hasControl ? html`; <a href="/control">control</a>` : '';
  const kernel = status.kernel ? `, Linux ${status.kernel}` : '';
  return html`<header>
<h1>${status.hostname}</h1>
<p>appliance ${status.version}${kernel}, ${status.mode === 'pid1' ? 'PID 1' : `pid ${status.pid}`}, up for ${formatDuration(status.uptimeSeconds * 1000)}; ${formatTime(now)}; ${toggle}${control}</p>
</header>`;
}

function healthSection(health: Health): Html {
  const items = health.sentences
    .slice(0, MAX_SENTENCES)
    .map(
      (sentence) =>
        html`<li><span class="${sentence.level}">${sentence.level}</span> ${sentence.text}</li>\n`,
    );
  return html`<section class="health ${health.level}" aria-label="Health">
<h2>${health.headline}</h2>
<ul>
${items}</ul>
</section>`;
}
