/** Owns what is said of the data plane's interfaces. Pure. */
import type { LinkCounters } from '../linux/mod.ts';
import { type Column, counters, gauges, metricTable, type Samples } from '../report/mod.ts';
import type { InterfaceCounters } from '../vpp/stats/mod.ts';

export type LinkState = 'up' | 'down' | 'unknown';

/** One data plane interface: in VPP, or in the kernel while that is the data plane. */
export interface InterfaceStatus {
  readonly name: string;
  readonly dataPlane: 'vpp' | 'kernel';
  readonly swIfIndex?: number;
  /** Present: as configured, or what is not. */
  readonly state:
    | { readonly state: 'ok' }
    | { readonly state: 'pending'; readonly reason: string }
    | { readonly state: 'failed'; readonly reason: string }
    /** Exists in the data plane, the configuration does not name it. */
    | { readonly state: 'unconfigured' };
  readonly adminUp: boolean;
  readonly link: LinkState;
  readonly mtuBytes?: number;
  readonly speedMbps?: number;
  readonly mac?: string;
  /** `192.0.2.1/24` */
  readonly addresses: readonly string[];
  /** Table of its VRF; left out in the default one. */
  readonly tableId?: number;
  /** Configured up, and down because somebody set its TAP down. */
  readonly isSetDownInLinux?: boolean;
  /** Its TAP in Linux, or why it has none; left out where none is wanted (`vpp.lcp.enabled`). */
  readonly hostInterface?:
    | { readonly state: 'paired'; readonly name: string; readonly netns: string }
    | { readonly state: 'failed'; readonly reason: string };
  /** Left out by init: telemetry fills it in by name from the latest snapshot of VPP's counters. */
  readonly counters?: InterfaceCounters;
  /** What the kernel counted, of an interface over which the kernel forwards. */
  readonly kernelCounters?: LinkCounters;
}

/** What the kernel counts of an interface, by its name in sysfs's `statistics` too: `rx_packets`. */
export const KERNEL_COUNTERS: readonly (readonly [
  counter: keyof LinkCounters,
  metric: string,
  help: string,
])[] = [
  ['rxPackets', 'receive_packets', 'Packets received'],
  ['rxBytes', 'receive_bytes', 'Bytes received'],
  ['rxErrors', 'receive_errors', 'Packets received with errors'],
  ['rxDropped', 'receive_drops', 'Packets received and dropped'],
  ['txPackets', 'transmit_packets', 'Packets sent'],
  ['txBytes', 'transmit_bytes', 'Bytes sent'],
  ['txErrors', 'transmit_errors', 'Packets that could not be sent'],
  ['txDropped', 'transmit_drops', 'Packets dropped instead of sent'],
];

interface InterfaceSource {
  readonly interfaces: readonly InterfaceStatus[];
  /** Of each. */
  readonly names: readonly string[];
}

const LABELS = ['interface'];

/** A figure of each interface; one that is not known has no sample. */
const byName =
  (figure: (one: InterfaceStatus) => number | boolean | undefined) =>
  ({ interfaces, names }: InterfaceSource): Column => ({
    keys: names,
    values: interfaces.map((one) => Number(figure(one))),
  });

/** State of the data plane's interfaces, whatever the data plane is. */
export const INTERFACE_METRICS = metricTable<InterfaceSource, Samples>({
  appliance_interface_admin_up: gauges(
    'Whether the interface is enabled',
    LABELS,
    byName(({ adminUp }) => adminUp),
  ),
  appliance_interface_link_up: gauges(
    'Whether the interface has a link (absent: not known)',
    LABELS,
    byName(({ link }) => (link === 'unknown' ? undefined : link === 'up')),
  ),
  appliance_interface_configured: gauges(
    'Whether the interface is as configured',
    LABELS,
    byName(({ state }) => (state.state === 'unconfigured' ? undefined : state.state === 'ok')),
  ),
  appliance_interface_set_down_in_linux: gauges(
    'Whether the interface is down because its TAP in Linux was set down (absent: without a TAP)',
    LABELS,
    byName(({ hostInterface, isSetDownInLinux }) =>
      hostInterface?.state === 'paired' ? isSetDownInLinux === true : undefined,
    ),
  ),
  appliance_interface_tap: gauges(
    'Whether the interface has its TAP in Linux (absent: none is wanted)',
    LABELS,
    byName(({ hostInterface }) => hostInterface && hostInterface.state === 'paired'),
  ),
  appliance_interface_mtu_bytes: gauges(
    'MTU of the interface',
    LABELS,
    byName(({ mtuBytes }) => mtuBytes),
  ),
  appliance_interface_speed_bits_per_second: gauges(
    'Speed of the link',
    LABELS,
    byName(({ speedMbps }) => speedMbps && speedMbps * 1e6),
  ),
  ...Object.fromEntries(
    KERNEL_COUNTERS.map(([key, metric, help]) => [
      `appliance_interface_kernel_${metric}_total`,
      counters(
        `${help} by the kernel while it forwards`,
        LABELS,
        byName(({ kernelCounters }) => kernelCounters?.[key]),
      ),
    ]),
  ),
});
