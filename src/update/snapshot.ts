/** Derives the verdict's snapshot from the value behind /status: from the parts of it that rooms below this one name. */
import type { Config } from '../config/types.ts';
import type { FibBackendStatus } from '../fib/status.ts';
import type { InterfaceStatus } from '../interfaces/status.ts';
import type { ConfigStatus } from '../live/status.ts';
import type { ManagementStatus } from '../management/status.ts';
import type { VppStatus } from '../vpp/status.ts';
import type { TrialSnapshot } from './conditions.ts';

/** The part of `ApplianceStatus` that is read. */
export interface StatusPart {
  readonly config: Pick<ConfigStatus, 'state'> & { readonly reason?: string };
  readonly management: ManagementStatus;
  readonly vpp: VppStatus;
  readonly interfaces: readonly InterfaceStatus[];
  readonly fib: readonly FibBackendStatus[];
}

export interface SnapshotFacts {
  /** Hash of the configuration's text in force, lower-case hexadecimal. */
  readonly configSha256: string;
  readonly http: { readonly listening: boolean; readonly reason?: string };
}

/** The appliance's current state, for the verdict. */
export function snapshotOf(status: StatusPart, config: Config, facts: SnapshotFacts): TrialSnapshot {
  const plane = config.vpp.enabled ? 'vpp' : 'kernel';
  // With VPP but without its FIB no routes are programmed, so none are wanted: that backend is named `none`.
  const fib = status.fib.find(({ backend }) => backend === plane);
  const disabled = new Set(config.interfaces.filter(({ enabled }) => !enabled).map(({ name }) => name));
  return {
    config: {
      state: status.config.state,
      ...(status.config.reason === undefined ? {} : { reason: status.config.reason }),
      sha256: facts.configSha256,
    },
    management: managementOf(status.management),
    http: facts.http,
    vpp: vppOf(status.vpp, config),
    routes: {
      wanted: fib?.desired ?? 0,
      programmed: fib?.programmed ?? 0,
      pending: fib?.pending ?? 0,
    },
    links: status.interfaces
      .filter((one) => one.dataPlane === plane && one.state.state !== 'unconfigured')
      .filter(({ name }) => !disabled.has(name))
      // A TAP has no real link: `unknown` counts as up.
      .map(({ name, adminUp, link }) => ({ name, up: adminUp && link !== 'down' })),
  };
}

function managementOf(management: ManagementStatus): TrialSnapshot['management'] {
  switch (management.state) {
    case 'ready':
      return { state: 'ready', addresses: management.addresses };
    case 'none':
      return { state: 'none', reason: management.reason };
    default:
      return { state: 'waiting', reason: management.reason };
  }
}

function vppOf({ process, api, pid, restarts }: VppStatus, config: Config): TrialSnapshot['vpp'] {
  if (!config.vpp.enabled) return { state: 'disabled' };
  if (api.state === 'connected') {
    return { state: 'connected', life: `pid ${api.vpePid ?? pid}, ${restarts} restarts` };
  }
  // The reason why the process is not running is more useful than why the API does not answer.
  const isRunning = process.state === 'running' || process.state === 'external';
  const down = !isRunning && reasonIn(process) !== '' ? process : api;
  return {
    state: 'down',
    reason: `${down === api ? 'its API is' : 'it is'} ${down.state}${reasonIn(down)}`,
  };
}

function reasonIn(part: VppStatus['process'] | VppStatus['api']): string {
  return 'reason' in part && part.reason !== undefined ? `: ${part.reason}` : '';
}
