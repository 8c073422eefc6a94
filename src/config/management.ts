/** [management]: how the box itself is reached. */

import {
  formatPrefix,
  isIpv6LinkLocal,
  isLoopback,
  type ParsedPrefix,
  parseAddress,
  prefixContains,
} from './addresses.ts';
import { readHostAddress, readInterfaceAddress } from './network-values.ts';
import { type Problems, quote } from './problems.ts';
import { readList } from './read-list.ts';
import { PATTERNS } from './schema.ts';
import type { ManagementConfig } from './types.ts';
import type { Values } from './values.ts';

/** Name servers; resolvers ask no more of them in turn. As many time servers are enough for any vote. */
const MAX_SERVERS = 8;
const HOSTNAME = new RegExp(PATTERNS.hostname);

export function readManagement(values: Values, problems: Problems): ManagementConfig {
  const address = readAddress(values, problems);
  return {
    interface: values.get('management.interface'),
    address:
      address === 'dhcp'
        ? address
        : { family: address.family, address: address.address, length: address.length },
    gateway: readGateway(values, address, problems),
    dns: readDns(values, problems),
    ntp: readNtp(values, problems),
  };
}

function readAddress(values: Values, problems: Problems): 'dhcp' | ParsedPrefix {
  const text = values.get('management.address');
  if (text === 'dhcp') return text;
  const read = readInterfaceAddress(text);
  if ('value' in read) return read.value;
  const isWord = /^[a-z]+$/i.test(text);
  const isDhcp = text.toLowerCase() === 'dhcp';
  const words = isDhcp ? 'has capitals: write dhcp' : 'is neither dhcp nor an address like 192.0.2.10/24';
  problems.error(
    values.line('management.address'),
    'management.address',
    isWord ? `${quote(text)} ${words}` : read.error,
  );
  return 'dhcp';
}

function readGateway(values: Values, address: 'dhcp' | ParsedPrefix, problems: Problems): string | undefined {
  const leaf = 'management.gateway';
  const text = values.get(leaf);
  if (text === undefined) return undefined;
  const read = readHostAddress(text);
  if ('error' in read) {
    problems.error(values.line(leaf), leaf, read.error);
    return undefined;
  }
  const gateway = read.value;
  // A link-local gateway is on the link of any IPv6 address.
  if (address !== 'dhcp' && !(address.family === 6 && isIpv6LinkLocal(gateway))) {
    if (gateway.address === address.address) {
      problems.error(values.line(leaf), leaf, `${quote(text)} is the box's own address: name the router's`);
    } else if (!prefixContains(address, gateway)) {
      const message = `${quote(text)} is not in the subnet of ${formatPrefix(address)}: an address in it is right`;
      problems.error(values.line(leaf), leaf, message);
    }
  }
  return gateway.address;
}

function readDns(values: Values, problems: Problems): string[] {
  return readList('management.dns', { what: 'name servers', max: MAX_SERVERS }, values, problems, (item) => {
    const parsed = parseAddress(item);
    // A resolver on the box itself is fine.
    const read = parsed !== undefined && isLoopback(parsed) ? { value: parsed } : readHostAddress(item);
    return 'error' in read ? read : { value: read.value.address };
  });
}

function readNtp(values: Values, problems: Problems): string[] {
  return readList('management.ntp', { what: 'time servers', max: MAX_SERVERS }, values, problems, (item) => {
    // What looks like an address is one, or a mistake: never a name.
    const isName = HOSTNAME.test(item) && !/^[0-9.]+$/.test(item);
    if (isName) return { value: item.toLowerCase() };
    const read = readHostAddress(item);
    return 'error' in read ? read : { value: read.value.address };
  });
}
