/**
 * The emulator's MPLS tables. Unlike with IP there is none, not even table 0, until one is created.
 *
 * Invariants: a label has two routes, at the end of the stack (EOS) and before it; a route keeps the payload protocol
 * of its first add (fib_table_entry_update changes paths only); VPP's own routes for the labels 0, 1 and 2 win over the
 * API's.
 */

import { makePath, type PathList, PathProto } from './fib-path.ts';

export interface MplsRoute {
  readonly label: number;
  readonly eos: 0 | 1;
  /** dpo_proto: 0 IPv4, 1 IPv6, 2 MPLS. */
  readonly payload: number;
  readonly statsIndex: number;
  special: PathList | undefined;
  api: PathList | undefined;
}

/** Explicit null of IPv4, router alert, explicit null of IPv6: the payload at the end of the stack. */
const SPECIAL_LABELS: readonly (readonly [label: number, payload: number])[] = [
  [0, PathProto.ip4],
  [1, PathProto.mpls],
  [2, PathProto.ip6],
];

export class MplsTable {
  readonly id: number;
  readonly name: string;
  isHeldByApi = false;
  /** Interfaces on which MPLS is enabled, of table 0. */
  interfaces = 0;
  readonly #routes = new Map<number, MplsRoute>();
  readonly #nextStatsIndex: () => number;

  constructor(id: number, name: string, nextStatsIndex: () => number) {
    this.id = id;
    this.name = name === '' ? `MPLS-VRF:${id}` : name;
    this.#nextStatsIndex = nextStatsIndex;
    for (const [label, payload] of SPECIAL_LABELS) {
      for (const eos of [0, 1] as const) {
        const proto = eos === 1 ? payload : PathProto.mpls;
        const special = { paths: [makePath(4, { proto: PathProto.mpls })] };
        this.#at(label, eos, proto).special = special;
      }
    }
  }

  #at(label: number, eos: 0 | 1, payload: number): MplsRoute {
    const key = label * 2 + eos;
    let route = this.#routes.get(key);
    if (route === undefined) {
      const statsIndex = this.#nextStatsIndex();
      route = { label, eos, payload, statsIndex, special: undefined, api: undefined };
      this.#routes.set(key, route);
    }
    return route;
  }

  /** Sets the API's paths; returns the route's stats index. */
  set(label: number, eos: 0 | 1, payload: number, list: PathList): number {
    const route = this.#at(label, eos, payload);
    route.api = list;
    return route.statsIndex;
  }

  get(label: number, eos: 0 | 1): MplsRoute | undefined {
    return this.#routes.get(label * 2 + eos);
  }

  /** Removes the API's route, if there is one. */
  remove(label: number, eos: 0 | 1): void {
    const route = this.get(label, eos);
    if (route === undefined) return;
    route.api = undefined;
    if (route.special === undefined) this.#routes.delete(label * 2 + eos);
  }

  /** By label, then EOS, as a dump has them. */
  routes(): MplsRoute[] {
    return [...this.#routes.values()].sort((a, b) => a.label - b.label || a.eos - b.eos);
  }
}

export class MplsFib {
  readonly #tables = new Map<number, MplsTable>();
  #statsIndex = 0;

  find(id: number): MplsTable | undefined {
    return this.#tables.get(id);
  }

  add(id: number, name: string): void {
    const table = this.#tables.get(id) ?? new MplsTable(id, name, () => ++this.#statsIndex);
    table.isHeldByApi = true;
    this.#tables.set(id, table);
  }

  /** The API releases a table; it is deleted, with its routes, when no interface is in it. */
  delete(id: number): void {
    const table = this.#tables.get(id);
    if (table === undefined) return;
    table.isHeldByApi = false;
    this.#release(table);
  }

  /** MPLS was enabled on an interface, or disabled; false without table 0. */
  bind(isEnable: boolean): boolean {
    const table = this.#tables.get(0);
    if (table === undefined) return false;
    table.interfaces += isEnable ? 1 : -1;
    this.#release(table);
    return true;
  }

  #release(table: MplsTable): void {
    if (!table.isHeldByApi && table.interfaces <= 0) this.#tables.delete(table.id);
  }

  tables(): MplsTable[] {
    return [...this.#tables.values()];
  }
}
