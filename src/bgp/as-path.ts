/** AS_PATH and AS4_PATH (RFC 4271, section 4.3; RFC 5065, 6793). */

const AS_SET = 1;
const AS_SEQUENCE = 2;
const CONFED_SEQUENCE = 3;
const CONFED_SET = 4;

export interface AsPathRules {
  readonly start: number;
  readonly end: number;
  /** Octets of an AS number: 2 or 4. */
  readonly octets: number;
  readonly ownAs: number;
  /** Whether segments of a confederation may be in it: only a neighbour of the own AS has them. */
  readonly allowsConfederation: boolean;
}

export interface AsPath {
  /** As the choice of the best path counts: a set is one (RFC 4271, section 9.1.2.2), a confederation none. */
  readonly length: number;
  readonly hasOwnAs: boolean;
}

/** Undefined for a malformed one (RFC 7606, section 7.2). */
export function readAsPath(bytes: Buffer, rules: AsPathRules): AsPath | undefined {
  const { start, end, octets, ownAs, allowsConfederation } = rules;
  let length = 0;
  let hasOwnAs = false;
  for (let at = start; at < end; ) {
    if (at + 2 > end) return undefined;
    const type = bytes[at]!;
    const count = bytes[at + 1]!;
    const next = at + 2 + count * octets;
    if (count === 0 || next > end || type < AS_SET || type > CONFED_SET) return undefined;
    if (type >= CONFED_SEQUENCE && !allowsConfederation) return undefined;
    if (type === AS_SEQUENCE) length += count;
    else if (type === AS_SET) length += 1;
    for (let as = at + 2; as < next; as += octets)
      if (bytes.readUIntBE(as, octets) === ownAs) hasOwnAs = true;
    at = next;
  }
  return { length, hasOwnAs };
}
