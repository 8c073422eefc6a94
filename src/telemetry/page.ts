/**
 * Owns the status page as a whole. It is useful without scripts: then it is loaded again every few seconds. With the
 * script of `client/` it is drawn anew in the browser from what changed, by the same functions.
 */
import { formatDuration, formatTime } from '../report/mod.ts';
import { reportHealth } from '../status/mod.ts';
import { type Html, html } from './html.ts';
import { boxSection } from './page-box.ts';
import { healthSection } from './page-health.ts';
import { configSection, nicSection } from './page-machine.ts';
import type { PageModel } from './page-model.ts';
import { bootSection, fibSection, objectSection, serviceSection, vppSection } from './page-parts.ts';
import { interfaceSection } from './page-traffic.ts';
import { updateSection } from './page-update.ts';

const REFRESH_SECONDS = 5;

/** What the links on top lead to; a section that is not there on this appliance is left out. */
const SECTIONS: readonly (readonly [id: string, name: string])[] = [
  ['health', 'Health'],
  ['interfaces', 'Interfaces'],
  ['objects', 'Objects'],
  ['vpp', 'VPP'],
  ['fib', 'Routes'],
  ['services', 'Services'],
  ['config', 'Configuration'],
  ['nics', 'Network cards'],
  ['update', 'Updates'],
  ['box', 'Box'],
  ['boot', 'Boot'],
];

export interface PageOptions {
  /** Unix milliseconds. */
  readonly now: number;
  /** Whether the page loads itself again where there are no scripts. */
  readonly refresh: boolean;
  /** Whether there is a page of control to link to. */
  readonly hasControl?: boolean;
  /** Whether there is a script to load. */
  readonly hasScript?: boolean;
}

/** One part of the page that changes as a whole: an element with this id. */
export interface PagePart {
  readonly id: string;
  readonly html: Html;
}

/** Renders the page; every value in it is escaped. */
export function renderPage(model: PageModel, options: PageOptions): string {
  const { refresh, hasControl = false, hasScript = false } = options;
  const reload = refresh
    ? html`<noscript><meta http-equiv="refresh" content="${REFRESH_SECONDS}"></noscript>\n`
    : '';
  const [facts, ...parts] = renderParts(model, options.now);
  const ids = new Set(parts.map(({ id }) => id));
  const links = SECTIONS.filter(([id]) => ids.has(`part-${id}`)).map(
    ([id, name]) => html`<a href="#${id}">${name}</a>\n`,
  );
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${reload}<title>${pageTitle(model, options.now)}</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="data:,">
${hasScript ? html`<script src="/page.js" defer=""></script>\n` : ''}</head>
<body>
<a class="skip" href="#main">Skip to the status</a>
<header class="top">
${facts?.html ?? ''}
<div class="tools">${liveTools(refresh, hasScript)}${hasControl ? html`<a href="/control" class="button">Control</a>` : ''}</div>
</header>
<nav aria-label="Sections">
${links}</nav>
<main id="main" tabindex="-1">
${parts.map((part) => html`${part.html}\n`)}</main>
<footer><p>As JSON: <a href="/status">status</a>, <a href="/health">health</a>, <a href="/fib/vpp">routes in VPP</a>, <a href="/nodes?all">nodes</a>, <a href="/errors?all">errors</a>. For Prometheus: <a href="/metrics">metrics</a>. For machines: <a href="/healthz">healthz</a>, <a href="/readyz">readyz</a>.</p></footer>
</body>
</html>
`;
  return page.text;
}

/** `edge1: Everything is well` */
export function pageTitle({ status }: PageModel, now: number): string {
  return `${status.hostname}: ${reportHealth(status, now).headline}`;
}

/** The parts of the page in their order, the facts of the header first. `now` in Unix milliseconds. */
export function renderParts(model: PageModel, now: number): PagePart[] {
  const { status } = model;
  const parts: [string, Html][] = [
    ['health', healthSection(reportHealth(status, now), now)],
    ['interfaces', interfaceSection(model, now)],
    ...(status.objects.objects.length === 0 && status.objects.lastDrift === undefined
      ? []
      : [['objects', objectSection(status.objects, now)] as [string, Html]]),
    ['vpp', vppSection(model, now)],
    ['fib', fibSection(status, now)],
    ['services', serviceSection(status.services, now)],
    ['config', configSection(status.config, status.change, now)],
    ['nics', nicSection(status.nics)],
  ];
  if (status.box !== undefined) {
    parts.push(['update', updateSection(status.box.update, now)], ['box', boxSection(status.box, now)]);
  }
  parts.push(['boot', bootSection(status.boot)]);
  return [
    { id: 'part-facts', html: factsPart(model, now) },
    ...parts.map(([id, section]) => ({
      id: `part-${id}`,
      html: html`<div id="part-${id}">${section}</div>`,
    })),
  ];
}

function factsPart({ status }: PageModel, now: number): Html {
  const kernel = status.kernel ? ` · Linux ${status.kernel}` : '';
  const process = status.mode === 'pid1' ? 'PID 1' : `pid ${status.pid}`;
  // what grows is last: it moves nothing
  return html`<div id="part-facts"><h1>${status.hostname}</h1>
<p>appliance ${status.version}${kernel} · ${process} · <time>${formatTime(now)}</time> · up for ${formatDuration(status.uptimeSeconds * 1000)}</p></div>`;
}

/** What the script takes over; without it a word on reloading. */
function liveTools(refresh: boolean, hasScript: boolean): Html {
  const toggle = refresh
    ? html`Loaded again every ${REFRESH_SECONDS} s; <a href="/?refresh=off">stop</a>`
    : html`<a href="/">Reload every ${REFRESH_SECONDS} s</a>`;
  const still = hasScript ? html`<noscript><p>${toggle}</p></noscript>` : html`<p>${toggle}</p>`;
  const live = hasScript
    ? html`<p id="live" class="live" role="status" data-state="connecting">connecting</p><button id="pause" type="button" class="scripted" aria-pressed="false">Pause</button>`
    : html``;
  return html`${still}${live}`;
}
