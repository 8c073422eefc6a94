/** [service.NAME]: programs that the box keeps running. */
import { formatCommand, readCommand } from '../command.ts';
import { leaf, section } from '../leaf.ts';
import { choice, parsed } from '../leaf-types.ts';
import { interfaceName, netns, serviceName } from '../name-types.ts';

export const services = section('service.NAME', {
  sentence:
    'A program that the box keeps running beside VPP, such as a routing daemon: a section like `[service.bird]` for each. It must be in the image (`./appliance image --add bird2`).',
  parts: ['services'],
  repeated: {
    as: 'name',
    type: serviceName,
    example: 'bird',
    added: ({ command }) => formatCommand(command),
    removed: () => 'it is stopped',
  },
  leaves: {
    command: leaf('command', parsed('command', readCommand, formatCommand), {
      required: true,
      sentence: 'The program and its arguments; it stays in the foreground',
      example: '/usr/sbin/bird -f -c /boot/bird.conf -s /run/bird.ctl',
      fails: ['services', 'it ends, or cannot be started'],
    }),
    netns: leaf('netns', netns, {
      absent: "the box's own",
      sentence: 'The network namespace that it runs in, created when it does not exist',
      example: 'dataplane',
      fails: ['services', 'the namespace cannot be created or entered'],
    }),
    vrf: leaf('vrf', interfaceName, {
      absent: 'the default VRF',
      sentence:
        'VRF that its sockets are bound to, of a section `[vrf.NAME]`, as `ip vrf exec` does, which starts it: the image needs iproute2 (`./appliance image --add iproute2`). Its namespace is that of the TAPs',
      example: 'blue',
      fails: ['services', 'the image has no iproute2, or there is no VRF device'],
    }),
    restart: leaf('restart', choice('always', 'on-failure', 'never'), {
      default: 'always',
      sentence: 'When it is restarted after it ended; `on-failure`: unless its exit code was 0',
      example: 'on-failure',
      cannotFail: 'this program follows the rule itself',
    }),
  },
});
