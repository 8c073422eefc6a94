/** OPEN: what is offered can be read, what a neighbour says is understood, and what is wrong gets the right answer. */
import { describe, expect, it } from 'vitest';
import { type BgpError, describeBgpError } from './bgp-error.ts';
import { IPV4, IPV6 } from './families.ts';
import { bodyOf, OWN_OFFER, theirOpen, u32 } from './messages.fixture.ts';
import { encodeOpen, negotiate, type Open, readOpen } from './open.ts';

/** An OPEN with these bytes of capabilities, in one parameter. */
function openWith(capabilities: readonly number[], { version = 4, as = 65002, hold = 90 } = {}): Buffer {
  const head = [version, as >> 8, as & 0xff, hold >> 8, hold & 0xff, 192, 0, 2, 2];
  const parameter = capabilities.length === 0 ? [] : [2, capabilities.length, ...capabilities];
  return Buffer.from([...head, parameter.length, ...parameter]);
}

function read(body: Buffer): Open {
  const open = readOpen(body);
  if ('code' in open) throw new Error(describeBgpError(open));
  return open;
}

function refusal(result: object): [number, number] {
  if (!('code' in result)) throw new Error('it was accepted');
  // What has a code is an error.
  const { code, subcode } = result as BgpError;
  return [code, subcode];
}

describe('what this speaker offers', () => {
  it('reads as it was meant, with an AS number of four octets', () => {
    const offer = { ...OWN_OFFER, as: 4_200_000_001, takesAdditionalPaths: true };
    const open = read(bodyOf(encodeOpen(offer)));
    expect(open).toEqual({
      as: 4_200_000_001,
      routerId: '192.0.2.1',
      holdTimeSeconds: 90,
      families: [IPV4, IPV6],
      isFourOctet: true,
      hasRefresh: true,
      hasEnhancedRefresh: true,
      hasExtendedMessages: true,
      hasExtendedNextHop: true,
      // It takes additional paths, and sends none.
      additionalPaths: [],
      gracefulRestart: { restartSeconds: 0, families: [], preserved: [] },
    });
    // AS_TRANS stands where there is no room.
    expect(bodyOf(encodeOpen(offer)).readUInt16BE(1)).toBe(23_456);
  });
});

describe('what a neighbour says', () => {
  it('is IPv4 without capabilities', () => {
    const open = read(openWith([]));
    expect(open.families).toEqual([IPV4]);
    expect(open.isFourOctet).toBe(false);
    expect(open.gracefulRestart).toBeUndefined();
  });

  it('is understood capability by capability', () => {
    const open = read(
      openWith([
        ...[1, 4, 0, 2, 0, 1],
        // Of a family that this speaker does not have.
        ...[1, 4, 0, 25, 0, 70],
        ...[65, 4, ...u32(4_200_000_001)],
        ...[69, 8, 0, 1, 1, 3, 0, 2, 1, 1],
        // Restarts in 120 s, IPv4 was preserved, IPv6 was not.
        ...[64, 10, 0x80, 120, 0, 1, 1, 0x80, 0, 2, 1, 0],
        ...[199, 2, 1, 2],
      ]),
    );
    expect(open.as).toBe(4_200_000_001);
    expect(open.families).toEqual([IPV6]);
    expect(open.additionalPaths).toEqual([IPV4]);
    expect(open.gracefulRestart).toEqual({
      restartSeconds: 120,
      families: [IPV4, IPV6],
      preserved: [IPV4],
    });
  });

  it('may come in parameters with long lengths (RFC 9072)', () => {
    const capability = [1, 4, 0, 2, 0, 1];
    const parameters = [2, 0, capability.length, ...capability];
    const head = [...openWith([]).subarray(0, 9), 255, 255, 0, parameters.length];
    expect(read(Buffer.from([...head, ...parameters])).families).toEqual([IPV6]);
  });

  it.each<[string, Buffer, [number, number]]>([
    ['another version', openWith([], { version: 3 }), [2, 1]],
    ['a hold time of 2 s', openWith([], { hold: 2 }), [2, 6]],
    ['no identifier', Buffer.from([4, 0, 1, 0, 90, 0, 0, 0, 0, 0]), [2, 3]],
    ['another parameter', Buffer.from([...openWith([]).subarray(0, 9), 2, 1, 0]), [2, 4]],
    ['parameters beyond the message', Buffer.from([...openWith([]).subarray(0, 9), 9, 2, 0]), [2, 0]],
    ['a capability beyond its parameter', openWith([1, 9, 0, 1]), [2, 0]],
  ])('is refused: %s', (_what, body, expected) => {
    expect(refusal(readOpen(body))).toEqual(expected);
  });
});

describe('what holds of both', () => {
  it('is what both have, and the shorter hold time', () => {
    const open = read(bodyOf(theirOpen({ families: [IPV6], holdTimeSeconds: 9 })));
    expect(negotiate(OWN_OFFER, 65002, open)).toMatchObject({
      isInternal: false,
      holdTimeSeconds: 9,
      families: [IPV6],
      additionalPaths: [],
      hasExtendedNextHop: false,
    });
  });

  it('has additional paths where this side takes what the other one sends', () => {
    const open = read(openWith([69, 4, 0, 1, 1, 2]));
    const takes = { ...OWN_OFFER, takesAdditionalPaths: true };
    expect(negotiate(takes, 65002, open)).toMatchObject({ additionalPaths: [IPV4] });
    expect(negotiate(OWN_OFFER, 65002, open)).toMatchObject({ additionalPaths: [] });
  });

  it.each<[string, number, Buffer, [number, number]]>([
    ['another AS', 65003, theirOpen(), [2, 2]],
    ['the own identifier in the own AS', 65001, theirOpen({ as: 65001, routerId: '192.0.2.1' }), [2, 3]],
    ['no family in common', 65002, theirOpen({ families: [] }), [2, 7]],
  ])('is nothing with %s', (_what, as, message, expected) => {
    const ipv6 = { ...OWN_OFFER, families: [IPV6] };
    expect(refusal(negotiate(ipv6, as, read(bodyOf(message))))).toEqual(expected);
  });
});

it('errors are in words of the RFCs', () => {
  const text = Buffer.from('maintenance');
  expect(describeBgpError({ code: 6, subcode: 2, data: Buffer.from([text.length, ...text]) })).toBe(
    'Cease: Administrative Shutdown (maintenance)',
  );
  expect(describeBgpError({ code: 4, subcode: 0, data: Buffer.alloc(0) })).toBe('Hold Timer Expired');
  expect(describeBgpError({ code: 2, subcode: 99, data: Buffer.alloc(0) })).toBe(
    'OPEN Message Error: subcode 99',
  );
});
