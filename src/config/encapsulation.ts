/** Which frames of its parent a sub-interface gets: IEEE 802.1Q (0x8100) and 802.1ad (0x88a8) tags. */
import { subInterfaceName } from './sub-interface-name.ts';

/** VLAN 0 is a priority tag, 4095 is reserved (IEEE 802.1Q, table 9-2). */
export const MAX_VLAN = 4094;

/** Which frames of its parent a sub-interface gets. */
export interface Encapsulation {
  readonly tags: 0 | 1 | 2;
  readonly outer: number | 'any';
  /** Meaningful with two tags. */
  readonly inner: number | 'any';
  /** The outer tag is 802.1ad's (0x88a8). */
  readonly isDot1ad: boolean;
  /** No further tags; without it the sub-interface carries no IP. */
  readonly isExact: boolean;
  /** Tagged frames that no other sub-interface gets. */
  readonly isDefault: boolean;
}

interface Given {
  readonly name: string;
  readonly vlan: number | 'default' | undefined;
  readonly innerVlan: number | 'any' | undefined;
  readonly encapsulation: 'dot1q' | 'dot1ad';
  readonly exactMatch: boolean;
}

/** The encapsulation of `[interface.PARENT.NUMBER]`; undefined for an interface that is no sub-interface. */
export function encapsulationOf(given: Given): Encapsulation | undefined {
  const { vlan, innerVlan, encapsulation, exactMatch } = given;
  const named = subInterfaceName(given.name);
  if (named === undefined) return undefined;
  if (vlan === 'default') {
    return { tags: 0, outer: 0, inner: 0, isDot1ad: false, isExact: false, isDefault: true };
  }
  return {
    tags: innerVlan === undefined ? 1 : 2,
    outer: vlan ?? named.number,
    inner: innerVlan ?? 0,
    isDot1ad: encapsulation === 'dot1ad',
    // VPP has no exact match of an inner tag that may be anything.
    isExact: exactMatch && innerVlan !== 'any',
    isDefault: false,
  };
}
