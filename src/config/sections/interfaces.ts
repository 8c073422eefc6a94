/** [interface.NAME]: what each interface should be. */
import { formatPrefix } from '../addresses.ts';
import { flag } from '../flag.ts';
import { leaf, section } from '../leaf.ts';
import { choice, integer, listOf } from '../leaf-types.ts';
import { MAX_VLAN } from '../encapsulation.ts';
import { filterName, filterNames } from '../filter-values.ts';
import {
  integerOr,
  ipv6HostList,
  linkLocalAddress,
  macAddress,
  neighborList,
  text,
} from '../object-types.ts';
import { interfaceName } from '../name-types.ts';
import { readInterfaceAddress } from '../network-values.ts';
import { subInterfaceName } from '../sub-interface-name.ts';

/** A loopback that [interface.NAME] asks for. */
export const LOOPBACK_NAME = /^loop(0|[1-9][0-9]{0,3})$/;

const addresses = listOf('`ADDRESS/LENGTH`, several with commas', {
  read: readInterfaceAddress,
  format: formatPrefix,
  identity: ({ address }) => address,
  isUnordered: true,
});

export const interfaces = section('interface.NAME', {
  sentence:
    'One interface: a section like `[interface.xe0]` for each. NAME is the name of a NIC that VPP gets, of a bond, a bridge or a tunnel, `loop0`, `loop1` … for a loopback, the name of a bond, a bridge or a tunnel (`[bond.NAME]`, `[bridge.NAME]`, `[vxlan.NAME]` …), or `xe0.100` for a sub-interface: the VLAN 100 of xe0.',
  repeated: {
    as: 'name',
    type: interfaceName,
    example: 'xe0',
    added: ({ enabled, mtuBytes, addresses, mpls }) =>
      [
        enabled ? 'up' : 'down',
        addresses.map(formatPrefix).join(', ') || 'no address',
        `MTU ${mtuBytes}`,
        ...(mpls ? ['MPLS'] : []),
      ].join(', '),
    removed: ({ name }) =>
      LOOPBACK_NAME.test(name)
        ? 'the loopback is deleted'
        : subInterfaceName(name) !== undefined
          ? 'the sub-interface is deleted'
          : 'its addresses are removed, it is set down, and its original MTU is restored',
  },
  fails: ['interfaces', 'it is refused'],
  leaves: {
    description: leaf('description', text, {
      absent: 'none',
      sentence: 'What it is for, in your words: shown on the page and by `show interfaces`',
      example: 'uplink to AS 64500',
      cannotFail: 'it is text for people',
    }),
    enabled: flag('enabled', true, {
      sentence: 'Admin state: whether the interface is up',
      fails: ['interfaces', 'it is refused, or the interface does not exist'],
    }),
    mtuBytes: leaf('mtu', integer(68, 65535, 'bytes'), {
      default: '1500',
      sentence:
        'Layer 3 MTU, of loopbacks too; with an IPv6 address at least 1280. The largest frame of the hardware is raised where it is smaller. The default of a tunnel is what fits in packets of 1500 bytes: 1450 for VXLAN over IPv4, 1476 for GRE (1462 for `type = teb`), 1480 for IP in IP; 20 less over IPv6, 4 less for each VLAN tag',
      example: '9000',
    }),
    addresses: leaf('addresses', addresses, {
      absent: 'none',
      sentence: 'Addresses with their prefix lengths, separated by commas',
      example: '192.0.2.1/24, 2001:db8::1/64',
      fails: ['interfaces', 'one is refused'],
    }),
    dhcp: flag('dhcp', false, {
      sentence:
        'Get an IPv4 address, routes and their gateway from a DHCP server, by a client in Linux; it needs a TAP (vpp.lcp) and fib.kernel.import',
      fails: ['interfaces', 'there is no lease'],
    }),
    dhcpDns: flag('dhcp-dns', false, {
      sentence:
        'Resolve the names of programs in the namespace of the TAPs by the name servers of the lease first, through this interface; then by those of `[management]`',
      fails: ['interfaces', 'the lease names no name server'],
    }),
    vrf: leaf('vrf', interfaceName, {
      absent: 'the default table',
      sentence: 'VRF that the interface is in, of a section `[vrf.NAME]`',
      example: 'blue',
      fails: ['interfaces', 'its table is refused'],
    }),
    mpls: flag('mpls', false, {
      sentence: 'Accept MPLS packets on the interface',
      fails: ['interfaces', 'it is refused, or the kernel forwards'],
    }),
    aclIn: leaf('acl-in', filterNames, {
      absent: 'none: every packet is accepted',
      sentence:
        'Filters ([acl.NAME]) of the packets that it receives, also those to the box, in this order; what no rule permits is dropped',
      example: 'lan-in',
      fails: ['interfaces', 'it is refused, or one of the filters is'],
    }),
    aclOut: leaf('acl-out', filterNames, {
      absent: 'none: every packet is sent',
      sentence:
        'Filters ([acl.NAME]) of the packets that it sends, also those of the box, in this order; what no rule permits is dropped',
      example: 'lan-in',
      fails: ['interfaces', 'it is refused, or one of the filters is'],
    }),
    macip: leaf('macip', filterName, {
      absent: 'none',
      sentence: 'Filter ([macip.NAME]) of the source MAC addresses of the packets that it receives',
      example: 'hosts',
      fails: ['interfaces', 'it is refused, or the filter is'],
    }),
    nat: leaf('nat', choice('inside', 'outside'), {
      absent: 'not translated',
      sentence:
        'Side of the interface in NAT: addresses of packets between inside and outside interfaces are translated, as [nat44] says',
      instance: 'xe1',
      example: 'outside',
    }),
    vlan: leaf('vlan', integerOr('default', 1, MAX_VLAN), {
      absent: 'the number after the dot',
      sentence:
        'VLAN of a sub-interface, the outer one where there are two; `default` takes all tagged frames that no other sub-interface takes',
      instance: 'xe0.100',
      example: '100',
    }),
    innerVlan: leaf('inner-vlan', integerOr('any', 1, MAX_VLAN), {
      absent: 'one tag only',
      sentence: 'Second VLAN tag of a sub-interface (QinQ); `any` takes all, without IP',
      instance: 'xe0.100',
      example: '200',
    }),
    encapsulation: leaf('encapsulation', choice('dot1q', 'dot1ad'), {
      default: 'dot1q',
      sentence: 'Type of the outer tag of a sub-interface: 802.1Q (0x8100) or 802.1ad (0x88a8)',
      instance: 'xe0.100',
      example: 'dot1ad',
    }),
    exactMatch: flag('exact-match', true, {
      sentence:
        'Whether a sub-interface takes only frames without further tags; one that takes others is for bridges and cross-connects, and carries no IP',
      instance: 'xe0.100',
    }),
    mac: leaf('mac', macAddress, {
      absent: 'the one that the hardware or VPP gives it',
      sentence:
        'MAC address; its sub-interfaces have the same. A change makes its TAP in Linux anew, unless the TAP is kept',
      example: '02:00:00:00:00:01',
      fails: ['interfaces', 'the driver refuses it'],
    }),
    urpf: leaf('urpf', choice('strict', 'loose'), {
      absent: 'sources are not checked',
      sentence:
        'Check of the source addresses of received packets (RFC 3704): there must be a route to the source through this interface (strict), or any (loose)',
      example: 'strict',
    }),
    neighbors: leaf('neighbors', neighborList, {
      absent: 'none',
      sentence: 'Static neighbours: addresses with their MAC addresses, which are never asked for',
      example: '192.0.2.9 02:00:00:00:00:09, 2001:db8::9 02:00:00:00:00:09',
      fails: ['interfaces', 'one is refused'],
    }),
    proxyArp: flag('proxy-arp', false, {
      sentence:
        'Answer ARP requests for addresses that are not in the networks of the interface, and for those in them that routes lead elsewhere with',
    }),
    proxyNd: leaf('proxy-nd', ipv6HostList, {
      absent: 'none',
      sentence:
        'IPv6 addresses of hosts on this interface for which the other interfaces of its VRF answer neighbour solicitations; packets to them are sent out of this one',
      example: '2001:db8::10',
      fails: ['interfaces', 'one is refused'],
    }),
    hasTap: flag('lcp', true, {
      sentence:
        'Whether the interface and its sub-interfaces have TAPs in Linux, where `vpp.lcp.enabled` gives them; routing daemons see no others',
      fails: ['interfaces', 'its TAP cannot be removed'],
    }),
    hostName: leaf('host-name', interfaceName, {
      absent: 'the name of the interface',
      sentence:
        'Name of its TAP in Linux, by which routing daemons and the DHCP client know it; everything else has the name of the interface. A change makes the TAP anew, with those of its VLANs',
      example: 'wan0',
      fails: ['interfaces', 'it has no TAP of that name'],
    }),
    linkLocal: leaf('link-local', linkLocalAddress, {
      absent: 'one derived from the MAC address, where IPv6 is on',
      sentence: 'IPv6 link-local address in VPP; enables IPv6',
      example: 'fe80::1',
    }),
    unnumbered: leaf('unnumbered', interfaceName, {
      absent: 'the interface has its own addresses, or none',
      sentence: 'Interface whose addresses this one borrows, usually a loopback; it has none itself',
      instance: 'loop1',
      example: 'loop0',
    }),
    mssClamp: leaf('mss-clamp', integerOr('auto', 88, 65495), {
      absent: 'TCP is not changed',
      sentence:
        'Largest TCP segment, bytes: SYN packets that announce a larger one are changed, in both directions; `auto` takes what fits in the MTU',
      example: 'auto',
    }),
  },
});
