import { describe, expect, it } from 'vitest';
import { formatPrefix, parsePrefix } from '../config/mod.ts';
import { fitAddresses } from './fit-addresses.ts';

function fit(configured: string[], ofTap: string[]): { addresses: string[]; standIns: string[] } {
  const parse = (texts: string[]) => texts.map((text) => parsePrefix(text)!);
  const { addresses, standIns } = fitAddresses(parse(configured), parse(ofTap));
  return { addresses: addresses.map(formatPrefix), standIns: [...standIns] };
}

describe('fitAddresses', () => {
  it('gives an address within a network of the interface the prefix length of that network', () => {
    expect(
      fit(['192.0.2.1/24', '2001:db8::1/64'], ['192.0.2.9/32', '2001:db8::9/128', '10.0.0.1/32']),
    ).toEqual({
      addresses: ['192.0.2.1/24', '2001:db8::1/64', '192.0.2.9/24', '2001:db8::9/64', '10.0.0.1/32'],
      standIns: ['192.0.2.9/24', '2001:db8::9/64'],
    });
  });

  it('leaves other networks of the same length, and the other family, unchanged', () => {
    expect(fit(['192.0.2.1/24'], ['192.0.2.9/24', '192.0.3.9/32', '::/0'])).toEqual({
      addresses: ['192.0.2.1/24', '192.0.2.9/24', '192.0.3.9/32', '::/0'],
      standIns: [],
    });
  });

  it('takes the outermost of several networks of the TAP, but keeps configured ones unchanged', () => {
    expect(fit([], ['10.0.0.1/8', '10.1.0.1/16', '10.1.1.1/32']).addresses).toEqual([
      '10.0.0.1/8',
      '10.1.0.1/8',
      '10.1.1.1/8',
    ]);
    expect(fit(['10.1.0.1/16'], ['10.0.0.1/8', '10.1.1.1/32']).addresses).toEqual([
      '10.1.0.1/16',
      '10.0.0.1/8',
      '10.1.1.1/16',
    ]);
  });

  it('makes no stand-in of an address that the TAP also has with that length', () => {
    expect(fit(['192.0.2.1/24'], ['192.0.2.9/32', '192.0.2.9/24'])).toEqual({
      addresses: ['192.0.2.1/24', '192.0.2.9/24'],
      standIns: [],
    });
  });
});
