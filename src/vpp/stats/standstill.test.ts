import { describe, expect, test } from 'vitest';
import type { SystemCounters } from './snapshot.ts';
import { Standstill } from './standstill.ts';

/** One reading per second: each has a row of loops per second by thread. */
function feel(
  rows: readonly (readonly number[])[],
  more: (second: number) => Partial<SystemCounters> = () => ({}),
) {
  const standstill = new Standstill();
  for (const [second, loopsPerWorker] of rows.entries()) {
    const system = {
      vectorRate: 0,
      vectorRatePerWorker: [],
      loopsPerWorker,
      inputRate: 0,
      numWorkerThreads: loopsPerWorker.length - 1,
      lastUpdate: second,
      heartbeat: second,
      bootTime: 1,
      ...more(second),
    };
    standstill.observe(system, second * 1_000);
  }
  return standstill;
}

const times = (count: number, row: readonly number[]) => Array.from({ length: count }, () => row);

describe('a worker', () => {
  test('with the same figure at every heartbeat is stalled, the others are not', () => {
    const rows = Array.from({ length: 6 }, (_, i) => [900_000, 1_000_000 + i, 4_321_987]);
    expect(feel(rows.slice(0, 2)).isSuspected).toBe(true);
    expect(feel(rows.slice(0, 5)).workers).toEqual([]);
    expect(feel(rows).workers).toEqual([1]);
  });

  test('that continues is healthy at once', () => {
    const standstill = feel([...times(10, [1, 4_321_987]), [1, 4_321_990]]);
    expect(standstill.workers).toEqual([]);
    expect(standstill.isSuspected).toBe(false);
  });

  test('that has nothing to poll sleeps, and the main thread is not a worker', () => {
    const standstill = feel(times(100, [2_000_000, 98]));
    expect(standstill.workers).toEqual([]);
    expect(standstill.isSuspected).toBe(false);
  });

  test('is not judged while VPP reports nothing new', () => {
    expect(feel(times(100, [1, 4_321_987]), () => ({ heartbeat: 7 })).workers).toEqual([]);
  });

  test('of a restarted VPP starts from zero', () => {
    const life = (second: number) => ({ bootTime: second < 4 ? 1 : 2 });
    expect(feel(times(8, [1, 4_321_987]), life).workers).toEqual([]);
    expect(feel(times(10, [1, 4_321_987]), life).workers).toEqual([0]);
  });
});
