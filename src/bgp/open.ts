/**
 * The OPEN message and its capabilities: what this speaker offers, what a neighbour says, and what holds of both
 * (RFC 4271, section 4.2; RFC 5492, 4760, 6793, 4724, 7911, 8950, 8654, 2918, 7313, 9072).
 */
import { formatAddress } from '../config/mod.ts';
import { type BgpError, bgpError, ErrorCode, OpenError } from './bgp-error.ts';
import { type AddressFamily, AFI_IPV6, familyOf, IPV4 } from './families.ts';
import { frame, MessageType } from './message.ts';

const VERSION = 4;
/** Stands in the two octets for a longer AS number (RFC 6793). */
const AS_TRANS = 23_456;
const CAPABILITIES_PARAMETER = 2;
/** A parameter of this type says that lengths have two octets (RFC 9072). */
const EXTENDED_LENGTH = 255;

const Capability = {
  multiprotocol: 1,
  refresh: 2,
  extendedNextHop: 5,
  extendedMessage: 6,
  gracefulRestart: 64,
  fourOctetAs: 65,
  additionalPaths: 69,
  enhancedRefresh: 70,
} as const;

/** RFC 7911, section 4: the sender of the capability is able to receive additional paths, to send them, or both. */
const RECEIVE = 1;
const SEND = 2;

/** What this speaker offers in a session. */
export interface Offer {
  readonly as: number;
  readonly routerId: string;
  readonly holdTimeSeconds: number;
  readonly families: readonly AddressFamily[];
  readonly takesAdditionalPaths: boolean;
}

/** What a neighbour's OPEN says. */
export interface Open {
  readonly as: number;
  readonly routerId: string;
  readonly holdTimeSeconds: number;
  /** Without the capability: IPv4 unicast. */
  readonly families: readonly AddressFamily[];
  readonly isFourOctet: boolean;
  readonly hasRefresh: boolean;
  readonly hasEnhancedRefresh: boolean;
  readonly hasExtendedMessages: boolean;
  readonly hasExtendedNextHop: boolean;
  /** Families of which it sends additional paths. */
  readonly additionalPaths: readonly AddressFamily[];
  readonly gracefulRestart: GracefulRestart | undefined;
}

export interface GracefulRestart {
  /** How long its routes may stay without a session. */
  readonly restartSeconds: number;
  /** Families of which its own routes outlive its restart. */
  readonly families: readonly AddressFamily[];
  /** Of these the routes were kept in its last restart. */
  readonly preserved: readonly AddressFamily[];
}

/** What holds in a session. */
export interface Negotiated {
  readonly open: Open;
  readonly isInternal: boolean;
  /** 0: there is no hold timer. */
  readonly holdTimeSeconds: number;
  readonly families: readonly AddressFamily[];
  readonly additionalPaths: readonly AddressFamily[];
  readonly hasExtendedNextHop: boolean;
}

export function encodeOpen({ as, routerId, holdTimeSeconds, families, takesAdditionalPaths }: Offer): Buffer {
  const four = [as >>> 24, (as >>> 16) & 0xff, (as >>> 8) & 0xff, as & 0xff];
  const capabilities = [
    ...families.flatMap(({ afi, safi }) => [Capability.multiprotocol, 4, afi >> 8, afi & 0xff, 0, safi]),
    ...[Capability.refresh, 0],
    ...[Capability.enhancedRefresh, 0],
    ...[Capability.extendedMessage, 0],
    ...[Capability.fourOctetAs, 4, ...four],
    // No family: this speaker restarts without routes, and helps others (RFC 4724, section 3).
    ...[Capability.gracefulRestart, 2, 0, 0],
  ];
  if (families.includes(IPV4))
    capabilities.push(Capability.extendedNextHop, 6, 0, IPV4.afi, 0, IPV4.safi, 0, AFI_IPV6);
  if (takesAdditionalPaths) {
    capabilities.push(Capability.additionalPaths, 4 * families.length);
    for (const { afi, safi } of families) capabilities.push(afi >> 8, afi & 0xff, safi, RECEIVE);
  }
  const short = as > 0xffff ? AS_TRANS : as;
  const id = routerId.split('.').map(Number);
  const body = [VERSION, short >> 8, short & 0xff, holdTimeSeconds >> 8, holdTimeSeconds & 0xff, ...id];
  const parameter = [CAPABILITIES_PARAMETER, capabilities.length, ...capabilities];
  return frame(MessageType.open, Buffer.from([...body, parameter.length, ...parameter]));
}

/** Reads the body of an OPEN, after its header; what is wrong with it as the error to answer. */
export function readOpen(body: Buffer): Open | BgpError {
  if (body[0] !== VERSION)
    return bgpError(ErrorCode.open, OpenError.version, `version ${body[0]}`, Uint8Array.of(0, VERSION));
  const holdTimeSeconds = body.readUInt16BE(3);
  const idBytes = body.subarray(5, 9);
  if (holdTimeSeconds === 1 || holdTimeSeconds === 2)
    return bgpError(ErrorCode.open, OpenError.holdTime, `${holdTimeSeconds} s`);
  if (idBytes.every((byte) => byte === 0)) return bgpError(ErrorCode.open, OpenError.identifier, '0.0.0.0');
  const said = new CapabilityReader();
  const error = readParameters(body, said);
  if (error !== undefined) return error;
  return {
    as: said.as ?? body.readUInt16BE(1),
    routerId: formatAddress(Uint8Array.from(idBytes)),
    holdTimeSeconds,
    families: said.hasMultiprotocol ? said.families : [IPV4],
    isFourOctet: said.as !== undefined,
    hasRefresh: said.has(Capability.refresh),
    hasEnhancedRefresh: said.has(Capability.enhancedRefresh),
    hasExtendedMessages: said.has(Capability.extendedMessage),
    hasExtendedNextHop: said.hasExtendedNextHop,
    additionalPaths: said.additionalPaths,
    gracefulRestart: said.gracefulRestart,
  };
}

