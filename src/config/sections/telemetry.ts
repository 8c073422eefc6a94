import { flag } from '../flag.ts';
import { section } from '../leaf.ts';

export const telemetry = section('telemetry', {
  sentence: 'What the metrics contain.',
  // Looked up at every scrape.
  parts: [],
  leaves: {
    zeroSeries: flag('zero-series', false, {
      sentence:
        'Show also the graph nodes, errors and kinds of traffic of VPP that have not counted anything yet',
      cannotFail: 'this program decides what it prints',
    }),
  },
});
