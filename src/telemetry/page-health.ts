/** Owns the top of the page: how the appliance is, in words, and the way from the cable to the FIB of each interface. */
import { type Finding, formatAgo, formatTime, plural } from '../report/mod.ts';
import type { BrokenPath, HealthReport, InterfacePath, PathStep } from '../status/mod.ts';
import { type Html, html } from './html.ts';

/** Bounds on the page: the rest is in `/health`. */
const MAX_SENTENCES = 30;
const MAX_CAUSES = 10;
const MAX_PATHS = 24;
const MAX_NAMES = 8;

const NAMES: Readonly<Record<PathStep['step'], string>> = {
  link: 'link',
  driver: 'driver',
  vfio: 'vfio',
  vpp: 'VPP',
  interface: 'interface',
  address: 'address',
  'next-hop': 'next hop',
  routes: 'routes',
  tap: 'TAP',
};

/** A sign beside each colour, and the word for who sees neither. */
const SIGNS: Readonly<Record<PathStep['state'], readonly [sign: string, word: string]>> = {
  ok: ['✓', 'well'],
  broken: ['✗', 'broken'],
  waiting: ['…', 'under way'],
  unknown: ['?', 'not known'],
  'not-needed': ['–', 'not needed'],
};

export function healthSection(health: HealthReport, now: number): Html {
  const bad = health.sentences.filter(({ level }) => level !== 'ok');
  const well = health.sentences.filter(({ level }) => level === 'ok');
  const summary = bad.length === 0 ? 'What is well' : `${plural(well.length, 'part')} well`;
  return html`<section class="health ${health.level}" aria-labelledby="health">
<h2 id="health" tabindex="-1"><span class="sign" aria-hidden="true">${{ ok: '✓', warning: '!', error: '✗' }[health.level]}</span> <span role="status">${health.headline}</span></h2>
${causes(health.broken)}${list(bad, now)}<details${bad.length === 0 ? html` open=""` : ''}><summary>${summary}</summary>
${list(well, now)}</details>
${pathList(health.paths)}</section>`;
}

function list(sentences: readonly Finding[], now: number): Html {
  if (sentences.length === 0) return html``;
  const items = sentences.slice(0, MAX_SENTENCES).map(({ level, text, since }) => {
    const time =
      since === undefined ? '' : html` <small>since ${formatTime(since)}, ${formatAgo(since, now)}</small>`;
    return html`<li><span class="badge ${level}">${level}</span> <span>${text}${time}</span></li>\n`;
  });
  const left = sentences.length - items.length;
  const rest = left > 0 ? html`<li><a href="/health">${plural(left, 'more sentence')}</a></li>\n` : '';
  return html`<ul class="sentences">
${items}${rest}</ul>
`;
}

/** What to repair first. */
function causes(broken: readonly BrokenPath[]): Html {
  if (broken.length === 0) return html``;
  const items = broken.slice(0, MAX_CAUSES).map(({ interfaces, step }) => {
    const shown = interfaces.slice(0, MAX_NAMES).join(', ');
    const more = interfaces.length > MAX_NAMES ? ` and ${interfaces.length - MAX_NAMES} more` : '';
    const word = step.state === 'broken' ? 'broken at' : 'waits at';
    return html`<li><strong>${shown}${more}</strong> ${word} <strong>${NAMES[step.step]}</strong>: ${step.text}. <span class="look">Look at ${step.look}.</span></li>\n`;
  });
  return html`<div class="causes"><h3>From cable to FIB, the first thing to repair</h3>
<ol>
${items}</ol></div>
`;
}

function pathList(paths: readonly InterfacePath[]): Html {
  if (paths.length === 0) return html``;
  // the broken ones first: of very many those that are well say nothing
  const sorted = [...paths].sort((a, b) => Number(b.broken !== undefined) - Number(a.broken !== undefined));
  const shown = paths.length > MAX_PATHS ? sorted.slice(0, MAX_PATHS) : paths;
  const items = shown.map(
    ({ interface: name, steps }) =>
      html`<li><span class="name">${name}</span><ol aria-label="From the cable of ${name} to the FIB">${steps.map(stepItem)}</ol></li>\n`,
  );
  const rest =
    paths.length > shown.length
      ? html`<p>${plural(paths.length - shown.length, 'more interface')} in <a href="/health">health</a>.</p>\n`
      : '';
  return html`<ul class="paths">
${items}</ul>
${rest}`;
}

function stepItem({ step, state, text }: PathStep): Html {
  const [sign, word] = SIGNS[state];
  return html`<li class="${state}" title="${text}"><span class="sign" aria-hidden="true">${sign}</span>${NAMES[step]}<span class="unseen"> ${word}: ${text}</span></li>`;
}
