/** [bgp] and [bgp.neighbor.NAME]: sessions over which routing daemons hand over their routes. */
import { isIpv6LinkLocal, isLoopback, parseAddress } from '../addresses.ts';
import { leaf, section } from '../leaf.ts';
import { boolean, choice, integer, type LeafType, listOf, parsed } from '../leaf-types.ts';
import { interfaceName, netns, serviceName } from '../name-types.ts';
import { formatEndpoint, type Read, readHostAddress, readListen } from '../network-values.ts';
import { quote } from '../problems.ts';

const MAX_U32 = 4_294_967_295;
const DOWN = ['routes', 'the session does not come up'] as const;

/** The address families of a session, as the configuration names them. */
export const BGP_FAMILIES = ['ipv4', 'ipv6'] as const;
export type BgpFamilyName = (typeof BGP_FAMILIES)[number];

/** Where a neighbour is; `interface` is the zone of a link-local address. */
interface PeerAddress {
  readonly address: string;
  readonly interface: string | undefined;
}

const peerAddress: LeafType<PeerAddress> = parsed(
  '`ADDRESS` or `LINK-LOCAL%INTERFACE`',
  readPeer,
  formatPeer,
);

const sourceAddress: LeafType<string> = parsed(
  'address',
  (text): Read<string> => {
    const read = readSessionAddress(text);
    return 'error' in read ? read : { value: read.value.address };
  },
  String,
);

const families = listOf<BgpFamilyName>('families, separated by commas', {
  read: (item) => {
    const known = BGP_FAMILIES.find((family) => family === item);
    return known === undefined
      ? { error: `expected ${BGP_FAMILIES.join(' or ')}, got ${quote(item)}` }
      : { value: known };
  },
  format: String,
  what: 'families',
});

/** Four decimal numbers; not 0.0.0.0 (RFC 6286, section 2.1). */
const routerId: LeafType<string> = parsed(
  'IPv4 address',
  (text): Read<string> => {
    const address = parseAddress(text);
    if (address?.family === 4 && address.address !== '0.0.0.0') return { value: address.address };
    return { error: `expected an IPv4 address other than 0.0.0.0, such as 192.0.2.1, got ${quote(text)}` };
  },
  String,
);

/** 1 or 2 seconds are no hold time (RFC 4271, section 4.2). */
const holdTime: LeafType<number> = {
  ...integer(0, 65_535, 'seconds'),
  range: '0 or 3–65535 seconds',
  schema: { type: 'integer', minimum: 0, maximum: 65_535, not: { enum: [1, 2] } },
  refuse: (text) => `expected 0 or 3–65535 seconds, got ${quote(text)}`,
};

export const bgp = section('bgp', {
  sentence:
    'A BGP speaker that only listens: it takes the routes that neighbours announce into the FIBs, and announces none.',
  parts: ['bgp'],
  leaves: {
    as: leaf('as', integer(1, MAX_U32), {
      absent: 'no BGP',
      sentence: "The appliance's AS number; that of a neighbour, or another one",
      example: '65001',
      fails: DOWN,
    }),
    routerId: leaf('router-id', routerId, {
      absent: 'no BGP',
      sentence: 'The BGP identifier, which no neighbour has',
      example: '192.0.2.1',
      fails: DOWN,
    }),
    listen: leaf('listen', parsed('`HOST:PORT`', readListen, formatEndpoint), {
      default: '[::]:1179',
      sentence:
        'Where neighbours may connect to, in each namespace that has some; 179 is left to the daemon on the box',
      example: '127.0.0.1:1179',
      fails: ['conditions', 'the address cannot be bound'],
    }),
  },
});

export const bgpNeighbors = section('bgp.neighbor.NAME', {
  sentence:
    'A BGP session: a section like `[bgp.neighbor.bird]` for each. Its routes are a source of their own, see [routes.md](routes.md#bgp).',
  parts: ['bgp'],
  repeated: {
    as: 'name',
    type: serviceName,
    example: 'bird',
    added: ({ address, as }) => `${formatPeer(address)}, AS ${as}`,
    removed: () => 'its session is closed, and its routes are withdrawn',
  },
  leaves: {
    address: leaf('address', peerAddress, {
      required: true,
      sentence: 'Address of the neighbour',
      example: '127.0.0.1',
      fails: DOWN,
    }),
    as: leaf('as', integer(1, MAX_U32), {
      required: true,
      sentence: 'AS number of the neighbour',
      example: '65001',
      fails: DOWN,
    }),
    port: leaf('port', integer(1, 65_535), {
      default: '179',
      sentence: 'Port of the neighbour',
      example: '1790',
      fails: DOWN,
    }),
    passive: leaf('passive', boolean, {
      default: 'false',
      sentence: 'Wait for the neighbour to connect, instead of connecting to it too',
      example: 'true',
      fails: DOWN,
    }),
    local: leaf('local', sourceAddress, {
      absent: "the kernel's choice",
      sentence: 'Source address of connections to the neighbour',
      example: '127.0.0.2',
      fails: DOWN,
    }),
    netns: leaf('netns', netns, {
      absent: "the box's own",
      sentence: 'Network namespace that the neighbour is reached from',
      example: 'dataplane',
      fails: ['routes', 'the namespace does not exist'],
    }),
    families: leaf('families', families, {
      default: 'ipv4, ipv6',
      sentence: 'Address families; those that the neighbour does not have are left out',
      example: 'ipv4',
      fails: DOWN,
    }),
    distance: leaf('distance', integer(1, 255), {
      default: '20',
      sentence: 'Administrative distance of its routes: of several routes to one prefix the lowest wins',
      example: '200',
      cannotFail: 'this program compares the number itself',
    }),
    paths: leaf('paths', choice('one', 'best', 'ecmp'), {
      default: 'one',
      sentence:
        'Additional paths (RFC 7911): `one` asks for none, `best` takes the best of a prefix, `ecmp` all that are as good as the best',
      example: 'ecmp',
      cannotFail: 'a neighbour without additional paths announces one for each prefix',
    }),
    holdTimeSeconds: leaf('hold-time', holdTime, {
      default: '90',
      sentence: 'Hold time that is offered; 0: the session is never given up',
      example: '9',
      cannotFail: 'the lower one of both sides is used',
    }),
    retrySeconds: leaf('connect-retry', integer(1, 600, 'seconds'), {
      default: '5',
      sentence: 'How long until another attempt to connect',
      example: '1',
      cannotFail: 'this program keeps this time itself',
    }),
  },
});

function readPeer(text: string): Read<PeerAddress> {
  const [address = '', zone, more] = text.split('%');
  const read = readSessionAddress(address);
  if ('error' in read) return read;
  const isLinkLocal = isIpv6LinkLocal(read.value);
  if (isLinkLocal && zone === undefined) {
    return { error: `${quote(text)} is link-local: write its interface too, such as ${text}%xe0` };
  }
  if (!isLinkLocal && zone !== undefined) {
    return {
      error: `${quote(text)} names an interface, which only a link-local address has: write ${address}`,
    };
  }
  if (zone !== undefined && (more !== undefined || !interfaceName.pattern.test(zone)))
    return { error: interfaceName.refuse(zone, 'xe0') };
  return { value: { address: read.value.address, interface: zone } };
}

/** That of a host, or of the box itself. */
function readSessionAddress(text: string): ReturnType<typeof readHostAddress> {
  const address = parseAddress(text);
  return address !== undefined && isLoopback(address) ? { value: address } : readHostAddress(text);
}

function formatPeer({ address, interface: zone }: PeerAddress): string {
  return zone === undefined ? address : `${address}%${zone}`;
}
