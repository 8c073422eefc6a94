/** Messages as the kernel encodes them, byte by byte, not by our encoder. Layouts: linux/rtnetlink.h, linux/mpls.h. */
import { describe, expect, it } from 'vitest';
import { RouteNotice } from './route-notice.ts';

const u16 = (value: number): number[] => [value & 255, value >> 8];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
const [AF_INET, AF_INET6] = [2, 10];
const [RTA_DST, RTA_SRC, RTA_OIF, RTA_GATEWAY, RTA_MULTIPATH, RTA_VIA, RTA_ENCAP_TYPE, RTA_ENCAP] = [
  1, 2, 4, 5, 9, 18, 21, 22,
];
const NLA_F_NESTED = 0x8000;
const [MPLS, SEG6] = [1, 5];

function attribute(type: number, bytes: readonly number[]): number[] {
  const padding = Array.from({ length: (4 - (bytes.length % 4)) % 4 }, () => 0);
  return [...u16(4 + bytes.length), ...u16(type), ...bytes, ...padding];
}

/** label << 12 | bottom of stack << 8 | ttl, big-endian. */
function mplsStack(labels: readonly number[]): number[] {
  const entries = labels.flatMap((label, at) => {
    const word = label * 4096 + (at === labels.length - 1 ? 256 : 0);
    return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
  });
  return attribute(RTA_ENCAP | NLA_F_NESTED, attribute(1, entries));
}

interface Header {
  readonly family?: number;
  readonly length?: number;
  readonly sourceLength?: number;
  readonly tos?: number;
  readonly flags?: number;
}

function read(
  { family = AF_INET, length = 8, sourceLength = 0, tos = 0, flags = 0 }: Header,
  body: number[],
): RouteNotice {
  const rtmsg = [family, length, sourceLength, tos, 254, 12, 0, 1, ...u32(flags)];
  const all = [
    ...u32(16 + rtmsg.length + body.length),
    ...u16(24),
    ...u16(0),
    ...u32(1),
    ...u32(0),
    ...rtmsg,
    ...body,
  ];
  const notice = new RouteNotice();
  expect(notice.read(Buffer.from(all), 0)).toBe(true);
  return notice;
}

describe('a route message', () => {
  it('yields the labels of one next hop, and another tunnel', () => {
    const gateway = [...attribute(RTA_GATEWAY, [192, 0, 2, 1]), ...attribute(RTA_OIF, u32(3))];
    const type = (number: number): number[] => attribute(RTA_ENCAP_TYPE, u16(number));
    const labelled = read({}, [...gateway, ...type(MPLS), ...mplsStack([100, 1_048_575])]);
    expect(labelled.nextHops()).toEqual([
      { gateway: '192.0.2.1', ifIndex: 3, weight: 1, labels: [100, 1_048_575] },
    ]);
    const tunnelled = read({}, [...gateway, ...type(SEG6), ...attribute(RTA_ENCAP, [0, 0, 0, 0])]);
    expect(tunnelled.nextHops()).toEqual([{ gateway: '192.0.2.1', ifIndex: 3, weight: 1, tunnel: 'seg6' }]);
    expect(labelled.pathKey).not.toBe(tunnelled.pathKey);
  });

  it('yields the labels of each of several next hops, on-link ones, and IPv4 via IPv6 neighbours', () => {
    const hop = (flags: number, hops: number, ifIndex: number, own: number[]): number[] => [
      ...u16(8 + own.length),
      flags,
      hops,
      ...u32(ifIndex),
      ...own,
    ];
    const neighbour = [0xfe, 0x80, ...Array.from({ length: 13 }, () => 0), 7];
    const multipath = [
      ...hop(0, 1, 3, [
        ...attribute(RTA_GATEWAY, [192, 0, 2, 1]),
        ...attribute(RTA_ENCAP_TYPE, u16(MPLS)),
        ...mplsStack([16]),
      ]),
      ...hop(4, 0, 4, attribute(RTA_VIA, [...u16(AF_INET6), ...neighbour])),
      ...hop(0, 254, 5, []),
    ];
    expect(read({}, attribute(RTA_MULTIPATH, multipath)).nextHops()).toEqual([
      { gateway: '192.0.2.1', ifIndex: 3, weight: 2, labels: [16] },
      { gateway: 'fe80::7', ifIndex: 4, weight: 1, isOnlink: true },
      { ifIndex: 5, weight: 255 },
    ]);
    const only = [...attribute(RTA_GATEWAY, [172, 16, 0, 1]), ...attribute(RTA_OIF, u32(3))];
    expect(read({ flags: 4 }, only).nextHops()).toEqual([
      { gateway: '172.16.0.1', ifIndex: 3, weight: 1, isOnlink: true },
    ]);
  });

  it('yields the source prefix and type of service it matches', () => {
    const prefix = [0x20, 0x01, 0x0d, 0xb8, ...Array.from({ length: 12 }, () => 0)];
    const body = [
      ...attribute(RTA_DST, prefix),
      ...attribute(RTA_SRC, prefix),
      ...attribute(RTA_OIF, u32(3)),
    ];
    const specific = read({ family: AF_INET6, length: 32, sourceLength: 48 }, body);
    expect([specific.sourceLength, specific.source]).toEqual([48, '2001:db8::/48']);
    const plain = read({ tos: 0x10 }, attribute(RTA_OIF, u32(3)));
    expect([plain.source, plain.tos]).toEqual([undefined, 0x10]);
  });
});
