/**
 * What one configuration changes in another, described for people, and what of it is in force without a restart. Pure;
 * the rows of the leaves say how a value reads, what a change of it takes, and who has to act on it.
 */
import type { ChangeEffect, ChangePart, Line, Section } from './leaf.ts';
import { describeRoutes } from './route-difference.ts';
import { leavesOf, placeOf, type PlacedLeaf, REPEATED, SINGLE, valueAt, withValueAt } from './sections.ts';
import type { Config, ConfigProblem } from './types.ts';

export interface ChangeStep {
  /** `vpp.stats.poll-interval`, `interface.xe0.mtu`; `interface.xe1` for a whole section, `route` for all routes. */
  readonly leaf: string;
  /** `30 → 10 seconds` */
  readonly words: string;
  readonly effect: ChangeEffect;
}

/** A change, step by step: leaves in the order of the reference page, then NICs, interfaces, services and routes. */
export interface ChangePlan {
  /** What is changed at once. */
  readonly steps: readonly ChangeStep[];
  /** What takes effect when VPP is restarted. */
  readonly restart: readonly ChangeStep[];
  /** Who has to act on `steps`. */
  readonly parts: readonly ChangePart[];
}

/** One step that VPP takes to a configuration. */
export interface VppStep {
  /** `delete xe0.100` */
  readonly words: string;
  /** What it interrupts; absent when nothing. */
  readonly interrupts?: string;
}

/** What became of a configuration that was put or read again. Warnings are about the file or this machine. */
export type ConfigChange =
  /** It says what is in force already. */
  | { readonly result: 'unchanged' }
  /** A dry run: this is what it would change. */
  | {
      readonly result: 'planned';
      readonly plan: ChangePlan;
      /** The steps of VPP in their order, without routes and what waits for a restart. */
      readonly vpp: readonly VppStep[] | 'not connected';
      readonly warnings?: readonly ConfigProblem[];
    }
  | {
      readonly result: 'applied';
      readonly plan: ChangePlan;
      /** Unix milliseconds: without a confirmation until then the previous configuration is restored. */
      readonly confirmBefore?: number;
      /** Something of it waits for a restart of VPP. */
      readonly pendingRestart: boolean;
      readonly warnings?: readonly ConfigProblem[];
    }
  /** It has mistakes; nothing was changed. */
  | { readonly result: 'rejected'; readonly problems: readonly ConfigProblem[] };

/** Whether this program starts VPP with this configuration. */
export function startsVpp({ vpp }: Config): boolean {
  return vpp.enabled && !vpp.external;
}

/** What it takes to come from `before` to `after`. */
export function planChange(before: Config, after: Config): ChangePlan {
  const plan = new PlanBuilder(before, after);
  for (const section of SINGLE) {
    const place = placeOf(section);
    plan.compare(section, section.name, valueAt(before, place), valueAt(after, place));
  }
  for (const repeated of REPEATED) plan.compareInstances(repeated);
  const routes = describeRoutes(before.routes, after.routes);
  if (routes !== undefined) plan.add('route', routes, { parts: ['data-plane'] });
  return plan.build();
}

/**
 * What is in force when `after` was applied to a box on which `before` is in force: all of it, but without
 * `restartVpp` what needs a restart of VPP.
 */
export function inForceAfter(
  before: Config,
  after: Config,
  { restartVpp }: { readonly restartVpp: boolean },
): Config {
  if (restartVpp || effectOf('vpp-restart', before, after) === 'live') return after;
  let running = after;
  const keep = (place: readonly string[]): void => {
    running = withValueAt(running, place, valueAt(before, place));
  };
  for (const section of SINGLE) {
    for (const { property, leaf } of leavesOf(section)) {
      if ((leaf.effect ?? section.effect) === 'vpp-restart') keep([...placeOf(section), property]);
    }
  }
  for (const { section } of REPEATED) if (section.effect === 'vpp-restart') keep(placeOf(section));
  return running;
}

/** Whether the plan changes nothing. */
export function isEmptyPlan({ steps, restart }: ChangePlan): boolean {
  return steps.length + restart.length === 0;
}

/** One line a step, for people. */
export function formatPlan({ steps, restart }: ChangePlan): string[] {
  const line = ({ leaf, words }: ChangeStep): string => `${leaf}: ${words}`;
  return [...steps.map(line), ...restart.map((step) => `${line(step)} (needs a restart of VPP)`)];
}

