/**
 * The status page's script: takes the appliance's events and draws the page anew with the functions that drew it in
 * the appliance. Served as `/page.js`; without it the page is the same, and reloads itself.
 *
 * Invariants: nothing of an event becomes markup but through `html`, which escapes; an event stream that breaks is
 * said on the page, and tried again; a page that nobody sees asks for nothing.
 */
import { pageTitle, renderParts } from '../page.ts';
import type { PageModel } from '../page-model.ts';
import { copyOnClick } from './copy.ts';
import { applyFigures, applyStatus, type FiguresEvent, type StatusChange, type WholeModel } from './model.ts';
import { morph } from './morph.ts';

/** An appliance that says nothing for this long is not there: it speaks every second. */
const SILENCE_MS = 4000;
const RETRY_MS = 1000;

type State = 'connecting' | 'live' | 'lost' | 'paused';

const WORDS: Readonly<Record<State, string>> = {
  connecting: 'connecting',
  live: 'live',
  lost: 'the appliance does not answer; what you see is old',
  paused: 'paused',
};

let model: PageModel | undefined;
/** The appliance's clock less this one, in ms. */
let clockSkew = 0;
let uptimeFrom = 0;
let events: EventSource | undefined;
let silence: ReturnType<typeof setTimeout> | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
let isPaused = false;
let isDue = false;
/** What each part looked like when it was drawn last. */
const drawn = new Map<string, string>();

function begin(): void {
  end();
  if (isPaused || document.hidden) return;
  const stream = new EventSource('/events');
  events = stream;
  expectNews();
  on(stream, 'model', (data) => {
    const whole = JSON.parse(data) as WholeModel;
    setClock(whole.now, whole.status.uptimeSeconds);
    model = whole;
    say('live');
  });
  on(stream, 'status', (data) => {
    const change = JSON.parse(data) as StatusChange;
    setClock(change.now, change.uptimeSeconds);
    if (model !== undefined) model = applyStatus(model, change);
  });
  on(stream, 'figures', (data) => {
    const figures = JSON.parse(data) as FiguresEvent;
    clockSkew = figures.now - Date.now();
    if (model !== undefined) model = applyFigures(model, figures);
  });
  stream.addEventListener('error', lose);
}

function on(stream: EventSource, name: string, take: (data: string) => void): void {
  stream.addEventListener(name, (message: MessageEvent<string>) => {
    expectNews();
    take(message.data);
    drawSoon();
  });
}

function end(): void {
  clearTimeout(silence);
  clearTimeout(retry);
  events?.close();
  events = undefined;
}

function expectNews(): void {
  clearTimeout(silence);
  silence = setTimeout(lose, SILENCE_MS);
}

function lose(): void {
  end();
  say('lost');
  retry = setTimeout(begin, RETRY_MS);
}

function setClock(now: number, uptimeSeconds: number): void {
  clockSkew = now - Date.now();
  uptimeFrom = now - uptimeSeconds * 1000;
}

function drawSoon(): void {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    draw();
  });
}

function draw(): void {
  if (model === undefined) return;
  const now = Date.now() + clockSkew;
  const shown = { ...model, status: { ...model.status, uptimeSeconds: (now - uptimeFrom) / 1000 } };
  for (const { id, html } of renderParts(shown, now)) {
    if (drawn.get(id) === html.text) continue;
    drawn.set(id, html.text);
    const old = document.getElementById(id);
    const template = document.createElement('template');
    template.innerHTML = html.text;
    const wanted = template.content.firstElementChild;
    if (old === null || wanted === null) continue;
    morph(old, wanted);
  }
  const title = pageTitle(shown, now);
  if (document.title !== title) document.title = title;
}

function say(state: State): void {
  const element = document.getElementById('live');
  if (element === null || element.dataset.state === state) return;
  element.dataset.state = state;
  element.textContent = WORDS[state];
  document.documentElement.dataset.state = state;
}

document.documentElement.classList.add('has-script');
document.addEventListener('click', copyOnClick);
document.addEventListener('visibilitychange', begin);
document.getElementById('pause')?.addEventListener('click', ({ currentTarget }) => {
  isPaused = !isPaused;
  if (currentTarget instanceof HTMLElement) currentTarget.setAttribute('aria-pressed', String(isPaused));
  say(isPaused ? 'paused' : 'connecting');
  begin();
});
begin();
