/**
 * The argument types of VPP commands: how each is parsed, and how it is written for VPP.
 *
 * Invariant: the written text holds only letters, digits and `. : / _ -`, and is made from the parsed value, never from
 * the text that was typed.
 */
import { type ParsedAddress, parseAddress, parsePrefix } from '../../config/mod.ts';

/** An interface of VPP, as its API lists it. */
export interface KnownInterface {
  readonly name: string;
  /** Not a sub-interface. */
  readonly isHardware: boolean;
}

/** A parsed argument: text for VPP, or an interface name that is still to be looked up. */
export type Argument =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'interface'; readonly name: string; readonly needsHardware: boolean };

interface ArgumentKind {
  /** What is expected, to follow `expected`. */
  readonly words: string;
  /** Undefined: the text is not of this type. */
  readonly read: (text: string) => Argument | undefined;
}

/** VPP's own names and those of appliance.ini; none begins with a digit, which VPP would take as an index. */
const INTERFACE_NAME = /^[A-Za-z][A-Za-z0-9_./-]{0,62}$/;
/** VPP takes this index as "none given" and then shows everything; the highest real index is one less. */
const NO_INDEX = 2 ** 32 - 1;

/** Capital names as the usages in table.ts have them. */
const KINDS = {
  INTERFACE: { words: 'the name of an interface', read: (text) => interfaceOf(text, false) },
  HARDWARE: {
    words: 'the name of an interface that is not a sub-interface',
    read: (text) => interfaceOf(text, true),
  },
  IPV4: {
    words: 'an IPv4 address, or a prefix such as 192.0.2.0/24',
    read: (text) => destinationOf(text, 4),
  },
  IPV6: {
    words: 'an IPv6 address, or a prefix such as 2001:db8::/32',
    read: (text) => destinationOf(text, 6),
  },
  TABLE: number('a table number', 0, NO_INDEX - 1),
  INDEX: number('an index', 0, NO_INDEX - 1),
  // RFC 3032, section 2.1: 20 bits
  LABEL: number('an MPLS label', 0, 2 ** 20 - 1),
  // 0 means none, the others are 24 bits (src/vnet/l2/l2_bd.h, L2_BD_ID_MAX)
  'BRIDGE-DOMAIN': number('a bridge domain number', 1, 2 ** 24 - 1),
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
    words: `${words}, ${min}–${max}`,
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

/** Writes all eight groups of IPv6: VPP does not parse the dotted end of an IPv4-mapped address. */
function addressText({ family, address, bytes }: ParsedAddress): string {
  if (family === 4) return address;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: 8 }, (_, group) => view.getUint16(2 * group).toString(16)).join(':');
}
