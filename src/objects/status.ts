/** Owns what is said of the objects in VPP that the configuration asks for besides interfaces and routes. Pure. */
import {
  counter,
  formatAgo,
  type Finding,
  finding,
  gauges,
  metricTable,
  plural,
  type Sample,
} from '../report/mod.ts';

/**
 * Facts of an object by name, in camelCase with their unit; a list has one line each. Lines of `trouble` are what is not
 * well though VPP has the object as configured: `xe3 is not active`.
 */
export type Facts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** One object of the configuration. */
export interface ObjectStatus {
  /** `bond`, `acl` */
  readonly kind: string;
  readonly name: string;
  readonly state: { readonly state: 'ok' } | { readonly state: 'failed'; readonly reason: string };
  /** What it is doing; absent while that is not known. */
  readonly facts?: Facts;
}

/** What somebody else changed in VPP. */
export interface Drift {
  /** Unix milliseconds. */
  readonly at: number;
  /** The steps back: `create xe0.7 (dot1q 7)`. */
  readonly steps: readonly string[];
  /** `vpp.drift = repair`. */
  readonly isRepaired: boolean;
}

export interface ObjectsStatus {
  readonly objects: readonly ObjectStatus[];
  /** Differences of a VPP that was as configured, since the start. */
  readonly drifts: number;
  readonly lastDrift?: Drift;
}

/** What VPP counts of objects, in its stats segment. */
export interface ObjectCounters {
  /** What the rules of filters have matched. */
  readonly ruleHits: readonly {
    readonly filter: string;
    readonly rule: number;
    readonly packets: number;
    readonly bytes: number;
  }[];
  /** Of NAT44; undefined without its plugin. */
  readonly natSessions: number | undefined;
}

/** Adds VPP's counters to the facts of filters and of NAT. */
export function withCounters(status: ObjectsStatus, counters: ObjectCounters | undefined): ObjectsStatus {
  if (counters === undefined) return status;
  const { ruleHits, natSessions } = counters;
  const byFilter = Map.groupBy(ruleHits, ({ filter }) => filter);
  const objects = status.objects.map((one): ObjectStatus => {
    const hits = one.kind === 'acl' ? byFilter.get(one.name) : undefined;
    if (hits !== undefined) {
      const lines = hits.map(
        ({ rule, packets, bytes }) => `rule ${rule}: ${plural(packets, 'packet')}, ${bytes} bytes`,
      );
      return { ...one, facts: { ...one.facts, hits: lines } };
    }
    if (one.kind !== 'nat44' || natSessions === undefined) return one;
    return { ...one, facts: { ...one.facts, sessions: natSessions } };
  });
  return { ...status, objects };
}

/** What VPP refused, and what is not as configured and stays so. */
export function objectFindings({ objects, lastDrift }: ObjectsStatus): Finding[] {
  const found: Finding[] = [];
  for (const { kind, name, state, facts } of objects) {
    const subject = `${kind}/${name}`;
    if (state.state === 'failed') {
      const text = `${kind} ${name}: ${state.reason}`;
      found.push(finding('interfaces', 'object-failed', 'error', text, { subject }));
    }
    for (const line of troubleOf(facts)) {
      const text = `${kind} ${name}: ${line}`;
      found.push(finding('interfaces', 'object-trouble', 'warning', text, { subject, ready: true }));
    }
  }
  if (lastDrift !== undefined && !lastDrift.isRepaired) {
    const text = `VPP is not as configured, and vpp.drift leaves it so: ${plural(lastDrift.steps.length, 'step')} to get there (${lastDrift.steps.slice(0, 3).join('; ')})`;
    found.push(finding('interfaces', 'drift', 'warning', text, { subject: 'drift' }));
  }
  return found;
}

/** `members 2, learntMacs 14`: what an object is doing, in one line; lists have lines of their own. */
export function describeFacts(facts: Facts = {}): string {
  return Object.entries(facts)
    .filter(([, value]) => !Array.isArray(value))
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}

/** The lines of an object's lists: `member xe2: active`. */
export function factLines(facts: Facts = {}): string[] {
  return Object.values(facts).flatMap((value) => (Array.isArray(value) ? value.map(String) : []));
}

/** How VPP and the configuration differ, or did last. */
export function describeDrift({ at, steps, isRepaired }: Drift, now: number): string {
  const how = isRepaired ? 'repaired' : 'left as it is (vpp.drift = report)';
  return `changed by others ${formatAgo(at, now)}, ${how}: ${steps.slice(0, 10).join('; ')}`;
}

function troubleOf(facts: Facts | undefined): readonly string[] {
  const trouble = facts?.['trouble'];
  return Array.isArray(trouble) ? trouble.map(String) : [];
}

/** The numbers among the facts of all objects, in base units as their names say. */
function* numbers({ objects }: ObjectsStatus): Iterable<Sample> {
  for (const { kind, name, facts } of objects) {
    for (const [fact, value] of Object.entries(facts ?? {})) {
      if (typeof value === 'number' || typeof value === 'boolean') yield [Number(value), kind, name, fact];
    }
  }
}

export const OBJECT_METRICS = metricTable<{ readonly objects: ObjectsStatus }>({
  appliance_object_configured: gauges(
    'Whether VPP has the object as configured',
    ['kind', 'name'],
    ({ objects: { objects } }) =>
      objects.map(({ kind, name, state }) => [Number(state.state === 'ok'), kind, name]),
  ),
  appliance_object_value: gauges(
    'A figure of an object in VPP, such as the MAC addresses that a bridge has learnt',
    ['kind', 'name', 'figure'],
    ({ objects }) => numbers(objects),
  ),
  appliance_vpp_drift_total: counter(
    'Differences of VPP from its configuration that somebody else made',
    ({ objects }) => objects.drifts,
  ),
});
