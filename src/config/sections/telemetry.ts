import { leaf, section } from '../leaf.ts';
import { boolean } from '../leaf-types.ts';

export const telemetry = section('telemetry', {
  sentence: 'What the metrics contain.',
  // Looked up at every scrape.
  parts: [],
  leaves: {
    zeroSeries: leaf('zero-series', boolean, {
      default: 'false',
      sentence:
        'Show also the graph nodes, errors and kinds of traffic of VPP that have not counted anything yet',
      example: 'true',
      cannotFail: 'this program decides what it prints',
    }),
  },
});
