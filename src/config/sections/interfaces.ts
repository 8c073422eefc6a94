/** [interface.NAME]: what each interface should be. */
import { formatPrefix, type ParsedPrefix } from '../addresses.ts';
import { leaf, section } from '../leaf.ts';
import { boolean, integer, type LeafType, listOf } from '../leaf-types.ts';
import { interfaceName } from '../name-types.ts';
import { readInterfaceAddress } from '../network-values.ts';

/** A loopback that [interface.NAME] asks for. */
export const LOOPBACK_NAME = /^loop(0|[1-9][0-9]{0,3})$/;

const addresses: LeafType<readonly ParsedPrefix[]> = {
  ...listOf('`ADDRESS/LENGTH`, several with commas', {
    read: readInterfaceAddress,
    format: formatPrefix,
    identity: ({ address }) => address,
  }),
  // Their order means nothing.
  format: (prefixes) => prefixes.map(formatPrefix).sort().join(', '),
};

export const interfaces = section('interface.NAME', {
  sentence:
    'One interface: a section like `[interface.xe0]` for each. NAME is the name of a NIC that VPP gets, or `loop0`, `loop1` … for a loopback.',
  parts: ['data-plane'],
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
        : 'its addresses are removed, it is set down, and its original MTU is restored',
  },
  leaves: {
    enabled: leaf('enabled', boolean, {
      default: 'true',
      sentence: 'Admin state: whether the interface is up',
      example: 'false',
      fails: ['interfaces', 'it is refused, or the interface does not exist'],
    }),
    mtuBytes: leaf('mtu', integer(68, 65535, 'bytes'), {
      default: '1500',
      sentence:
        'Layer 3 MTU, of loopbacks too; with an IPv6 address at least 1280. The largest frame of the hardware is raised where it is smaller',
      example: '9000',
      fails: ['interfaces', 'it is refused'],
    }),
    addresses: leaf('addresses', addresses, {
      absent: 'none',
      sentence: 'Addresses with their prefix lengths, separated by commas',
      example: '192.0.2.1/24, 2001:db8::1/64',
      fails: ['interfaces', 'one is refused'],
    }),
    mpls: leaf('mpls', boolean, {
      default: 'false',
      sentence: 'Accept MPLS packets on the interface',
      example: 'true',
      fails: ['interfaces', 'it is refused, or the kernel forwards'],
    }),
  },
});
