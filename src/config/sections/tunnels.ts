/** [vxlan.NAME], [gre.NAME], [ipip.NAME]: tunnels, which are interfaces named as their sections. */
import { leaf, section } from '../leaf.ts';
import { choice, integer } from '../leaf-types.ts';
import { interfaceName } from '../name-types.ts';
import { hostAddress } from '../object-types.ts';

/** 24 bits (RFC 7348, section 5). */
const MAX_VNI = 0xff_ffff;

const ends = {
  source: leaf('source', hostAddress, {
    required: true,
    sentence:
      'Outer source address, one of the box; packets from the other end are taken when they are sent to it',
    example: '192.0.2.1',
  }),
  destination: leaf('destination', hostAddress, {
    required: true,
    sentence:
      'Outer destination address, of the same family as the source: the other end, reached through another interface',
    example: '203.0.113.1',
  }),
  underlayVrf: leaf('underlay-vrf', interfaceName, {
    absent: 'the default VRF',
    sentence:
      'VRF of the outer packets, of a section `[vrf.NAME]`: they arrive on its interfaces, and the other end is looked up in its table. What the tunnel carries is in the `vrf` of its interface',
    example: 'blue',
  }),
};

const fails = ['interfaces', 'the tunnel is refused'] as const;
const removed = (): string => 'the tunnel is deleted';

export const vxlan = section('vxlan.NAME', {
  sentence:
    'A VXLAN tunnel (RFC 7348), an interface that carries Ethernet frames: a section like `[vxlan.vxlan10]` makes the interface vxlan10. `[interface.vxlan10]` sets it up, and gives it addresses and the rest.',
  repeated: {
    as: 'name',
    type: interfaceName,
    example: 'vxlan10',
    added: ({ vni, source, destination }) => `VNI ${vni} from ${source} to ${destination}`,
    removed,
  },
  fails,
  leaves: {
    ...ends,
    vni: leaf('vni', integer(0, MAX_VNI), {
      required: true,
      sentence: 'VXLAN network identifier; the other end has the same',
      example: '10',
    }),
    port: leaf('port', integer(1, 65535), {
      default: '4789',
      sentence:
        'UDP port that packets are sent to and received on; daemons in Linux cannot use it on the interfaces of VPP',
      example: '8472',
    }),
  },
});

export const gre = section('gre.NAME', {
  sentence:
    'A GRE tunnel (RFC 2784), an interface: a section like `[gre.gre0]` makes the interface gre0. `[interface.gre0]` sets it up, and gives it addresses and the rest.',
  repeated: {
    as: 'name',
    type: interfaceName,
    example: 'gre0',
    added: ({ type, source, destination }) => `${type} from ${source} to ${destination}`,
    removed,
  },
  fails,
  leaves: {
    ...ends,
    type: leaf('type', choice('l3', 'teb'), {
      default: 'l3',
      sentence: 'What it carries: IP and MPLS packets (l3), or Ethernet frames (teb, transparent bridging)',
      example: 'teb',
    }),
  },
});

export const ipip = section('ipip.NAME', {
  sentence:
    'An IP-in-IP tunnel (RFC 2003, RFC 2473, RFC 4213), an interface that carries IPv4 and IPv6 over either: a section like `[ipip.ipip0]` makes the interface ipip0. `[interface.ipip0]` sets it up, and gives it addresses and the rest.',
  repeated: {
    as: 'name',
    type: interfaceName,
    example: 'ipip0',
    added: ({ source, destination }) => `from ${source} to ${destination}`,
    removed,
  },
  fails,
  leaves: ends,
});
