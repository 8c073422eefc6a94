import { flag } from '../flag.ts';
import { leaf, section } from '../leaf.ts';
import { integer } from '../leaf-types.ts';
import { version } from '../name-types.ts';

const cannotFail = 'this program keeps this time itself';

export const update = section('update', {
  sentence: 'Which images are accepted, and how a new version and a new configuration prove themselves.',
  parts: ['update'],
  leaves: {
    confirmTimeoutSeconds: leaf('confirm-timeout', integer(5, 3600, 'seconds'), {
      default: '120',
      sentence:
        'Time to confirm a configuration that was put over HTTP, before the previous configuration is restored',
      example: '300',
      cannotFail,
    }),
    trialStableSeconds: leaf('trial-stable', integer(1, 3600, 'seconds'), {
      default: '60',
      sentence: 'Time that VPP must stay connected before a new version is marked good',
      example: '120',
      cannotFail,
    }),
    trialTimeoutSeconds: leaf('trial-timeout', integer(10, 86400, 'seconds'), {
      default: '300',
      sentence:
        'Time from power-on within which a new version must be marked good, before the box restarts into the previous one; more than trial-stable',
      example: '600',
      cannotFail,
    }),
    routeTolerancePercent: leaf('route-tolerance', integer(0, 100, 'percent'), {
      default: '5',
      sentence: 'How many routes fewer than in the last good run a new version may have',
      example: '10',
      cannotFail: 'this program compares with it',
    }),
    minimumVersion: leaf('minimum-version', version, {
      absent: 'any',
      sentence:
        'Refuse images of a lower version; ordered as the boot loader orders them: a suffix makes a version higher (0.2.0 < 0.2.0-rc.1 < 0.2.1)',
      example: '0.2.0',
      // Looked up when an image is sent.
      parts: [],
      cannotFail: 'this program follows the rule itself',
    }),
    allowOlderBuilds: flag('allow-older-builds', true, {
      sentence:
        'Accept images that were built before the running one; otherwise the manifest of an image must give its build time, which must not be earlier',
      parts: [],
      cannotFail: 'this program follows the rule itself',
    }),
  },
});
