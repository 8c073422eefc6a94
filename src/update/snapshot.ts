/**
 * Derives the verdict's snapshot from the value behind /status. The types describe the part of telemetry's
 * `ApplianceStatus` that is read here, since this folder does not import telemetry.
 */
import type { Config } from '../config/types.ts';
import type { TrialSnapshot } from './conditions.ts';

/** The part of `ApplianceStatus` that is read. */
export interface StatusPart {
  readonly config: { readonly state: 'ok' | 'rejected' | 'missing'; readonly reason?: string };
  readonly management:
    | { readonly state: 'ready'; readonly addresses: readonly string[] }
    | { readonly state: 'none' | 'configuring' | 'failed'; readonly reason: string };
  readonly vpp: {
    readonly process: { readonly state: string; readonly reason?: string };
    readonly api: { readonly state: string; readonly reason?: string; readonly vpePid?: number };
    readonly pid?: number;
    readonly restarts: number;
  };
  readonly interfaces: readonly {
    readonly name: string;
    readonly dataPlane: 'vpp' | 'kernel';
    readonly state: { readonly state: string };
    readonly adminUp: boolean;
    readonly link: 'up' | 'down' | 'unknown';
  }[];
  readonly fib: readonly {
    readonly backend: string;
    readonly desired: number;
    readonly programmed: number;
    readonly pending: number;
  }[];
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

function managementOf(management: StatusPart['management']): TrialSnapshot['management'] {
  switch (management.state) {
    case 'ready':
      return { state: 'ready', addresses: management.addresses };
    case 'none':
      return { state: 'none', reason: management.reason };
    default:
      return { state: 'waiting', reason: management.reason };
  }
}

function vppOf(vpp: StatusPart['vpp'], config: Config): TrialSnapshot['vpp'] {
  if (!config.vpp.enabled) return { state: 'disabled' };
  if (vpp.api.state === 'connected') {
    return { state: 'connected', life: `pid ${vpp.api.vpePid ?? vpp.pid}, ${vpp.restarts} restarts` };
  }
  // The reason why the process is not running is more useful than why the API does not answer.
  const { process, api } = vpp;
  const isRunning = process.state === 'running' || process.state === 'external';
  const part = isRunning || process.reason === undefined ? api : process;
  const subject = part === api ? 'its API is' : 'it is';
  return {
    state: 'down',
    reason: `${subject} ${part.state}${part.reason === undefined ? '' : `: ${part.reason}`}`,
  };
}
