/** Interfaces that carry the frames of another one: they have no IP and no TAP in Linux themselves. */
import type { Config } from './types.ts';

export interface Port {
  /** The name of what it is a port of. */
  readonly owner: string;
  readonly kind: 'bond';
  /** Its frames are at least as large as its own section and its owner's say. */
  readonly mtuBytes: number;
}

/** By the name of the interface; of one that has two owners, the first. */
export function portsOf(config: Pick<Config, 'bonds' | 'interfaces'>): ReadonlyMap<string, Port> {
  const sections = new Map(config.interfaces.map((one) => [one.name, one]));
  const ports = new Map<string, Port>();
  const add = (name: string, kind: Port['kind'], owner: string): void => {
    const sizes = [name, owner].map((one) => sections.get(one)?.mtuBytes ?? MTU_BYTES);
    if (!ports.has(name)) ports.set(name, { owner, kind, mtuBytes: Math.max(...sizes) });
  };
  for (const { name, members } of config.bonds) for (const member of members) add(member, 'bond', name);
  return ports;
}

/** The default of `interface.NAME.mtu`. */
const MTU_BYTES = 1500;
