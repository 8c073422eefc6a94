/** Owns what is said of the management interface, and of the clock. Pure. */
import {
  finding,
  type Finding,
  formatDuration,
  gauge,
  isQuiet,
  metricTable,
  type Timestamp,
  type Words,
} from '../report/mod.ts';

/** The management interface, which stays with the kernel. */
export type ManagementStatus =
  | { readonly state: 'none'; readonly reason: string }
  | {
      readonly state: 'configuring' | 'failed';
      readonly interface: string;
      readonly method: 'dhcp' | 'static';
      readonly reason: string;
    }
  | {
      readonly state: 'ready';
      readonly interface: string;
      readonly method: 'dhcp' | 'static';
      readonly addresses: readonly string[];
      readonly gateway?: string;
      readonly dns: readonly string[];
      /** DHCP only. */
      readonly lease?: {
        readonly server: string;
        readonly obtainedAt: Timestamp;
        readonly expiresAt: Timestamp;
      };
    };

export const MANAGEMENT_METRICS = metricTable<{ readonly management: ManagementStatus }>({
  appliance_management_ready: gauge(
    'Whether the management interface has its address',
    ({ management }) => management.state === 'ready',
  ),
});

/** @param ownsMachine false: the host has the interfaces, and it is no setting */
export function managementFinding(management: ManagementStatus, ownsMachine: boolean): Finding {
  const { state } = management;
  switch (state) {
    case 'none': {
      const text = `No management interface: ${management.reason}`;
      return finding('management', state, 'ok', text, { ready: !ownsMachine });
    }
    case 'ready': {
      const text = `Management on ${management.interface}: ${management.addresses.join(', ')}`;
      return finding('management', state, 'ok', text);
    }
    case 'configuring': {
      const text = `Management on ${management.interface}: ${management.reason}`;
      return finding('management', state, 'warning', text);
    }
    case 'failed': {
      const text = `Management on ${management.interface} failed: ${management.reason}`;
      return finding('management', state, 'error', text);
    }
  }
}

/** Who named the servers. */
export type TimeSource = 'configuration' | 'dhcp';

export type TimeStatus =
  | { readonly state: 'off'; readonly reason: string }
  | {
      readonly state: 'unsynchronised';
      readonly reason: string;
      readonly servers: readonly string[];
      readonly source: TimeSource;
    }
  | {
      readonly state: 'synchronised';
      readonly servers: readonly string[];
      readonly source: TimeSource;
      /** The one in use, as chronyd calls it. */
      readonly server?: string;
      readonly estimatedErrorSeconds: number;
      readonly maximumErrorSeconds: number;
    };

const clock = ({ time }: { readonly time: TimeStatus }) => (time.state === 'synchronised' ? time : undefined);

export const TIME_METRICS = metricTable<{ readonly time: TimeStatus }>({
  appliance_clock_synchronised: gauge(
    'Whether a time server keeps the clock',
    (box) => clock(box) !== undefined,
  ),
  appliance_clock_estimated_error_seconds: gauge(
    'Estimated error of the clock while it is synchronised',
    (box) => clock(box)?.estimatedErrorSeconds,
  ),
  appliance_clock_maximum_error_seconds: gauge(
    'Bound on the error of the clock while it is synchronised',
    (box) => clock(box)?.maximumErrorSeconds,
  ),
});

export function describeTime(time: TimeStatus): Words {
  if (time.state === 'off') return { level: 'ok', text: `left alone: ${time.reason}` };
  const from = time.source === 'dhcp' ? 'from DHCP' : 'from the configuration';
  switch (time.state) {
    case 'unsynchronised':
      return {
        level: 'warning',
        text: `not synchronised: ${time.reason} (asked: ${time.servers.join(', ')}, ${from})`,
      };
    case 'synchronised': {
      const error = formatDuration(time.estimatedErrorSeconds * 1000);
      const atMost = formatDuration(time.maximumErrorSeconds * 1000);
      const by = time.server ?? time.servers.join(', ');
      return {
        level: 'ok',
        text: `synchronised with ${by} (${from}), off by about ${error}, ${atMost} at most`,
      };
    }
  }
}

/** Undefined where the clock is the host's. */
export function timeFinding(time: TimeStatus | undefined): Finding {
  if (time === undefined) return finding('time', 'host', 'ok', "the host's clock", { quiet: true });
  const words = describeTime(time);
  // Servers that nobody but DHCP named are no setting.
  const ready = time.state !== 'unsynchronised' || time.source !== 'configuration';
  return finding('time', time.state, words.level, `Time: ${words.text}`, { ready, ...isQuiet(words) });
}
