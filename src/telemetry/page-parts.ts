/** Owns the page's sections about what runs: VPP and its load, services, FIB, boot. */
import {
  describeImport,
  describeImportRefusal,
  COUNT_LEVELS,
  differenceWords,
  FIB_COUNTS,
  FIB_SHADES,
  type FibBackendStatus,
  type FibCounts,
  importedRouteText,
  type KernelImportStatus,
} from '../fib/status.ts';
import { BGP_SHADES, type BgpStatus, describeBgpNeighbor } from '../bgp/status.ts';
import { describeDrift, describeFacts, factLines, type ObjectsStatus } from '../objects/status.ts';
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  formatPacketRate,
  formatTime,
  plural,
  type Shade,
  type Words,
} from '../report/mod.ts';
import type { ApplianceStatus, BootPhase } from '../status/mod.ts';
import { describeService, type Service, SERVICE_SHADES, type ServiceStatus } from '../supervise/status.ts';
import { describeApi, describeStats } from '../vpp/status.ts';
import { type Html, html } from './html.ts';
import type { PageModel, VppLoad } from './page-model.ts';

/** Bounds on the page: what is beyond is in `/status`, `/log`, `/fib/vpp`. */
const MAX_OUTPUT_LINES = 10;
const MAX_FAILURES = 20;
const MAX_THREADS = 64;
const MAX_OBJECTS = 200;
const MAX_FACT_LINES = 32;

/** `VLIB_FRAME_SIZE` of VPP's src/vlib/node.h: what a node takes in one call at the most. */
const FULL_VECTOR = 256;
/** From here on a meter warns. */
const NEARLY_FULL = 0.9;

const NOTHING = html``;

export function vppSection({ status, load }: PageModel, now: number): Html {
  const { vpp, stats, hugepages } = status;
  const exit = status.services.find(({ name }) => name === 'vpp')?.lastExit;
  const rows = rowsOf([
    ['Process', describeService(vpp.process, now)],
    ['API', describeApi(vpp.api, now).text],
    ['Version', vpp.version ?? 'not known'],
    ['Restarts', formatCount(vpp.restarts)],
    ['Last end', exit && `${formatTime(exit.at)}, ${formatAgo(exit.at, now)}: ${exit.reason}`],
    ['Counters', describeStats(stats)],
    ...hugepages.map(
      (pool): Fact =>
        pool.state === 'not-needed'
          ? ['Hugepages', `not needed: ${pool.reason}`]
          : [
              `Hugepages of ${formatBytes(pool.pageSizeBytes)}`,
              `${pool.allocated} of ${pool.requested} allocated${pool.state === 'ok' ? '' : `: ${pool.reason}`}`,
            ],
    ),
  ]);
  const missing =
    vpp.api.state === 'incompatible'
      ? html`<ul>${vpp.api.messages.slice(0, MAX_FAILURES).map((one) => html`<li><code>${one.name}</code>: ${one.reason}</li>`)}</ul>`
      : NOTHING;
  return html`<section aria-labelledby="vpp"><h2 id="vpp" tabindex="-1">VPP ${stateBadge(vpp.process)}</h2>
<div class="split"><div><dl>
${rows}</dl>${missing}</div>${load === undefined ? NOTHING : loadPart(load)}</div></section>`;
}

/** Workers by how full their vectors are, and what of VPP's memory is used. */
function loadPart({ vectorRates, inputRate, buffers, heaps }: VppLoad): Html {
  const threads = vectorRates.slice(0, MAX_THREADS).map((rate, i) => {
    const name = i === 0 ? 'main' : `worker ${i - 1}`;
    return meterRow(name, rate, FULL_VECTOR, `${rate.toFixed(1)} vectors a call`);
  });
  const pools = buffers
    .filter(isKnown)
    .map(({ name, used, available, cached }) =>
      meterRow(
        `buffers ${name}`,
        used,
        used + available + cached,
        `${formatCount(used)} of ${formatCount(used + available + cached)} used`,
      ),
    );
  const memory = heaps
    .filter(({ total }) => total > 0)
    .map(({ name, used, total }) =>
      meterRow(name, used, total, `${formatBytes(used)} of ${formatBytes(total)} used`),
    );
  return html`<div><h3>Load</h3>
<p>${formatPacketRate(inputRate)} come in. A thread is full at ${FULL_VECTOR} vectors a call.</p>
<dl class="meters">
${[...threads, ...pools, ...memory]}</dl></div>`;
}

function isKnown({ used, available, cached }: VppLoad['buffers'][number]): boolean {
  return used + available + cached > 0;
}

