/**
 * Owns the plots: traffic over the last minutes as SVG, drawn by the same code in the appliance and in the browser. No
 * inline style, which the page's policy forbids: colours are classes.
 */
import { formatBitRate, formatDuration } from '../report/mod.ts';
import { type Html, html } from './html.ts';
import { PLOT_MS, type RateHistory, type RateSeries } from './rates.ts';

const WIDTH = 1000;
const HEIGHT = 200;
/** A plot of nothing but a few packets is not to look like a storm. */
const MIN_TOP_BITS = 1000;

/** A small plot for a table: what comes in as an area, what goes out as a line. */
export function sparkline(
  name: string,
  { at }: RateHistory,
  series: RateSeries | undefined,
  now: number,
): Html {
  if (series === undefined || at.length < 2) {
    return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="No figures of ${name} yet"></svg>`;
  }
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${labelOf(name, series)}">${curves(at, series, topOf(series), now)}</svg>`;
}

/** A plot with its scale. */
export function trafficPlot(name: string, history: RateHistory, series: RateSeries, now: number): Html {
  const { at } = history;
  const top = topOf(series);
  const lines = [0.25, 0.5, 0.75].map(
    (part) => html`<line class="grid" x1="0" x2="${WIDTH}" y1="${HEIGHT * part}" y2="${HEIGHT * part}"/>`,
  );
  const body = at.length < 2 ? html`` : curves(at, series, top, now);
  return html`<figure class="plot">
<figcaption><strong>${name}</strong> <span class="key"><span class="swatch rx"></span>in</span> <span class="key"><span class="swatch tx"></span>out</span></figcaption>
<div class="scale" aria-hidden="true"><span>${formatBitRate(top)}</span><span>${formatBitRate(top / 2)}</span><span>0</span></div>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${labelOf(name, series)}">${lines}${body}</svg>
<div class="times" aria-hidden="true"><span>${formatDuration(PLOT_MS).replace(' 0 s', '')} ago</span><span>now</span></div>
</figure>`;
}

function labelOf(name: string, { rx, tx }: RateSeries): string {
  return `${name} over the last minutes: in at most ${formatBitRate(maximum(rx))}, out at most ${formatBitRate(maximum(tx))}`;
}

function curves(at: readonly number[], { rx, tx }: RateSeries, top: number, now: number): Html {
  const inward = curve(at, rx, top, now);
  return html`<path class="rx area" d="${inward.area}"/><path class="rx line" d="${inward.line}"/><path class="tx line" d="${curve(at, tx, top, now).line}"/>`;
}

/**
 * Runs of known values as path data, and the ground below them. In whole units, of which there are more than a screen
 * has pixels: a hundred interfaces are drawn in a few milliseconds, their figures with fractions were not.
 */
function curve(
  at: readonly number[],
  values: readonly (number | null)[],
  top: number,
  now: number,
): { readonly line: string; readonly area: string } {
  let line = '';
  let area = '';
  let run = '';
  let firstX = 0;
  let lastX = 0;
  for (let i = 0; i <= at.length; i++) {
    const value = values[i] ?? null;
    const x = Math.round(WIDTH * (1 - (now - (at[i] ?? 0)) / PLOT_MS));
    if (i < at.length && value !== null && x >= 0) {
      const y = Math.round((HEIGHT - 2) * (1 - Math.min(value, top) / top)) + 1;
      if (run === '') firstX = x;
      run += `${run === '' ? 'M' : 'L'}${x} ${y}`;
      lastX = x;
    } else if (run !== '') {
      line += run;
      area += `${run}L${lastX} ${HEIGHT}L${firstX} ${HEIGHT}Z`;
      run = '';
    }
  }
  return { line, area };
}

/** The top of the scale: 1, 2 or 5 times a power of ten. */
function topOf({ rx, tx }: RateSeries): number {
  const most = Math.max(maximum(rx), maximum(tx), MIN_TOP_BITS);
  const power = 10 ** Math.floor(Math.log10(most));
  return power * ([1, 2, 5].find((step) => step * power >= most) ?? 10);
}

function maximum(values: readonly (number | null)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}
