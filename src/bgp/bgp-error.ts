/**
 * Errors of BGP: the codes of a NOTIFICATION, and their names as the RFCs and IANA's registry "BGP Error Codes" have
 * them. Pure.
 */

/** Why a session ends; `data` is what the NOTIFICATION carries. */
export interface BgpError {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
  /** What exactly was wrong; of our own errors only. */
  readonly detail?: string;
}

const NO_DATA = new Uint8Array(0);

export function bgpError(
  code: number,
  subcode: number,
  detail?: string,
  data: Uint8Array = NO_DATA,
): BgpError {
  return { code, subcode, data, ...(detail === undefined ? {} : { detail }) };
}

export const ErrorCode = {
  header: 1,
  open: 2,
  update: 3,
  holdTimer: 4,
  fsm: 5,
  cease: 6,
  routeRefresh: 7,
} as const;

export const HeaderError = { notSynchronized: 1, badLength: 2, badType: 3 } as const;
export const OpenError = {
  version: 1,
  peerAs: 2,
  identifier: 3,
  optionalParameter: 4,
  holdTime: 6,
  capability: 7,
} as const;
export const UpdateError = {
  attributeList: 1,
  unrecognizedWellKnown: 2,
  optionalAttribute: 9,
  networkField: 10,
} as const;
export const Cease = {
  shutdown: 2,
  deconfigured: 3,
  rejected: 5,
  otherChange: 6,
  collision: 7,
  outOfResources: 8,
} as const;

interface Words {
  readonly name: string;
  readonly subcodes: Readonly<Record<number, string>>;
}

const WORDS: Readonly<Record<number, Words>> = {
  [ErrorCode.header]: {
    name: 'Message Header Error',
    subcodes: { 1: 'Connection Not Synchronized', 2: 'Bad Message Length', 3: 'Bad Message Type' },
  },
  [ErrorCode.open]: {
    name: 'OPEN Message Error',
    subcodes: {
      1: 'Unsupported Version Number',
      2: 'Bad Peer AS',
      3: 'Bad BGP Identifier',
      4: 'Unsupported Optional Parameter',
      5: 'Authentication Failure',
      6: 'Unacceptable Hold Time',
      7: 'Unsupported Capability',
      11: 'Role Mismatch',
    },
  },
  [ErrorCode.update]: {
    name: 'UPDATE Message Error',
    subcodes: {
      1: 'Malformed Attribute List',
      2: 'Unrecognized Well-known Attribute',
      3: 'Missing Well-known Attribute',
      4: 'Attribute Flags Error',
      5: 'Attribute Length Error',
      6: 'Invalid ORIGIN Attribute',
      7: 'AS Routing Loop',
      8: 'Invalid NEXT_HOP Attribute',
      9: 'Optional Attribute Error',
      10: 'Invalid Network Field',
      11: 'Malformed AS_PATH',
    },
  },
  [ErrorCode.holdTimer]: { name: 'Hold Timer Expired', subcodes: {} },
  [ErrorCode.fsm]: {
    name: 'Finite State Machine Error',
    subcodes: {
      1: 'Receive Unexpected Message in OpenSent State',
      2: 'Receive Unexpected Message in OpenConfirm State',
      3: 'Receive Unexpected Message in Established State',
    },
  },
  [ErrorCode.cease]: {
    name: 'Cease',
    subcodes: {
      1: 'Maximum Number of Prefixes Reached',
      2: 'Administrative Shutdown',
      3: 'Peer De-configured',
      4: 'Administrative Reset',
      5: 'Connection Rejected',
      6: 'Other Configuration Change',
      7: 'Connection Collision Resolution',
      8: 'Out of Resources',
      9: 'Hard Reset',
      10: 'BFD Down',
    },
  },
  [ErrorCode.routeRefresh]: {
    name: 'ROUTE-REFRESH Message Error',
    subcodes: { 1: 'Invalid Message Length' },
  },
};

/** `Cease: Administrative Shutdown (maintenance until noon)` */
export function describeBgpError({ code, subcode, data, detail }: BgpError): string {
  const known = WORDS[code];
  const name = known?.name ?? `Error ${code}`;
  const sub = known?.subcodes[subcode] ?? (subcode === 0 ? undefined : `subcode ${subcode}`);
  const more = detail ?? communicationOf(code, subcode, data);
  return `${name}${sub === undefined ? '' : `: ${sub}`}${more === undefined ? '' : ` (${more})`}`;
}

/** The operator's text of an administrative shutdown or reset (RFC 9003). */
function communicationOf(code: number, subcode: number, data: Uint8Array): string | undefined {
  if (code !== ErrorCode.cease || (subcode !== 2 && subcode !== 4)) return undefined;
  const length = data[0] ?? 0;
  if (length === 0 || length > data.length - 1) return undefined;
  return new TextDecoder().decode(data.subarray(1, 1 + length)).replace(/\p{Cc}/gu, '\uFFFD');
}
