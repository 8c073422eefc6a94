/**
 * Brings the parts of the appliance from one configuration to another, in order, each in a bounded time.
 *
 * Remembers the parts that refused: what they are at is not known, so the next change is theirs too.
 */
import { type ChangePart, planChange } from '../config/mod.ts';
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
 * Brings one part to a configuration; rejects in words when it cannot. `restartVpp` is for the data plane: the change
 * has steps that need it, and it was asked for.
 */
export type Applier = (next: Config, how: { readonly restartVpp: boolean }) => void | Promise<void>;

/** One for every part: a new part does not compile until it has one. */
export type Appliers = { readonly [P in ChangePart]: Applier };

export class Mover {
  readonly #appliers: Appliers;
  readonly #unsure = new Set<ChangePart>();

  constructor(appliers: Appliers) {
    this.#appliers = appliers;
  }

  /**
   * Has every part that is concerned (and in `among`) go from one configuration to another, as long as `goesOn`.
   * Undefined, or what refused and why.
   */
  async move(
    from: Config,
    to: Config,
    goesOn: (part: ChangePart, refused: boolean) => boolean,
    among: ReadonlySet<ChangePart> = new Set(ORDER),
  ): Promise<string | undefined> {
    const plan = planChange(from, to);
    const restartVpp = plan.restart.length > 0;
    const concerned = new Set<ChangePart>([
      ...plan.parts,
      ...this.#unsure,
      ...(restartVpp ? (['data-plane'] as const) : []),
    ]);
    const failures: string[] = [];
    for (const part of ORDER) {
      if (!concerned.has(part) || !among.has(part)) continue;
      let reason: string | undefined;
      try {
        await inTime(this.#appliers[part](to, { restartVpp }));
        this.#unsure.delete(part);
      } catch (error) {
        reason = reasonOf(error);
        failures.push(`${part}: ${reason}`);
        this.#unsure.add(part);
      }
      if (!goesOn(part, reason !== undefined)) break;
    }
    return failures.length === 0 ? undefined : failures.join('; ');
  }
}

/** Rejects when a part has not taken a change in time: it must not hold all later ones. */
async function inTime(work: void | Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`it takes longer than ${APPLY_MS / 1000} s`)), APPLY_MS);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
