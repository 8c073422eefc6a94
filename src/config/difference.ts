/**
 * What one configuration changes in another, in words, and what of it is in force without a restart. Pure; the rule
 * of each leaf is in change-rules.ts.
 */
import { formatPrefix } from './addresses.ts';
import {
  type ChangePart,
  DATA_PLANE,
  type Kind,
  type LeafPath,
  list,
  OF_INTERFACE,
  OF_NIC,
  OF_SERVICE,
  ROUTES,
  type Rule,
  SERVICES,
  type SingleLeaf,
  SINGLES,
} from './change-rules.ts';
import { type Leaf, LEAVES } from './leaves.ts';
import { describeRoutes } from './route-difference.ts';
import { formatCommand } from './services.ts';
import type { Config, ConfigProblem, DpdkInterfaceConfig, InterfaceConfig, ServiceConfig } from './types.ts';

/** What a change takes: nothing, or a restart of VPP. There is no leaf that needs a restart of the box. */
export type ChangeEffect = 'live' | 'vpp-restart';

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

/** What became of a configuration that was put or read again. Warnings are about the file or this machine. */
export type ConfigChange =
  /** It says what is in force already. */
  | { readonly result: 'unchanged' }
  /** A dry run: this is what it would change. */
  | { readonly result: 'planned'; readonly plan: ChangePlan; readonly warnings?: readonly ConfigProblem[] }
  | {
      readonly result: 'applied';
      readonly plan: ChangePlan;
      /** Unix milliseconds: without a confirmation until then the configuration of before comes back. */
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
  for (const leaf of LEAVES) {
    const path = leaf.path as LeafPath;
    if (isSingle(path)) plan.compare(leaf, leaf.path, SINGLES[path], before, after);
  }
  plan.compareSections(OF_NIC, nicsOf(before), nicsOf(after), {
    words: ({ name }) => `as ${name}`,
    removed: ({ name }) => `${name} goes back to the kernel`,
    kind: 'vpp',
    parts: DATA_PLANE,
  });
  plan.compareSections(OF_INTERFACE, interfacesOf(before), interfacesOf(after), {
    words: describeInterface,
    removed: ({ name }) =>
      /^loop\d+$/.test(name)
        ? 'the loopback is deleted'
        : 'its addresses are taken away and it is set down, with the MTU that it had',
    kind: 'live',
    parts: DATA_PLANE,
  });
  plan.compareSections(OF_SERVICE, servicesOf(before), servicesOf(after), {
    words: ({ command }) => formatCommand(command),
    removed: () => 'it is stopped',
    kind: 'live',
    parts: SERVICES,
  });
  const routes = describeRoutes(before.routes, after.routes);
  if (routes !== undefined) plan.add('route', routes, 'live', ROUTES['route.PREFIX']);
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
  if (restartVpp || effectOf('vpp', before, after) === 'live') return after;
  const { startTimeoutSeconds, answerTimeoutSeconds, stats, neighbors } = after.vpp;
  return {
    ...after,
    vpp: {
      ...before.vpp,
      startTimeoutSeconds,
      answerTimeoutSeconds,
      stats: { ...before.vpp.stats, pollIntervalSeconds: stats.pollIntervalSeconds },
      neighbors,
    },
    fib: { ...after.fib, kernel: { ...after.fib.kernel, import: before.fib.kernel.import } },
  };
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

  add(leaf: string, words: string, kind: Kind, parts: readonly ChangePart[]): void {
    const effect = effectOf(kind, this.#before, this.#after);
    this.#steps[effect].push({ leaf, words, effect });
    if (effect === 'live') for (const part of parts) this.#parts.add(part);
  }

  /** One leaf of two things; nothing when it reads the same. */
  compare<Of>(leaf: Leaf, path: string, { kind, parts, read }: Rule<Of>, before: Of, after: Of): void {
    const [from, to] = [read(before), read(after)];
    if (from === to) return;
    const unit = leaf.unit === undefined ? '' : ` ${leaf.unit}`;
    this.add(path, `${from ?? 'not set'} → ${to ?? 'not set'}${to === undefined ? '' : unit}`, kind, parts);
  }

  /** Sections that are there once per NIC, interface or service, by the name of their section. */
  compareSections<Of>(
    rules: Readonly<Record<string, Rule<Of>>>,
    before: ReadonlyMap<string, Of>,
    after: ReadonlyMap<string, Of>,
    whole: {
      words: (of: Of) => string;
      removed: (of: Of) => string;
      kind: Kind;
      parts: readonly ChangePart[];
    },
  ): void {
    for (const [section, old] of before) {
      const now = after.get(section);
      if (now === undefined) {
        this.add(section, `removed: ${whole.removed(old)}`, whole.kind, whole.parts);
        continue;
      }
      for (const leaf of LEAVES) {
        const rule = rules[leaf.path];
        if (rule !== undefined) this.compare(leaf, `${section}.${leaf.key}`, rule, old, now);
      }
    }
    for (const [section, now] of after) {
      if (!before.has(section)) this.add(section, `added: ${whole.words(now)}`, whole.kind, whole.parts);
    }
  }

  build(): ChangePlan {
    const { live: steps, 'vpp-restart': restart } = this.#steps;
    return { steps, restart, parts: [...this.#parts] };
  }
}

function effectOf(kind: Kind, before: Config, after: Config): ChangeEffect {
  if (kind !== 'vpp') return kind;
  const isSameKind =
    before.vpp.enabled === after.vpp.enabled &&
    (!after.vpp.enabled || before.vpp.external === after.vpp.external);
  return isSameKind && !startsVpp(after) ? 'live' : 'vpp-restart';
}

function isSingle(path: LeafPath): path is SingleLeaf {
  return path in SINGLES;
}

function nicsOf({ vpp }: Config): ReadonlyMap<string, DpdkInterfaceConfig> {
  return new Map(vpp.dpdk.interfaces.map((nic) => [`vpp.dpdk.interface.${nic.pciAddress}`, nic]));
}

function interfacesOf({ interfaces }: Config): ReadonlyMap<string, InterfaceConfig> {
  return new Map(interfaces.map((one) => [`interface.${one.name}`, one]));
}

function servicesOf({ services }: Config): ReadonlyMap<string, ServiceConfig> {
  return new Map(services.map((one) => [`service.${one.name}`, one]));
}

function describeInterface({ enabled, mtuBytes, addresses, mpls }: InterfaceConfig): string {
  return [
    enabled ? 'up' : 'down',
    list(addresses.map(formatPrefix)) ?? 'no address',
    `MTU ${mtuBytes}`,
    ...(mpls ? ['MPLS'] : []),
  ].join(', ');
}
