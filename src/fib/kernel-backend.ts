/**
 * The same routes in the kernel's FIB: the data plane while VPP is disabled or loops.
 *
 * Owns the routes that it added (protocol number `ROUTE_PROTOCOL`) and removes just those. A recursive next hop
 * is resolved by the kernel through its connected routes; one that it cannot reach now is a stated failure.
 * Invariant: one change at a time, each in slices between turns of the event loop; `withdraw` ends the one under way.
 */
import { formatDestination, isSameAction } from '../config/mod.ts';
import type { StaticRoute } from '../config/types.ts';
import {
  deleteRoute,
  type KernelNextHop,
  type KernelRoute,
  linkIndex,
  replaceRoute,
  reasonOf,
} from '../linux/mod.ts';
import type { FibBackendStatus } from '../telemetry/status.ts';

/** Metric of our routes, so that they do not replace one that someone else put there. */
const METRIC = 20;
const REPORTED_FAILURES = 20;
/** Routes between two turns of the event loop. */
const SLICE = 200;

interface Installed {
  readonly action: StaticRoute['action'];
  readonly route: KernelRoute;
}

export class KernelFib {
  readonly #kernelName: (name: string) => string | undefined;
  #routes: readonly StaticRoute[];
  /** By prefix. */
  readonly #installed = new Map<string, Installed>();
  readonly #failures = new Map<string, string>();
  #active = false;
  #since = Date.now();
  /** Counts activations and withdrawals: a change that began in an earlier one ends. */
  #epoch = 0;
  #running: Promise<void> = Promise.resolve();

  /** @param kernelName the kernel's name of an interface that the configuration names */
  constructor(routes: readonly StaticRoute[], kernelName: (name: string) => string | undefined) {
    this.#routes = routes;
    this.#kernelName = kernelName;
  }

  get active(): boolean {
    return this.#active;
  }

  /** Adds all routes, least specific last, so that what a next hop is resolved through is there. Never rejects. */
  program(): Promise<void> {
    this.#active = true;
    return this.#apply({ reassert: true });
  }

  /**
   * Other routes: while active, removes those that are gone and sets those that are new or changed. With `reassert`
   * it sets all of them: the kernel drops routes with the address that they were reached by. Never rejects.
   */
  async reconfigure(
    routes: readonly StaticRoute[],
    { reassert }: { readonly reassert: boolean },
  ): Promise<void> {
    this.#routes = routes;
    if (this.#active) await this.#apply({ reassert });
  }

  /** Removes what `program` added. Never throws. */
  withdraw(): void {
    for (const { route } of this.#installed.values()) remove(route);
    this.#installed.clear();
    this.#failures.clear();
    this.#active = false;
    this.#since = Date.now();
    this.#epoch += 1;
  }

  get status(): FibBackendStatus {
    const failed = this.#failures.size;
    const base = {
      backend: 'kernel' as const,
      desired: this.#active ? this.#routes.length : 0,
      programmed: [...this.#installed.keys()].filter((prefix) => !this.#failures.has(prefix)).length,
      pending: 0,
      failed,
      unresolved: 0,
      families: [],
      batches: 0,
      isReplaying: false,
      failures: [...this.#failures]
        .slice(0, REPORTED_FAILURES)
        .map(([prefix, reason]) => ({ prefix, reason })),
    };
    const since = this.#since;
    if (!this.#active) return { ...base, status: { state: 'disabled', reason: 'VPP is the data plane' } };
    if (failed > 0) {
      return {
        ...base,
        status: { state: 'degraded', reason: `${failed} routes were refused by the kernel`, since },
      };
    }
    return { ...base, status: { state: 'synced', since } };
  }

  #apply(how: { readonly reassert: boolean }): Promise<void> {
    const epoch = this.#epoch;
    this.#running = this.#running.then(() => this.#applyNow(epoch, how.reassert));
    return this.#running;
  }

  async #applyNow(epoch: number, reassert: boolean): Promise<void> {
    const routes = this.#routes;
    const wanted = new Map(routes.map((route) => [formatDestination(route.destination), route]));
    this.#since = Date.now();
    let steps = 0;
    /** True when this is no longer to go on. */
    const pause = async (): Promise<boolean> => {
      steps += 1;
      if (steps % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
      return this.#epoch !== epoch;
    };
    for (const prefix of this.#failures.keys()) if (!wanted.has(prefix)) this.#failures.delete(prefix);
    for (const [prefix, { route }] of this.#installed) {
      if (wanted.has(prefix)) continue;
      if (await pause()) return;
      remove(route);
      this.#installed.delete(prefix);
    }
    const ordered = [...wanted].sort(([, a], [, b]) => lengthOf(b) - lengthOf(a));
    for (const [prefix, route] of ordered) {
      const installed = this.#installed.get(prefix);
      if (!reassert && installed !== undefined && isSameAction(installed.action, route.action)) continue;
      if (await pause()) return;
      this.#set(prefix, route);
    }
  }

  #set(prefix: string, route: StaticRoute): void {
    this.#failures.delete(prefix);
    try {
      const kernelRoute = this.#toKernel(route);
      replaceRoute(kernelRoute);
      this.#installed.set(prefix, { action: route.action, route: kernelRoute });
    } catch (error) {
      // An earlier action of the prefix stays until the kernel takes the new one, as in VPP.
      this.#failures.set(prefix, reasonOf(error));
    }
  }

  #toKernel({ destination: prefix, action }: StaticRoute): KernelRoute {
    if (prefix.family === 'mpls') throw new Error('the kernel is not programmed with MPLS labels');
    const base = { family: prefix.family, address: prefix.address, length: prefix.length, metric: METRIC };
    if (action.kind !== 'forward') return { ...base, kind: action.kind, nextHops: [] };
    const nextHops = action.nextHops.map((hop): KernelNextHop => {
      if (hop.interface === undefined) return { gateway: hop.address, weight: hop.weight };
      const kernelName = this.#kernelName(hop.interface);
      const ifIndex = kernelName === undefined ? undefined : linkIndex(kernelName);
      if (ifIndex === undefined) throw new Error(`the kernel has no interface for ${hop.interface}`);
      return { gateway: hop.address, ifIndex, weight: hop.weight };
    });
    return { ...base, kind: 'unicast', nextHops };
  }
}

function lengthOf({ destination }: StaticRoute): number {
  return destination.family === 'mpls' ? 0 : destination.length;
}

/** Takes a route out of the kernel. Never throws. */
function remove(route: KernelRoute): void {
  try {
    deleteRoute(route);
  } catch {
    // Gone with its interface already.
  }
}
