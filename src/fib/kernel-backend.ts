/**
 * The same routes in the kernel's FIB: the data plane while VPP is disabled or loops.
 *
 * Owns the routes that it added (protocol number `ROUTE_PROTOCOL`) and removes just those. A recursive next hop
 * is resolved by the kernel through its connected routes; one that it cannot reach now is a stated failure.
 */
import type { StaticRoute } from '../config/types.ts';
import { deleteRoute, type KernelNextHop, type KernelRoute, linkIndex, replaceRoute } from '../linux/mod.ts';
import type { FibBackendStatus } from '../telemetry/status.ts';

/** Metric of our routes, so that they do not replace one that someone else put there. */
const METRIC = 20;
const REPORTED_FAILURES = 20;
/** Routes between two turns of the event loop. */
const SLICE = 200;

export class KernelFib {
  readonly #routes: readonly StaticRoute[];
  readonly #kernelName: (name: string) => string | undefined;
  #installed: KernelRoute[] = [];
  #failures: { prefix: string; reason: string }[] = [];
  #active = false;
  #since = Date.now();

  /** @param kernelName the kernel's name of an interface that the configuration names */
  constructor(routes: readonly StaticRoute[], kernelName: (name: string) => string | undefined) {
    this.#routes = routes;
    this.#kernelName = kernelName;
  }

  get active(): boolean {
    return this.#active;
  }

  /** Adds all routes, least specific last, so that what a next hop is resolved through is there. Never rejects. */
  async program(): Promise<void> {
    this.#active = true;
    this.#since = Date.now();
    this.#failures = [];
    const ordered = [...this.#routes].sort((a, b) => b.prefix.length - a.prefix.length);
    for (const [index, route] of ordered.entries()) {
      if (index % SLICE === SLICE - 1) await new Promise((resolve) => setImmediate(resolve));
      const prefix = `${route.prefix.address}/${route.prefix.length}`;
      try {
        const kernelRoute = this.#toKernel(route);
        replaceRoute(kernelRoute);
        this.#installed.push(kernelRoute);
      } catch (error) {
        this.#failures.push({ prefix, reason: error instanceof Error ? error.message : String(error) });
      }
    }
  }

  /** Removes what `program` added. Never throws. */
  withdraw(): void {
    for (const route of this.#installed) {
      try {
        deleteRoute(route);
      } catch {
        // Gone with its interface already.
      }
    }
    this.#installed = [];
    this.#failures = [];
    this.#active = false;
    this.#since = Date.now();
  }

  get status(): FibBackendStatus {
    const failed = this.#failures.length;
    const base = {
      backend: 'kernel' as const,
      desired: this.#active ? this.#routes.length : 0,
      programmed: this.#installed.length,
      pending: 0,
      failed,
      failures: this.#failures.slice(0, REPORTED_FAILURES),
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

  #toKernel({ prefix, action }: StaticRoute): KernelRoute {
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
