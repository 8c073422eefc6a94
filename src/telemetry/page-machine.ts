/** Owns the page's sections about what was configured and what is there: configuration and NICs. */
import { describeChange, type ConfigChangeStatus, type ConfigStatus } from '../live/status.ts';
import type { NicRole, NicStatus } from '../dpdk/status.ts';
import { formatBitRate, formatCount } from '../report/mod.ts';
import { type Html, html } from './html.ts';
import { leveled } from './page-parts.ts';

/** Bounds on the page; everything is in `/status`. */
const MAX_PROBLEMS = 200;
const MAX_STEPS = 200;

export function configSection(
  config: ConfigStatus,
  change: ConfigChangeStatus | undefined,
  now: number,
): Html {
  const source = { file: 'the file', default: 'the defaults', 'last-good': 'the last good configuration' }[
    config.source
  ];
  const reason = config.state === 'ok' ? '' : ` (${config.reason})`;
  const items = config.problems
    .slice(0, MAX_PROBLEMS)
    .map(
      (problem) =>
        html`<tr><td class="number">${problem.line > 0 ? problem.line : ''}</td><td><span class="badge ${problem.severity}">${problem.severity}</span></td><td><code>${problem.leaf}</code></td><td>${problem.message}</td></tr>\n`,
    );
  const table =
    items.length === 0
      ? html`<p>No problems found in it.</p>`
      : html`<div class="scroll" role="region" aria-label="Problems in the configuration" tabindex="0"><table><thead><tr><th scope="col" class="number">Line</th><th scope="col">Severity</th><th scope="col">Leaf</th><th scope="col">Problem</th></tr></thead>
<tbody>
${items}</tbody></table></div>${more(config.problems.length, MAX_PROBLEMS, 'problems')}`;
  return html`<section aria-labelledby="config"><h2 id="config" tabindex="-1">Configuration</h2>
<p><code>${config.path}</code> is ${config.state}${reason}; in use: ${source}.</p>
${table}${change === undefined ? '' : changePart(change, now)}</section>`;
}

/** Nothing while the configuration in force is confirmed and all of it is in force. */
function changePart(change: ConfigChangeStatus, now: number): Html {
  const state = change.state === 'confirmed' ? '' : html`<p>${leveled(describeChange(change, now))}</p>\n`;
  const steps = change.state === 'waiting' ? [...change.plan.steps, ...change.plan.restart] : [];
  const rows = steps
    .slice(0, MAX_STEPS)
    .map(
      ({ leaf, words, effect }) =>
        html`<tr><th scope="row"><code>${leaf}</code></th><td>${words}</td><td>${effect === 'live' ? 'now' : 'when VPP is restarted'}</td></tr>\n`,
    );
  const plan =
    steps.length === 0
      ? ''
      : html`<div class="scroll" role="region" aria-label="What the change does" tabindex="0"><table><caption>What it changes</caption><thead><tr><th scope="col">Leaf</th><th scope="col">Change</th><th scope="col">In force</th></tr></thead>
<tbody>
${rows}</tbody></table></div>${more(steps.length, MAX_STEPS, 'changes')}`;
  const pending =
    change.pending.length === 0
      ? ''
      : html`<p>Not in force before a restart:</p>
<ul>
${change.pending.slice(0, MAX_STEPS).map((words) => html`<li>${words}</li>\n`)}</ul>${more(change.pending.length, MAX_STEPS, 'changes')}`;
  return html`${state}${plan}${pending}`;
}

export function nicSection(nics: readonly NicStatus[]): Html {
  const items = nics.map((nic) => {
    const speed = nic.speedMbps === undefined ? '' : `, ${formatBitRate(nic.speedMbps * 1e6)}`;
    const group =
      nic.iommuGroup === undefined
        ? 'none'
        : `${nic.iommuGroup}${nic.groupMembers.length > 0 ? ` with ${nic.groupMembers.join(', ')}` : ''}`;
    const id = `ini-${nic.pciAddress}`;
    const paste =
      nic.iniLine === ''
        ? html``
        : html`<div class="paste"><span>Gives it to VPP</span><button type="button" class="scripted" data-copy="${id}" aria-label="Copy the lines that give ${nic.pciAddress} to VPP">Copy</button><pre id="${id}" tabindex="0" role="region" aria-label="Lines that give ${nic.pciAddress} to VPP">${nic.iniLine}</pre></div>`;
    return html`<li><h3><code>${nic.pciAddress}</code> ${nic.kernelName ?? ''}</h3>
<p>${describeUse(nic.use)}</p>
<dl class="compact"><dt>Link</dt><dd>${nic.link}${speed}</dd><dt>Driver</dt><dd>${nic.driver ?? 'none'}</dd><dt>MAC</dt><dd>${nic.mac ?? 'not known'}</dd><dt>IOMMU group</dt><dd>${group}</dd></dl>
${paste}</li>\n`;
  });
  const body =
    items.length === 0
      ? html`<p>The PCI bus has none.</p>`
      : html`<p>The lines below a card give it to VPP; they go into <code>appliance.ini</code>.</p>
<ul class="nics">
${items}</ul>`;
  return html`<section aria-labelledby="nics"><h2 id="nics" tabindex="-1">Network cards</h2>
${body}</section>`;
}

function describeUse(use: NicRole): Html {
  switch (use.role) {
    case 'vpp':
      return html`VPP as ${use.name}`;
    case 'management':
      return html`management (${use.name})`;
    case 'free':
      return html`used by nobody`;
    case 'missing':
      return html`<span class="error">missing</span>, wanted as ${use.name}: ${use.reason}`;
    case 'refused':
      return html`<span class="error">refused</span> as ${use.name}: ${use.reason}`;
    case 'fallback':
      return html`<span class="warning">the kernel</span> as ${use.name}: ${use.reason}`;
  }
}

function more(count: number, limit: number, what: string): Html {
  return count > limit
    ? html`<p>${formatCount(count - limit)} more ${what} in <a href="/status">status</a>.</p>`
    : html``;
}
