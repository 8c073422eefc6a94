/**
 * Paths: a next hop with what chooses between several of one prefix, each once, and the next-hop groups that they become.
 *
 * A full table has a few thousand, so they are ordinary objects; routes hold their numbers. Invariants: a path lives as
 * long as somebody holds it, and a while longer, since the next UPDATE is likely to have it again (`trim`); groups are
 * reserved, so that FIBs do not count them as used.
 */
import { formatAddress } from '../config/mod.ts';
import type { NextHop } from '../config/types.ts';
import { type Family, type GroupId, NO_GROUP, type RouteTable } from '../fib/mod.ts';

/** An interned path; 0 is none. */
export type PathId = number;
export const NO_PATH: PathId = 0;

/** Paths, and sets of them, that are kept though nobody holds them. */
const MAX_IDLE = 8_192;
/** Next hops of one route at most; VPP's load balancing has up to 64 buckets of its own accord. */
export const MAX_NEXT_HOPS = 64;
/** Numbers of groups fit below it, in a pair of numbers as one. */
const PAIR = 2 ** 24;

/** What RFC 4271, section 9.1.2.2, compares, and where packets go. */
export interface Path {
  readonly nextHop: Uint8Array;
  /** Of a link-local next hop. */
  readonly interface: string | undefined;
  readonly localPref: number;
  readonly asPathLength: number;
  readonly origin: number;
  readonly med: number;
}

interface Entry extends Path {
  readonly key: string;
  readonly hop: NextHop;
  readonly group: GroupId;
}

export class Paths implements Disposable {
  readonly #groups: RouteTable['groups'];
  readonly #family: Family;
  readonly #byKey = new Map<string, PathId>();
  readonly #entries: (Entry | undefined)[] = [undefined];
  readonly #free: PathId[] = [];
  readonly #holders: number[] = [0];
  /** The group of a group's next hops and one more path's, by both numbers. */
  readonly #joined = new Map<number, GroupId>();
  #trimAt = MAX_IDLE;

  /** @param family of the destinations */
  constructor(groups: RouteTable['groups'], family: Family) {
    this.#groups = groups;
    this.#family = family;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The number of a path; `NO_PATH` when there are too many next-hop groups. `trim` may end it unless it is held. */
  intern(path: Path): PathId {
    const { nextHop, localPref, asPathLength, origin, med } = path;
    const hopKey = Buffer.from(nextHop.buffer, nextHop.byteOffset, nextHop.length).toString('latin1');
    const key = `${hopKey}|${path.interface ?? ''}|${localPref}|${asPathLength}|${origin}|${med}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const hop: NextHop = {
      family: nextHop.length === 4 ? 4 : 6,
      address: formatAddress(nextHop),
      interface: path.interface,
      weight: 1,
    };
    const group = this.#groups.reserve(this.#family, { kind: 'forward', nextHops: [hop], labels: [] });
    if (group === NO_GROUP) return NO_PATH;
    const id = this.#free.pop() ?? this.#entries.length;
    this.#entries[id] = { ...path, nextHop: Uint8Array.from(nextHop), key, hop, group };
    this.#holders[id] = 0;
    this.#byKey.set(key, id);
    return id;
  }

  retain(id: PathId): void {
    this.#holders[id] = this.#holders[id]! + 1;
  }

  release(id: PathId): void {
    this.#holders[id] = this.#holders[id]! - 1;
  }

  /** The group of this one path. */
  group(id: PathId): GroupId {
    return this.#entry(id).group;
  }

  med(id: PathId): number {
    return this.#entry(id).med;
  }

  /**
   * Negative when `a` is better, 0 when both are as good. MED counts between all neighbour ASes, since the AS path is
   * not kept.
   */
  compare(a: PathId, b: PathId): number {
    const [one, other] = [this.#entry(a), this.#entry(b)];
    return (
      other.localPref - one.localPref ||
      one.asPathLength - other.asPathLength ||
      one.origin - other.origin ||
      one.med - other.med
    );
  }

  /** The group of the next hops of all these paths, which are at least one; `NO_GROUP` when there are too many. */
  join(ids: readonly PathId[]): GroupId {
    const [first, ...rest] = ids.toSorted((a, b) => a - b).slice(0, MAX_NEXT_HOPS);
    let group = first === undefined ? NO_GROUP : this.group(first);
    for (const id of rest) {
      if (group === NO_GROUP) break;
      group = this.#joinOne(group, id);
    }
    return group;
  }

  /** Forgets what nobody holds, once there is a lot of it. No number that is not held may be kept across this. */
  trim(): void {
    if (this.#joined.size > MAX_IDLE) this.#forgetJoined();
    if (this.#byKey.size <= this.#trimAt) return;
    this.#forgetJoined();
    for (const [key, id] of this.#byKey) {
      if (this.#holders[id] !== 0) continue;
      this.#groups.unreserve(this.#entry(id).group);
      this.#byKey.delete(key);
      this.#entries[id] = undefined;
      this.#free.push(id);
    }
    this.#trimAt = MAX_IDLE + 2 * this.#byKey.size;
  }

  [Symbol.dispose](): void {
    this.#forgetJoined();
    for (const id of this.#byKey.values()) this.#groups.unreserve(this.#entry(id).group);
    this.#byKey.clear();
  }

  #joinOne(group: GroupId, id: PathId): GroupId {
    const pair = group * PAIR + id;
    const known = this.#joined.get(pair);
    if (known !== undefined) return known;
    const action = this.#groups.action(group);
    const { hop } = this.#entry(id);
    const before = action.kind === 'forward' ? action.nextHops : [];
    const isThere = before.some((one) => one.address === hop.address && one.interface === hop.interface);
    const nextHops = isThere ? before : [...before, hop];
    const joined = this.#groups.reserve(this.#family, { kind: 'forward', nextHops, labels: [] });
    if (joined !== NO_GROUP) this.#joined.set(pair, joined);
    return joined;
  }

  #forgetJoined(): void {
    for (const group of this.#joined.values()) this.#groups.unreserve(group);
    this.#joined.clear();
  }

  #entry(id: PathId): Entry {
    const entry = this.#entries[id];
    if (entry === undefined) throw new RangeError(`no path ${id}`);
    return entry;
  }
}
