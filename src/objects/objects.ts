/**
 * Brings the objects of all kinds in VPP to the configuration, in two parts between which the owner makes the pairs of
 * linux-cp: `build` removes and makes, `finish` sets what belongs on finished interfaces. Each part compares with VPP
 * anew, so that nothing is sent for what is as it should be.
 *
 * What VPP refuses is kept with its reason until a later run succeeds. A difference in a run that follows no change of
 * the configuration is drift: somebody else changed VPP. It is named, counted, and repaired unless
 * `vpp.drift = report`.
 */
import type { Config } from '../config/types.ts';
import { describeProblem, dumpInterfaces, type SwIfIndex, type VppApiClient } from '../vpp/api/mod.ts';
import { execute, type Failure, stepTarget } from './execute.ts';
import type { Found, Interfaces, Kind } from './kind.ts';
import { KINDS } from './kinds.ts';
import { type ActualState, type DesiredState, type Plan, plan, type PlannedStep } from './plan.ts';
import { LAST_STRUCTURE, placeOfRank } from './ranks.ts';
import type { ObjectsStatus, ObjectStatus } from './status.ts';

const STRUCTURE_END = placeOfRank(LAST_STRUCTURE);
const RELEASED = placeOfRank('interfacesReleased');

export interface ObjectsOptions {
  readonly config: Config;
  readonly kinds?: readonly Kind[];
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
  readonly #kinds: readonly Kind[];
  #config: Config;
  /** Why VPP cannot have objects of a kind. */
  #missing = new Map<Kind, string>();
  #failures: ReadonlyMap<string, Failure> = new Map();
  /** By key, with when they were found last. */
  #present: ReadonlyMap<string, ObjectStatus> = new Map();
  /** A run has brought VPP to this configuration: later differences are drift. */
  #settled: Config | undefined;
  #drifts = 0;
  #lastDrift: string | undefined;

  constructor(options: ObjectsOptions) {
    this.#options = options;
    this.#kinds = options.kinds ?? KINDS;
    this.#config = options.config;
  }

  /** A connection: finds out which kinds its VPP can have. */
  attach(client: VppApiClient): void {
    this.#missing = new Map();
    this.#settled = undefined;
    for (const kind of this.#kinds) {
      const [problem] = client.checkMessages(kind.messages);
      if (problem === undefined) continue;
      const plugin = kind.plugin === undefined ? '' : ` (plugin ${kind.plugin})`;
      this.#missing.set(kind, `${describeProblem(problem)}${plugin}`);
    }
  }

  /** VPP has ended, and all objects with it. */
  detach(): void {
    this.#failures = new Map();
    this.#present = new Map();
    this.#settled = undefined;
  }

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
   * after all that a kind has on them was removed. Resolves with whether VPP was changed. Rejects when the connection
   * broke, or VPP does not answer; what VPP refuses is kept with its reason.
   */
  async build(
    client: VppApiClient,
    release: (names: ReadonlySet<string>) => Promise<void>,
  ): Promise<boolean> {
    this.#failures = new Map();
    let hasChanged = false;
    // VPP may have changed beneath a step: what was refused is planned once more, from another look.
    for (let attempt = 0; attempt < 2; attempt++) {
      const state = await this.#read(client);
      const planned = this.#plan(state);
      this.#noteDrift(planned);
      const steps = planned.steps.filter(({ rank }) => placeOfRank(rank) <= STRUCTURE_END);
      if (steps.length === 0) break;
      hasChanged = true;
      const before = steps.filter(({ rank }) => placeOfRank(rank) < RELEASED);
      const after = steps.slice(before.length);
      const target = stepTarget(client, state.interfaces, state.actual);
      const failures = await execute(before, target, this.#tell);
      if (planned.removedInterfaces.size > 0) await release(planned.removedInterfaces);
      failures.push(...(await execute(after, target, this.#tell)));
      this.#take(failures);
      if (failures.length === 0) break;
    }
    return hasChanged;
  }

  /** Sets what belongs on finished interfaces. Rejects as `build`. */
  async finish(client: VppApiClient): Promise<void> {
    const refused = [...this.#failures.values()];
    for (let attempt = 0; attempt < 2; attempt++) {
      const state = await this.#read(client);
      const steps = this.#plan(state).steps.filter(({ rank }) => placeOfRank(rank) > STRUCTURE_END);
      const target = stepTarget(client, state.interfaces, state.actual);
      const failures = await execute(steps, target, this.#tell);
      this.#take([...refused, ...failures]);
      if (failures.length === 0) break;
    }
    await this.#look(client);
    if (this.#failures.size === 0) this.#settled = this.#config;
  }

  /** What would be done for another configuration. */
  async preview(client: VppApiClient, config: Config): Promise<Plan> {
    const { actual } = await this.#read(client);
    return plan(this.#desired(config), actual);
  }

  /** What VPP has of each kind, as `KIND/NAME` with the attributes. */
  async actual(client: VppApiClient): Promise<Map<string, Found['attributes']>> {
    const { actual } = await this.#read(client);
    const all = [...actual].flatMap(([kind, found]) =>
      [...found].map(([name, { attributes }]) => [`${kind.name}/${name}`, attributes] as const),
    );
    return new Map(all.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  get status(): ObjectsStatus {
    const objects = [...this.#present.values()];
    return {
      objects,
      drifts: this.#drifts,
      ...(this.#lastDrift === undefined ? {} : { lastDrift: this.#lastDrift }),
    };
  }

  async #read(client: VppApiClient): Promise<State> {
    const interfaces = interfacesOf(await dumpInterfaces(client));
    const able = this.#kinds.filter((kind) => !this.#missing.has(kind));
    const found = await Promise.all(able.map((kind) => kind.actual(client, interfaces)));
    const actual = new Map<Kind, ReadonlyMap<string, Found>>(
      able.map((kind, index) => [kind, found[index]!]),
    );
    return { interfaces, desired: this.#desired(this.#config), actual };
  }

  #desired(config: Config): DesiredState {
    return new Map(
      this.#kinds.filter((kind) => !this.#missing.has(kind)).map((kind) => [kind, kind.desired(config)]),
    );
  }

  #plan({ desired, actual }: State): Plan {
    return plan(desired, actual);
  }

  /** Differences of a VPP that was as configured. */
  #noteDrift({ steps }: Plan): void {
    if (this.#settled !== this.#config || steps.length === 0) return;
    this.#settled = undefined;
    this.#drifts += steps.length;
    this.#lastDrift = steps.map(({ words }) => words).join('; ');
    this.#options.onNotice(`VPP was changed by others, repairing: ${this.#lastDrift}`);
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

  /** What of the configuration VPP has now. */
  async #look(client: VppApiClient): Promise<void> {
    const { desired, actual } = await this.#read(client);
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
  }
}

/** The view of a dump that kinds get. */
export function interfacesOf(all: Interfaces['all']): Interfaces {
  const names = new Map<SwIfIndex, string>(all.map(({ swIfIndex, name }) => [swIfIndex, name]));
  return {
    all,
    byName: new Map(all.map((one) => [one.name, one])),
    nameOf: (index) => names.get(index) ?? `#${index}`,
  };
}
