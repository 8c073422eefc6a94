/** Owns what is said of BGP sessions. Pure. */
import type { BgpFamilyName } from '../config/mod.ts';
import {
  counters,
  finding,
  type Finding,
  formatAgo,
  formatCount,
  formatDuration,
  gauges,
  metricTable,
  plural,
  type Shade,
  stateSamples,
  type Timestamp,
} from '../report/mod.ts';

/** The states of RFC 4271, section 8.2.2. */
export type BgpState = 'idle' | 'connect' | 'active' | 'open-sent' | 'open-confirm' | 'established';

export interface BgpFamilyStatus {
  readonly family: BgpFamilyName;
  /** Whether both sides of the session have it. */
  readonly isAgreed: boolean;
  readonly prefixes: number;
  /** Additional paths of them all; 0 where the neighbour announces one for each. */
  readonly paths: number;
  /** Of an earlier session, not announced again so far. */
  readonly stale: number;
  /** Announcements that the route table had no room for. */
  readonly refused: number;
}

export interface BgpNeighborStatus {
  readonly name: string;
  /** `fe80::1%xe0` */
  readonly address: string;
  readonly as: number;
  readonly netns?: string;
  readonly passive: boolean;
  readonly state: BgpState;
  /** Since when it is established, or is not. */
  readonly since: Timestamp;
  /** How often it was established. */
  readonly ups: number;
  readonly families: readonly BgpFamilyStatus[];
  /** Of the established session; 0: none. */
  readonly holdTimeSeconds?: number;
  /** When stale routes are withdrawn. */
  readonly staleUntil?: Timestamp;
  /** How the last session, or the attempt to agree on one, has ended. */
  readonly lastError?: { readonly at: Timestamp; readonly text: string };
  /** Why the neighbour cannot be reached now. */
  readonly unreachable?: string;
  /** What was wrong with an UPDATE of the established session. */
  readonly lastTrouble?: string;
  /** The following are sums of all sessions. */
  readonly messages: number;
  readonly updates: number;
  readonly treatedAsWithdraw: number;
  readonly attributesDiscarded: number;
  readonly loops: number;
  /** How often the FIBs were waited for before more was read. */
  readonly waits: number;
}

export interface BgpStatus {
  readonly as: number;
  readonly routerId: string;
  readonly neighbors: readonly BgpNeighborStatus[];
}

export const BGP_SHADES: Readonly<Record<BgpState, Shade>> = {
  idle: 'error',
  connect: 'error',
  active: 'error',
  'open-sent': 'warning',
  'open-confirm': 'warning',
  established: 'ok',
};

type Source = { readonly bgp?: BgpStatus };
const neighbors = ({ bgp }: Source): readonly BgpNeighborStatus[] => bgp?.neighbors ?? [];

const ofFamilies =
  (read: (one: BgpFamilyStatus) => number) =>
  (source: Source): [number, string, string][] =>
    neighbors(source).flatMap(({ name, families }) =>
      families.map((one): [number, string, string] => [read(one), name, one.family]),
    );
const FAMILY_LABELS = ['neighbor', 'family'];

function ofNeighbors(help: string, read: (one: BgpNeighborStatus) => number) {
  return counters(help, ['neighbor'], (source: Source) =>
    neighbors(source).map((one) => [read(one), one.name] as const),
  );
}

export const BGP_METRICS = metricTable<Source>({
  appliance_bgp_session_state: gauges(
    'State of a BGP session, 1 for the one that is',
    ['neighbor', 'state'],
    (source) => neighbors(source).flatMap(({ name, state }) => stateSamples(BGP_SHADES, state, name)),
  ),
  appliance_bgp_prefixes: gauges(
    'Prefixes that a neighbour announces',
    FAMILY_LABELS,
    ofFamilies(({ prefixes }) => prefixes),
  ),
  appliance_bgp_paths: gauges(
    'Additional paths that a neighbour announces',
    FAMILY_LABELS,
    ofFamilies(({ paths }) => paths),
  ),
  appliance_bgp_stale_prefixes: gauges(
    'Prefixes of an earlier session, not announced again so far',
    FAMILY_LABELS,
    ofFamilies(({ stale }) => stale),
  ),
  appliance_bgp_refused_total: counters(
    'Announcements that the route table had no room for',
    FAMILY_LABELS,
    ofFamilies(({ refused }) => refused),
  ),
  appliance_bgp_established_total: ofNeighbors('How often the session was established', ({ ups }) => ups),
  appliance_bgp_updates_total: ofNeighbors('UPDATE messages received', ({ updates }) => updates),
  appliance_bgp_treated_as_withdraw_total: ofNeighbors(
    'UPDATE messages whose routes were withdrawn for a malformed attribute (RFC 7606)',
    ({ treatedAsWithdraw }) => treatedAsWithdraw,
  ),
  appliance_bgp_attributes_discarded_total: ofNeighbors(
    'Attributes that were left out for being malformed (RFC 7606)',
    ({ attributesDiscarded }) => attributesDiscarded,
  ),
  appliance_bgp_loops_total: ofNeighbors(
    'UPDATE messages with the own AS or identifier, whose routes were not taken',
    ({ loops }) => loops,
  ),
  appliance_bgp_waits_total: ofNeighbors(
    'How often the FIBs were waited for before more was read',
    ({ waits }) => waits,
  ),
});

/** `established for 3 s, 1,000 prefixes`; `active for 5 s: connect ECONNREFUSED` */
export function describeBgpNeighbor(one: BgpNeighborStatus, now: number): string {
  const { state, since, families, lastError, unreachable, staleUntil } = one;
  const count = (read: (family: BgpFamilyStatus) => number): number =>
    families.reduce((sum, family) => sum + read(family), 0);
  const stale = count((family) => family.stale);
  const kept =
    stale === 0 || staleUntil === undefined
      ? ''
      : `, ${prefixWords(stale)} stale, withdrawn ${formatAgo(staleUntil, now)}`;
  const words = `${state} for ${formatDuration(now - since)}`;
  if (state === 'established') return `${words}, ${prefixWords(count(({ prefixes }) => prefixes))}${kept}`;
  const reasons = [lastError?.text, unreachable].filter((reason) => reason !== undefined);
  return `${words}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}${kept}`;
}

function prefixWords(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'prefix' : 'prefixes'}`;
}

/** A session that is down has no routes here, or old ones. */
export function bgpFindings(bgp: BgpStatus | undefined, now: number): Finding[] {
  const all = bgp?.neighbors ?? [];
  const down = all.filter(({ state }) => state !== 'established');
  const found = down.map((one) => {
    const text = `BGP session ${one.name} (${one.address}, AS ${one.as}) is ${describeBgpNeighbor(one, now)}`;
    const level = BGP_SHADES[one.state] === 'error' ? 'error' : 'warning';
    return finding('routes', `bgp-${one.state}`, level, text, { subject: one.name, since: one.since });
  });
  if (found.length > 0 || all.length === 0) return found;
  const text = `${plural(all.length, 'BGP session')} established`;
  return [finding('routes', 'bgp-well', 'ok', text, { quiet: true })];
}
