/** [bridge.NAME] and [cross-connect.NAME]: interfaces between which frames go without routing. */
import { flag } from '../flag.ts';
import { leaf, section } from '../leaf.ts';
import { choice, integer } from '../leaf-types.ts';
import { interfaceName, serviceName } from '../name-types.ts';
import { interfaceList, stationList } from '../object-types.ts';

const MAX_BRIDGE_ID = 0xff_ffff;
const MAX_AGE_MINUTES = 255;

export const bridges = section('bridge.NAME', {
  sentence:
    'A bridge: its members forward frames to each other by MAC address. With `[interface.NAME]` the box is a host of the bridge, and routes for it.',
  repeated: {
    as: 'name',
    type: interfaceName,
    example: 'br0',
    added: ({ members }) => `of ${members.join(', ')}`,
    removed: () => 'the bridge is deleted, and its members are single interfaces again',
  },
  fails: ['interfaces', 'it is refused'],
  leaves: {
    members: leaf('members', interfaceList('members'), {
      required: true,
      sentence:
        'Interfaces of the bridge, separated by commas: NICs, bonds, VLANs, tunnels that carry Ethernet. VLANs lose their tags on the way in, and get them on the way out; tunnels do not forward to each other',
      example: 'xe4, xe5',
      fails: ['interfaces', 'one does not exist, or is refused'],
    }),
    learn: flag('learn', true, {
      sentence: 'Whether the bridge learns MAC addresses from the frames that it gets',
    }),
    flood: flag('flood', true, { sentence: 'Whether broadcasts and multicast go to all members' }),
    unknownUnicastFlood: flag('unknown-unicast-flood', true, {
      sentence: 'Whether frames to a MAC address that is not known go to all members',
    }),
    arpTermination: flag('arp-termination', false, {
      sentence: 'Whether the bridge answers ARP requests itself, for addresses that it knows',
    }),
    macAgeMinutes: leaf('mac-age', integer(0, MAX_AGE_MINUTES, 'minutes'), {
      default: '5',
      sentence: 'How long a learnt MAC address is kept without a frame from it; 0: for ever',
      example: '30',
    }),
    static: leaf('static', stationList, {
      absent: 'none',
      sentence: 'MAC addresses that are always behind the same member, whatever is learnt',
      example: '02:00:00:00:00:01@xe4',
      fails: ['interfaces', 'one is refused'],
    }),
    id: leaf('id', integer(1, MAX_BRIDGE_ID), {
      absent: 'a free one',
      sentence: 'Number of the bridge domain in VPP: for those who look there, or share the VPP',
      example: '10',
      fails: ['interfaces', 'another bridge domain has it'],
    }),
  },
});

export const crossConnects = section('cross-connect.NAME', {
  sentence: 'A cross-connect: what one interface gets leaves through the other one, and nothing else.',
  repeated: {
    as: 'name',
    type: serviceName,
    example: 'wire',
    added: ({ interfaces }) => `between ${interfaces.join(' and ')}`,
    removed: ({ interfaces }) => `${interfaces.join(' and ')} are single interfaces again`,
  },
  leaves: {
    interfaces: leaf('interfaces', interfaceList('interfaces'), {
      required: true,
      sentence: 'The two interfaces, separated by a comma: NICs, bonds, VLANs, tunnels that carry Ethernet',
      example: 'xe6, xe7',
      fails: ['interfaces', 'one does not exist, or is refused'],
    }),
    tagRewrite: leaf('tag-rewrite', choice('pop', 'keep'), {
      default: 'pop',
      sentence:
        'What VLANs do with their tags: they lose them on the way in, and get their own on the way out (`pop`), or keep them',
      example: 'keep',
      fails: ['interfaces', 'it is refused'],
    }),
  },
});
