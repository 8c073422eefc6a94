import { BlockList } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalPrefix,
  formatAddress,
  formatPrefix,
  maskBytes,
  parseAddress,
  parsePrefix,
  prefixContains,
} from './addresses.ts';

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
// Many zero groups, so that `::` is exercised; some IPv4-mapped.
const ipv6 = fc.oneof(
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc
    .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 })
    .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]))),
  ipv4.map((bytes) => Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...bytes])),
);
const anyBytes = fc.oneof(ipv4, ipv6);

describe('parseAddress', () => {
  it.each([
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:0DB8::0001', '2001:db8::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    // RFC 5952: one zero group is no gap; the first of equal runs; the longest run.
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ])('reads %s as %s', (text, canonical) => {
    expect(parseAddress(text)?.address).toBe(canonical);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.256',
    '1.2.3.4 ',
    '0x1.2.3.4',
    '1..2.3',
    '1.2.3.4/8',
    ':',
    ':::',
    '1::2::3',
    '12345::',
    '::g',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1:2:3:4::5:6:7:8',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1.2.3.04',
    'fe80::1%eth0',
    '[::1]',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('agrees with the URL parser of WHATWG on canonical IPv6 text', () => {
    fc.assert(
      fc.property(ipv6, (bytes) => {
        const text = formatAddress(bytes);
        const url = new URL(`http://[${text}]/`).hostname.slice(1, -1);
        expect(formatAddress(parseAddress(url)?.bytes ?? new Uint8Array(0))).toBe(text);
        if (!text.includes('.')) expect(text).toBe(url);
      }),
    );
  });

  it('is the inverse of formatAddress', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect([...(parseAddress(formatAddress(bytes))?.bytes ?? [])]).toEqual([...bytes]);
      }),
    );
  });
});

describe('prefixes', () => {
  it.each([
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '::/129',
    '/8',
    '10.0.0.0/8/8',
  ])('refuses %j', (text) => {
    expect(parsePrefix(text)).toBeUndefined();
  });

  it('are canonical as a bit by bit model says, and hold what net.BlockList says', () => {
    const pairs = anyBytes.chain((bytes) =>
      fc.tuple(
        fc.constant(bytes),
        fc.integer({ min: 0, max: bytes.length * 8 }),
        fc.uint8Array({ minLength: bytes.length, maxLength: bytes.length }),
        fc.integer({ min: 0, max: bytes.length * 8 }),
      ),
    );
    fc.assert(
      fc.property(pairs, ([bytes, length, noise, common]) => {
        const prefix = parsePrefix(`${formatAddress(bytes)}/${length}`);
        if (prefix === undefined) throw new Error('not a prefix');
        const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
        const masked = bits.slice(0, length).padEnd(bits.length, '0');
        const model = (masked.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
        expect([...maskBytes(bytes, length)]).toEqual(model);
        expect(canonicalPrefix(prefix).address).toBe(formatAddress(Uint8Array.from(model)));
        expect(canonicalPrefix(canonicalPrefix(prefix))).toEqual(canonicalPrefix(prefix));

        // An address that shares the first `common` bits.
        const head = maskBytes(bytes, common);
        const tailMask = maskBytes(new Uint8Array(bytes.length).fill(255), common);
        const other = formatAddress(
          head.map((byte, i) => byte | ((noise[i] ?? 0) & ~(tailMask[i] ?? 0) & 255)),
        );
        const address = parseAddress(other);
        if (address === undefined) throw new Error('not an address');
        const type = prefix.family === 4 ? 'ipv4' : 'ipv6';
        const list = new BlockList();
        list.addSubnet(prefix.address, length, type);
        expect(prefixContains(prefix, address)).toBe(list.check(other, type));
      }),
    );
  });

  it('print as ADDRESS/LENGTH', () => {
    expect(formatPrefix({ family: 6, address: '2001:db8::', length: 32 })).toBe('2001:db8::/32');
  });

  it('throw on what is no address', () => {
    expect(() => formatAddress(new Uint8Array(5))).toThrow('expected an address of 4 or 16 bytes, got 5');
    expect(() => canonicalPrefix({ family: 4, address: 'x', length: 8 })).toThrow('"x" is not an address');
  });
});
