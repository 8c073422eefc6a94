/** Owns the page's sections about what runs: conditions, VPP, services, FIB, boot. */
import type { Words } from './box-words.ts';
import { formatAgo, formatBytes, formatCount, formatDuration, formatTime, plural } from './format.ts';
import { describeService } from './health.ts';
import { type Html, html } from './html.ts';
import type { ApplianceStatus, BootPhase, Condition, FibBackendStatus, Service } from './status.ts';

/** Bounds on the page: what is beyond is in `/status`, `/log`, `/fib/vpp`. */
const MAX_OUTPUT_LINES = 10;
const MAX_FAILURES = 20;
const MAX_CONDITIONS = 100;

const NOTHING = html``;

export function conditionSection(conditions: readonly Condition[], now: number): Html {
  if (conditions.length === 0) return NOTHING;
  const items = conditions
    .slice(0, MAX_CONDITIONS)
    .map(
      (one) =>
        html`<li><span class="${one.severity}">${one.severity}</span> <strong>${one.subject}</strong>: ${one.reason} (since ${formatTime(one.since)}, ${formatAgo(one.since, now)})</li>\n`,
    );
  return html`<section aria-labelledby="conditions"><h2 id="conditions">Conditions</h2>
<ul>
${items}</ul></section>`;
}

export function vppSection(status: ApplianceStatus, now: number): Html {
  const { vpp, stats, hugepages } = status;
  const rows = [
    row('Process', describeService(vpp.process, now)),
    row('API', describeApi(vpp.api, now)),
    row('Version', vpp.version ?? 'not known'),
    row('Restarts', formatCount(vpp.restarts)),
    row('Counters', describeStats(stats)),
    ...hugepages.map((pool) =>
      pool.state === 'not-needed'
        ? row('Hugepages', `not needed: ${pool.reason}`)
        : row(
            `Hugepages of ${formatBytes(pool.pageSizeBytes)}`,
            `${pool.allocated} of ${pool.requested} allocated${pool.state === 'ok' ? '' : `: ${pool.reason}`}`,
          ),
    ),
  ];
  const missing =
    vpp.api.state === 'incompatible'
      ? html`<ul>${vpp.api.messages.slice(0, MAX_FAILURES).map((one) => html`<li><code>${one.name}</code>: ${one.reason}</li>`)}</ul>`
      : NOTHING;
  return html`<section aria-labelledby="vpp"><h2 id="vpp">VPP</h2>
<dl>
${rows}</dl>${missing}</section>`;
}

function describeApi(api: ApplianceStatus['vpp']['api'], now: number): string {
  switch (api.state) {
    case 'idle':
      return `not connected: ${api.reason}`;
    case 'connecting':
      return `connecting, attempt ${api.attempt}, ${formatAgo(api.since, now)}${api.reason ? `: ${api.reason}` : ''}`;
    case 'connected':
      return `connected since ${formatTime(api.since)}`;
    case 'disconnected':
      return `disconnected ${formatAgo(api.since, now)}: ${api.reason}`;
    case 'incompatible':
      return `incompatible: ${api.reason}`;
  }
}

function describeStats(stats: ApplianceStatus['stats']): string {
  switch (stats.state) {
    case 'idle':
      return `not read: ${stats.reason}`;
    case 'attaching':
      return `attaching (${plural(stats.attempts, 'failed attempt')}): ${stats.reason}`;
    case 'fresh':
      return `read ${formatDuration(stats.ageSeconds * 1000)} ago`;
    case 'stale':
      return `${formatDuration(stats.ageSeconds * 1000)} old: ${stats.reason}`;
  }
}

