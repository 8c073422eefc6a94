/** Messages for tests, made of their parts by a writer of its own: what it writes may be as wrong as a test wants. */
import { Duplex } from 'node:stream';
import { parsePrefix } from '../config/mod.ts';
import { frame, HEADER_BYTES, MessageType } from './message.ts';
import { encodeOpen, type Offer } from './open.ts';
import { IPV4, IPV6 } from './families.ts';

const u16 = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff];
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

/** The flags that each attribute has by its RFC. */
export const FLAGS: Readonly<Record<number, number>> = {
  1: 0x40,
  2: 0x40,
  3: 0x40,
  4: 0x80,
  5: 0x40,
  6: 0x40,
  7: 0xc0,
  8: 0xc0,
  9: 0x80,
  10: 0x80,
  14: 0x80,
  15: 0x80,
  16: 0xc0,
  17: 0xc0,
  18: 0xc0,
  32: 0xc0,
};

export function attribute(type: number, value: readonly number[], flags = FLAGS[type] ?? 0xc0): number[] {
  return value.length > 255
    ? [flags | 0x10, type, ...u16(value.length), ...value]
    : [flags, type, value.length, ...value];
}

export const ORIGIN = attribute(1, [0]);
export const asPath = (...ases: readonly number[]): number[] =>
  attribute(2, ases.length === 0 ? [] : [2, ases.length, ...ases.flatMap(u32)]);
export const nextHop = (text: string): number[] => attribute(3, addressBytes(text));
export const localPref = (value: number): number[] => attribute(5, u32(value));
export const med = (value: number): number[] => attribute(4, u32(value));

export function addressBytes(text: string): number[] {
  return [...(parsePrefix(`${text}/${text.includes(':') ? 128 : 32}`)?.bytes ?? [])];
}

/** A prefix as UPDATEs have it, after its path identifier if it has one. */
export function nlri(prefix: string, pathId?: number): number[] {
  const parsed = parsePrefix(prefix);
  if (parsed === undefined) throw new Error(`no prefix: ${prefix}`);
  const bytes = parsed.bytes.subarray(0, Math.ceil(parsed.length / 8));
  return [...(pathId === undefined ? [] : u32(pathId)), parsed.length, ...bytes];
}

export const mpReach = (hop: readonly number[], prefixes: readonly number[], afi = 2): number[] =>
  attribute(14, [...u16(afi), 1, hop.length, ...hop, 0, ...prefixes]);
export const mpUnreach = (prefixes: readonly number[], afi = 2): number[] =>
  attribute(15, [...u16(afi), 1, ...prefixes]);

export interface UpdateParts {
  readonly withdrawn?: readonly number[];
  readonly attributes?: readonly number[];
  readonly nlri?: readonly number[];
}

/** A whole UPDATE. */
export function update({ withdrawn = [], attributes = [], nlri: routes = [] }: UpdateParts): Buffer {
  const body = [...u16(withdrawn.length), ...withdrawn, ...u16(attributes.length), ...attributes, ...routes];
  return frame(MessageType.update, Buffer.from(body));
}

/** The body of a message. */
export const bodyOf = (message: Buffer): Buffer => message.subarray(HEADER_BYTES);

export const OWN_OFFER: Offer = {
  as: 65001,
  routerId: '192.0.2.1',
  holdTimeSeconds: 90,
  families: [IPV4, IPV6],
  takesAdditionalPaths: false,
};

/** The OPEN of a neighbour of AS 65002, which offers what this speaker does. */
export const theirOpen = (more: Partial<Offer> = {}): Buffer =>
  encodeOpen({ ...OWN_OFFER, as: 65002, routerId: '192.0.2.2', ...more });

/** The other end of a connection, without a network between: what is pushed arrives, what is written is kept. */
export class FakeConnection extends Duplex {
  readonly connecting = false;
  readonly written: Buffer[] = [];

  setNoDelay(): this {
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk);
    done();
  }

  /** The types of the messages that were written. */
  get types(): number[] {
    return this.written.map((message) => message[18] ?? 0);
  }

  /** Code and subcode of the NOTIFICATION that was written; undefined without one. */
  get notification(): [code: number, subcode: number] | undefined {
    const message = this.written.find((one) => one[18] === MessageType.notification);
    return message === undefined ? undefined : [message[19] ?? 0, message[20] ?? 0];
  }
}
