/**
 * What a run must achieve before its version and its configuration count as good. Pure: from a snapshot, the evidence
 * of the last good run and the time the data plane has been stable to a list of conditions.
 *
 * The reference of the comparison. With the configuration of the last good run (same hash), that run: as many routes
 * within the tolerance, every link that was up. With another configuration the old numbers say nothing about the
 * version, so the configuration itself: the routes wanted in the FIB within the tolerance, and of the links that were
 * up those whose interfaces are still configured. Without evidence (the first run) links always pass, and routes once
 * all were tried.
 */
import type { UpdateConfig } from '../config/types.ts';
import type { Evidence } from './evidence.ts';

/** State of the appliance at one moment. */
export interface TrialSnapshot {
  readonly config: {
    /** `ok`: the file on the boot partition is in force. */
    readonly state: 'ok' | 'rejected' | 'missing';
    readonly reason?: string;
    /** Hash of the text in force. */
    readonly sha256: string;
  };
  readonly management:
    | { readonly state: 'ready'; readonly addresses: readonly string[] }
    /** No interface is left for management. */
    | { readonly state: 'none'; readonly reason: string }
    | { readonly state: 'waiting'; readonly reason: string };
  readonly http: { readonly listening: boolean; readonly reason?: string };
  readonly vpp:
    | { readonly state: 'disabled' }
    /** `life` differs for each VPP process and connection. */
    | { readonly state: 'connected'; readonly life: string }
    | { readonly state: 'down'; readonly reason: string };
  /** Of the forwarding FIB: VPP's, or the kernel's where VPP is disabled. */
  readonly routes: {
    readonly wanted: number;
    readonly programmed: number;
    /** Not tried yet. */
    readonly pending: number;
  };
  /** Data plane interfaces that the configuration enables. */
  readonly links: readonly { readonly name: string; readonly up: boolean }[];
}

export type ConditionName = 'configuration' | 'management' | 'vpp' | 'routes' | 'links';

/** One condition of the verdict. */
export interface TrialCondition {
  readonly name: ConditionName;
  readonly ok: boolean;
  /** Its state: `7 of 10 routes are programmed, at least 9 are needed`. */
  readonly words: string;
}

export interface AssessOptions {
  readonly snapshot: TrialSnapshot;
  readonly evidence: Evidence | undefined;
  readonly settings: UpdateConfig;
  readonly onTrial: boolean;
  /** How long `snapshot.vpp` has been unchanged, ms. */
  readonly stableMs: number;
}

/** All conditions, always in this order. */
export function assess(options: AssessOptions): TrialCondition[] {
  return [
    { name: 'configuration', ...assessConfiguration(options) },
    { name: 'management', ...assessManagement(options) },
    { name: 'vpp', ...assessVpp(options) },
    { name: 'routes', ...assessRoutes(options) },
    { name: 'links', ...assessLinks(options) },
  ];
}

/** The evidence of a run with this snapshot. */
export function evidenceOf(snapshot: TrialSnapshot, version: string, at: number): Evidence {
  return {
    version,
    at,
    configSha256: snapshot.config.sha256,
    routes: snapshot.routes.programmed,
    links: snapshot.links.filter(({ up }) => up).map(({ name }) => name),
    management: snapshot.management.state === 'ready',
  };
}

type Assessment = Omit<TrialCondition, 'name'>;

function assessConfiguration({ snapshot: { config } }: AssessOptions): Assessment {
  if (config.state === 'ok') return { ok: true, words: 'the configuration is in force' };
  const reason = config.reason === undefined ? '' : `: ${config.reason}`;
  return { ok: false, words: `the configuration is ${config.state}${reason}` };
}

function assessManagement({ snapshot, evidence, onTrial }: AssessOptions): Assessment {
  const { management, http } = snapshot;
  if (!http.listening) {
    return {
      ok: false,
      words: `HTTP is not listening${http.reason === undefined ? '' : `: ${http.reason}`}`,
    };
  }
  switch (management.state) {
    case 'ready':
      return management.addresses.length > 0
        ? { ok: true, words: `reachable at ${management.addresses.join(', ')}` }
        : { ok: false, words: 'the management interface has no address' };
    case 'none': {
      // A box may assign all NICs to VPP. A new version that lacks a driver looks the same: the last run decides.
      const isAsBefore = evidence === undefined ? !onTrial : !evidence.management;
      return { ok: isAsBefore, words: `no management interface: ${management.reason}` };
    }
    case 'waiting':
      return { ok: false, words: `management has no address: ${management.reason}` };
  }
}

function assessVpp({ snapshot: { vpp }, settings, stableMs }: AssessOptions): Assessment {
  if (vpp.state === 'down') return { ok: false, words: `VPP is not connected: ${vpp.reason}` };
  const what = vpp.state === 'disabled' ? 'VPP is disabled, the kernel forwards' : 'VPP is connected';
  const needed = settings.trialStableSeconds;
  const since = Math.floor(stableMs / 1000);
  if (stableMs >= needed * 1000) return { ok: true, words: `${what} and stable` };
  return { ok: false, words: `${what} for ${since} s, ${needed} s are needed` };
}

function assessRoutes({ snapshot, evidence, settings }: AssessOptions): Assessment {
  const { wanted, programmed, pending } = snapshot.routes;
  const share = 1 - settings.routeTolerancePercent / 100;
  const words = `${programmed} of ${wanted} routes are programmed`;
  if (evidence === undefined) {
    // Refused routes may always have been refused; routes not tried yet show nothing.
    if (wanted - pending < Math.ceil(wanted * share))
      return { ok: false, words: `${words}, ${pending} are pending` };
    return { ok: true, words: `${words}; no earlier run to compare with` };
  }
  const isSame = evidence.configSha256 === snapshot.config.sha256;
  const measure = isSame ? evidence.routes : wanted;
  const needed = Math.ceil(measure * share);
  const whose = isSame ? 'the last good run had' : 'the changed configuration has';
  if (programmed >= needed) return { ok: true, words };
  return { ok: false, words: `${words}, at least ${needed} are needed: ${whose} ${measure}` };
}

function assessLinks({ snapshot, evidence }: AssessOptions): Assessment {
  const up = new Set(snapshot.links.filter((link) => link.up).map(({ name }) => name));
  const words = up.size === 0 ? 'no link is up' : `up: ${[...up].join(', ')}`;
  if (evidence === undefined) return { ok: true, words: `${words}; no earlier run to compare with` };
  const isSame = evidence.configSha256 === snapshot.config.sha256;
  const named = new Set(snapshot.links.map(({ name }) => name));
  const missing = evidence.links.filter((name) => !up.has(name) && (isSame || named.has(name)));
  if (missing.length === 0) return { ok: true, words };
  return { ok: false, words: `down, but up in the last good run: ${missing.join(', ')}` };
}