export function serviceSection(services: readonly Service[], now: number): Html {
  const parts = services.map((service) => {
    const exit = service.lastExit
      ? html`<p>Last end ${formatAgo(service.lastExit.at, now)}: ${service.lastExit.reason}</p>\n`
      : NOTHING;
    const lines = service.lastOutput.slice(-MAX_OUTPUT_LINES);
    const output =
      lines.length === 0
        ? NOTHING
        : html`<pre tabindex="0" aria-label="Last output of ${service.name}">${lines.map((one) => html`${formatTime(one.at)} ${one.line}\n`)}</pre>\n`;
    return html`<h3>${service.name}</h3>
<p>${describeService(service.status, now)}; ${plural(service.restarts, 'restart')}; <a href="/log?service=${encodeURIComponent(service.name)}">all output of ${service.name}</a></p>
${exit}${output}`;
  });
  const body = parts.length === 0 ? html`<p>None</p>` : html`${parts}`;
  return html`<section aria-labelledby="services"><h2 id="services">Services</h2>
${body}</section>`;
}

export function fibSection(backends: readonly FibBackendStatus[], now: number): Html {
  const rows = backends.map((fib) => {
    const since = 'since' in fib.status ? `, ${formatAgo(fib.status.since, now)}` : '';
    const reason = 'reason' in fib.status ? `: ${fib.status.reason}` : '';
    return html`<tr><th scope="row">${fib.backend}</th><td>${fib.status.state}${since}${reason}</td>${numbers([fib.desired, fib.programmed, fib.pending, fib.failed])}<td class="number">${fib.lastConvergenceMs === undefined ? '' : formatDuration(fib.lastConvergenceMs)}</td></tr>\n`;
  });
  const failures = backends.flatMap((fib) =>
    fib.failures
      .slice(0, MAX_FAILURES)
      .map((one) => html`<li>${fib.backend}: <code>${one.prefix}</code>: ${one.reason}</li>\n`),
  );
  const list = failures.length > 0 ? html`<h3>Failed routes</h3>\n<ul>\n${failures}</ul>` : NOTHING;
  return html`<section aria-labelledby="fib"><h2 id="fib">FIB</h2>
<div class="scroll"><table><thead><tr><th scope="col">Backend</th><th scope="col">State</th><th scope="col" class="number">Desired</th><th scope="col" class="number">Programmed</th><th scope="col" class="number">Pending</th><th scope="col" class="number">Failed</th><th scope="col" class="number">Last convergence</th></tr></thead>
<tbody>
${rows}</tbody></table></div>${list}</section>`;
}

export function bootSection({ phases, totalMs }: ApplianceStatus['boot']): Html {
  const rows = phases.map(
    (phase) =>
      html`<tr><th scope="row">${phase.name}</th><td class="number">${phase.state === 'skipped' ? '' : formatDuration(phase.startedMs)}</td><td class="number">${'ms' in phase ? formatDuration(phase.ms) : ''}</td><td>${describePhase(phase)}</td></tr>\n`,
  );
  const total =
    totalMs === undefined ? 'Still booting' : `Took ${formatDuration(totalMs)} from the first own line`;
  return html`<section aria-labelledby="boot"><h2 id="boot">Boot</h2>
<p>${total}</p>
<div class="scroll"><table><thead><tr><th scope="col">Phase</th><th scope="col" class="number">Began at</th><th scope="col" class="number">Took</th><th scope="col">Outcome</th></tr></thead>
<tbody>
${rows}</tbody></table></div></section>`;
}

function describePhase(phase: BootPhase): Html {
  switch (phase.state) {
    case 'running':
    case 'done':
      return phase.detail ? html`${phase.state}: ${phase.detail}` : html`${phase.state}`;
    case 'failed':
      return html`<span class="error">failed</span>: ${phase.reason}`;
    case 'skipped':
      return html`skipped: ${phase.reason}`;
  }
}

/** Table cells with right-aligned counts. */
export function numbers(counts: readonly number[]): Html {
  return html`${counts.map((count) => html`<td class="number">${formatCount(count)}</td>`)}`;
}

/** A term of a description list and what is said of it. */
export function row(term: string, text: string | Html): Html {
  return html`<dt>${term}</dt><dd>${text}</dd>\n`;
}

/** Words with their level in front, unless there is nothing to heed. */
export function leveled({ level, text }: Words): Html {
  return level === 'ok' ? html`${text}` : html`<span class="${level}">${level}</span>: ${text}`;
}
