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
  /** The number of a table that VPP has for a VRF; undefined while it has none of that name. Default: no VRF. */
  readonly resolveVrf?: (name: string) => number | undefined;
  /** The number of the table of a family that an interface is in. Default: 0 for all. */
  readonly tableOf?: (name: string, family: 4 | 6) => number;
  readonly onError: (message: string) => void;
  /** How often VPP's routes are looked at, when it is not as usual; for tests. */
  readonly auditPace?: VppBackendOptions['auditPace'];
}

/** An interface with an address, up. */
export interface ConnectedNetwork {
  readonly interface: string;
  /** Host bits may be set. */
  readonly prefix: Prefix;
  /** Absent: the default table. */
  readonly tableId?: number;
}

export class Fib implements Disposable {
  readonly table: RouteTable;
  readonly vpp: VppBackend;
  readonly #static: RouteSource;
  readonly #connected: RouteSource;
  #routes: readonly StaticRoute[] = [];
  #networks: readonly ConnectedNetwork[] = [];

  constructor({ config, routes, resolveInterface, resolveVrf, tableOf, onError, auditPace }: FibOptions) {
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
      ...(resolveVrf === undefined ? {} : { resolveVrf }),
      ...(tableOf === undefined ? {} : { tableOf }),
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
    const gone = new Map(this.#networks.map((network) => [identityOf(network), network]));
    for (const network of networks) {
      gone.delete(identityOf(network));
      const { interface: name, prefix, tableId } = network;
      this.#connected.setRoute({
        destination: prefix,
        action: { kind: 'attached', interface: name },
        tableId,
      });
    }
    for (const { prefix, tableId } of gone.values()) this.#connected.removeRoute(prefix, tableId);
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

function identityOf({ prefix, tableId }: ConnectedNetwork): string {
  return `${tableId ?? ''} ${formatDestination(prefix)}`;
}
