/** Types of leaves about objects of VPP. */
import { isIpv6LinkLocal } from './addresses.ts';
import { integer, type LeafType, listOf, namesOf, parsed, pattern } from './leaf-types.ts';
import { interfaceName } from './name-types.ts';
import { type Read, readHostAddress, readHostText } from './network-values.ts';
import { quote } from './problems.ts';

/** A whole number, or one word in its place. */
export function integerOr<const W extends string>(word: W, min: number, max: number): LeafType<number | W> {
  const number = integer(min, max);
  const range = `${min}–${max} or ${word}`;
  return {
    name: `whole number or ${word}`,
    range,
    schema: { anyOf: [{ const: word }, number.schema] },
    convert: (text) => (text === word ? text : (number.convert?.(text) ?? text)),
    refuse: (text, example) =>
      /^-?[0-9]+$/.test(text)
        ? `${quote(text)} is out of range (${range})`
        : text.toLowerCase() === word
          ? `expected ${range}, got ${quote(text)}: write ${word}`
          : `expected ${range} such as ${example}, got ${quote(text)}`,
    format: String,
  };
}

/** Names of interfaces, whose order means nothing; `what` they are. */
export function interfaceList(what: string): LeafType<readonly string[]> {
  return namesOf('names of interfaces, separated by commas', interfaceName, 'xe0', {
    what,
    isUnordered: true,
  });
}

/** A MAC address and the interface that it is behind. */
export interface Station {
  /** In lower case, with colons. */
  readonly mac: string;
  readonly port: string;
}

/** `MAC@INTERFACE`, several with commas. */
export const stationList = listOf<Station>('`MAC@INTERFACE`, several with commas', {
  read: (item) => {
    const { mac, port } =
      /^(?<mac>[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5})@(?<port>.+)$/.exec(item)?.groups ?? {};
    if (mac === undefined || port === undefined) {
      return { error: `expected MAC@INTERFACE such as 02:00:00:00:00:01@xe4, got ${quote(item)}` };
    }
    if (!interfaceName.pattern.test(port)) return { error: interfaceName.refuse(port, 'xe4') };
    if ((Number.parseInt(mac, 16) & 1) !== 0)
      return { error: `${quote(mac)} is a group address: expected that of a host` };
    return { value: { mac: mac.toLowerCase(), port } };
  },
  format: ({ mac, port }) => `${mac}@${port}`,
  identity: ({ mac }) => mac,
});

/** One line of text for people. */
export const text = pattern('text', '^[^\\u0000-\\u001f\\u007f]{1,200}$', (given) =>
  given.length > 200
    ? `${quote(`${given.slice(0, 20)}…`)} has ${given.length} characters: a description has at most 200`
    : `${quote(given)} has control characters`,
);

/** The address of a host, without a prefix length, in canonical text. */
export const hostAddress = parsed('address', readHostText, String);

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

function readMac(given: string): Read<string> {
  const mac = given.toLowerCase().replaceAll('-', ':');
  if (!MAC.test(mac)) {
    return { error: `expected a MAC address such as 02:00:00:00:00:01, got ${quote(given)}` };
  }
  if (/^.[13579bdf]/.test(mac)) {
    return {
      error: `${quote(given)} is the address of a group: expected an even first byte, as in 02:00:00:00:00:01`,
    };
  }
  if (mac === '00:00:00:00:00:00')
    return { error: `${quote(given)} is no address: expected one such as 02:00:00:00:00:01` };
  return { value: mac };
}

/** The MAC address of one interface, in lower case with colons. */
export const macAddress: LeafType<string> = parsed('MAC address', readMac, String);

/** An IPv6 link-local address without its zone, in canonical text. */
export const linkLocalAddress = parsed('link-local address', readLinkLocal, String);

function readLinkLocal(given: string): Read<string> {
  const read = readHostAddress(given);
  if ('error' in read) return read;
  if (isIpv6LinkLocal(read.value)) return { value: read.value.address };
  return { error: `${quote(given)} is not in fe80::/10: expected a link-local address such as fe80::1` };
}

/** Global IPv6 addresses of hosts, in canonical text. */
export const ipv6HostList = listOf<string>('IPv6 addresses, separated by commas', {
  read: (given) => {
    const read = readHostAddress(given);
    if ('error' in read) return read;
    const { family, address } = read.value;
    const isGlobal = family === 6 && !isIpv6LinkLocal(read.value);
    return isGlobal
      ? { value: address }
      : { error: `${quote(given)}: expected the IPv6 address of a host such as 2001:db8::10` };
  },
  format: String,
  isUnordered: true,
});

export interface NeighborValue {
  readonly address: string;
  readonly mac: string;
}

function readNeighbor(given: string): Read<NeighborValue> {
  const [address = '', mac, more] = given.split(/\s+/);
  if (mac === undefined || more !== undefined) {
    return {
      error: `expected an address and its MAC address, such as 192.0.2.9 02:00:00:00:00:09, got ${quote(given)}`,
    };
  }
  const host = readHostAddress(address);
  if ('error' in host) return host;
  const read = readMac(mac);
  return 'error' in read ? read : { value: { address: host.value.address, mac: read.value } };
}

/** Addresses with the MAC addresses that they have. */
export const neighborList = listOf('`ADDRESS MAC`, several with commas', {
  read: readNeighbor,
  format: ({ address, mac }) => `${address} ${mac}`,
  identity: ({ address }) => address,
  isUnordered: true,
});
