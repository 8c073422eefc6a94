/**
 * Reads UPDATE messages and applies them, from the bytes as they came: no object for a route (RFC 4271, section 4.3;
 * RFC 4760, 7606, 7911, 8950).
 *
 * Invariant: a message is judged as a whole before anything of it is applied. What is wrong with it either ends the
 * session (the error is returned), withdraws its routes, or leaves an attribute out; the last two are counted.
 */
import { maskKey, newRouteKey, type RouteKey } from '../fib/mod.ts';
import { readAsPath } from './as-path.ts';
import { Attribute, ATTRIBUTE_RULES, EXTENDED_LENGTH, OPTIONAL, TRANSITIVE } from './attribute-rules.ts';
import { type BgpError, bgpError, ErrorCode, UpdateError } from './bgp-error.ts';
import { type AddressFamily, familyOf, IPV4 } from './families.ts';
import { NO_PATH, type PathId, type Paths } from './paths.ts';

/** Where the routes of one family go. */
export interface UpdateTarget {
  readonly paths: Paths;
  announce(key: RouteKey, pathId: number, path: PathId): void;
  withdraw(key: RouteKey, pathId: number): void;
  /** The neighbour has announced all that it has. */
  endOfRib(): void;
}

/** What the session knows of its neighbour. */
export interface UpdateRules {
  readonly ownAs: number;
  /** As the four bytes of an ORIGINATOR_ID. */
  readonly routerId: number;
  readonly isInternal: boolean;
  readonly isFourOctet: boolean;
  readonly hasExtendedNextHop: boolean;
  /** The zone of link-local next hops; undefined when the neighbour is not on a link. */
  readonly interface: string | undefined;
  /** Families of the session, and those with additional paths. */
  readonly targets: ReadonlyMap<AddressFamily, UpdateTarget>;
  readonly additionalPaths: ReadonlySet<AddressFamily>;
}

/** What was not taken as it came, since the session began. */
export interface UpdateTroubles {
  /** UPDATEs whose routes were withdrawn, since an attribute was malformed or missing. */
  withdrawn: number;
  /** Attributes that were left out. */
  discarded: number;
  /** UPDATEs whose routes came from this speaker: its AS is in the path, or its identifier. */
  loops: number;
  /** The last one of them, in words. */
  last: string | undefined;
}

interface Region {
  start: number;
  end: number;
}

/** Prefixes in an attribute; without a family there are none. */
interface FamilyRegion extends Region {
  family: AddressFamily | undefined;
}

const DEFAULT_LOCAL_PREF = 100;
const PATH_ID_BYTES = 4;

export class UpdateReader {
  readonly troubles: UpdateTroubles = { withdrawn: 0, discarded: 0, loops: 0, last: undefined };
  readonly #rules: UpdateRules;
  readonly #key = newRouteKey();

  // What the attributes of the message say.
  readonly #seen = new Uint8Array(256);
  readonly #nextHop: Region = { start: 0, end: 0 };
  readonly #withdrawn: Region = { start: 0, end: 0 };
  readonly #nlri: Region = { start: 0, end: 0 };
  readonly #reach: FamilyRegion = { family: undefined, start: 0, end: 0 };
  readonly #unreach: FamilyRegion = { family: undefined, start: 0, end: 0 };
  readonly #reachHop: Region = { start: 0, end: 0 };
  #origin = 0;
  #asPathLength = 0;
  #med = 0;
  #localPref = DEFAULT_LOCAL_PREF;
  #isLoop = false;
  /** Why the routes of the message are withdrawn. */
  #trouble: string | undefined;
  #hasOtherAttributes = false;

  constructor(rules: UpdateRules) {
    this.#rules = rules;
  }

