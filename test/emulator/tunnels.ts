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
  /** gre */
  readonly type?: number;
}

export class Tunnels {
  readonly #byKey = new Map<string, Tunnel>();
  readonly #free = new Map<TunnelKind, number[]>();

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
