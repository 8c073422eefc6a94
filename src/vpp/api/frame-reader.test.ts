import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VppApiError } from './errors.ts';
import { FRAME_HEADER_BYTES, FrameReader, MAX_FRAME_BYTES } from './frame-reader.ts';

function framed(payload: Uint8Array): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES, 0xee);
  header.writeUInt32BE(payload.length, 8);
  return Buffer.concat([header, payload]);
}

/** The stream in pieces of these lengths, in turn. */
function* pieces(stream: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < stream.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    yield stream.subarray(at, at + length);
    at += length;
  }
}

describe('frames', () => {
  const payloads = fc.array(fc.uint8Array({ minLength: 2, maxLength: 300 }), { maxLength: 50 });
  const lengths = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 10 });

  test('come out whole and in order, however the stream was split', () => {
    fc.assert(
      fc.property(payloads, lengths, (wanted, cuts) => {
        const seen: string[] = [];
        const reader = new FrameReader(({ bytes, offset, end }) => {
          seen.push(Buffer.from(bytes.subarray(offset, end)).toString('hex'));
        });
        for (const piece of pieces(Buffer.concat(wanted.map(framed)), cuts)) reader.push(piece);
        expect(seen).toEqual(wanted.map((payload) => Buffer.from(payload).toString('hex')));
        expect(reader.pendingBytes).toBe(0);
      }),
    );
  });

  test('a frame longer than the accumulator makes it grow, and nothing is lost', () => {
    const big = new Uint8Array(3_000_000).map((_, i) => i % 251);
    const lengths: number[] = [];
    let sum = 0;
    const reader = new FrameReader(({ bytes, offset, end }) => {
      lengths.push(end - offset);
      sum = bytes.subarray(offset, end).reduce((total, byte) => total + byte, 0);
    });
    for (const piece of pieces(Buffer.concat([framed(Uint8Array.of(1, 2)), framed(big)]), [65_536]))
      reader.push(piece);
    expect(lengths).toEqual([2, big.length]);
    expect(sum).toBe(big.reduce((total, byte) => total + byte, 0));
  });

  test('an impossible length is a protocol violation', () => {
    for (const length of [0, 1, MAX_FRAME_BYTES + 1, 0xffff_ffff]) {
      const header = Buffer.alloc(FRAME_HEADER_BYTES);
      header.writeUInt32BE(length, 8);
      expect(() => new FrameReader(() => {}).push(header)).toThrow(VppApiError);
    }
  });
});
