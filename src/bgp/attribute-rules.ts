/**
 * What each path attribute must look like, and what a malformed one costs: the routes of its UPDATE (`withdraw`), or the
 * attribute alone (`discard`), as RFC 7606, section 7, and the RFC of the attribute say.
 */

export const Attribute = {
  origin: 1,
  asPath: 2,
  nextHop: 3,
  med: 4,
  localPref: 5,
  originatorId: 9,
  mpReach: 14,
  mpUnreach: 15,
  as4Path: 17,
} as const;

export const OPTIONAL = 0x80;
export const TRANSITIVE = 0x40;
export const EXTENDED_LENGTH = 0x10;

export interface AttributeRule {
  readonly name: string;
  /** The optional and the transitive bit. */
  readonly flags: number;
  readonly isLength: (length: number) => boolean;
  readonly malformed: 'withdraw' | 'discard';
  /** From an external neighbour it is left out. */
  readonly isInternalOnly?: true;
}

const WELL_KNOWN = TRANSITIVE;
const NON_TRANSITIVE = OPTIONAL;
const BOTH = OPTIONAL | TRANSITIVE;

const just =
  (...lengths: readonly number[]) =>
  (length: number): boolean =>
    lengths.includes(length);
const some =
  (of: number) =>
  (length: number): boolean =>
    length > 0 && length % of === 0;
const any = (): boolean => true;
const internal = (rule: AttributeRule): AttributeRule => ({ ...rule, isInternalOnly: true });

/** By type. Those that carry routes are judged where they are read (update.ts). */
export const ATTRIBUTE_RULES: Readonly<Record<number, AttributeRule>> = {
  1: { name: 'ORIGIN', flags: WELL_KNOWN, isLength: just(1), malformed: 'withdraw' },
  2: { name: 'AS_PATH', flags: WELL_KNOWN, isLength: any, malformed: 'withdraw' },
  3: { name: 'NEXT_HOP', flags: WELL_KNOWN, isLength: just(4), malformed: 'withdraw' },
  4: { name: 'MULTI_EXIT_DISC', flags: NON_TRANSITIVE, isLength: just(4), malformed: 'withdraw' },
  5: internal({ name: 'LOCAL_PREF', flags: WELL_KNOWN, isLength: just(4), malformed: 'withdraw' }),
  6: { name: 'ATOMIC_AGGREGATE', flags: WELL_KNOWN, isLength: just(0), malformed: 'discard' },
  7: { name: 'AGGREGATOR', flags: BOTH, isLength: just(6, 8), malformed: 'discard' },
  8: { name: 'COMMUNITIES', flags: BOTH, isLength: some(4), malformed: 'withdraw' },
  9: internal({ name: 'ORIGINATOR_ID', flags: NON_TRANSITIVE, isLength: just(4), malformed: 'withdraw' }),
  10: internal({ name: 'CLUSTER_LIST', flags: NON_TRANSITIVE, isLength: some(4), malformed: 'withdraw' }),
  14: { name: 'MP_REACH_NLRI', flags: NON_TRANSITIVE, isLength: any, malformed: 'withdraw' },
  15: { name: 'MP_UNREACH_NLRI', flags: NON_TRANSITIVE, isLength: any, malformed: 'withdraw' },
  16: { name: 'EXTENDED COMMUNITIES', flags: BOTH, isLength: some(8), malformed: 'withdraw' },
  // RFC 6793, section 6.
  17: { name: 'AS4_PATH', flags: BOTH, isLength: any, malformed: 'discard' },
  18: { name: 'AS4_AGGREGATOR', flags: BOTH, isLength: just(8), malformed: 'discard' },
  25: { name: 'IPv6 EXTENDED COMMUNITIES', flags: BOTH, isLength: some(20), malformed: 'withdraw' },
  // RFC 7311, section 3.4.
  26: { name: 'AIGP', flags: NON_TRANSITIVE, isLength: any, malformed: 'discard' },
  32: { name: 'LARGE_COMMUNITY', flags: BOTH, isLength: some(12), malformed: 'withdraw' },
};
