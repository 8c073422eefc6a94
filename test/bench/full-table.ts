/**
 * A table like the Internet's: as many prefixes, mixed by length as BGP tables are (potaroo.net's and Geoff Huston's
 * reports of 2025: IPv4 mostly /24, then /22, /23, /20 to /21; IPv6 mostly /48, then /32, /44, /40). The same each time,
 * no prefix twice, and no memory for it.
 */
import type { RouteKey } from '../../src/fib/mod.ts';

/** IPv4 and IPv6 routes of a full table, and both. */
export const FULL_TABLE = { ipv4: 958_000, ipv6: 198_000, all: 1_156_000 } as const;
/** Next hops that the routes are spread over. */
export const NEXT_HOPS = 64;

/** Shares of a hundred, the most frequent last so that it takes what rounding leaves. */
const IPV4_MIX: readonly (readonly [length: number, share: number])[] = [
  [16, 1.4],
  [17, 0.8],
  [18, 1.4],
  [19, 2.6],
  [20, 4.6],
  [21, 5.4],
  [22, 11.6],
  [23, 10.6],
  [24, 61.6],
];
const IPV6_MIX: readonly (readonly [length: number, share: number])[] = [
  [29, 3],
  [33, 2],
  [36, 4],
  [40, 9],
  [44, 9],
  [46, 3],
  [47, 3],
  [32, 14],
  [48, 53],
];
/** Coprime to every number of blocks below, so that stepping by it visits each block once. */
const STEP = 7_368_787;
/** First octets 1 to 223: what is above is not unicast. */
const UNICAST_OCTETS = 223;

/** Prefix after prefix, IPv4 first; without a generator, whose results are objects that would be measured with ours. */
export class FullTable {
  readonly #parts: { readonly family: 4 | 6; readonly length: number; readonly count: number }[];
  #part = 0;
  #inPart = 0;
  #made = 0;
  #block = 0;

  constructor(routes: number) {
    const ipv4 = Math.round((routes * FULL_TABLE.ipv4) / FULL_TABLE.all);
    this.#parts = [
      ...counts(IPV4_MIX, ipv4).map(([length, count]) => ({ family: 4 as const, length, count })),
      ...counts(IPV6_MIX, routes - ipv4).map(([length, count]) => ({ family: 6 as const, length, count })),
    ];
  }

  /** Puts the next prefix into `key`; returns the number of its next hop, -1 when there are no more. */
  next(key: RouteKey): number {
    let part = this.#parts[this.#part];
    while (part !== undefined && this.#inPart === part.count) {
      this.#part += 1;
      this.#inPart = 0;
      this.#block = 0;
      part = this.#parts[this.#part];
    }
    if (part === undefined) return -1;
    const { family, length } = part;
    const i = this.#inPart++;
    const block = this.#block;
    const blocks = family === 4 ? UNICAST_OCTETS << (length - 8) : 1 << (Math.min(length, 32) - 3);
    const next = block + (STEP % blocks);
    this.#block = next >= blocks ? next - blocks : next;
    key.family = family;
    key.length = length;
    if (family === 4) {
      key.w0 = (0x100_0000 + (block << (32 - length))) >>> 0;
      key.w1 = 0;
    } else {
      // 2000::/3: 29 bits are free in the first word.
      key.w0 = (0x2000_0000 + (block << (32 - Math.min(length, 32)))) >>> 0;
      key.w1 = length <= 32 ? 0 : ((Math.imul(i, 0x9e37_79b1) >>> 0) & (-1 << (64 - length))) >>> 0;
    }
    return this.#made++ % NEXT_HOPS;
  }
}

function counts(mix: readonly (readonly [number, number])[], total: number): [number, number][] {
  let left = total;
  return mix.map(([length, share], at) => {
    const count = at === mix.length - 1 ? left : Math.round((total * share) / 100);
    left -= count;
    return [length, count];
  });
}
