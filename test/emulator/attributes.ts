/**
 * What VPP keeps of an interface in vectors by its index, and does not clear when the interface is deleted: the mode of
 * uRPF (urpf.c), the sizes of mss_clamp.c, the static neighbours of ip_neighbor.c before 26.06. The features themselves
 * are cleared (feature.c): what is kept then says that they are on.
 */
export interface Urpf {
  readonly mode: number;
  readonly table: number;
  readonly isCustom: boolean;
}

export interface Mss {
  readonly ipv4: number;
  readonly ipv6: number;
  readonly direction4: number;
  readonly direction6: number;
}

export interface Neighbor {
  readonly swIfIndex: number;
  /** 17 bytes, as on the wire. */
  readonly address: Buffer;
  readonly mac: Buffer;
  readonly flags: number;
}

export class Attributes {
  /** `INDEX FAMILY rx` */
  readonly urpf = new Map<string, Urpf>();
  readonly mss = new Map<number, Mss>();
  readonly neighbors = new Map<string, Neighbor>();
  /** Features that packets pass, `INDEX NAME`. */
  readonly features = new Set<string>();
  readonly #leaksNeighbors: boolean;

  constructor(leaksNeighbors: boolean) {
    this.#leaksNeighbors = leaksNeighbors;
  }

  /** The interface was deleted. */
  forget(swIfIndex: number): void {
    for (const one of this.features) if (one.startsWith(`${swIfIndex} `)) this.features.delete(one);
    if (this.#leaksNeighbors) return;
    for (const [key, one] of this.neighbors) if (one.swIfIndex === swIfIndex) this.neighbors.delete(key);
  }

  /** Enables or disables a feature where that changes something. */
  setFeature(swIfIndex: number, name: string, isOn: boolean): void {
    if (isOn) this.features.add(`${swIfIndex} ${name}`);
    else this.features.delete(`${swIfIndex} ${name}`);
  }
}
