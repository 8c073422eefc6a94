/** Owns the series about the ways to VPP and its interfaces, which are there also when its figures are not. */
import type { LinkCounters } from '../linux/mod.ts';
import type { StatsReads } from '../vpp/stats/mod.ts';
import { escapeLabel, familyHeader, type Format, formatValue, single, uniqueNames } from './exposition.ts';
import type { InterfaceStatus } from '../interfaces/status.ts';
import type { ApiTraffic } from '../vpp/status.ts';

/** How the reading of the figures goes; `ageSeconds` is that of the latest, undefined before the first. */
export function* readSeries(
  reads: StatsReads,
  ageSeconds: number | undefined,
  format: Format,
): Generator<string> {
  const counter = (name: string, help: string, value: number): string =>
    single(name, 'counter', help, value, format);
  yield counter('vpp_stats_polls_total', 'Reads of the stats segment', reads.polls);
  yield counter('vpp_stats_read_failures_total', 'Reads that failed', reads.failures);
  yield counter('vpp_stats_read_retries_total', 'Reads repeated as VPP changed its structure', reads.retries);
  yield counter('vpp_stats_attachments_total', 'Attachments to the stats segment', reads.attachments);
  if (reads.lastReadMs !== undefined) {
    const help = 'Duration of the last read, turns of the event loop included';
    yield single('vpp_stats_last_read_seconds', 'gauge', help, reads.lastReadMs / 1000, format);
  }
  if (ageSeconds !== undefined) {
    const help = "Age of the latest figures of VPP; without them VPP's series are left out";
    yield single('vpp_stats_age_seconds', 'gauge', help, ageSeconds, format);
  }
}

/** Requests to VPP's binary API, without those of bulk programming but for their number in flight. */
export function* apiSeries(traffic: ApiTraffic, format: Format): Generator<string> {
  const name = 'appliance_vpp_api_round_trip_seconds';
  yield familyHeader(name, 'histogram', "From a request to the last of its answer by VPP's API", format);
  let count = 0;
  for (const [i, bound] of traffic.boundsSeconds.entries()) {
    count += traffic.counts[i] ?? 0;
    yield `${name}_bucket{le="${bound}"} ${count}\n`;
  }
  count += traffic.counts[traffic.boundsSeconds.length] ?? 0;
  yield `${name}_bucket{le="+Inf"} ${count}\n${name}_sum ${formatValue(traffic.sumSeconds)}\n${name}_count ${count}\n`;
  const help = "Requests that wait for VPP's answer, those of bulk programming among them";
  yield single('appliance_vpp_api_requests_in_flight', 'gauge', help, traffic.inFlight, format);
  const timeouts = 'Requests that VPP did not answer in time';
  yield single('appliance_vpp_api_timeouts_total', 'counter', timeouts, traffic.timeouts, format);
}

const KERNEL_COUNTERS: readonly (readonly [what: string, help: string, key: keyof LinkCounters])[] = [
  ['receive_packets', 'Packets that the kernel received', 'rxPackets'],
  ['receive_bytes', 'Bytes that the kernel received', 'rxBytes'],
  ['receive_errors', 'Packets that the kernel received with errors', 'rxErrors'],
  ['receive_drops', 'Packets that the kernel received and dropped', 'rxDropped'],
  ['transmit_packets', 'Packets that the kernel sent', 'txPackets'],
  ['transmit_bytes', 'Bytes that the kernel sent', 'txBytes'],
  ['transmit_errors', 'Packets that the kernel could not send', 'txErrors'],
  ['transmit_drops', 'Packets that the kernel dropped instead of sending', 'txDropped'],
];

/** State of the data plane's interfaces, whatever the data plane is. */
export function* interfaceStateSeries(
  interfaces: readonly InterfaceStatus[],
  format: Format,
): Generator<string> {
  if (interfaces.length === 0) return;
  const labels = uniqueNames(interfaces.map((one) => one.name)).map(
    (name) => `{interface="${escapeLabel(name)}"} `,
  );
  const family = function* (
    name: string,
    help: string,
    value: (one: InterfaceStatus) => number | undefined,
    type: 'gauge' | 'counter' = 'gauge',
  ) {
    let isEmpty = true;
    for (const [i, one] of interfaces.entries()) {
      const figure = value(one);
      if (figure === undefined) continue;
      if (isEmpty) yield familyHeader(name, type, help, format);
      isEmpty = false;
      yield `${name}${labels[i]}${figure}\n`;
    }
  };
  yield* family('appliance_interface_admin_up', 'Whether the interface is enabled', (one) =>
    Number(one.adminUp),
  );
  yield* family(
    'appliance_interface_link_up',
    'Whether the interface has a link (absent: not known)',
    (one) => (one.link === 'unknown' ? undefined : Number(one.link === 'up')),
  );
  yield* family('appliance_interface_configured', 'Whether the interface is as configured', (one) =>
    one.state.state === 'unconfigured' ? undefined : Number(one.state.state === 'ok'),
  );
  yield* family(
    'appliance_interface_set_down_in_linux',
    'Whether the interface is down because its TAP in Linux was set down (absent: without a TAP)',
    (one) => (one.hostInterface?.state === 'paired' ? Number(one.isSetDownInLinux === true) : undefined),
  );
  yield* family(
    'appliance_interface_tap',
    'Whether the interface has its TAP in Linux (absent: none is wanted)',
    ({ hostInterface }) =>
      hostInterface === undefined ? undefined : Number(hostInterface.state === 'paired'),
  );
  yield* family('appliance_interface_mtu_bytes', 'MTU of the interface', (one) => one.mtuBytes);
  yield* family('appliance_interface_speed_bits_per_second', 'Speed of the link', (one) =>
    one.speedMbps === undefined ? undefined : one.speedMbps * 1e6,
  );
  for (const [what, help, key] of KERNEL_COUNTERS) {
    const name = `appliance_interface_kernel_${what}_total`;
    yield* family(name, `${help}, while it forwards`, (one) => one.kernelCounters?.[key], 'counter');
  }
}
