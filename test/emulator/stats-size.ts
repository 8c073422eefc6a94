/** Fills a stats segment as in a VPP of a given size, every counter with a figure derived from its place. */
import {
  addErrorEntries,
  addInterfaceEntries,
  addNodeEntries,
  addStandardEntries,
} from './stats-directory.ts';
import { StatsSegment } from './stats-segment.ts';

export interface SegmentSize {
  readonly interfaces: number;
  readonly workers: number;
  readonly nodes: number;
  readonly errors: number;
}

/** Share of the nodes that ever ran, and of the errors that ever occurred, as on a busy router. */
const ACTIVE_NODES = 4;
const ACTIVE_ERRORS = 50;

/** The segment, not served yet. */
export function makeSegmentOfSize({ interfaces, workers, nodes, errors }: SegmentSize): StatsSegment {
  const segment = new StatsSegment({ sizeBytes: 256 << 20, threads: workers + 1 });
  addStandardEntries(segment, { bootTime: Math.floor(Date.now() / 1000) });
  segment.change(() => {
    addNodeEntries(
      segment,
      Array.from({ length: nodes }, (_, i) => `node-${i}`),
    );
    addErrorEntries(
      segment,
      0,
      Array.from({ length: errors }, (_, i) => ({
        node: `node-${i % nodes}`,
        reason: `reason number ${Math.floor(i / nodes)}`,
      })),
    );
    for (let i = 0; i < interfaces; i++) {
      addInterfaceEntries(segment, i, i === 0 ? 'local0' : `TenGigabitEthernet3/0/0.${i}`);
    }
  });
  for (let thread = 0; thread <= workers; thread++) {
    for (let i = 1; i < interfaces; i++) {
      const packets = i * 1000 + thread;
      segment.setCombined('/if/rx', thread, i, packets, packets * 512);
      segment.setCombined('/if/tx', thread, i, packets - 1, (packets - 1) * 512);
      segment.setSimple('/if/ip4', thread, i, packets);
      segment.setSimple('/if/drops', thread, i, thread);
    }
    for (let i = 0; i < nodes; i += ACTIVE_NODES) {
      segment.setSimple('/sys/node/calls', thread, i, i * 100 + 1);
      segment.setSimple('/sys/node/vectors', thread, i, i * 300 + 3);
      segment.setSimple('/sys/node/clocks', thread, i, i * 9000 + 90);
    }
    for (let i = 0; i < errors; i += ACTIVE_ERRORS) segment.setSimple('/node/errors', thread, i, i + 1);
    segment.setSimple('/sys/vector_rate_per_worker', 0, thread, thread * 10);
    segment.setSimple('/sys/loops_per_worker', 0, thread, 1_000_000);
  }
  return segment;
}
