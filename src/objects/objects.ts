/**
 * Brings the objects of all kinds in VPP to the configuration, in three parts: `build` removes and makes; then the owner
 * makes the pairs of linux-cp. `secure` sets what must be there before addresses are; then the owner sets those, and
 * links up. `finish` sets what belongs on finished interfaces. Each part compares with VPP anew, so that nothing is sent
 * for what is as it should be.
 *
 * What VPP refuses is kept with its reason until a later run succeeds. A difference in a run that follows no change of
 * the configuration is drift: somebody else changed VPP. It is named, counted, and repaired unless
 * `vpp.drift = report`.
 */
import { startsVpp } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { describeProblem, dumpInterfaces, type SwIfIndex, type VppApiClient } from '../vpp/api/mod.ts';
import { execute, type Failure, stepTarget } from './execute.ts';
import type { Found, Interfaces, Kind } from './kind.ts';
import { acl, type FilterNames, filterNames } from './kinds/acl.ts';
import { KINDS } from './kinds.ts';
import { type ActualState, type DesiredState, type Plan, plan, type PlannedStep } from './plan.ts';
import { isOwnTag } from './own-tag.ts';
import { isSecurity, isStructure, placeOfRank } from './ranks.ts';
import type { Drift, Facts, ObjectsStatus, ObjectStatus } from './status.ts';

const RELEASED = placeOfRank('interfacesReleased');
/** How often objects are asked what they are doing. */
const OBSERVE_MS = 10_000;

export interface ObjectsOptions {
  readonly config: Config;
  /** Once per reason. */
  readonly onError: (name: string, reason: string) => void;
  /** Steps that were taken, and drift. */
  readonly onNotice: (message: string) => void;
}

interface State {
  readonly interfaces: Interfaces;
  readonly desired: DesiredState;
  readonly actual: ActualState;
}

export class Objects {
  readonly #options: ObjectsOptions;
  #config: Config;
  /** Why VPP cannot have objects of a kind. */
  #missing = new Map<Kind, string>();
  /** What each configuration asks for of this VPP: asked several times a run. */
  #wanted = new WeakMap<Config, DesiredState>();
  #failures: ReadonlyMap<string, Failure> = new Map();
  /** By key: what of the configuration the last run left in VPP. */
  #present: ReadonlyMap<string, ObjectStatus> = new Map();
  /** A run has brought VPP to this configuration: later differences are drift. */
  #settled: Config | undefined;
  #drifts = 0;
  #lastDrift: Drift | undefined;
  /** There is drift, and it stays. */
  #isLeft = false;
  /** By key. */
  #facts: ReadonlyMap<string, Facts> = new Map();
  /** By VPP's number. */
  #filters: ReadonlyMap<number, FilterNames> = new Map();
  #observing: NodeJS.Timeout | undefined;

  constructor(options: ObjectsOptions) {
    this.#options = options;
    this.#config = options.config;
  }

