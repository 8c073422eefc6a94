/** [management]: how the box itself is reached. */
import { formatPrefix, isLoopback, parseAddress, type ParsedPrefix } from '../addresses.ts';
import { leaf, section } from '../leaf.ts';
import { listOf, parsed } from '../leaf-types.ts';
import { hostname, interfaceName } from '../name-types.ts';
import { type Read, readHostText, readInterfaceAddress } from '../network-values.ts';
import { hostAddress } from '../object-types.ts';
import { quote } from '../problems.ts';

/** Resolvers ask no more name servers in turn. As many time servers are enough for any vote. */
const MAX_SERVERS = 8;

export const management = section('management', {
  sentence: 'The NIC through which the box is reached; the kernel keeps it.',
  parts: ['management'],
  leaves: {
    interface: leaf('interface', interfaceName, {
      absent: 'the first NIC that VPP does not get',
      sentence: 'Kernel name of the NIC through which the box is managed; VPP never gets it',
      example: 'eth0',
      // The data plane keeps it from VPP.
      parts: ['management', 'data-plane'],
      fails: ['management', 'the interface does not exist, or has disappeared'],
    }),
    address: leaf('address', parsed('`dhcp` or `ADDRESS/LENGTH`', readOwnAddress, formatOwnAddress), {
      default: 'dhcp',
      sentence: 'Address of the management interface',
      example: '192.0.2.10/24',
      fails: ['management', 'the address cannot be set, there is no lease, or no cable'],
    }),
    gateway: leaf('gateway', hostAddress, {
      absent: 'none; from DHCP when address is dhcp',
      sentence: 'Default gateway of the management interface, inside the subnet of a static address',
      example: '192.0.2.1',
      fails: ['management', 'the kernel refuses the route'],
    }),
    dns: leaf('dns', serverList('addresses', readNameServer, 'name servers'), {
      absent: 'none; from DHCP when address is dhcp',
      sentence:
        'Name servers, separated by commas; a service in a network namespace asks them through management, then through its namespace',
      example: '192.0.2.53, 2001:db8::53',
      fails: ['management', 'the resolver file cannot be written'],
    }),
    ntp: leaf('ntp', serverList('names or addresses', readTimeServer, 'time servers'), {
      absent: 'those from DHCP, else none',
      sentence: 'Time servers (NTP), names or addresses, separated by commas',
      example: '192.0.2.123, ntp.example.net',
      fails: ['time', 'no server keeps the clock; `conditions`: the image has no chronyd'],
    }),
  },
});

function serverList(name: string, read: (item: string) => Read<string>, what: string) {
  return listOf<string>(name, { read, format: String, max: MAX_SERVERS, what });
}

function readOwnAddress(text: string): Read<'dhcp' | ParsedPrefix> {
  if (text === 'dhcp') return { value: text };
  if (!/^[a-z]+$/i.test(text)) return readInterfaceAddress(text);
  const hint = text.toLowerCase() === 'dhcp' ? ': write it in lower case' : '';
  return { error: `expected dhcp or an address such as 192.0.2.10/24, got ${quote(text)}${hint}` };
}

function formatOwnAddress(address: 'dhcp' | ParsedPrefix): string {
  return address === 'dhcp' ? address : formatPrefix(address);
}

/** A resolver on the box itself is fine. */
function readNameServer(item: string): Read<string> {
  const address = parseAddress(item);
  return address !== undefined && isLoopback(address) ? { value: address.address } : readHostText(item);
}

/** What looks like an address is one, or a mistake: never a name. */
function readTimeServer(item: string): Read<string> {
  const isName = hostname.pattern.test(item) && !/^[0-9.]+$/.test(item);
  return isName ? { value: item.toLowerCase() } : readHostText(item);
}
