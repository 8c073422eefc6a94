/**
 * A stats segment of the size that the environment's SIZE tells, on the socket of the first argument, until the process
 * is ended. A line on stdin moves the epoch, as a new interface would.
 */
import { makeSegmentOfSize, type SegmentSize } from '../../emulator/stats-size.ts';

const segment = makeSegmentOfSize(JSON.parse(process.env['SIZE'] ?? '') as SegmentSize);
segment.serve(process.argv[2] ?? '');
process.stdin.on('data', () => segment.change(() => {}));
process.stdin.on('end', () => process.exit());
process.stdout.write('ready\n');
