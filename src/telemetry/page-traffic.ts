/** Owns the page's section about interfaces: what each is, what goes through it now and went in the last minutes. */
import type { InterfaceStatus } from '../interfaces/status.ts';
import { formatBitRate, formatCount, formatPacketRate } from '../report/mod.ts';
import { type Html, html } from './html.ts';
import type { PageModel } from './page-model.ts';
import { sparkline, trafficPlot } from './plot.ts';
import { type InterfaceRates, sumSeries } from './rates.ts';

const HEADINGS = ['Name', 'State', 'Addresses', 'In', 'Out', 'Last 5 min', 'Drops', 'Errors', 'MTU'] as const;
const NUMBERS: ReadonlySet<string> = new Set(['In', 'Out', 'Drops', 'Errors', 'MTU']);

export function interfaceSection(model: PageModel, now: number): Html {
  const { interfaces } = model.status;
  if (interfaces.length === 0) {
    return html`<section aria-labelledby="interfaces"><h2 id="interfaces" tabindex="-1">Interfaces</h2>
<p>There are none: neither VPP nor the configuration has one.</p></section>`;
  }
  const heads = HEADINGS.map(
    (name) => html`<th scope="col"${NUMBERS.has(name) ? html` class="number"` : ''}>${name}</th>`,
  );
  const rows = interfaces.map((one) => interfaceRow(one, model, now));
  const left = model.interfaceCount - interfaces.length;
  const more =
    left > 0 ? html`<p>${formatCount(left)} more interfaces in <a href="/status">status</a>.</p>` : '';
  return html`<section aria-labelledby="interfaces"><h2 id="interfaces" tabindex="-1">Interfaces</h2>
${totals(model, now)}<div class="scroll" role="region" aria-label="Table of interfaces" tabindex="0"><table class="stacked traffic"><thead><tr>${heads}</tr></thead>
<tbody>
${rows}</tbody></table></div>${more}</section>`;
}

/** All interfaces together; with one it would be the same picture twice. */
function totals({ history, rates }: PageModel, now: number): Html {
  const all = Object.values(rates?.interfaces ?? {});
  const sum = (of: (rates: InterfaceRates) => number): number =>
    all.reduce((total, one) => total + of(one), 0);
  const figure = (name: string, value: string): Html =>
    html`<div class="figure"><dt>${name}</dt><dd>${value}</dd></div>`;
  const dash = rates === undefined ? '–' : undefined;
  return html`<div class="totals">${trafficPlot('All interfaces', history, sumSeries(history), now)}
<dl class="figures">${figure('In', dash ?? formatBitRate(sum((one) => one.rxBits)))}${figure('Out', dash ?? formatBitRate(sum((one) => one.txBits)))}${figure('Packets in', dash ?? formatPacketRate(sum((one) => one.rxPackets)))}${figure('Drops', dash ?? formatPacketRate(sum((one) => one.drops)))}</dl></div>
`;
}

function interfaceRow(one: InterfaceStatus, { rates, history }: PageModel, now: number): Html {
  const now1 = rates?.interfaces[one.name];
  const traffic =
    one.dataPlane === 'kernel' || now1 === undefined
      ? html`<td class="number" data-label="In">–</td><td class="number" data-label="Out">–</td>`
      : html`<td class="number" data-label="In">${twoLines(now1.rxBits, now1.rxPackets)}</td><td class="number" data-label="Out">${twoLines(now1.txBits, now1.txPackets)}</td>`;
  const speed = one.speedMbps === undefined ? '' : html`<small>${speedOf(one.speedMbps)}</small>`;
  const addresses = one.addresses.map((address) => html`<span class="address">${address}</span> `);
  return html`<tr><th scope="row">${one.name}<small>${one.dataPlane === 'vpp' ? 'VPP' : 'kernel'}</small></th><td data-label="State">${describeInterface(one)}${speed}${describeHostInterface(one)}${describeTable(one)}</td><td data-label="Addresses">${addresses.length === 0 ? '–' : addresses}</td>${traffic}<td data-label="Last 5 min">${sparkline(one.name, history, history.series[one.name], now)}</td>${troubleCell('Drops', now1?.drops)}${troubleCell('Errors', now1?.errors)}<td class="number" data-label="MTU">${one.mtuBytes ?? '–'}</td></tr>\n`;
}

function twoLines(bits: number, packets: number): Html {
  return html`${formatBitRate(bits)}<small>${formatPacketRate(packets)}</small>`;
}

function troubleCell(name: string, perSecond: number | undefined): Html {
  const text = perSecond === undefined ? '–' : formatPacketRate(perSecond);
  const isHigh = perSecond !== undefined && perSecond >= 0.5;
  return html`<td class="number" data-label="${name}">${isHigh ? html`<span class="warning">${text}</span>` : text}</td>`;
}

function speedOf(mbps: number): string {
  return formatBitRate(mbps * 1e6);
}

function describeInterface(one: InterfaceStatus): Html {
  const link = !one.adminUp
    ? html`${one.isSetDownInLinux === true ? 'set down in Linux' : 'shut down'}`
    : one.link === 'down'
      ? html`<span class="warning">no link</span>`
      : html`up, link ${one.link}`;
  switch (one.state.state) {
    case 'ok':
      return link;
    case 'unconfigured':
      return html`${link}, not in the configuration`;
    case 'pending':
      return html`<span class="warning">not set up yet</span>: ${one.state.reason}`;
    case 'failed':
      return html`${link}, <span class="error">failed</span>: ${one.state.reason}`;
  }
}

/** The table of its VRF. */
function describeTable({ tableId }: InterfaceStatus): Html {
  return tableId === undefined ? html`` : html`<small>table ${tableId}</small>`;
}

/** Its TAP in Linux, where one is wanted. */
function describeHostInterface({ name, hostInterface }: InterfaceStatus): Html {
  if (hostInterface === undefined) return html``;
  if (hostInterface.state === 'failed') {
    return html`<small><span class="error">no TAP in Linux</span>: ${hostInterface.reason}</small>`;
  }
  const also = hostInterface.name === name ? '' : ` as ${hostInterface.name}`;
  return html`<small>in Linux${also} in the namespace ${hostInterface.netns}</small>`;
}
