/** Owns the page's section about the box itself: watchdog, worker cores, clock, crashes, certificate, what is kept. */
import { describeCertificate } from '../control/status.ts';
import { describeData } from '../disk/status.ts';
import { describeCrash } from '../log/status.ts';
import { describeCores, describeLastBoot, describeWatchdog } from '../machine/status.ts';
import { describeTime } from '../management/status.ts';
import { formatCount } from '../report/mod.ts';
import type { BoxStatus } from '../status/mod.ts';
import { type Html, html } from './html.ts';
import { leveled, rowsOf } from './page-parts.ts';

/** Bounds on the page; all of it is in `/status`. */
const MAX_CRASHES = 10;
const MAX_THREADS = 64;

export function boxSection(box: BoxStatus, now: number): Html {
  const { watchdog, cpuIsolation, crashes, https } = box;
  const lastBoot = describeLastBoot(watchdog);
  const threads = cpuIsolation.state === 'active' ? cpuIsolation.threads.slice(0, MAX_THREADS) : [];
  const rows = rowsOf([
    ['Boot device', html`<code>${box.bootDevice}</code>`],
    ['What it keeps', leveled(describeData(box))],
    ['Watchdog', leveled(describeWatchdog(watchdog, now))],
    ['Last boot', lastBoot && leveled(lastBoot)],
    ['Last kernel panic', box.lastPanic ?? 'none on record'],
    ['Worker cores', leveled(describeCores(cpuIsolation))],
    ['Worker threads', threads.map(({ name, core }) => `${name} on core ${core}`).join(', ') || undefined],
    ['Time', leveled(describeTime(box.time))],
    ['Crashes on record', formatCount(crashes.length)],
    ['HTTPS', https === undefined ? 'no certificate is in use' : undefined],
    ['HTTPS certificate', https && leveled(describeCertificate(https, now))],
    ['Its SHA-256', https && html`<code class="long">${https.fingerprint}</code>`],
  ]);
  const list =
    crashes.length === 0
      ? html``
      : html`<h3>Last crashes</h3>
<ul>
${crashes.slice(0, MAX_CRASHES).map((crash) => html`<li>${describeCrash(crash)}</li>\n`)}</ul>`;
  return html`<section aria-labelledby="box"><h2 id="box" tabindex="-1">Box</h2>
<dl>
${rows}</dl>${list}</section>`;
}
