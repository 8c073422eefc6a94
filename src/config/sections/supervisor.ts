import { leaf, section } from '../leaf.ts';
import { integer } from '../leaf-types.ts';

const cannotFail = 'this program keeps this time itself';

export const supervisor = section('supervisor', {
  sentence: 'How a service that ends is restarted.',
  // All that supervise a process.
  parts: ['management', 'services', 'data-plane'],
  leaves: {
    backoffMs: leaf('backoff-ms', integer(10, 60000, 'milliseconds'), {
      default: '1000',
      sentence: 'Delay before a service that ended is restarted; doubles at every failure',
      example: '500',
      cannotFail,
    }),
    backoffMaxMs: leaf('backoff-max-ms', integer(10, 3600000, 'milliseconds'), {
      default: '30000',
      sentence: 'Longest delay between two starts; at least backoff-ms',
      example: '60000',
      cannotFail,
    }),
    stableMs: leaf('stable-ms', integer(100, 86400000, 'milliseconds'), {
      default: '60000',
      sentence: 'Uptime after which a service counts as stable and its delay is reset',
      example: '120000',
      cannotFail,
    }),
    loopAfter: leaf('loop-after', integer(1, 1000, 'starts'), {
      default: '5',
      sentence: 'Starts without reaching stable-ms after which a service counts as looping',
      example: '10',
      cannotFail: 'this program counts to it itself',
    }),
    loopRetryMs: leaf('loop-retry-ms', integer(100, 86400000, 'milliseconds'), {
      default: '300000',
      sentence: 'Time between two tries of a looping service',
      example: '600000',
      cannotFail,
    }),
  },
});
