/**
 * Finds out which next hops the kernel cannot have now: it refuses a route over several of them as a whole.
 *
 * Each is tried alone, as a default route in a table that no rule leads to, which is removed at once. So the kernel
 * itself says what it would say of the route (fib_check_nh in net/ipv4/fib_semantics.c, ip6_route_check_nh in
 * net/ipv6/route.c): a lookup from outside finds more specific routes that it does not look at.
 *
 * Invariant: nothing is left in that table; what a process that was killed left there is removed at the next start, as
 * every route of ours that nobody wants.
 */
import {
  AddMode,
  DONE,
  encodeAddition,
  encodeRemoval,
  type KernelNextHop,
  REMOVE,
  ROUTE_PROTOCOL,
  RouteBulk,
  UNKNOWN,
} from '../linux/mod.ts';
import { isUnresolved, refusalWords } from './kernel-refusals.ts';

/** No table that people name: the last but some. */
const TRIAL_TABLE = 0xffff_fea7;
const TRIAL_METRIC = 20;
/** Each try is two messages, of 100 bytes at most. */
const SEND_BYTES = 8 * 1024;
/** Of a batch all may be refused, each answer in a kernel buffer of its own. */
const RECEIVE_BYTES = 2 ** 20;

const [EPERM, ENOMEM, EEXIST, ENOBUFS] = [1, 12, 17, 105];
/** Outcomes that say nothing of the next hop. */
const UNTOLD: ReadonlySet<number> = new Set([UNKNOWN, EPERM, ENOMEM, EEXIST, ENOBUFS]);

export interface ProbedHop {
  /** Of the routes that go over it. */
  readonly family: 4 | 6;
  /** Undefined: straight to the interface. */
  readonly address: string | undefined;
  readonly ifIndex: number | undefined;
}

/** A next hop as rtnetlink has it. */
export function kernelHop({ address, ifIndex }: ProbedHop, weight = 1): KernelNextHop {
  return {
    ...(address === undefined ? {} : { gateway: address }),
    ...(ifIndex === undefined ? {} : { ifIndex }),
    weight,
  };
}

export class KernelProbe implements Disposable {
  readonly #bulk: RouteBulk;

  /** Throws LinuxError: ENOENT (no such namespace), EPERM … */
  constructor(netns: string | undefined) {
    this.#bulk = new RouteBulk({ netns, sendBytes: SEND_BYTES, receiveBytes: RECEIVE_BYTES });
  }

  /**
   * Why the kernel cannot have each of these next hops now; undefined for those that it can. One call at a time. Rejects
   * with LinuxError when it could not be asked.
   */
  async reasonsAgainst(hops: readonly ProbedHop[]): Promise<(string | undefined)[]> {
    const reasons: (string | undefined)[] = [];
    let at = 0;
    while (at < hops.length) {
      const from = at;
      for (let hop = hops[at]; hop !== undefined && this.#push(hop); hop = hops[at]) at += 1;
      await this.#bulk.send();
      for (let index = from; index < at; index++) reasons.push(this.#reason((index - from) * 2));
      this.#bulk.clear();
    }
    return reasons;
  }

  [Symbol.dispose](): void {
    this.#bulk[Symbol.dispose]();
  }

  /** False: there is no room for it. */
  #push(probed: ProbedHop): boolean {
    const { family } = probed;
    const base = { family, table: TRIAL_TABLE, metric: TRIAL_METRIC, protocol: ROUTE_PROTOCOL } as const;
    const addition = encodeAddition({ ...base, kind: 'unicast', nextHops: [kernelHop(probed)] });
    const removal = encodeRemoval(base);
    if (!this.#bulk.hasRoom(addition.bytes.length + removal.bytes.length)) return false;
    this.#bulk.push(0, addition, AddMode.exclusive, 0, 0, 0, 0, 0);
    this.#bulk.push(0, removal, REMOVE, 0, 0, 0, 0, 0);
    return true;
  }

  #reason(index: number): string | undefined {
    const outcome = this.#bulk.outcomeAt(index);
    if (outcome === DONE) return undefined;
    const error = this.#bulk.errorAt(index, 'tryNextHop');
    if (UNTOLD.has(outcome)) throw error;
    return isUnresolved(error)
      ? `the kernel cannot reach it now: ${error.detail ?? error.message}`
      : refusalWords(error);
  }
}
