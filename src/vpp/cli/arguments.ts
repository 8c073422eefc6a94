/**
 * The types of arguments that commands of VPP take: how each is read, and how it is written for VPP.
 *
 * Invariant: what is written holds letters, digits and `. : / _ -` alone, and is made from the value, never the text
 * that was typed.
 */
import { type ParsedAddress, parseAddress, parsePrefix } from '../../config/mod.ts';

/** An interface of VPP, as its API lists it. */
export interface KnownInterface {
  readonly name: string;
  /** Not a sub-interface. */
  readonly isHardware: boolean;
}

/** What was read: text for VPP, or an interface, which is still to be looked up. */
export type Argument =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'interface'; readonly name: string; readonly needsHardware: boolean };

interface ArgumentKind {
  /** What is expected, behind `expected`. */
  readonly words: string;
  /** Undefined: it is none. */
  readonly read: (text: string) => Argument | undefined;
}

/** VPP's own names and those of appliance.ini; none begins as a number does, which VPP would take as an index. */
const INTERFACE_NAME = /^[A-Za-z][A-Za-z0-9_./-]{0,62}$/;
/** One less is the highest index: VPP reads this one as none, and then shows everything. */
const NO_INDEX = 2 ** 32 - 1;

/** Capital names as in the usages of table.ts. */
const KINDS = {
  INTERFACE: { words: 'the name of an interface', read: (text) => interfaceOf(text, false) },
  HARDWARE: {
    words: 'the name of an interface that is no sub-interface',
    read: (text) => interfaceOf(text, true),
  },
  IPV4: { words: 'an IPv4 address, or a prefix like 192.0.2.0/24', read: (text) => destinationOf(text, 4) },
  IPV6: { words: 'an IPv6 address, or a prefix like 2001:db8::/32', read: (text) => destinationOf(text, 6) },
  TABLE: number('the number of a table', 0, NO_INDEX - 1),
  INDEX: number('an index', 0, NO_INDEX - 1),
  // RFC 3032, section 2.1: 20 bits
  LABEL: number('an MPLS label', 0, 2 ** 20 - 1),
  // 0 is none, the others are 24 bits (src/vnet/l2/l2_bd.h, L2_BD_ID_MAX)
  'BRIDGE-DOMAIN': number('the number of a bridge domain', 1, 2 ** 24 - 1),
} as const satisfies Readonly<Record<string, ArgumentKind>>;

export type ArgumentType = keyof typeof KINDS;

export const ARGUMENTS: Readonly<Record<ArgumentType, ArgumentKind>> = KINDS;

export function isArgumentType(name: string): name is ArgumentType {
  return Object.hasOwn(KINDS, name);
}

function interfaceOf(name: string, needsHardware: boolean): Argument | undefined {
  return INTERFACE_NAME.test(name) ? { kind: 'interface', name, needsHardware } : undefined;
}

function number(words: string, min: number, max: number): ArgumentKind {
  return {
    words: `${words}, ${min}..${max}`,
    read(text) {
      const value = /^(?:0|[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? { kind: 'text', text: String(value) } : undefined;
    },
  };
}

function destinationOf(text: string, family: 4 | 6): Argument | undefined {
  const prefix = parsePrefix(text);
  const address = prefix ?? parseAddress(text);
  if (address?.family !== family) return undefined;
  const length = prefix === undefined ? '' : `/${prefix.length}`;
  return { kind: 'text', text: `${addressText(address)}${length}` };
}

/** All eight groups of IPv6: VPP does not read the dotted end of an IPv4-mapped address. */
function addressText({ family, address, bytes }: ParsedAddress): string {
  if (family === 4) return address;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: 8 }, (_, group) => view.getUint16(2 * group).toString(16)).join(':');
}
