/** [bond.NAME]: several NICs as one interface. */
import { flag } from '../flag.ts';
import { leaf, section } from '../leaf.ts';
import { choice } from '../leaf-types.ts';
import { interfaceName } from '../name-types.ts';
import { interfaceList } from '../object-types.ts';

export const bonds = section('bond.NAME', {
  sentence:
    'A bond: several NICs that forward as one interface. `[interface.NAME]` has its addresses, and `[interface.NAME.100]` is a VLAN on it.',
  repeated: {
    as: 'name',
    type: interfaceName,
    example: 'bond0',
    added: ({ mode, members }) => `${mode} over ${members.join(', ')}`,
    removed: () => 'the bond is deleted, and its members are single interfaces again',
  },
  fails: ['interfaces', 'it is refused'],
  leaves: {
    members: leaf('members', interfaceList('members'), {
      required: true,
      sentence:
        'The NICs of the bond, separated by commas; they have no addresses, VLANs and TAPs themselves',
      example: 'xe2, xe3',
      fails: ['interfaces', 'one does not exist, or is refused'],
    }),
    mode: leaf('mode', choice('lacp', 'active-backup', 'xor', 'round-robin', 'broadcast'), {
      default: 'lacp',
      sentence:
        'Which members send: those that the neighbour agrees to (`lacp`, 802.1AX), the first that is up, one for each flow (`xor`), each in turn, or all',
      example: 'active-backup',
    }),
    primary: leaf('primary', interfaceName, {
      absent: 'the first that came up',
      sentence: 'Of `active-backup`: the member that sends whenever it is up',
      example: 'xe2',
    }),
    loadBalance: leaf('load-balance', choice('l2', 'l23', 'l34'), {
      default: 'l34',
      sentence:
        'What makes a flow, with `lacp` and `xor`: MAC addresses, these and IP addresses, or IP addresses and ports',
      example: 'l23',
    }),
    lacpTimeout: leaf('lacp-timeout', choice('short', 'long'), {
      default: 'short',
      sentence: 'How long a member waits for LACP packets: 3 or 90 seconds',
      example: 'long',
    }),
    lacpPassive: flag('lacp-passive', false, {
      sentence: 'Whether the members only answer LACP, and wait for the neighbour to begin',
    }),
  },
});
