/** Owns the page's sections about what was configured and what is there: configuration, interfaces, NICs. */
import { describeChange } from './box-words.ts';
import { formatBytes, formatCount } from './format.ts';
import { type Html, html } from './html.ts';
import { leveled, numbers } from './page-parts.ts';
import type { ConfigChangeStatus, ConfigStatus, InterfaceStatus, NicRole, NicStatus } from './status.ts';

/** Bounds on the page; everything is in `/status`. */
const MAX_INTERFACES = 200;
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
        html`<tr><td class="number">${problem.line > 0 ? problem.line : ''}</td><td><span class="${problem.severity}">${problem.severity}</span></td><td><code>${problem.leaf}</code></td><td>${problem.message}</td></tr>\n`,
    );
  const table =
    items.length === 0
      ? html`<p>No problems found in it.</p>`
      : html`<div class="scroll"><table><thead><tr><th scope="col" class="number">Line</th><th scope="col">Severity</th><th scope="col">Leaf</th><th scope="col">Problem</th></tr></thead>
<tbody>
${items}</tbody></table></div>${more(config.problems.length, MAX_PROBLEMS, 'problems')}`;
  return html`<section aria-labelledby="config"><h2 id="config">Configuration</h2>
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
      : html`<div class="scroll"><table><caption>What it changes</caption><thead><tr><th scope="col">Leaf</th><th scope="col">Change</th><th scope="col">In force</th></tr></thead>
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

export function interfaceSection(interfaces: readonly InterfaceStatus[]): Html {
  if (interfaces.length === 0) {
    return html`<section aria-labelledby="interfaces"><h2 id="interfaces">Interfaces</h2>
<p>None</p></section>`;
  }
  const rows = interfaces.slice(0, MAX_INTERFACES).map((one) => {
    const counters = one.counters;
    const traffic = counters
      ? html`${numbers([counters.rxPackets])}<td class="number">${formatBytes(counters.rxBytes)}</td>${numbers([counters.txPackets])}<td class="number">${formatBytes(counters.txBytes)}</td>${numbers([counters.drops, counters.rxError + counters.txError + counters.rxMiss + counters.rxNoBuf])}`
      : html`<td colspan="6">no counters</td>`;
    return html`<tr><th scope="row">${one.name}</th><td>${describeInterface(one)}${describeHostInterface(one)}</td><td>${one.dataPlane}</td><td>${one.addresses.join(' ')}</td><td class="number">${one.mtuBytes ?? ''}</td>${traffic}</tr>\n`;
  });
  return html`<section aria-labelledby="interfaces"><h2 id="interfaces">Interfaces</h2>
<div class="scroll"><table><thead><tr><th scope="col">Name</th><th scope="col">State</th><th scope="col">Data plane</th><th scope="col">Addresses</th><th scope="col" class="number">MTU</th><th scope="col" class="number">Received packets</th><th scope="col" class="number">bytes</th><th scope="col" class="number">Sent packets</th><th scope="col" class="number">bytes</th><th scope="col" class="number">Drops</th><th scope="col" class="number">Errors</th></tr></thead>
<tbody>
${rows}</tbody></table></div>${more(interfaces.length, MAX_INTERFACES, 'interfaces')}</section>`;
}

function describeInterface(one: InterfaceStatus): Html {
  const link = one.adminUp ? `up, link ${one.link}` : 'shut down';
  switch (one.state.state) {
    case 'ok':
      return html`${link}`;
    case 'unconfigured':
      return html`${link}, not in the configuration`;
    case 'pending':
      return html`${link}, <span class="warning">not set up yet</span>: ${one.state.reason}`;
    case 'failed':
      return html`${link}, <span class="error">failed</span>: ${one.state.reason}`;
  }
}

/** Its TAP in Linux, where one is wanted. */
function describeHostInterface({ name, hostInterface }: InterfaceStatus): Html {
  if (hostInterface === undefined) return html``;
  if (hostInterface.state === 'failed') {
    return html`; <span class="error">no TAP in Linux</span>: ${hostInterface.reason}`;
  }
  const also = hostInterface.name === name ? '' : ` as ${hostInterface.name}`;
  return html`; in Linux${also} in the namespace ${hostInterface.netns}`;
}

export function nicSection(nics: readonly NicStatus[]): Html {
  const rows = nics.map((nic) => {
    const speed = nic.speedMbps === undefined ? '' : `, ${formatCount(nic.speedMbps)} Mbit/s`;
    const group =
      nic.iommuGroup === undefined
        ? 'none'
        : `${nic.iommuGroup}${nic.groupMembers.length > 0 ? ` with ${nic.groupMembers.join(', ')}` : ''}`;
    return html`<tr><th scope="row"><code>${nic.pciAddress}</code></th><td>${nic.mac ?? ''}</td><td>${nic.kernelName ?? ''}</td><td>${nic.driver ?? 'none'}</td><td>${nic.link}${speed}</td><td>${group}</td><td>${describeUse(nic.use)}</td><td><pre>${nic.iniLine}</pre></td></tr>\n`;
  });
  return html`<section aria-labelledby="nics"><h2 id="nics">Network cards</h2>
<div class="scroll"><table><thead><tr><th scope="col">PCI address</th><th scope="col">MAC</th><th scope="col">Kernel name</th><th scope="col">Driver</th><th scope="col">Link</th><th scope="col">IOMMU group</th><th scope="col">Used by</th><th scope="col">To give it to VPP</th></tr></thead>
<tbody>
${rows}</tbody></table></div></section>`;
}

function describeUse(use: NicRole): Html {
  switch (use.role) {
    case 'vpp':
      return html`VPP as ${use.name}`;
    case 'management':
      return html`management (${use.name})`;
    case 'free':
      return html`nobody`;
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