function meterRow(name: string, value: number, most: number, text: string): Html {
  const part = most > 0 ? Math.min(1, value / most) : 0;
  const level = part >= NEARLY_FULL ? 'high' : 'low';
  return html`<dt>${name}</dt><dd><svg class="meter ${level}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8"/><rect class="fill" width="${(part * 100).toFixed(1)}" height="8"/></svg> <span>${text}</span></dd>
`;
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
        : html`<pre tabindex="0" role="region" aria-label="Last output of ${service.name}">${lines.map((one) => html`${formatTime(one.at)} ${one.line}\n`)}</pre>\n`;
    return html`<h3>${service.name} ${stateBadge(service.status)}</h3>
<p>${plural(service.restarts, 'restart')}; ${describeService(service.status, now)}</p>
${exit}${output}<p><a href="/log?service=${encodeURIComponent(service.name)}">All output of ${service.name}</a></p>`;
  });
  const body = parts.length === 0 ? html`<p>This program runs no other one.</p>` : html`${parts}`;
  return html`<section aria-labelledby="services"><h2 id="services" tabindex="-1">Services</h2>
${body}
<p><a href="/log?service=appliance">The log of the appliance itself</a></p></section>`;
}

function stateBadge({ state }: ServiceStatus): Html {
  return html`<span class="badge ${SERVICE_SHADES[state]}">${state}</span>`;
}

export function fibSection(
  { fib: backends, kernelImport, bgp }: Pick<ApplianceStatus, 'fib' | 'kernelImport' | 'bgp'>,
  now: number,
): Html {
  const rows = backends.flatMap((fib) => [fibRow(fib, now), ...familyRows(fib)]);
  const failures = reasonList('Failed and unresolved routes', backends, (fib) =>
    fib.failures.map(({ prefix, reason }) => [prefix, reason]),
  );
  const leftOut = reasonList('Next hops that routes do without', backends, (fib) =>
    fib.leftOut.map((one) => [one['next-hop'], one.reason]),
  );
  const differences = reasonList(
    'Routes that differed in the FIB, and were programmed again',
    backends,
    (fib) =>
      (fib.audit?.recent ?? []).map(({ prefix, what, at }) => [
        prefix,
        `${differenceWords(what)}, ${formatAgo(at, now)}`,
      ]),
  );
  const heads = ['Desired', 'Programmed', 'Pending', 'Failed', 'Unresolved', 'Last convergence'].map(
    (name) => html`<th scope="col" class="number">${name}</th>`,
  );
  return html`<section aria-labelledby="fib"><h2 id="fib" tabindex="-1">Routes</h2>
<div class="scroll" role="region" aria-label="Table of routes" tabindex="0"><table><thead><tr><th scope="col">FIB</th><th scope="col">State</th>${heads}</tr></thead>
<tbody>
${rows}</tbody></table></div>${failures}${leftOut}${differences}${importPart(kernelImport)}${bgpPart(bgp, now)}
<p><a href="/fib/vpp">The routes in VPP</a></p></section>`;
}

/** What is learnt from routing daemons, and what of it is not taken. */
function importPart(imported: KernelImportStatus | undefined): Html {
  if (imported === undefined) return NOTHING;
  const items = imported.notTaken.first
    .slice(0, MAX_FAILURES)
    .map((one) => html`<li><code>${importedRouteText(one)}</code>: ${describeImportRefusal(one)}</li>\n`);
  const list = items.length === 0 ? NOTHING : html`<ul>\n${items}</ul>`;
  return html`<h3>Routes of routing daemons</h3>
<p>${describeImport(imported)}</p>${list}`;
}

/** The BGP sessions, and how many prefixes each has. */
function bgpPart(bgp: BgpStatus | undefined, now: number): Html {
  if (bgp === undefined) return NOTHING;
  const items = bgp.neighbors.map(
    (one) =>
      html`<li>${one.name} (<code>${one.address}</code>, AS ${one.as}) <span class="badge ${BGP_SHADES[one.state]}">${one.state}</span> ${describeBgpNeighbor(one, now)}</li>\n`,
  );
  return html`<h3>BGP sessions of AS ${bgp.as}</h3>
<ul>\n${items}</ul>`;
}

/** What a FIB lacks, and why; nothing when none lacks anything. */
function reasonList(
  heading: string,
  backends: readonly FibBackendStatus[],
  lacking: (fib: FibBackendStatus) => readonly (readonly [what: string, reason: string])[],
): Html {
  const items = backends.flatMap((fib) =>
    lacking(fib)
      .slice(0, MAX_FAILURES)
      .map(([what, reason]) => html`<li>${fib.backend}: <code>${what}</code>: ${reason}</li>\n`),
  );
  return items.length === 0 ? NOTHING : html`<h3>${heading}</h3>\n<ul>\n${items}</ul>`;
}

function fibRow(fib: FibBackendStatus, now: number): Html {
  const since = 'since' in fib.status ? html`<small>${formatAgo(fib.status.since, now)}</small>` : '';
  const reason = 'reason' in fib.status ? html`<small>${fib.status.reason}</small>` : '';
  const replay = fib.isReplaying ? html` <span class="badge warning">all routes are sent again</span>` : '';
  const all =
    fib.lastFullConvergenceMs === undefined
      ? ''
      : html`<small>of all: ${formatDuration(fib.lastFullConvergenceMs)}</small>`;
  const took = fib.lastConvergenceMs === undefined ? '–' : formatDuration(fib.lastConvergenceMs);
  return html`<tr><th scope="row">${fib.backend}</th><td><span class="badge ${fibLevel(fib)}">${fib.status.state}</span>${replay}${reason}${since}</td>${countCells(fib)}<td class="number">${took}${all}</td></tr>\n`;
}

