/** [http]: where the page, the JSON and the metrics are served, and by which names. */
import { parseAddress } from '../addresses.ts';
import { leaf, section } from '../leaf.ts';
import { listOf, parsed } from '../leaf-types.ts';
import { DNS_NAME } from '../name-types.ts';
import { formatEndpoint, type Read, readListen } from '../network-values.ts';
import { quote } from '../problems.ts';

/** All of them are in the box's own certificate. */
const MAX_NAMES = 16;

const listen = parsed('`HOST:PORT`', readListen, formatEndpoint);

export const http = section('http', {
  sentence: 'The status page, the JSON and the metrics.',
  parts: ['http'],
  leaves: {
    listen: leaf('listen', listen, {
      // `::` of a Linux socket takes IPv4 as well (bindv6only is 0), so this is every address of both families.
      default: '[::]:8080',
      sentence:
        'Where the status page and the metrics are served; without a host, on every address of both families',
      example: '192.0.2.10:8080',
      fails: ['conditions', 'the address cannot be bound: the others serve, and it is tried again'],
    }),
    httpsListen: leaf('https-listen', listen, {
      absent: 'on the box [::]:8443; under `appliance run` none',
      sentence:
        'Where the same is served over TLS; only here are changes accepted from the network. Another port than that of listen',
      example: '192.0.2.10:8443',
      fails: [
        'conditions',
        'the address cannot be bound, or there is no certificate: the others serve, and it is tried again',
      ],
    }),
    names: leaf(
      'names',
      listOf('DNS names, several with commas', {
        read: readName,
        format: String,
        max: MAX_NAMES,
        what: 'names',
      }),
      {
        absent: 'none',
        sentence:
          "DNS names of the box, beside its addresses, localhost, its hostname and hostname.local: a request to another name is refused (not `/metrics`, `/healthz`, `/readyz`). The box's own certificate has them too; a new name makes a new certificate",
        example: 'router.example.net',
        cannotFail: 'this program compares the names and puts them into its own certificate',
      },
    ),
  },
});

function readName(item: string): Read<string> {
  if (DNS_NAME.test(item)) return { value: item.toLowerCase() };
  if (item === '') return { error: 'empty name: remove the extra comma' };
  if (parseAddress(item.replace(/^\[|\]$/g, '')) !== undefined)
    return { error: `${quote(item)} is an address: list names only, requests to addresses are always taken` };
  const refused = /^[a-z]+:\/\//i.test(item)
    ? 'is a URL: write the name alone'
    : /:\d+$/.test(item)
      ? 'has a port: write the name alone'
      : item.includes('*')
        ? 'has a wildcard: write each name in full'
        : undefined;
  if (refused !== undefined) return { error: `${quote(item)} ${refused}, such as router.example.net` };
  return { error: `expected a DNS name such as router.example.net, got ${quote(item)}` };
}
