import { leaf, section } from '../leaf.ts';
import { hostname } from '../name-types.ts';

export const system = section('system', {
  sentence: 'The box itself.',
  parts: ['system'],
  leaves: {
    hostname: leaf('hostname', hostname, {
      default: 'appliance',
      sentence: 'Host name of the box',
      example: 'edge-1',
      // The DHCP client sends it, and syslog.
      parts: ['system', 'management', 'log'],
      fails: ['conditions', 'the kernel refuses the name: the phase `identity` of the boot fails'],
    }),
  },
});
