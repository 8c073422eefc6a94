import { describe, expect, it } from 'vitest';
import { proxyRanges } from './proxy-ranges.ts';

function ranges(...addresses: string[]): string[] {
  return proxyRanges(addresses).map(({ low, high }) => `${low}-${high}`);
}

describe('proxyRanges', () => {
  it('cover all routed unicast addresses', () => {
    expect(ranges()).toEqual([
      '1.0.0.0-126.255.255.255',
      '128.0.0.0-169.253.255.255',
      '169.255.0.0-223.255.255.255',
    ]);
  });

  it('omit the networks of the interfaces, in any order and with overlaps', () => {
    expect(ranges('192.0.2.77/24', '10.0.0.1/8', '192.0.2.1/25', '1.0.0.1/32', '2001:db8::1/64')).toEqual([
      '1.0.0.0-1.0.0.0',
      '1.0.0.2-9.255.255.255',
      '11.0.0.0-126.255.255.255',
      '128.0.0.0-169.253.255.255',
      '169.255.0.0-192.0.1.255',
      '192.0.3.0-223.255.255.255',
    ]);
  });

  it('include prefixes of these networks that are behind other interfaces', () => {
    const found = proxyRanges(['192.0.2.1/24'], ['192.0.2.77/32', '192.0.2.128/26']);
    expect(found.slice(-2)).toEqual([
      { low: '192.0.2.77', high: '192.0.2.77' },
      { low: '192.0.2.128', high: '192.0.2.191' },
    ]);
  });
});
