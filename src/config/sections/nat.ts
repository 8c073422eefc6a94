/** [nat44], [port-forward.NAME] and [nat-static.NAME]: translation of IPv4 addresses. */
import { filterName } from '../filter-values.ts';
import { flag } from '../flag.ts';
import { leaf, section } from '../leaf.ts';
import { integer } from '../leaf-types.ts';
import {
  addressRanges,
  externalPort,
  forwardedProtocols,
  interfaceNameList,
  internalPort,
  ipv4Address,
} from '../nat-values.ts';

const WEEK_SECONDS = 604_800;
const REFUSED = ['interfaces', 'VPP refuses it'] as const;

export const nat44 = section('nat44', {
  sentence:
    'Translation of IPv4 addresses (NAT) between the interfaces with `nat = inside` and those with `nat = outside`.',
  fails: REFUSED,
  leaves: {
    enabled: flag('enabled', false, { sentence: 'Whether addresses are translated' }),
    masquerade: leaf('masquerade', interfaceNameList, {
      absent: 'none',
      sentence: 'Outside interfaces whose own first IPv4 address hosts inside appear under',
      example: 'xe1',
    }),
    pool: leaf('pool', addressRanges, {
      absent: 'none',
      sentence:
        'Further addresses that hosts inside appear under; outside routers must route them to the box',
      example: '203.0.113.10-203.0.113.20, 203.0.113.30',
    }),
    ownTraffic: flag('own-traffic', true, {
      sentence:
        'Whether the box itself gets what arrives for an address of `masquerade` and belongs to no session and no port forward: BGP, DNS, NTP, SSH, tunnels. Without it such packets are dropped',
    }),
    forwarding: flag('forwarding', false, {
      sentence:
        'Whether packets from outside that belong to no session and no mapping are routed untranslated; otherwise they are dropped',
    }),
    // VPP allocates them at once for each thread.
    sessions: leaf('sessions', integer(1024, 8_388_608), {
      default: '64512',
      sentence: 'Sessions that each thread of VPP can have; a change ends all of them',
      example: '262144',
    }),
    udpTimeoutSeconds: leaf('udp-timeout', integer(1, WEEK_SECONDS, 'seconds'), {
      default: '300',
      sentence: 'Time after the last packet of a UDP session, after which it ends',
      example: '120',
    }),
    tcpEstablishedTimeoutSeconds: leaf('tcp-established-timeout', integer(1, WEEK_SECONDS, 'seconds'), {
      default: '7440',
      sentence: 'Time after the last packet of an open TCP connection, after which its session ends',
      example: '86400',
    }),
    tcpTransitoryTimeoutSeconds: leaf('tcp-transitory-timeout', integer(1, WEEK_SECONDS, 'seconds'), {
      default: '240',
      sentence: 'The same of a TCP connection that is being opened or closed',
      example: '120',
    }),
    icmpTimeoutSeconds: leaf('icmp-timeout', integer(1, WEEK_SECONDS, 'seconds'), {
      default: '60',
      sentence: 'The same of an ICMP query, such as a ping',
      example: '30',
    }),
    mssClampBytes: leaf('mss-clamp', integer(536, 9000, 'bytes'), {
      absent: 'segments keep their size',
      sentence:
        'Largest TCP segment of translated connections: what hosts announce is lowered to it, as for a PPPoE uplink',
      example: '1452',
    }),
  },
});

export const portForwards = section('port-forward.NAME', {
  sentence: 'A port that hosts outside reach a host inside by, under `[nat44]`.',
  repeated: {
    as: 'name',
    type: filterName,
    example: 'web',
    added: ({ protocols, external, internal }) =>
      `${protocols.join(', ')} ${externalPort.format(external)} to ${internalPort.format(internal)}`,
    removed: () => 'the port is no longer forwarded',
  },
  fails: REFUSED,
  leaves: {
    protocols: leaf('protocol', forwardedProtocols, {
      required: true,
      sentence: 'Protocol, or both with a comma',
      example: 'tcp',
    }),
    external: leaf('external', externalPort, {
      required: true,
      sentence:
        'Where hosts outside send to: a port of the address of an outside interface, or of an address',
      example: '203.0.113.5:443',
    }),
    internal: leaf('internal', internalPort, {
      required: true,
      sentence: 'The host inside and its port',
      example: '192.168.1.10:8443',
    }),
  },
});

export const natStatics = section('nat-static.NAME', {
  sentence:
    'An address outside that is one host inside, with all ports and in both directions, under `[nat44]`.',
  repeated: {
    as: 'name',
    type: filterName,
    example: 'server',
    added: ({ external, internal }) => `${external} is ${internal}`,
    removed: () => 'the address is no longer translated',
  },
  fails: REFUSED,
  leaves: {
    external: leaf('external', ipv4Address, {
      required: true,
      sentence: 'The address outside; outside routers must route it to the box',
      example: '203.0.113.6',
    }),
    internal: leaf('internal', ipv4Address, {
      required: true,
      sentence: 'The address of the host inside',
      example: '192.168.1.11',
    }),
  },
});
