/**
 * Readers of values with a grammar of their own: addresses, prefixes, lists of them, HOST:PORT.
 *
 * Each gives the value or the message of what is wrong; the caller adds line and leaf.
 */

import {
  formatAddress,
  isIpv4Mapped,
  isIpv6LinkLocal,
  isLoopback,
  isMulticast,
  isUnspecified,
  maskBytes,
  type ParsedAddress,
  type ParsedPrefix,
  parseAddress,
  parsePrefix,
} from './addresses.ts';
import { quote } from './problems.ts';
import type { Endpoint } from './basic-types.ts';

export type Read<T> = { readonly value: T } | { readonly error: string };

/** Items of a comma list, trimmed. */
export function splitList(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}

/** What is wrong with a text that is no address. */
function noAddress(text: string): string {
  if (text === '') return 'empty address: remove the extra comma';
  if (/^[0-9.]+$/.test(text)) {
    const parts = text.split('.');
    if (parts.length === 4 && parts.every((part) => /^0*[0-9]{1,3}$/.test(part) && Number(part) <= 255)) {
      return `${quote(text)} has leading zeros: write ${parts.map(Number).join('.')}`;
    }
    return `expected an IPv4 address such as 192.0.2.1, got ${quote(text)}`;
  }
  if (text.includes('%')) return `${quote(text)} has a zone: write the address alone`;
  if (text.startsWith('[')) return `${quote(text)} has brackets: write the address alone`;
  if (text.includes(':')) return `expected an IPv6 address such as 2001:db8::1, got ${quote(text)}`;
  return `expected an address such as 192.0.2.1 or 2001:db8::1, got ${quote(text)}`;
}

/** An address that a host can have: none that is unspecified, multicast or loopback. */
export function readHostAddress(text: string): Read<ParsedAddress> {
  const parsed = parseAddress(text);
  if (parsed !== undefined) return checkHost(parsed, text);
  if (text.includes('/')) return { error: `${quote(text)} has a prefix length: write the address alone` };
  return { error: noAddress(text) };
}

/** As `readHostAddress`, in canonical text. */
export function readHostText(text: string): Read<string> {
  const read = readHostAddress(text);
  return 'error' in read ? read : { value: read.value.address };
}

function checkHost(parsed: ParsedAddress, text: string): Read<ParsedAddress> {
  const kind = isUnspecified(parsed)
    ? 'the unspecified address'
    : isMulticast(parsed)
      ? 'a multicast address'
      : isLoopback(parsed)
        ? 'a loopback address'
        : isIpv4Mapped(parsed.bytes)
          ? 'an IPv4-mapped address'
          : parsed.address === '255.255.255.255'
            ? 'the broadcast address'
            : undefined;
  if (kind === undefined) return { value: parsed };
  return { error: `${quote(text)} is ${kind}: expected the address of a host` };
}

/** Any prefix, host bits kept. */
function readPrefix(text: string): Read<ParsedPrefix> {
  const parsed = parsePrefix(text);
  if (parsed !== undefined) return { value: parsed };
  const slash = text.indexOf('/');
  const addressText = slash < 0 ? text : text.slice(0, slash);
  const address = parseAddress(addressText);
  if (address === undefined) return { error: noAddress(addressText) };
  const bits = address.bytes.length * 8;
  if (slash < 0)
    return { error: `${quote(text)} has no prefix length: write one, such as ${address.address}/${bits}` };
  const lengthText = quote(text.slice(slash + 1));
  return {
    error: `the prefix length ${lengthText} of ${quote(text)} is out of range for IPv${address.family} (0–${bits})`,
  };
}

/** The address of an interface with the length of its subnet: a host's, neither the subnet's own nor its broadcast. */
export function readInterfaceAddress(text: string): Read<ParsedPrefix> {
  if (!text.includes('/') && parseAddress(text) !== undefined) {
    const example = text.includes(':') ? `${text}/64` : `${text}/24`;
    return { error: `${quote(text)} has no prefix length: write that of its subnet, such as ${example}` };
  }
  const read = readPrefix(text);
  if ('error' in read) return read;
  const prefix = read.value;
  const host = checkHost(prefix, text);
  if ('error' in host) return host;
  const bits = prefix.bytes.length * 8;
  if (prefix.length === 0)
    return { error: `the prefix length 0 of ${quote(text)} is out of range (1–${bits})` };
  // VPP takes a link-local address with /128 only (ip6_forward.c, ip6_add_del_interface_address).
  if (isIpv6LinkLocal(prefix) && prefix.length !== 128) {
    return { error: `${quote(text)} is link-local: VPP accepts it only as ${prefix.address}/128` };
  }
  if (prefix.length >= bits - 1) return read;
  const network = formatAddress(maskBytes(prefix.bytes, prefix.length));
  if (prefix.address === network) {
    const name =
      prefix.family === 4 ? 'the address of the subnet itself' : "the subnet's router anycast address";
    const first = maskBytes(prefix.bytes, prefix.length);
    first[first.length - 1] = (first.at(-1) ?? 0) + 1;
    return {
      error: `${quote(text)} is ${name}: expected the address of a host, such as ${formatAddress(first)}/${prefix.length}`,
    };
  }
  if (prefix.family === 4 && prefix.address === broadcastOf(prefix)) {
    return {
      error: `${quote(text)} is the broadcast address of ${network}/${prefix.length}: expected the address of a host`,
    };
  }
  return read;
}

