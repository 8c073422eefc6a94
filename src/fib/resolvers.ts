/** By what next hops are resolved to interfaces of VPP. */
import type { SwIfIndex } from '../vpp/api/mod.ts';

export interface Resolvers {
  /** VPP's index of an interface; undefined while VPP has none of that name. */
  readonly interface: (name: string) => SwIfIndex | undefined;
  /** The number of the table of a VRF that a route names in place of an interface; undefined while VPP has none. */
  readonly vrf: (name: string) => number | undefined;
  /** The number of the table of a family that an interface is in; 0 where that is not known. */
  readonly tableOf: (name: string, family: 4 | 6) => number;
  /** The interface whose connected network has an address. */
  readonly connected: (address: string) => string | undefined;
}