/** Nothing where there is one family only: the sums say the same. */
function familyRows({ families }: FibBackendStatus): Html[] {
  const used = families.filter(({ desired, pending }) => desired + pending > 0);
  if (used.length < 2) return [];
  return used.map(
    (one) =>
      html`<tr class="family"><th scope="row">${FAMILIES[one.family]}</th><td></td>${countCells(one)}<td></td></tr>\n`,
  );
}

const FAMILIES = { ipv4: 'IPv4', ipv6: 'IPv6', mpls: 'MPLS' } as const;

function countCells(counts: FibCounts): Html {
  const cells = FIB_COUNTS.map((name) => {
    const text = formatCount(counts[name]);
    const level = counts[name] === 0 ? undefined : COUNT_LEVELS[name];
    return html`<td class="number">${level === undefined ? text : html`<span class="${level}">${text}</span>`}</td>`;
  });
  return html`${cells}`;
}

/** Of a FIB that has nothing to do, waiting is no news. */
function fibLevel({ status, desired }: FibBackendStatus): Shade {
  return status.state === 'waiting' && desired === 0 ? 'off' : FIB_SHADES[status.state];
}

export function bootSection({ phases, totalMs }: ApplianceStatus['boot']): Html {
  const end = phases.reduce(
    (most, phase) => Math.max(most, 'ms' in phase ? phase.startedMs + phase.ms : 0),
    totalMs ?? 1,
  );
  const rows = phases.map(
    (phase) =>
      html`<tr><th scope="row">${phase.name}</th><td class="number">${phase.state === 'skipped' ? '–' : formatDuration(phase.startedMs)}</td><td class="number">${'ms' in phase ? formatDuration(phase.ms) : '–'}</td><td>${timeBar(phase, end)}</td><td>${describePhase(phase)}</td></tr>\n`,
  );
  const total =
    totalMs === undefined ? 'Still booting' : `Took ${formatDuration(totalMs)} from the first own line`;
  return html`<section aria-labelledby="boot"><h2 id="boot" tabindex="-1">Boot</h2>
<p>${total}</p>
<div class="scroll" role="region" aria-label="Table of phases" tabindex="0"><table class="boot"><thead><tr><th scope="col">Phase</th><th scope="col" class="number">Began at</th><th scope="col" class="number">Took</th><th scope="col">Timeline</th><th scope="col">Outcome</th></tr></thead>
<tbody>
${rows}</tbody></table></div></section>`;
}

/** When a phase was, as a bar on the time of the whole boot. */
function timeBar(phase: BootPhase, end: number): Html {
  if (!('ms' in phase)) return NOTHING;
  const x = (phase.startedMs / end) * 100;
  // what took no time is still to be seen
  const width = Math.max((phase.ms / end) * 100, 0.7);
  const at = Math.min(x, 100 - width);
  return html`<svg class="time ${phase.state}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8"/><rect class="fill" x="${at.toFixed(2)}" width="${width.toFixed(2)}" height="8"/></svg>`;
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

/** A term of a description list and its description, if there is one. */
type Fact = readonly [term: string, text: string | Html | undefined];

export function rowsOf(facts: readonly Fact[]): Html[] {
  return facts.flatMap(([term, text]) =>
    text === undefined ? [] : html`<dt>${term}</dt><dd>${text}</dd>\n`,
  );
}

/** Words with their level in front, unless there is nothing to heed. */
export function leveled({ level, text }: Words): Html {
  return level === 'ok' ? html`${text}` : html`<span class="${level}">${level}</span>: ${text}`;
}

/** What else the configuration asks of VPP; nothing where it asks for nothing. */
export function objectSection({ objects, lastDrift }: ObjectsStatus, now: number): Html {
  const rows = objects.slice(0, MAX_OBJECTS).map(({ kind, name, state, facts }) => {
    const isOk = state.state === 'ok';
    const lines = factLines(facts).slice(0, MAX_FACT_LINES);
    const more = lines.length === 0 ? '' : html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
    return html`<tr><td>${kind}</td><th scope="row">${name}</th><td class="${isOk ? 'ok' : 'error'}">${isOk ? 'as configured' : state.reason}</td><td>${describeFacts(facts)}${more}</td></tr>\n`;
  });
  const left = objects.length - rows.length;
  const note = left > 0 ? html`<p>${formatCount(left)} more in <a href="/status">status</a>.</p>` : '';
  const drift = lastDrift === undefined ? '' : html`<p>VPP was ${describeDrift(lastDrift, now)}</p>\n`;
  const table = html`<div class="scroll" role="region" aria-label="Table of objects" tabindex="0"><table><thead><tr><th scope="col">Kind</th><th scope="col">Name</th><th scope="col">State</th><th scope="col">Now</th></tr></thead><tbody>
${rows}</tbody></table></div>`;
  return html`<section aria-labelledby="objects"><h2 id="objects" tabindex="-1">Objects in VPP</h2>
${drift}${rows.length === 0 ? html`<p>The configuration asks for none.</p>` : table}${note}</section>`;
}
