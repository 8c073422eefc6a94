/**
 * Looks at the next hops of groups that the kernel refuses as a whole, or of which some are left out: which of them it
 * can have now, so that routes go over those.
 *
 * Invariants: one look is under way at a time, and another one follows when something happened meanwhile; a slice of
 * work is a few ms; a group that was freed while the kernel was asked is left alone.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { reasonOf, TimeSlice } from '../linux/mod.ts';
import type { FibBackend } from './fib-backend.ts';
import type { KernelProbe, ProbedHop } from './kernel-probe.ts';
import type { KernelTemplates } from './kernel-templates.ts';
import type { GroupAction, GroupId } from './next-hop-groups.ts';
import type { KernelWaiting } from './kernel-waiting.ts';
import type { Family } from './route-key.ts';
import type { LeftOutHop } from './substitutes.ts';

/** After the kernel could not be asked. */
const AGAIN_MS = 1_000;

export interface NextHopResolverOptions {
  readonly fib: FibBackend;
  readonly templates: KernelTemplates;
  readonly probe: KernelProbe;
  readonly waiting: KernelWaiting;
}

interface AskedHop {
  readonly hop: LeftOutHop['hop'];
  /** Why the kernel cannot have it, or where its answer is. */
  readonly answer: string | number;
}

interface AskedGroup {
  readonly id: GroupId;
  readonly action: GroupAction;
  readonly hops: readonly AskedHop[];
}

export class NextHopResolver implements Disposable {
  readonly #options: NextHopResolverOptions;
  #isDue = false;
  #isLooking = false;
  #again: NodeJS.Timeout | undefined;
  #isDisposed = false;

  constructor(options: NextHopResolverOptions) {
    this.#options = options;
  }

  /** No look is under way, or about to begin. */
  get isIdle(): boolean {
    return !this.#isLooking;
  }

  /** Something happened that the next hops may depend on. */
  look(): void {
    if (this.#options.fib.substitutes.isEmpty && this.#options.waiting.isEmpty) return;
    this.#isDue = true;
    if (!this.#isLooking && !this.#isDisposed) void this.#run();
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#again);
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    this.#isLooking = true;
    // All that happens in this turn is one reason.
    await nextTurn();
    while (this.#isDue && !this.#isDisposed) {
      this.#isDue = false;
      try {
        const families = await this.#once();
        if (families.size > 0) this.#options.fib.substituted(families);
      } catch (error) {
        if (this.#isDisposed) break;
        this.#options.fib.onError(`the kernel could not be asked for next hops: ${reasonOf(error)}`);
        clearTimeout(this.#again);
        this.#again = setTimeout(() => this.look(), AGAIN_MS).unref();
      }
    }
    this.#isLooking = false;
    if (!this.#isDisposed) this.#options.fib.runIn(0);
  }

  /** The families of groups of which something else is to be told; none once it is disposed of. */
  async #once(): Promise<ReadonlySet<Family>> {
    const { fib, probe } = this.#options;
    const { groups } = fib.table;
    const asked: ProbedHop[] = [];
    const looked = await this.#collect(asked);
    const changed = new Set<Family>();
    if (looked.length === 0 || this.#isDisposed) return changed;
    const reasons = await probe.reasonsAgainst(asked);
    const slice = new TimeSlice();
    for (const { id, action, hops } of looked) {
      if (this.#isDisposed) return new Set();
      if (!groups.has(id) || groups.action(id) !== action) continue;
      const leftOut = hops.flatMap(({ hop, answer }): LeftOutHop[] => {
        const reason = typeof answer === 'string' ? answer : reasons[answer];
        return reason === undefined ? [] : [{ hop, reason }];
      });
      if (fib.substitutes.leaveOut(id, leftOut)) changed.add(groups.family(id));
      if (slice.isOver()) await slice.next();
    }
    return changed;
  }

  /** The groups to look at; `asked` gets the next hops that the kernel is to be asked for, each once. */
  async #collect(asked: ProbedHop[]): Promise<AskedGroup[]> {
    const { fib, templates, waiting } = this.#options;
    const { groups } = fib.table;
    const at = new Map<string, number>();
    const looked: AskedGroup[] = [];
    const slice = new TimeSlice();
    for (const id of new Set([...fib.substitutes.groups(), ...waiting.groups()])) {
      if (!groups.has(id)) continue;
      const action = groups.action(id);
      const hops = templates.probes(groups.family(id) === 6 ? 6 : 4, action);
      if (hops.length < 2) continue;
      looked.push({
        id,
        action,
        hops: hops.map(({ hop, probe }) => {
          if (typeof probe === 'string') return { hop, answer: probe };
          const key = `${probe.family} ${probe.address ?? ''}%${probe.ifIndex ?? ''}`;
          const answer = at.get(key) ?? asked.push(probe) - 1;
          at.set(key, answer);
          return { hop, answer };
        }),
      });
      if (slice.isOver()) await slice.next();
      if (this.#isDisposed) break;
    }
    return looked;
  }
}