  /** Applies the body of an UPDATE, `bytes` from `start` to `end`. The error that ends the session, if any. */
  apply(bytes: Buffer, start: number, end: number): BgpError | undefined {
    const attributes = start + 2 + bytes.readUInt16BE(start);
    if (attributes + 2 > end) return attributeList('the withdrawn routes exceed the message');
    const nlri = attributes + 2 + bytes.readUInt16BE(attributes);
    if (nlri > end) return attributeList('the attributes exceed the message');
    this.#reset();
    place(this.#withdrawn, start + 2, attributes);
    place(this.#nlri, nlri, end);
    const error = this.#readAttributes(bytes, attributes + 2, nlri) ?? this.#checkRegions(bytes);
    if (error === undefined) this.#applyRegions(bytes);
    return error;
  }

  #reset(): void {
    this.#seen.fill(0);
    for (const region of [this.#nextHop, this.#reach, this.#unreach, this.#reachHop]) place(region, 0, 0);
    this.#reach.family = undefined;
    this.#unreach.family = undefined;
    this.#asPathLength = 0;
    this.#med = 0;
    this.#localPref = DEFAULT_LOCAL_PREF;
    this.#isLoop = false;
    this.#trouble = undefined;
    this.#hasOtherAttributes = false;
  }

  #readAttributes(bytes: Buffer, start: number, end: number): BgpError | undefined {
    for (let at = start; at < end; ) {
      const flags = bytes[at]!;
      const type = bytes[at + 1]!;
      const header = (flags & EXTENDED_LENGTH) === 0 ? 3 : 4;
      const value = at + header;
      const length = value > end ? 0 : header === 3 ? bytes[at + 2]! : bytes.readUInt16BE(at + 2);
      if (value + length > end) {
        // RFC 7606, section 4: what stands outside the attributes is still found.
        this.#hasOtherAttributes = true;
        this.#trouble ??= 'an attribute exceeds the attributes';
        return undefined;
      }
      const error = this.#readAttribute(bytes, at, flags, type, value, value + length);
      if (error !== undefined) return error;
      at = value + length;
    }
    return undefined;
  }

  #readAttribute(
    bytes: Buffer,
    at: number,
    flags: number,
    type: number,
    start: number,
    end: number,
  ): BgpError | undefined {
    const rule = ATTRIBUTE_RULES[type];
    const isTwice = this.#seen[type] === 1;
    this.#seen[type] = 1;
    if (type !== Attribute.mpUnreach) this.#hasOtherAttributes = true;
    if (isTwice) {
      // RFC 7606, section 3 (g).
      if (type === Attribute.mpReach || type === Attribute.mpUnreach)
        return attributeList(`${rule?.name} is there twice`);
      this.#discard(`${rule?.name ?? `attribute ${type}`} is there twice`);
      return undefined;
    }
    if (rule === undefined) {
      if ((flags & OPTIONAL) !== 0) return undefined;
      const data = Uint8Array.from(bytes.subarray(at, end));
      return bgpError(ErrorCode.update, UpdateError.unrecognizedWellKnown, `attribute ${type}`, data);
    }
    if ((flags & (OPTIONAL | TRANSITIVE)) !== rule.flags) {
      this.#trouble ??= `${rule.name} has the flags ${hex(flags)}`;
      // Its routes are withdrawn too: they have to be known.
    } else if (rule.isInternalOnly === true && !this.#rules.isInternal) {
      this.#discard(`${rule.name} from an external neighbour`);
      return undefined;
    } else if (!rule.isLength(end - start)) {
      if (rule.malformed === 'discard') this.#discard(`${rule.name} has ${end - start} bytes`);
      else this.#trouble ??= `${rule.name} has ${end - start} bytes`;
      return undefined;
    }
    return this.#readValue(bytes, type, start, end);
  }

  #readValue(bytes: Buffer, type: number, start: number, end: number): BgpError | undefined {
    switch (type) {
      case Attribute.origin:
        this.#origin = bytes[start]!;
        if (this.#origin > 2) this.#trouble ??= `ORIGIN is ${this.#origin}`;
        return undefined;
      case Attribute.asPath:
        this.#readAsPath(bytes, start, end);
        return undefined;
      case Attribute.as4Path:
        this.#readAs4Path(bytes, start, end);
        return undefined;
      case Attribute.nextHop:
        place(this.#nextHop, start, end);
        return undefined;
      case Attribute.med:
        if (end - start === 4) this.#med = bytes.readUInt32BE(start);
        return undefined;
      case Attribute.localPref:
        if (end - start === 4) this.#localPref = bytes.readUInt32BE(start);
        return undefined;
      case Attribute.originatorId:
        if (end - start === 4 && bytes.readUInt32BE(start) === this.#rules.routerId) this.#isLoop = true;
        return undefined;
      case Attribute.mpReach:
        return this.#readReach(bytes, start, end);
      case Attribute.mpUnreach:
        return this.#readUnreach(bytes, start, end);
      default:
        return undefined;
    }
  }

  #readAsPath(bytes: Buffer, start: number, end: number): void {
    const { isFourOctet, ownAs, isInternal } = this.#rules;
    const octets = isFourOctet ? 4 : 2;
    const path = readAsPath(bytes, { start, end, octets, ownAs, allowsConfederation: isInternal });
    if (path === undefined) this.#trouble ??= 'AS_PATH is malformed';
    else {
      this.#asPathLength = path.length;
      if (path.hasOwnAs) this.#isLoop = true;
    }
  }

  /** Of a neighbour with AS numbers of two octets; any other does not send it (RFC 6793, section 4.1). */
  #readAs4Path(bytes: Buffer, start: number, end: number): void {
    const { isFourOctet, ownAs } = this.#rules;
    if (isFourOctet) return;
    const path = readAsPath(bytes, { start, end, octets: 4, ownAs, allowsConfederation: false });
    if (path === undefined) this.#discard('AS4_PATH is malformed');
    else if (path.hasOwnAs) this.#isLoop = true;
  }

  #readReach(bytes: Buffer, start: number, end: number): BgpError | undefined {
    const hop = start + 4;
    const afterHop = hop + (bytes[start + 3] ?? 0);
    // One reserved byte follows the next hop.
    if (hop > end || afterHop + 1 > end)
      return optionalAttribute(bytes, start, end, 'MP_REACH_NLRI is too short');
    const family = familyOf(bytes.readUInt16BE(start), bytes[start + 2]!);
    if (family === undefined || !this.#rules.targets.has(family)) {
      this.#discard('MP_REACH_NLRI of a family that was not agreed on');
      return undefined;
    }
    if (!this.#isHopLength(family, afterHop - hop))
      return optionalAttribute(bytes, start, end, `a next hop of ${family.name} has ${afterHop - hop} bytes`);
    this.#reach.family = family;
    place(this.#reachHop, hop, afterHop);
    place(this.#reach, afterHop + 1, end);
    return undefined;
  }

  #isHopLength({ family }: AddressFamily, length: number): boolean {
    if (family === 4 && length === 4) return true;
    // A link-local address may follow the global one (RFC 2545, section 3).
    return (length === 16 || length === 32) && (family === 6 || this.#rules.hasExtendedNextHop);
  }

  #readUnreach(bytes: Buffer, start: number, end: number): BgpError | undefined {
    if (end - start < 3) return optionalAttribute(bytes, start, end, 'MP_UNREACH_NLRI is too short');
    const family = familyOf(bytes.readUInt16BE(start), bytes[start + 2]!);
    if (family === undefined || !this.#rules.targets.has(family)) {
      this.#discard('MP_UNREACH_NLRI of a family that was not agreed on');
      return undefined;
    }
    this.#unreach.family = family;
    place(this.#unreach, start + 3, end);
    return undefined;
  }

  /** Judges all prefixes, and what is missing of the attributes. */
  #checkRegions(bytes: Buffer): BgpError | undefined {
    if (!this.#arePrefixes(bytes, this.#withdrawn, IPV4))
      return bgpError(ErrorCode.update, UpdateError.networkField, 'a withdrawn prefix is malformed');
    if (!this.#arePrefixes(bytes, this.#nlri, IPV4))
      return bgpError(ErrorCode.update, UpdateError.networkField, 'a prefix is malformed');
    for (const region of [this.#reach, this.#unreach]) {
      const { family, start, end } = region;
      if (family !== undefined && !this.#arePrefixes(bytes, region, family))
        return optionalAttribute(bytes, start, end, `a prefix of ${family.name} is malformed`);
    }
    const needsNextHop = !isEmpty(this.#nlri);
    if (needsNextHop || !isEmpty(this.#reach)) this.#trouble ??= this.#missing(needsNextHop);
    // RFC 7606, section 5.2: whose routes these are cannot be known.
    else if (this.#trouble !== undefined && this.#hasOtherAttributes) return attributeList(this.#trouble);
    return undefined;
  }

  #missing(needsNextHop: boolean): string | undefined {
    if (this.#seen[Attribute.origin] === 0) return 'there is no ORIGIN';
    if (this.#seen[Attribute.asPath] === 0) return 'there is no AS_PATH';
    if (needsNextHop && this.#seen[Attribute.nextHop] === 0) return 'there is no NEXT_HOP';
    if (this.#rules.isInternal && this.#seen[Attribute.localPref] === 0) return 'there is no LOCAL_PREF';
    return undefined;
  }

  #applyRegions(bytes: Buffer): void {
    const { targets } = this.#rules;
    const ipv4 = targets.get(IPV4);
    const [withdrawn, nlri, reach, unreach] = [this.#withdrawn, this.#nlri, this.#reach, this.#unreach];
    this.#withdraw(bytes, withdrawn, IPV4);
    if (unreach.family !== undefined) {
      this.#withdraw(bytes, unreach, unreach.family);
      const isEnd = isEmpty(unreach) && isEmpty(withdrawn) && !this.#hasOtherAttributes;
      if (isEnd) targets.get(unreach.family)?.endOfRib();
    }
    if (isEmpty(withdrawn) && withdrawn.end + 2 === nlri.end) ipv4?.endOfRib();
    if (this.#trouble !== undefined) {
      this.troubles.withdrawn += 1;
      this.troubles.last = this.#trouble;
    } else if (this.#isLoop) this.troubles.loops += 1;
    if (!isEmpty(nlri)) this.#announce(bytes, nlri, IPV4, this.#nextHop);
    if (reach.family !== undefined) this.#announce(bytes, reach, reach.family, this.#reachHop);
  }

  #withdraw(bytes: Buffer, { start, end }: Region, family: AddressFamily): void {
    const target = this.#rules.targets.get(family);
    if (target === undefined) return;
    const hasPathId = this.#rules.additionalPaths.has(family);
    for (let at = start; at < end; ) {
      const pathId = hasPathId ? bytes.readUInt32BE(at) : 0;
      at = this.#readPrefix(bytes, hasPathId ? at + PATH_ID_BYTES : at, family);
      target.withdraw(this.#key, pathId);
    }
  }

  #announce(bytes: Buffer, region: Region, family: AddressFamily, nextHop: Region): void {
    const target = this.#rules.targets.get(family);
    if (target === undefined) return;
    const isTaken = this.#trouble === undefined && !this.#isLoop;
    const path = isTaken ? this.#path(target.paths, bytes, nextHop) : NO_PATH;
    if (path === NO_PATH) {
      this.#withdraw(bytes, region, family);
      return;
    }
    const { start, end } = region;
    const hasPathId = this.#rules.additionalPaths.has(family);
    for (let at = start; at < end; ) {
      const pathId = hasPathId ? bytes.readUInt32BE(at) : 0;
      at = this.#readPrefix(bytes, hasPathId ? at + PATH_ID_BYTES : at, family);
      // Groups are no destinations of unicast (RFC 4271, section 6.3).
      if (isMulticast(this.#key)) this.troubles.last = 'a multicast prefix among unicast routes';
      else target.announce(this.#key, pathId, path);
    }
    target.paths.trim();
  }

  /** The path of the attributes; `NO_PATH`, with the reason counted, when packets cannot go by its next hop. */
  #path(paths: Paths, bytes: Buffer, { start, end }: Region): PathId {
    let nextHop = bytes.subarray(start, end);
    if (nextHop.length === 32) {
      // The global address, unless there is none (RFC 2545, section 3; some send the link-local one twice).
      const global = nextHop.subarray(0, 16);
      nextHop = isZero(global) || isLinkLocal(global) ? nextHop.subarray(16) : global;
    }
    const zone = isLinkLocal(nextHop) ? this.#rules.interface : undefined;
    const reason = whyNoNextHop(nextHop, zone);
    if (reason !== undefined) {
      this.troubles.withdrawn += 1;
      this.troubles.last = reason;
      return NO_PATH;
    }
    const path = paths.intern({
      nextHop,
      interface: zone,
      localPref: this.#localPref,
      asPathLength: this.#asPathLength,
      origin: this.#origin,
      med: this.#med,
    });
    if (path === NO_PATH) this.troubles.last = 'too many different sets of next hops are in use';
    return path;
  }

  #arePrefixes(bytes: Buffer, { start, end }: Region, family: AddressFamily): boolean {
    const { bits } = family;
    const skip = this.#rules.additionalPaths.has(family) ? PATH_ID_BYTES : 0;
    let at = start;
    while (at < end) {
      at += skip;
      if (at >= end) return false;
      const length = bytes[at]!;
      if (length > bits) return false;
      at += 1 + ((length + 7) >> 3);
    }
    return at === end;
  }

  /** Puts the prefix at `at`, which was judged, into the key; where it ends. */
  #readPrefix(bytes: Buffer, at: number, { family }: AddressFamily): number {
    const key = this.#key;
    const length = bytes[at]!;
    const count = (length + 7) >> 3;
    const first = at + 1;
    key.family = family;
    key.length = length;
    key.w0 = wordAt(bytes, first, count);
    if (family === 6) {
      key.w1 = wordAt(bytes, first + 4, count - 4);
      key.w2 = wordAt(bytes, first + 8, count - 8);
      key.w3 = wordAt(bytes, first + 12, count - 12);
    } else {
      key.w1 = 0;
      key.w2 = 0;
      key.w3 = 0;
    }
    // What stands behind the length means nothing (RFC 4271, section 4.3).
    if ((length & 7) !== 0) maskKey(key);
    return first + count;
  }

  #discard(why: string): void {
    this.troubles.discarded += 1;
    this.troubles.last = why;
  }
}

function place(region: Region, start: number, end: number): void {
  region.start = start;
  region.end = end;
}

function isEmpty({ start, end }: Region): boolean {
  return start === end;
}

function attributeList(detail: string): BgpError {
  return bgpError(ErrorCode.update, UpdateError.attributeList, detail);
}

function optionalAttribute(bytes: Buffer, start: number, end: number, detail: string): BgpError {
  const data = Uint8Array.from(bytes.subarray(start, end));
  return bgpError(ErrorCode.update, UpdateError.optionalAttribute, detail, data);
}

/** Up to four bytes as a word, of which `count` are there; the others are zero. */
function wordAt(bytes: Buffer, at: number, count: number): number {
  if (count <= 0) return 0;
  let word = bytes[at]! << 24;
  if (count > 1) word |= bytes[at + 1]! << 16;
  if (count > 2) word |= bytes[at + 2]! << 8;
  if (count > 3) word |= bytes[at + 3]!;
  return word >>> 0;
}

function isMulticast({ family, w0, length }: RouteKey): boolean {
  return family === 4 ? length >= 4 && w0 >>> 28 === 0xe : length >= 8 && w0 >>> 24 === 0xff;
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function isLinkLocal(bytes: Uint8Array): boolean {
  return bytes.length === 16 && bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
}

/** Why an address is no next hop; undefined when it may be one. */
function whyNoNextHop(bytes: Uint8Array, zone: string | undefined): string | undefined {
  if (isZero(bytes)) return 'the next hop is the unspecified address';
  const first = bytes[0]!;
  if (bytes.length === 4) {
    if (first >= 224) return 'the next hop is not a unicast address';
    return first === 127 || first === 0 ? 'the next hop is the neighbour itself, on this box' : undefined;
  }
  if (first === 0xff) return 'the next hop is not a unicast address';
  if (isZero(bytes.subarray(0, 15)) && bytes[15] === 1)
    return 'the next hop is the neighbour itself, on this box';
  if (isLinkLocal(bytes) && zone === undefined)
    return 'the next hop is link-local, and the neighbour is on no interface';
  return undefined;
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