function broadcastOf({ bytes, length }: ParsedPrefix): string {
  const ones = maskBytes(new Uint8Array(bytes.length).fill(255), length);
  return formatAddress(bytes.map((byte, i) => byte | (~(ones[i] ?? 0) & 255)));
}

/** A prefix for a route: host bits must be zero, not multicast. */
export function readRoutePrefix(text: string): Read<ParsedPrefix> {
  if (text === 'default') return { error: 'expected a prefix, got "default": write 0.0.0.0/0 or ::/0' };
  const read = readPrefix(text);
  if ('error' in read) return read;
  const prefix = read.value;
  const masked = maskBytes(prefix.bytes, prefix.length);
  if (masked.some((byte, i) => byte !== prefix.bytes[i])) {
    return {
      error: `${quote(text)} has host bits set: write ${formatAddress(masked)}/${prefix.length}`,
    };
  }
  if (isMulticast(prefix))
    return { error: `${quote(text)} is a multicast prefix: static routes are unicast` };
  return read;
}

/** `HOST:PORT`, `[IPV6]:PORT` or `:PORT` (every address of both families). Port 0 lets the system choose. */
export function readListen(text: string): Read<Endpoint> {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(text);
  if (!match) return { error: `${quote(text)} ${listenWords(text)}` };
  const [, bracketed, plain, portText] = match;
  const port = Number(portText);
  if (port > 65535 || /^0[0-9]/.test(portText ?? '')) {
    return { error: `the port ${portText} of ${quote(text)} is out of range (1–65535)` };
  }
  if (bracketed !== undefined) {
    const address = parseAddress(bracketed);
    if (address?.family !== 6)
      return {
        error: `${quote(text)} has no IPv6 address in its brackets: expected [2001:db8::1]:8080, for example`,
      };
    return { value: { host: address.address, port } };
  }
  if (plain === '' || plain === undefined) return { value: { host: '::', port } };
  if (plain === 'localhost') return { value: { host: plain, port } };
  const address = parseAddress(plain);
  if (address !== undefined) return { value: { host: address.address, port } };
  if (plain === '*')
    return { error: `expected HOST:PORT, got ${quote(text)}: write :${port} for every address` };
  return { error: `${quote(text)} has a host that is neither localhost nor an address: ${noAddress(plain)}` };
}

/** `ADDRESS:PORT` or `[IPV6]:PORT` of one other host, to send to. */
export function readEndpoint(text: string): Read<Endpoint> {
  const example = '192.0.2.14:514 or [2001:db8::14]:514';
  if (text.startsWith(':'))
    return { error: `${quote(text)} has no address: expected one such as ${example}` };
  if (parseAddress(text) !== undefined) {
    return { error: `${quote(text)} has no port: write ${text.includes(':') ? `[${text}]` : text}:514` };
  }
  const read = readListen(text);
  if ('error' in read) return read;
  const address = parseAddress(read.value.host);
  if (read.value.port === 0) return { error: `the port 0 of ${quote(text)} is out of range (1–65535)` };
  // A collector on the box itself is fine.
  if (address === undefined || isLoopback(address)) return read;
  const host = checkHost(address, read.value.host);
  return 'error' in host ? host : read;
}

function listenWords(text: string): string {
  if (/^[0-9]{1,5}$/.test(text)) return `has no host: write :${text} for every address`;
  const bare = /^([0-9a-fA-F:.]+):([0-9]{1,5})$/.exec(text);
  if (bare && parseAddress(bare[1] ?? '')?.family === 6)
    return `lacks brackets: write [${bare[1]}]:${bare[2]}`;
  if (parseAddress(text) !== undefined)
    return `has no port: write ${text.includes(':') ? `[${text}]` : text}:8080`;
  return 'has no HOST:PORT: expected one such as [::]:8080, 192.0.2.1:8080 or :8080';
}

/** As a line of the file has it. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
