import { leaf, section } from '../leaf.ts';
import { GIB, MIB, parsed, size } from '../leaf-types.ts';
import { formatEndpoint, readEndpoint } from '../network-values.ts';

export const log = section('log', {
  sentence: 'Where logs are kept, beside memory.',
  parts: ['log'],
  leaves: {
    syslog: leaf('syslog', parsed('`ADDRESS:PORT`', readEndpoint, formatEndpoint), {
      absent: 'none',
      sentence: 'Where every log line is also sent, as syslog (RFC 5424) over UDP',
      example: '192.0.2.14:514',
      fails: ['conditions', 'lines cannot be sent, or are lost'],
    }),
    diskBytes: leaf('disk-size', size(1 * MIB, 16 * GIB), {
      default: '32M',
      sentence: 'Space that the logs may take on the data partition',
      example: '256M',
      fails: ['conditions', 'the files cannot be written'],
    }),
  },
});