  /** A connection: finds out which kinds its VPP can have. */
  attach(client: VppApiClient): void {
    this.#missing = new Map();
    this.#wanted = new WeakMap();
    this.#settled = undefined;
    for (const kind of KINDS) {
      const [problem] = client.checkMessages(kind.messages);
      if (problem === undefined) continue;
      const plugin = kind.plugin === undefined ? '' : ` (plugin ${kind.plugin})`;
      this.#missing.set(kind, `${describeProblem(problem)}${plugin}`);
    }
    clearInterval(this.#observing);
    this.#observing = setInterval(() => {
      // The connection broke, or VPP does not answer: its own status reports that.
      this.#observe(client).catch(() => {});
    }, OBSERVE_MS).unref();
  }

  /** VPP has ended, and all objects with it. */
  detach(): void {
    this.#failures = new Map();
    this.#present = new Map();
    this.#facts = new Map();
    this.#filters = new Map();
    this.#settled = undefined;
    clearInterval(this.#observing);
  }

  /** Another configuration, from the next `build` on. */
  set config(config: Config) {
    this.#config = config;
  }

  /** Whether a later run is to try again. */
  get hasFailed(): boolean {
    return this.#failures.size > 0;
  }

  /** Why an interface does not exist; undefined when nothing of it was refused. */
  failureOf(name: string): string | undefined {
    for (const { name: failed, reason } of this.#failures.values()) if (failed === name) return reason;
    return undefined;
  }

  /**
   * Removes what is to go, and makes what others stand on. `release` is called with the interfaces that will be deleted,
   * after all that a kind has on them was removed, and with those that become ports. Rejects when the connection broke,
   * or VPP does not answer; what VPP refuses is kept with its reason. Resolves with whether steps were sent.
   */
  async build(
    client: VppApiClient,
    release: (removed: ReadonlySet<string>, taken: ReadonlySet<string>) => Promise<void>,
  ): Promise<boolean> {
    this.#failures = new Map();
    let hasChanged = false;
    // VPP may have changed beneath a step: what was refused is planned once more, from another look.
    for (let attempt = 0; attempt < 2; attempt++) {
      const state = await this.#read(client);
      const planned = this.#plan(state);
      this.#isLeft = this.#noteDrift(planned);
      if (this.#isLeft) break;
      const steps = planned.steps.filter(isStructure);
      if (steps.length === 0) break;
      hasChanged = true;
      const before = steps.filter(({ rank }) => placeOfRank(rank) < RELEASED);
      const after = steps.slice(before.length);
      const target = stepTarget(client, state.interfaces, state.actual);
      const failures = await execute(before, target, this.#tell);
      const { removedInterfaces, takenInterfaces } = planned;
      if (removedInterfaces.size + takenInterfaces.size > 0)
        await release(removedInterfaces, takenInterfaces);
      failures.push(...(await execute(after, target, this.#tell)));
      this.#take(failures);
      if (failures.length === 0) break;
    }
    return hasChanged;
  }

  /** Sets what an interface must have before it has addresses and is up. Rejects as `build`. */
  async secure(client: VppApiClient): Promise<void> {
    await this.#run(client, isSecurity);
  }

  /** Sets what belongs on finished interfaces. Rejects as `build`. */
  async finish(client: VppApiClient): Promise<void> {
    const last = await this.#run(client, (step) => !isStructure(step) && !isSecurity(step));
    this.#look(last ?? (await this.#read(client)));
    await this.#observe(client);
    if (this.#failures.size === 0) this.#settled = this.#config;
  }

  /** Resolves with what VPP has, when that was read and no step sent since. */
  async #run(client: VppApiClient, isMeant: (step: PlannedStep) => boolean): Promise<State | undefined> {
    const refused = [...this.#failures.values()];
    for (let attempt = 0; attempt < 2 && !this.#isLeft; attempt++) {
      const state = await this.#read(client);
      const steps = this.#plan(state).steps.filter(isMeant);
      if (steps.length === 0) return state;
      const target = stepTarget(client, state.interfaces, state.actual);
      const failures = await execute(steps, target, this.#tell);
      this.#take([...refused, ...failures]);
      if (failures.length === 0) break;
    }
    return undefined;
  }

  /** What would be done for another configuration. */
  async preview(client: VppApiClient, config: Config): Promise<Plan> {
    const { actual } = await this.#read(client);
    return plan(this.#desired(config), actual, isExclusive(config));
  }

  /** What VPP has of each kind, as `KIND/NAME` with the attributes. */
  async actual(client: VppApiClient): Promise<Map<string, Found['attributes']>> {
    const { actual } = await this.#read(client);
    const all = [...actual].flatMap(([kind, found]) =>
      [...found].map(([name, { attributes }]) => [`${kind.name}/${name}`, attributes] as const),
    );
    return new Map(all.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The filters of the configuration that VPP has, by its numbers: for its counters. */
  get filters(): ReadonlyMap<number, FilterNames> {
    return this.#filters;
  }

  get status(): ObjectsStatus {
    const objects = [...this.#present].map(([key, one]) => {
      const facts = this.#facts.get(key);
      return facts === undefined ? one : { ...one, facts };
    });
    return {
      objects,
      drifts: this.#drifts,
      ...(this.#lastDrift === undefined ? {} : { lastDrift: this.#lastDrift }),
    };
  }

  async #read(client: VppApiClient): Promise<State> {
    const interfaces = interfacesOf(await dumpInterfaces(client));
    const able = KINDS.filter((kind) => !this.#missing.has(kind));
    const found = await Promise.all(able.map((kind) => kind.actual(client, interfaces)));
    const actual = new Map<Kind, ReadonlyMap<string, Found>>(
      able.map((kind, index) => [kind, found[index]!]),
    );
    return { interfaces, desired: this.#desired(this.#config), actual };
  }

  #desired(config: Config): DesiredState {
    const state =
      this.#wanted.get(config) ??
      new Map(KINDS.filter((kind) => !this.#missing.has(kind)).map((kind) => [kind, kind.desired(config)]));
    this.#wanted.set(config, state);
    return state;
  }

  #plan({ desired, actual }: State): Plan {
    return plan(desired, actual, isExclusive(this.#config));
  }

  /** Differences of a VPP that was as configured; true when they are left as they are. */
  #noteDrift({ steps }: Plan): boolean {
    if (this.#settled !== this.#config) return false;
    const words = steps.map((step) => step.words);
    const isLeft = this.#config.vpp.drift === 'report' && words.length > 0;
    const last = this.#lastDrift;
    if (words.length === 0) {
      if (last?.isRepaired === false) this.#lastDrift = { ...last, isRepaired: true };
      return false;
    }
    if (isLeft && last?.isRepaired === false && last.steps.join() === words.join()) return true;
    this.#drifts += words.length;
    this.#lastDrift = { at: Date.now(), steps: words, isRepaired: !isLeft };
    const how = isLeft ? 'left as it is (vpp.drift = report)' : 'repairing';
    this.#options.onNotice(`VPP was changed by others, ${how}: ${words.join('; ')}`);
    return isLeft;
  }

  readonly #tell = ({ words }: PlannedStep): void => {
    this.#options.onNotice(words);
  };

  #take(failures: readonly Failure[]): void {
    const last = this.#failures;
    this.#failures = new Map(failures.map((failure) => [`${failure.kind}/${failure.name}`, failure]));
    for (const [key, { name, reason }] of this.#failures) {
      if (last.get(key)?.reason !== reason) this.#options.onError(name, reason);
    }
  }

  async #observe(client: VppApiClient): Promise<void> {
    const kinds = new Set([...this.#present.values()].map(({ kind }) => kind));
    const able = KINDS.filter(
      (kind) => kind.observe !== undefined && kinds.has(kind.name) && !this.#missing.has(kind),
    );
    const facts = new Map<string, Facts>();
    const interfaces = able.length === 0 ? undefined : interfacesOf(await dumpInterfaces(client));
    for (const { name: kind, observe } of able) {
      const seen = interfaces === undefined ? [] : ((await observe?.(client, interfaces)) ?? []);
      for (const [name, one] of seen) facts.set(`${kind}/${name}`, one);
    }
    this.#facts = facts;
  }

  /** What of the configuration VPP has now. */
  #look({ desired, actual }: State): void {
    const objects = new Map<string, ObjectStatus>();
    for (const [kind, wanted] of desired) {
      for (const name of wanted.keys()) {
        const failure = this.#failures.get(`${kind.name}/${name}`);
        const isThere = actual.get(kind)?.has(name) === true;
        const state: ObjectStatus['state'] =
          failure !== undefined
            ? { state: 'failed', reason: failure.reason }
            : isThere
              ? { state: 'ok' }
              : { state: 'failed', reason: 'VPP does not have it' };
        objects.set(`${kind.name}/${name}`, { kind: kind.name, name, state });
      }
    }
    for (const [kind, reason] of this.#missing) {
      for (const name of kind.desired(this.#config).keys()) {
        objects.set(`${kind.name}/${name}`, { kind: kind.name, name, state: { state: 'failed', reason } });
      }
    }
    this.#present = objects;
    this.#filters = filterNames(this.#config, actual.get(acl) ?? new Map<string, Found>());
  }
}

/**
 * In a VPP of our own everything is ours, except what its linux_nl makes: sub-interfaces for VLANs of Linux, and static
 * neighbours. An external VPP has others' objects.
 */
function isExclusive(config: Config): (kind: Kind) => boolean {
  const { lcp } = config.vpp;
  const hasLinuxNl = lcp.enabled && !config.fib.kernel.import;
  const ofLinux = new Set([
    ...(hasLinuxNl && lcp.autoSubint ? ['sub-interface'] : []),
    ...(hasLinuxNl ? ['neighbor'] : []),
  ]);
  return ({ name }) => startsVpp(config) && !ofLinux.has(name);
}

/** The view of a dump that kinds get. */
export function interfacesOf(all: Interfaces['all']): Interfaces {
  const byName = new Map(all.map((one) => [one.name, one]));
  const names = new Map<SwIfIndex, string>(all.map(({ swIfIndex, name }) => [swIfIndex, name]));
  return {
    all,
    byName,
    isOurs: (name) => isOwnTag(byName.get(name)?.tag ?? '', name),
    nameOf: (index) => names.get(index) ?? `#${index}`,
  };
}
