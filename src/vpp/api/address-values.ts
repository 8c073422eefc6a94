/** Addresses and prefixes between their text and the bytes of the API. */
import { formatAddress, parseAddress, type Prefix } from '../../config/mod.ts';
import { VppApiError } from './errors.ts';
import type { ApiAddress, ApiPrefix } from './types.ts';

/** An address for the API, of one family where that is given; throws VppApiError `encode` for another text. */
export function toApiAddress(text: string, family?: 4 | 6): ApiAddress {
  const parsed = parseAddress(text);
  if (parsed === undefined || (family ?? parsed.family) !== parsed.family) {
    const expected = family === undefined ? 'an address' : `an IPv${family} address`;
    throw new VppApiError('encode', `expected ${expected}, got '${text}'`);
  }
  return { family: parsed.family, bytes: parsed.bytes };
}

/** The API's address in canonical text. */
export function fromApiAddress({ bytes }: ApiAddress): string {
  return formatAddress(bytes);
}

/** Converts a prefix from text for the API; throws VppApiError `encode` when it is invalid. */
export function toApiPrefix({ address, length }: Prefix): ApiPrefix {
  return { address: toApiAddress(address), len: length };
}

/** The API's prefix in canonical text. */
export function fromApiPrefix({ address, len }: ApiPrefix): Prefix {
  return { family: address.family, address: fromApiAddress(address), length: len };
}