/** What holds in a session of both, or why there can be none. */
export function negotiate(offer: Offer, peerAs: number, open: Open): Negotiated | BgpError {
  if (open.as !== peerAs)
    return bgpError(ErrorCode.open, OpenError.peerAs, `it is AS ${open.as}, AS ${peerAs} is configured`);
  const isInternal = offer.as === peerAs;
  // Of two ASes the identifiers may be the same (RFC 6286).
  if (isInternal && open.routerId === offer.routerId)
    return bgpError(ErrorCode.open, OpenError.identifier, `${open.routerId} is the appliance's own`);
  const families = offer.families.filter((family) => open.families.includes(family));
  if (families.length === 0) {
    const names = offer.families.map(({ name }) => name).join(', ');
    const data = offer.families.flatMap(({ afi, safi }) => [1, 4, afi >> 8, afi & 0xff, 0, safi]);
    return bgpError(ErrorCode.open, OpenError.capability, `it has none of ${names}`, Uint8Array.from(data));
  }
  return {
    open,
    isInternal,
    holdTimeSeconds: Math.min(offer.holdTimeSeconds, open.holdTimeSeconds),
    families,
    additionalPaths: offer.takesAdditionalPaths
      ? families.filter((family) => open.additionalPaths.includes(family))
      : [],
    hasExtendedNextHop: open.hasExtendedNextHop && families.includes(IPV4),
  };
}

/** Collects the capabilities; of one that comes twice the last counts, several families add up. */
class CapabilityReader {
  readonly #seen = new Set<number>();
  readonly families: AddressFamily[] = [];
  hasMultiprotocol = false;
  as: number | undefined;
  hasExtendedNextHop = false;
  additionalPaths: AddressFamily[] = [];
  gracefulRestart: GracefulRestart | undefined;

  has(code: number): boolean {
    return this.#seen.has(code);
  }

  /** Lengths that are none of the capability's leave it out: what is not understood is not offered (RFC 5492). */
  read(code: number, value: Buffer): void {
    this.#seen.add(code);
    switch (code) {
      case Capability.multiprotocol:
        this.hasMultiprotocol = true;
        if (value.length === 4) this.#add(this.families, familyOf(value.readUInt16BE(0), value[3]!));
        return;
      case Capability.fourOctetAs:
        if (value.length === 4) this.as = value.readUInt32BE(0);
        return;
      case Capability.extendedNextHop:
        for (let at = 0; at + 6 <= value.length; at += 6) {
          const family = familyOf(value.readUInt16BE(at), value.readUInt16BE(at + 2));
          if (family === IPV4 && value.readUInt16BE(at + 4) === AFI_IPV6) this.hasExtendedNextHop = true;
        }
        return;
      case Capability.additionalPaths:
        for (let at = 0; at + 4 <= value.length; at += 4) {
          const sends = value[at + 3] === SEND || value[at + 3] === (SEND | RECEIVE);
          if (sends) this.#add(this.additionalPaths, familyOf(value.readUInt16BE(at), value[at + 2]!));
        }
        return;
      case Capability.gracefulRestart:
        this.gracefulRestart = readGracefulRestart(value);
        return;
      default:
    }
  }

  #add(list: AddressFamily[], family: AddressFamily | undefined): void {
    if (family !== undefined && !list.includes(family)) list.push(family);
  }
}

function readGracefulRestart(value: Buffer): GracefulRestart | undefined {
  if (value.length < 2) return undefined;
  const families: AddressFamily[] = [];
  const preserved: AddressFamily[] = [];
  for (let at = 2; at + 4 <= value.length; at += 4) {
    const family = familyOf(value.readUInt16BE(at), value[at + 2]!);
    if (family === undefined) continue;
    families.push(family);
    if ((value[at + 3]! & 0x80) !== 0) preserved.push(family);
  }
  return { restartSeconds: value.readUInt16BE(0) & 0x0fff, families, preserved };
}

function readParameters(body: Buffer, said: CapabilityReader): BgpError | undefined {
  const malformed = bgpError(ErrorCode.open, 0, 'its optional parameters do not fit their length');
  let at = 10;
  let length = body[9]!;
  const isExtended = length !== 0 && body[10] === EXTENDED_LENGTH;
  if (isExtended) {
    if (body.length < 13) return malformed;
    length = body.readUInt16BE(11);
    at = 13;
  }
  if (at + length !== body.length) return malformed;
  const header = isExtended ? 3 : 2;
  while (at < body.length) {
    if (at + header > body.length) return malformed;
    const type = body[at]!;
    const size = isExtended ? body.readUInt16BE(at + 1) : body[at + 1]!;
    const end = at + header + size;
    if (end > body.length) return malformed;
    if (type !== CAPABILITIES_PARAMETER)
      return bgpError(ErrorCode.open, OpenError.optionalParameter, `parameter ${type}`);
    if (!readCapabilities(body.subarray(at + header, end), said)) return malformed;
    at = end;
  }
  return undefined;
}

function readCapabilities(bytes: Buffer, said: CapabilityReader): boolean {
  let at = 0;
  while (at < bytes.length) {
    if (at + 2 > bytes.length) return false;
    const end = at + 2 + bytes[at + 1]!;
    if (end > bytes.length) return false;
    said.read(bytes[at]!, bytes.subarray(at + 2, end));
    at = end;
  }
  return true;
}
