/** Interfaces that carry the frames of another one: they have no IP and no TAP in Linux themselves. */
import { encapsulationOf } from './encapsulation.ts';
import { tunnelsOf } from './tunnels.ts';
import type { Config } from './types.ts';

export interface Port {
  /** The name of what it is a port of. */
  readonly owner: string;
  readonly kind: 'bond' | 'bridge' | 'cross-connect';
  /** Its frames are at least as large as its own section and its owner's say. */
  readonly mtuBytes: number;
}

/** The default of `interface.NAME.mtu`. */
const MTU_BYTES = 1500;

/** By the name of the interface; of one that has two owners, the first. */
export function portsOf(config: Config): ReadonlyMap<string, Port> {
  const sections = new Map(config.interfaces.map((one) => [one.name, one]));
  const ports = new Map<string, Port>();
  const add = (name: string, kind: Port['kind'], owner: string): void => {
    const sizes = [name, ...(kind === 'cross-connect' ? [] : [owner])].map(
      (one) => sections.get(one)?.mtuBytes ?? MTU_BYTES,
    );
    if (!ports.has(name)) ports.set(name, { owner, kind, mtuBytes: Math.max(...sizes) });
  };
  for (const { name, members } of config.bonds) for (const member of members) add(member, 'bond', name);
  for (const { name, members } of config.bridges) for (const member of members) add(member, 'bridge', name);
  for (const { name, interfaces } of config.crossConnects)
    for (const end of interfaces) add(end, 'cross-connect', name);
  return ports;
}

/** What interfaces are as ports, by name: asked for each of many. */
export interface PortTraits {
  /** The VLAN tags that all frames of an interface have: so many are taken away where VLANs are to meet. */
  tagCount(this: void, name: string): 0 | 1 | 2;
  /** Ports of one group do not forward to each other: those that lead to other bridges of a full mesh. */
  splitHorizonGroup(this: void, name: string): 0 | 1;
}

export function portTraits(config: Config): PortTraits {
  const sections = new Map(config.interfaces.map((one) => [one.name, one]));
  const tunnels = new Set(tunnelsOf(config).map(({ name }) => name));
  return {
    tagCount: (name) => {
      const own = sections.get(name);
      const encapsulation = own === undefined ? undefined : encapsulationOf(own);
      if (encapsulation === undefined || encapsulation.outer === 'any') return 0;
      // VPP counts the tags that have a number (l2_vtr.c).
      return encapsulation.tags === 2 && encapsulation.inner === 'any' ? 1 : encapsulation.tags;
    },
    splitHorizonGroup: (name) => (tunnels.has(name) ? 1 : 0),
  };
}
