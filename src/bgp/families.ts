/** The address families of BGP that the route table takes: their numbers on the wire (RFC 4760). */
import { BGP_FAMILIES, type BgpFamilyName } from '../config/mod.ts';

export interface AddressFamily {
  readonly name: BgpFamilyName;
  readonly afi: number;
  readonly safi: number;
  /** Of the route table. */
  readonly family: 4 | 6;
  readonly bits: number;
}

const UNICAST = 1;
export const AFI_IPV4 = 1;
export const AFI_IPV6 = 2;

export const IPV4: AddressFamily = { name: 'ipv4', afi: AFI_IPV4, safi: UNICAST, family: 4, bits: 32 };
export const IPV6: AddressFamily = { name: 'ipv6', afi: AFI_IPV6, safi: UNICAST, family: 6, bits: 128 };

const BY_NAME: Readonly<Record<BgpFamilyName, AddressFamily>> = { ipv4: IPV4, ipv6: IPV6 };

export const ADDRESS_FAMILIES: readonly AddressFamily[] = BGP_FAMILIES.map((name) => BY_NAME[name]);

/** The family of these numbers; undefined for another one. */
export function familyOf(afi: number, safi: number): AddressFamily | undefined {
  return ADDRESS_FAMILIES.find((one) => one.afi === afi && one.safi === safi);
}
