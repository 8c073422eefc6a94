import { describe, expect, test } from 'vitest';
import { errorFigures, nodeFigures } from './node-figures.ts';
import { makeSnapshot } from '../../test/fixtures/status.ts';

const snapshot = makeSnapshot({
  nodes: [
    { name: 'cheap', clocks: 10, vectors: 5, calls: 5, suspends: 0 },
    { name: 'process', clocks: 20, vectors: 0, calls: 0, suspends: 3 },
    { name: 'dear', clocks: 9000, vectors: 30, calls: 10, suspends: 0 },
    { name: 'idle', clocks: 0, vectors: 0, calls: 0, suspends: 0 },
  ],
  errors: [
    { node: 'ip4-input', reason: 'rare', count: 1 },
    { node: 'ip4-input', reason: 'never', count: 0 },
    { node: 'null-node', reason: 'blackholed packets', count: 70 },
  ],
});

describe('figures of the graph', () => {
  test('nodes come by cost, with what a call and a packet cost, without those that did nothing', () => {
    const { ageSeconds, items } = nodeFigures({ snapshot, ageSeconds: 2 }, false);
    expect(ageSeconds).toBe(2);
    expect(items.map(({ name }) => name)).toEqual(['dear', 'process', 'cheap']);
    expect(items[0]).toMatchObject({ vectorsPerCall: 3, clocksPerVector: 300 });
    expect(items[1]).not.toHaveProperty('clocksPerVector');
  });

  test('errors come by count, without those that never happened', () => {
    const { items } = errorFigures({ snapshot, ageSeconds: 0 }, false);
    expect(items.map(({ reason }) => reason)).toEqual(['blackholed packets', 'rare']);
  });

  test('all are there when asked for', () => {
    expect(nodeFigures({ snapshot, ageSeconds: 0 }, true).items).toHaveLength(4);
    expect(errorFigures({ snapshot, ageSeconds: 0 }, true).items).toHaveLength(3);
  });
});
