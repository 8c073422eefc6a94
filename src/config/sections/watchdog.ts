import { flag } from '../flag.ts';
import { leaf, section } from '../leaf.ts';
import { integer } from '../leaf-types.ts';

export const watchdog = section('watchdog', {
  sentence: "The machine's watchdog.",
  parts: ['watchdog'],
  leaves: {
    enabled: flag('enabled', true, {
      sentence:
        'Let the hardware reset the box when this program hangs; no effect on a machine without a watchdog',
      fails: ['watchdog', 'the device exists and cannot be opened, fed or stopped'],
    }),
    timeoutSeconds: leaf('timeout', integer(5, 600, 'seconds'), {
      default: '30',
      sentence:
        'Time without a sign of life after which the hardware resets the box; it is fed at a third of that',
      example: '60',
      fails: ['conditions', 'the device has another timeout in force'],
    }),
  },
});
