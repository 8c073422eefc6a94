/** Owns what is said of routes that routing daemons install in Linux: which are taken over, and why others are not. Pure. */
import {
  counter,
  finding,
  type Finding,
  gauge,
  gauges,
  metricTable,
  plural,
  type Timestamp,
} from '../report/mod.ts';

/** What of a refusal its words need: the detail, and the sources that the route is for. */
type RefusalFacts = Required<Pick<ImportRefusal, 'detail' | 'from'>>;

/** Why a route of a daemon, or a next hop of it, is not taken over, in words. */
const REFUSAL_WORDS = {
  // The detail is the type's name or number (rtm_type).
  'route-type': ({ detail }) => `VPP has nothing for its type, ${detail}`,
  // In another table than main.
  'throw-in-table': () =>
    'throw lets Linux go on with its next rule; VPP has no rules, and answers unreachable',
  'source-specific': ({ from }) =>
    `it is for packets from ${from} only, and VPP forwards by destination alone`,
  tos: ({ detail }) => `it is for the type of service ${detail} only, and VPP forwards by destination alone`,
  'link-not-in-vpp': ({ detail }) => `${detail} is the TAP of no interface of VPP`,
  // A lightweight tunnel: seg6, ip6 …
  encapsulated: ({ detail }) => `it puts packets into a tunnel (${detail})`,
  'labels-differ': () => 'each of its next hops pushes other MPLS labels',
  'label-without-gateway': () => 'it pushes an MPLS label without a gateway',
  'nexthop-object': ({ detail }) => `the kernel does not tell of its nexthop object ${detail}`,
  'too-many-next-hops': ({ detail }) => `it has ${detail} next hops, of which the first 64 are taken`,
  // Or it holds too many different sets of next hops.
  'table-full': () => 'the route table is full',
} as const satisfies Readonly<Record<string, (facts: RefusalFacts) => string>>;

export type ImportRefusalCode = keyof typeof REFUSAL_WORDS;

/** A route that is not taken over, or what it is taken over without. */
export interface ImportRefusal {
  readonly prefix: string;
  /** Absent: the main table. */
  readonly table?: number;
  /** The sources that it is for. */
  readonly from?: string;
  readonly reason: ImportRefusalCode;
  readonly detail?: string;
  /** Of a route that is taken: the next hop that it does without, as iproute2 says it. */
  readonly 'next-hop'?: string;
}

/** What is learnt from the kernel: the routes that daemons install in the namespace of VPP's TAPs. */
export type KernelImportStatus = (
  | { readonly state: 'waiting'; readonly reason: string }
  /** Everything is read for the first time. */
  | { readonly state: 'reading' }
  | { readonly state: 'following' }
) & {
  readonly since: Timestamp;
  /** Destinations taken over. */
  readonly routes: number;
  /** What is not taken over, or not as it is. */
  readonly notTaken: {
    /** Routes that are not there at all. */
    readonly routes: number;
    /** These, and what others are taken without. */
    readonly byReason: Readonly<Partial<Record<ImportRefusalCode, number>>>;
    /** The first few of `byReason`. */
    readonly first: readonly ImportRefusal[];
  };
  /** How often everything was read. */
  readonly readings: number;
};

export const IMPORT_METRICS = metricTable<{ readonly kernelImport?: KernelImportStatus }>({
  appliance_kernel_import_routes: gauge(
    'Routes that are taken over from routing daemons',
    ({ kernelImport }) => kernelImport?.routes ?? 0,
  ),
  appliance_kernel_import_refusals: gauges(
    'Routes of routing daemons, and next hops of theirs, that are not taken over',
    ['reason'],
    ({ kernelImport }) =>
      Object.entries(kernelImport?.notTaken.byReason ?? {}).map(([reason, count]) => [count, reason]),
  ),
  appliance_kernel_import_readings_total: counter(
    'How often all routes of routing daemons were read',
    ({ kernelImport }) => kernelImport?.readings ?? 0,
  ),
});

/** How many routes there are, and how many are not taken. */
export function describeImport(imported: KernelImportStatus): string {
  if (imported.state === 'waiting') return `Waiting: ${imported.reason}`;
  const { routes, notTaken } = imported;
  const reading = imported.state === 'reading' ? ', being read' : '';
  const without = notTaken.routes === 0 ? '' : `, ${notTaken.routes} not taken over`;
  return `${plural(routes, 'route')}${reading}${without}`;
}

/** `2001:db8::/32 from 2001:db8:1::/48 in table 100`: which route it is about. */
export function importedRouteText({ prefix, from, table }: ImportRefusal): string {
  return (
    prefix + (from === undefined ? '' : ` from ${from}`) + (table === undefined ? '' : ` in table ${table}`)
  );
}

/** Why it is not taken, or what of it. */
export function describeImportRefusal(refusal: ImportRefusal): string {
  const { reason, detail = '?', from = '?', 'next-hop': hop } = refusal;
  const words = REFUSAL_WORDS[reason]({ detail, from });
  return hop === undefined ? words : `without its next hop ${hop}: ${words}`;
}

/** `3 routes of routing daemons are not taken over, such as …`; undefined when all are. */
export function describeNotTaken({ notTaken }: KernelImportStatus): string | undefined {
  const [first] = notTaken.first;
  if (first === undefined) return undefined;
  const example = `${importedRouteText(first)}: ${describeImportRefusal(first)}`;
  const { routes } = notTaken;
  if (routes === 0) return `Routes of routing daemons are not taken over as they are, such as ${example}`;
  return `${plural(routes, 'route')} of routing daemons ${routes === 1 ? 'is' : 'are'} not taken over, such as ${example}`;
}

/** What is learnt, and what is not taken. */
export function importFindings(imported: KernelImportStatus): Finding[] {
  const isFollowing = imported.state === 'following';
  const more = { subject: 'import', ready: isFollowing, quiet: true } as const;
  const text = `Routes of routing daemons: ${describeImport(imported)}`;
  const found = [finding('routes', imported.state, isFollowing ? 'ok' : 'warning', text, more)];
  const notTaken = describeNotTaken(imported);
  if (notTaken !== undefined) {
    found.push(finding('routes', 'not-taken', 'warning', notTaken, { subject: 'import', ready: true }));
  }
  return found;
}