class PlanBuilder {
  readonly #before: Config;
  readonly #after: Config;
  readonly #steps: Record<ChangeEffect, ChangeStep[]> = { live: [], 'vpp-restart': [] };
  readonly #parts = new Set<ChangePart>();

  constructor(before: Config, after: Config) {
    this.#before = before;
    this.#after = after;
  }

  add(leaf: string, words: string, { effect: wanted, parts }: Pick<Section, 'effect' | 'parts'>): void {
    const effect = effectOf(wanted, this.#before, this.#after);
    this.#steps[effect].push({ leaf, words, effect });
    if (effect === 'live') for (const part of parts) this.#parts.add(part);
  }

  /** The leaves of a section that read differently. */
  compare(section: Section, id: string, before: unknown, after: unknown): void {
    for (const placed of leavesOf(section)) {
      const { leaf } = placed;
      if (leaf.keys !== undefined) {
        this.#compareLines(placed, id, before, after);
        continue;
      }
      const [from, to] = [formatAt(placed, before), formatAt(placed, after)];
      if (from === to) continue;
      const unit = leaf.type.unit === undefined || to === undefined ? '' : ` ${leaf.type.unit}`;
      this.add(`${id}.${leaf.key}`, `${from ?? 'not set'} → ${to ?? 'not set'}${unit}`, {
        parts: section.parts,
        effect: section.effect,
        ...leaf,
      });
    }
  }

  /** The lines whose keys the user chose, one by one. */
  #compareLines({ section, property, leaf }: PlacedLeaf, id: string, before: unknown, after: unknown): void {
    const linesOf = (values: unknown) =>
      new Map(
        (valueAt(values, [property]) as readonly Line<unknown>[]).map(({ key, value }) => [
          key,
          leaf.type.format(value),
        ]),
      );
    const [from, to] = [linesOf(before), linesOf(after)];
    for (const key of [...new Set([...from.keys(), ...to.keys()])].toSorted((a, b) => a - b)) {
      if (from.get(key) === to.get(key)) continue;
      this.add(`${id}.${key}`, `${from.get(key) ?? 'not set'} → ${to.get(key) ?? 'not set'}`, {
        parts: section.parts,
        effect: section.effect,
        ...leaf,
      });
    }
  }

  /** The instances of a section, by what the user named them. */
  compareInstances({ section, prefix, as, added, removed }: (typeof REPEATED)[number]): void {
    const instancesOf = (config: Config) => valueAt(config, placeOf(section)) as readonly Instance[];
    const after = new Map(instancesOf(this.#after).map((one) => [one[as], one]));
    for (const old of instancesOf(this.#before)) {
      const now = after.get(old[as]);
      const id = `${prefix}${String(old[as])}`;
      if (now === undefined) this.add(id, `removed: ${removed(old)}`, section);
      else this.compare(section, id, old, now);
      after.delete(old[as]);
    }
    for (const [name, now] of after) this.add(`${prefix}${String(name)}`, `added: ${added(now)}`, section);
  }

  build(): ChangePlan {
    const { live: steps, 'vpp-restart': restart } = this.#steps;
    return { steps, restart, parts: [...this.#parts] };
  }
}

type Instance = Parameters<(typeof REPEATED)[number]['added']>[0];

/** The value of a leaf as the file would have it, from the values of its section; undefined when it is not set. */
export function formatAt({ property, leaf }: PlacedLeaf, values: unknown): string | undefined {
  const value = valueAt(values, [property]);
  if (leaf.keys !== undefined) {
    const lines = (value ?? []) as readonly Line<unknown>[];
    return lines.map((one) => `${one.key} = ${leaf.type.format(one.value)}`).join('; ') || undefined;
  }
  // A list without items is not set.
  return value === undefined ? undefined : leaf.type.format(value) || undefined;
}

function effectOf(wanted: ChangeEffect | undefined, before: Config, after: Config): ChangeEffect {
  if (wanted !== 'vpp-restart') return 'live';
  const isSameKind =
    before.vpp.enabled === after.vpp.enabled &&
    (!after.vpp.enabled || before.vpp.external === after.vpp.external);
  return isSameKind && !startsVpp(after) ? 'live' : 'vpp-restart';
}
