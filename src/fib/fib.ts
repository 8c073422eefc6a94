/**
 * The route table with the sources that the appliance itself has, and VPP's FIB: what is configured, and the networks
 * that interfaces are connected to.
 */
import { formatDestination } from '../config/mod.ts';
import type { FibVppConfig, Prefix, StaticRoute } from '../config/types.ts';
import type { SwIfIndex } from '../vpp/api/mod.ts';
import { type ExplainedRoute, explainRoute, type FibToExplain } from './explain.ts';
import type { RouteKey } from './route-key.ts';
import { Distance, replaceRoutes, type RouteSource, RouteTable } from './route-table.ts';
import { VppBackend, type VppBackendOptions } from './vpp-backend.ts';

export interface FibOptions {
  readonly config: FibVppConfig;
  readonly routes: readonly StaticRoute[];
  /** VPP's index of an interface that a route names; undefined while VPP has none of that name. */
  readonly resolveInterface: (name: string) => SwIfIndex | undefined;
  readonly onError: (message: string) => void;
  /** How often VPP's routes are looked at, when it is not as usual; for tests. */
  readonly auditPace?: VppBackendOptions['auditPace'];
}

/** An interface with an address, up. */
export interface ConnectedNetwork {
  readonly interface: string;
  /** Host bits may be set. */
  readonly prefix: Prefix;
}

export class Fib implements Disposable {
  readonly table: RouteTable;
  readonly vpp: VppBackend;
  readonly #static: RouteSource;
  readonly #connected: RouteSource;
  #routes: readonly StaticRoute[] = [];
  #networks: readonly ConnectedNetwork[] = [];

  constructor({ config, routes, resolveInterface, onError, auditPace }: FibOptions) {
    this.table = new RouteTable(config.tableId);
    this.#static = this.table.addSource({ name: 'static', distance: Distance.static, origin: 'static' });
    this.#connected = this.table.addSource({
      name: 'connected',
      distance: Distance.connected,
      origin: 'connected',
    });
    this.vpp = new VppBackend({
      table: this.table,
      config,
      resolveInterface,
      onError,
      ...(auditPace === undefined ? {} : { auditPace }),
    });
    this.setRoutes(routes);
  }

  /** The routes of the configuration: what is the same stays as it is. */
  setRoutes(routes: readonly StaticRoute[]): void {
    if (routes === this.#routes) return;
    replaceRoutes(this.#static, this.#routes, routes);
    this.#routes = routes;
  }

  /** The networks that are connected now. They win over other routes to them, and their owners program them. */
  setConnected(networks: readonly ConnectedNetwork[]): void {
    const gone = new Map(this.#networks.map(({ prefix }) => [formatDestination(prefix), prefix]));
    for (const { interface: name, prefix } of networks) {
      gone.delete(formatDestination(prefix));
      this.#connected.setRoute({ destination: prefix, action: { kind: 'attached', interface: name } });
    }
    for (const prefix of gone.values()) this.#connected.removeRoute(prefix, undefined);
    this.#networks = networks;
  }

  /**
   * Why packets to `key` go where they go, in VPP and in further FIBs; undefined when no route covers it. `key` is
   * overwritten.
   */
  explain(key: RouteKey, others: readonly FibToExplain[] = []): ExplainedRoute | undefined {
    const { states, substitutes } = this.vpp;
    return explainRoute(this.table, [{ backend: 'vpp', states, substitutes }, ...others], key);
  }

  [Symbol.dispose](): void {
    this.vpp[Symbol.dispose]();
  }
}
