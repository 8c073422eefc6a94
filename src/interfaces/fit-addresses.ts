/**
 * Adapts the addresses of a TAP so that VPP accepts them. Pure.
 *
 * VPP refuses nested networks on one interface (192.0.2.9/32 beside 192.0.2.1/24), which is how daemons
 * write virtual addresses. With the length of the outer network it is the same address on the same link, and VPP
 * accepts it: several addresses of one network may coexist (ip4_add_del_interface_address_internal).
 */
import { formatPrefix, type ParsedPrefix, parsePrefix, prefixContains } from '../config/mod.ts';
import type { Prefix } from '../config/types.ts';

export interface FittedAddresses {
  /** The addresses for VPP, the configured ones first. */
  readonly addresses: readonly Prefix[];
  /** Those of them that the TAP has with another length, as text. */
  readonly standIns: ReadonlySet<string>;
}

/** The addresses for VPP: the configured ones, unchanged, and those of the TAP. */
export function fitAddresses(configured: readonly Prefix[], ofTap: readonly Prefix[]): FittedAddresses {
  const own = parseAll(configured);
  const others = parseAll(ofTap);
  const given = new Set([...own, ...others].map(formatPrefix));
  const fitted = new Map(own.map((prefix) => [formatPrefix(prefix), prefix]));
  const standIns = new Set<string>();
  for (const prefix of others) {
    const outer = outermost(prefix, own) ?? outermost(prefix, others);
    const { family, address, length } = {
      ...prefix,
      ...(outer === undefined ? {} : { length: outer.length }),
    };
    const text = formatPrefix({ family, address, length });
    if (!given.has(text)) standIns.add(text);
    fitted.set(text, { ...prefix, length });
  }
  const addresses = [...fitted.values()].map(({ family, address, length }) => ({ family, address, length }));
  return { addresses, standIns };
}

/** The largest network of `all` that contains `inner` and is larger; undefined without one. */
function outermost(inner: ParsedPrefix, all: readonly ParsedPrefix[]): ParsedPrefix | undefined {
  let found: ParsedPrefix | undefined;
  for (const other of all) {
    const isLarger = other.length < (found ?? inner).length;
    if (isLarger && prefixContains(other, inner)) found = other;
  }
  return found;
}

function parseAll(prefixes: readonly Prefix[]): ParsedPrefix[] {
  return prefixes.map((prefix) => parsePrefix(formatPrefix(prefix))).filter((one) => one !== undefined);
}
