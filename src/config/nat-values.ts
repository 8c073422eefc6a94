/** What [nat44], [port-forward.NAME] and [nat-static.NAME] have: IPv4 addresses, ranges of them, and endpoints. */
import { parseAddress } from './addresses.ts';
import { listOf, namesOf, parsed } from './leaf-types.ts';
import { interfaceName } from './name-types.ts';
import { type Read, readHostAddress } from './network-values.ts';
import { quote } from './problems.ts';

/** IPv4 addresses, both ends included. */
export interface AddressRange {
  readonly first: string;
  readonly last: string;
}

/** Where packets from outside go to: a port of an address, or of the address that an interface has. */
export interface ExternalPort {
  readonly on: { readonly interface: string } | { readonly address: string };
  readonly port: number;
}

export interface InternalPort {
  readonly address: string;
  readonly port: number;
}

/** An IPv4 address as a number; undefined for another text. */
export function ipv4Number(address: string): number | undefined {
  const read = parseAddress(address);
  if (read?.family !== 4) return undefined;
  return read.bytes.reduce((value, byte) => value * 256 + byte, 0);
}

export function ipv4Text(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

function readIpv4(text: string): Read<string> {
  const read = readHostAddress(text);
  if ('error' in read) return read;
  if (read.value.family === 6)
    return { error: `${quote(text)} is an IPv6 address: NAT44 translates IPv4 only` };
  return { value: read.value.address };
}

function readAddressRange(text: string): Read<AddressRange> {
  const [firstText = '', lastText, ...more] = text.split('-').map((part) => part.trim());
  if (more.length > 0 || text.includes('/')) {
    return { error: `expected an address or a range such as 203.0.113.10-203.0.113.20, got ${quote(text)}` };
  }
  const first = readIpv4(firstText);
  if ('error' in first) return first;
  const last = lastText === undefined ? first : readIpv4(lastText);
  if ('error' in last) return last;
  if (ipv4Number(first.value)! > ipv4Number(last.value)!) {
    return { error: `the range ${quote(text)} is reversed: write ${last.value}-${first.value}` };
  }
  return { value: { first: first.value, last: last.value } };
}

export function formatAddressRange({ first, last }: AddressRange): string {
  return first === last ? first : `${first}-${last}`;
}

export const addressRanges = listOf('addresses or ranges, with commas', {
  read: readAddressRange,
  format: formatAddressRange,
});

export const ipv4Address = parsed('IPv4 address', readIpv4, String);

export const interfaceNameList = namesOf('interface names, with commas', interfaceName, 'xe0');

function splitPort(text: string, example: string): Read<readonly [host: string, port: number]> {
  const match = /^([^:]+):([0-9]{1,5})$/.exec(text);
  if (match === null) return { error: `expected an endpoint such as ${example}, got ${quote(text)}` };
  const port = Number(match[2]);
  if (port < 1 || port > 65535) return { error: `the port of ${quote(text)} is out of range (1–65535)` };
  return { value: [match[1] ?? '', port] };
}

export const externalPort = parsed(
  'INTERFACE:PORT or ADDRESS:PORT',
  readExternalPort,
  ({ on, port }) => `${'interface' in on ? on.interface : on.address}:${port}`,
);

function readExternalPort(text: string): Read<ExternalPort> {
  const split = splitPort(text, 'xe0:443 or 203.0.113.5:443');
  if ('error' in split) return split;
  const [host, port] = split.value;
  if (/^[0-9]/.test(host)) {
    const address = readIpv4(host);
    return 'error' in address ? address : { value: { on: { address: address.value }, port } };
  }
  if (!interfaceName.pattern.test(host)) return { error: interfaceName.refuse(host, 'xe0') };
  return { value: { on: { interface: host }, port } };
}

export const internalPort = parsed(
  'ADDRESS:PORT',
  readInternalPort,
  ({ address, port }) => `${address}:${port}`,
);

function readInternalPort(text: string): Read<InternalPort> {
  const split = splitPort(text, '192.168.1.10:8443');
  if ('error' in split) return split;
  const [host, port] = split.value;
  const address = readIpv4(host);
  return 'error' in address ? address : { value: { address: address.value, port } };
}

const FORWARDED = ['tcp', 'udp'] as const;
export type ForwardedProtocol = (typeof FORWARDED)[number];

export const forwardedProtocols = listOf<ForwardedProtocol>('tcp, udp or both with a comma', {
  read: (text) => {
    const found = FORWARDED.find((one) => one === text);
    return found === undefined ? { error: `expected tcp or udp, got ${quote(text)}` } : { value: found };
  },
  format: String,
});
