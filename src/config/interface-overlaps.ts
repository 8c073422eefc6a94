/** Subnets of interfaces that overlap. */
import { formatAddress, formatPrefix, isIpv6LinkLocal, maskBytes, type ParsedPrefix } from './addresses.ts';
import { quote } from './problems.ts';
import type { Review } from './review.ts';
import type { InterfaceConfig } from './types.ts';

interface Placed {
  readonly interfaceName: string;
  readonly line: number;
  readonly prefix: ParsedPrefix;
}

/**
 * One address on two interfaces, and subnets that overlap: VPP refuses both, except for several addresses of the same
 * subnet and length on one interface. Link-local addresses are local to their interface.
 */
export function checkOverlaps(review: Review): void {
  // Each VRF has addresses of its own.
  const tables = Map.groupBy(review.config.interfaces, ({ vrf }) => vrf);
  for (const interfaces of tables.values()) checkTable(interfaces, review);
}

function checkTable(interfaces: readonly InterfaceConfig[], review: Review): void {
  const placed = interfaces.flatMap(({ name, addresses }): Placed[] => {
    const line = review.line(`interface.${name}.addresses`);
    return addresses.map((prefix) => ({ interfaceName: name, line, prefix }));
  });
  // Prefixes nest or are disjoint: sorted by start and length, those that hold the present one are on a stack.
  const sorted = placed
    .filter(({ prefix }) => !isIpv6LinkLocal(prefix))
    .map((item) => ({ ...item, start: maskBytes(item.prefix.bytes, item.prefix.length) }))
    .sort(
      (a, b) =>
        a.prefix.family - b.prefix.family ||
        Buffer.compare(a.start, b.start) ||
        a.prefix.length - b.prefix.length ||
        a.line - b.line,
    );
  const outer: (typeof sorted)[number][] = [];
  for (const item of sorted) {
    const { family } = item.prefix;
    for (let top = outer.at(-1); top !== undefined; top = outer.at(-1)) {
      const { prefix, start } = top;
      if (prefix.family === family && Buffer.compare(maskBytes(item.start, prefix.length), start) === 0)
        break;
      outer.pop();
    }
    const holder = outer.at(-1);
    if (holder !== undefined && !isSecondary(holder, item)) reportPair(holder, item, review);
    // Of equals the first stays, so that each later one is compared with it.
    if (holder === undefined || holder.prefix.length !== item.prefix.length) outer.push(item);
  }
}

function isSecondary(a: Placed, b: Placed): boolean {
  return a.interfaceName === b.interfaceName && a.prefix.length === b.prefix.length;
}

function reportPair(a: Placed, b: Placed, review: Review): void {
  const [first, second] = a.line <= b.line ? [a, b] : [b, a];
  const shown = quote(formatPrefix(second.prefix));
  const where = `of ${first.interfaceName} on line ${first.line}`;
  const { length, bytes, address } = first.prefix;
  const network = `${formatAddress(maskBytes(bytes, length))}/${length}`;
  const message =
    address === second.prefix.address
      ? `${shown} is already an address ${where}: give each interface its own`
      : `${shown} overlaps ${network} ${where}: subnets of interfaces must be disjoint`;
  review.errorAt(second.line, `interface.${second.interfaceName}.addresses`, message);
}
