/**
 * Brings the parts of the appliance from one configuration to another, in order, each in a bounded time.
 *
 * Remembers the parts that refused: what they are at is not known, so the next change is theirs too.
 */
import type { ChangePart, ChangePlan } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { reasonOf } from '../linux/mod.ts';

/** For one part to take a change; a restart of VPP takes 8 s where it does not end by itself. */
const APPLY_MS = 60_000;
/** Who is asked first: what fails most often comes before what costs most to take back. */
const ORDER: readonly ChangePart[] = [
  'system',
  'log',
  'update',
  'watchdog',
  'management',
  'http',
  'services',
  'data-plane',
];
/**
 * Brings one part to a configuration; rejects with the reason when it cannot. `restartVpp` is for the data plane: the change
 * has steps that need it, and it was asked for.
 */
export type Applier = (next: Config, how: { readonly restartVpp: boolean }) => void | Promise<void>;

/** One for every part: a new part does not compile until it has one. */
export type Appliers = { readonly [P in ChangePart]: Applier };

/** A change, and how far it goes. */
export interface Move {
  readonly plan: ChangePlan;
  /** Whether the steps that need a restart of VPP are taken too. */
  readonly restartVpp: boolean;
  readonly from: Config;
  readonly to: Config;
}

export class Mover {
  readonly #appliers: Appliers;
  readonly #unsure = new Set<ChangePart>();

  constructor(appliers: Appliers) {
    this.#appliers = appliers;
  }

  /**
   * Brings every part concerned from one configuration to another. When one refuses, those that were asked are brought
   * back. Undefined, or what refused, why, and how it ended.
   */
  async change(move: Move): Promise<string | undefined> {
    const { asked, failure } = await this.#apply(this.#concerned(move), move.to, move, false);
    if (failure === undefined) return undefined;
    const { failure: other } = await this.#apply(asked, move.from, move, true);
    return `${failure}; ${other === undefined ? 'the previous configuration was restored' : `the previous configuration was not restored completely: ${other}`}`;
  }

  /** As `change`, but a part that refuses holds up no other. */
  async restore(move: Move): Promise<string | undefined> {
    return (await this.#apply(this.#concerned(move), move.to, move, true)).failure;
  }

  #concerned({ plan, restartVpp }: Move): ReadonlySet<ChangePart> {
    const restarted = restartVpp && plan.restart.length > 0 ? (['data-plane'] as const) : [];
    return new Set([...plan.parts, ...this.#unsure, ...restarted]);
  }

  /** Asks `parts` in order; the first refusal ends it unless it `goesOn`. */
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

/** Rejects when a part has not taken a change in time: it must not hold all later ones. */
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
