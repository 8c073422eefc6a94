/**
 * Changes the parts of the appliance from one configuration to another, in order, each in bounded time.
 *
 * Records the parts that refused: their state is unknown, so the next change includes them.
 */
import type { ChangePart, ChangePlan } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { reasonOf } from '../linux/mod.ts';

/** Time for one part to apply a change; a restart of VPP takes 8 s when it has to be killed. */
const APPLY_MS = 60_000;
/** Order of application: parts that fail most often come before those that cost most to revert. */
const ORDER: readonly ChangePart[] = [
  'system',
  'log',
  'update',
  'watchdog',
  'management',
  'http',
  'services',
  'bgp',
  'data-plane',
];
/**
 * Applies a configuration to one part; rejects with the reason when it cannot. `restartVpp` is for the data plane: the
 * change has steps that need a restart, and it was requested.
 */
export type Applier = (next: Config, how: { readonly restartVpp: boolean }) => void | Promise<void>;

/** One applier per part: a new part does not compile without one. */
export type Appliers = { readonly [P in ChangePart]: Applier };

/** A change, and how far it goes. */
export interface Move {
  readonly plan: ChangePlan;
  /** Whether the steps that need a restart of VPP are taken too. */
  readonly restartVpp: boolean;
  readonly from: Config;
  readonly to: Config;
}

export class ConfigApplier {
  readonly #appliers: Appliers;
  readonly #unsure = new Set<ChangePart>();

  constructor(appliers: Appliers) {
    this.#appliers = appliers;
  }

  /**
   * Changes every affected part from one configuration to another. When one refuses, those that were changed are
   * reverted. Returns undefined, or the part that refused, why, and how the revert ended.
   */
  async change(move: Move): Promise<string | undefined> {
    const { asked, failure } = await this.#apply(this.#affected(move), move.to, move, false);
    if (failure === undefined) return undefined;
    const { failure: other } = await this.#apply(asked, move.from, move, true);
    return `${failure}; ${other === undefined ? 'the previous configuration was restored' : `the previous configuration was not restored completely: ${other}`}`;
  }

  /** As `change`, but a part that refuses does not stop the others. */
  async restore(move: Move): Promise<string | undefined> {
    return (await this.#apply(this.#affected(move), move.to, move, true)).failure;
  }

  #affected({ plan, restartVpp }: Move): ReadonlySet<ChangePart> {
    const restarted = restartVpp && plan.restart.length > 0 ? (['data-plane'] as const) : [];
    return new Set([...plan.parts, ...this.#unsure, ...restarted]);
  }

  /** Changes `parts` in order; the first refusal ends it unless `goesOn`. */
  async #apply(
    parts: ReadonlySet<ChangePart>,
    to: Config,
    { plan, restartVpp }: Move,
    goesOn: boolean,
  ): Promise<{ asked: ReadonlySet<ChangePart>; failure: string | undefined }> {
    const how = { restartVpp: restartVpp && plan.restart.length > 0 };
    const asked = new Set<ChangePart>();
    const failures: string[] = [];
    for (const part of ORDER) {
      if (!parts.has(part)) continue;
      if (failures.length > 0 && !goesOn) break;
      asked.add(part);
      try {
        await inTime(this.#appliers[part](to, how));
        this.#unsure.delete(part);
      } catch (error) {
        failures.push(`${part}: ${reasonOf(error)}`);
        this.#unsure.add(part);
      }
    }
    return { asked, failure: failures.length === 0 ? undefined : failures.join('; ') };
  }
}

/** Rejects when a part has not applied a change in time: it must not block all later ones. */
async function inTime(work: void | Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`it did not finish within ${APPLY_MS / 1000} s`)),
    APPLY_MS,
  );
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
