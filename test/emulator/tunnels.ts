/**
 * Tunnels: vxlan.c, gre/interface.c, ipip.c. Each kind has its own key, and numbers its interfaces from 0, the number
 * that was freed last first.
 */
import type { Interface } from './vpp-state.ts';

export type TunnelKind = 'vxlan' | 'gre' | 'ipip';

export interface Tunnel {
  readonly kind: TunnelKind;
  readonly swIfIndex: number;
  readonly instance: number;
  readonly key: string;
  /** 17 bytes each, as on the wire. */
  readonly source: Buffer;
  readonly destination: Buffer;
  readonly table: number;
  /** vxlan */
  readonly vni?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Where its frames go: a number of `Tunnels.addNext`. */
  readonly decapNext?: number;
  /** gre */
  readonly type?: number;
}

export class Tunnels {
  readonly #byKey = new Map<string, Tunnel>();
  readonly #free = new Map<TunnelKind, number[]>();

  /** The nodes after those that receive VXLAN, by their numbers. */
  readonly #nexts: ReadonlyMap<string, string[]> = new Map(
    ['vxlan4-input', 'vxlan6-input'].map((node) => [node, ['error-drop', 'l2-input']]),
  );

  /** The nodes that frames of a node may go to; undefined for another node. */
  nextsOf(node: string): readonly string[] | undefined {
    return this.#nexts.get(node);
  }

  /** The number by which a node sends frames to another one (vlib_node_add_next). */
  addNext(node: string, next: string): number {
    const nexts = this.#nexts.get(node) ?? [];
    if (!nexts.includes(next)) nexts.push(next);
    return nexts.indexOf(next);
  }

  find(key: string): Tunnel | undefined {
    return this.#byKey.get(key);
  }

  /** In the order of VPP's pool. */
  all(kind: TunnelKind): Tunnel[] {
    return [...this.#byKey.values()]
      .filter((one) => one.kind === kind)
      .sort((a, b) => a.instance - b.instance);
  }

  nextInstance(kind: TunnelKind): number {
    return this.#free.get(kind)?.pop() ?? this.all(kind).length;
  }

  add(tunnel: Tunnel): void {
    this.#byKey.set(tunnel.key, tunnel);
  }

  remove(tunnel: Tunnel): void {
    this.#byKey.delete(tunnel.key);
    const free = this.#free.get(tunnel.kind) ?? [];
    this.#free.set(tunnel.kind, [...free, tunnel.instance]);
  }

  ofInterface({ swIfIndex }: Interface): Tunnel | undefined {
    return [...this.#byKey.values()].find((one) => one.swIfIndex === swIfIndex);
  }
}
