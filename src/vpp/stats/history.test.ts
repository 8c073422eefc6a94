import { describe, expect, test } from 'vitest';
import { StatsHistory } from './history.ts';
import { INTERFACE_COUNTERS, type InterfaceCounter } from './counters.ts';
import { makeSnapshot, type StatsSnapshot } from './snapshot.ts';

const NOW = Date.UTC(2026, 6, 1);

interface Shape {
  readonly bootTime?: number;
  readonly vectorRates?: readonly number[];
}

function snapshotOf(
  counters: Readonly<Record<string, Partial<Record<InterfaceCounter, number>>>>,
  { bootTime = 1, vectorRates = [0] }: Shape = {},
): StatsSnapshot {
  const names = Object.keys(counters);
  const columns = Object.fromEntries(
    INTERFACE_COUNTERS.map((key) => [key, Float64Array.from(names, (name) => counters[name]?.[key] ?? 0)]),
  ) as Record<InterfaceCounter, Float64Array>;
  const none = new Float64Array(0);
  return makeSnapshot({
    epoch: 1,
    // an interface keeps its index when another one is deleted
    interfaceTable: { names, indexes: names.map((name) => name.charCodeAt(2)), columns },
    nodeTable: {
      names: [],
      indexes: [],
      columns: { clocks: none, vectors: none, calls: none, suspends: none },
    },
    errorTable: { sources: [], counts: none },
    system: {
      vectorRate: 0,
      vectorRatePerWorker: vectorRates,
      loopsPerWorker: [],
      inputRate: 0,
      numWorkerThreads: vectorRates.length - 1,
      lastUpdate: 0,
      heartbeat: 0,
      bootTime,
    },
    bufferPools: [],
    memory: [],
    acls: [],
    ruleHits: [],
    natSessions: undefined,
  });
}

describe('the history of rates', () => {
  test('is per second, bits from bytes, load from full frames', () => {
    const history = new StatsHistory(30_000);
    history.record(snapshotOf({ xe0: { rxPackets: 100, rxBytes: 1000 } }), NOW);
    expect(history.current).toBeUndefined();
    const later = {
      xe0: { rxPackets: 300, rxBytes: 2000, txPackets: 6, txBytes: 60, drops: 1, rxMiss: 2, txError: 1 },
    };
    history.record(snapshotOf(later, { vectorRates: [0, 64, 300] }), NOW + 2000);
    expect(history.current).toEqual({
      at: NOW + 2000,
      interfaces: new Map([
        [
          'xe0',
          {
            rxPacketsPerSecond: 100,
            txPacketsPerSecond: 3,
            rxBitsPerSecond: 4000,
            txBitsPerSecond: 240,
            dropsPerSecond: 0.5,
            errorsPerSecond: 1.5,
          },
        ],
      ]),
      workerLoad: [0, 0.25, 1],
    });
  });

  test('keeps the last 300 points of a second, oldest first, and one per poll interval beside them', () => {
    const history = new StatsHistory(30_000);
    for (let i = 0; i <= 400; i++) {
      history.record(snapshotOf({ xe0: { rxPackets: (i * (i + 1)) / 2 } }), NOW + i * 1000);
    }
    const { times, interfaces } = history.view('fine');
    expect([times.length, times[0], times[299]]).toEqual([300, NOW + 101_000, NOW + 400_000]);
    const rates = interfaces.get('xe0')?.rxPacketsPerSecond ?? [];
    expect(Array.from(rates)).toEqual(Array.from({ length: 300 }, (_, i) => 101 + i));
    const coarse = history.view('coarse');
    // an interval ends when nine tenths of it have passed
    expect(Array.from(coarse.times, (at) => (at - NOW) / 1000)).toEqual(
      Array.from({ length: 14 }, (_, i) => (i + 1) * 27),
    );
  });

  test('has no rate across a restart of VPP, a cleared counter, or the first read of an interface', () => {
    const history = new StatsHistory(1000);
    history.record(snapshotOf({ xe0: { rxPackets: 50 } }), NOW);
    history.record(
      snapshotOf({ xe0: { rxPackets: 60 }, xe1: { rxPackets: 9 } }, { bootTime: 2 }),
      NOW + 1000,
    );
    history.record(
      snapshotOf({ xe0: { rxPackets: 61 }, xe1: { rxPackets: 3 } }, { bootTime: 2 }),
      NOW + 2000,
    );
    history.record(snapshotOf({ xe1: { rxPackets: 5 } }, { bootTime: 2 }), NOW + 3000);
    const rate = (name: string) =>
      Array.from(history.view('fine').interfaces.get(name)?.rxPacketsPerSecond ?? []);
    expect(rate('xe0')).toEqual([Number.NaN, 1, Number.NaN]);
    expect(rate('xe1')).toEqual([Number.NaN, Number.NaN, 2]);
  });

  test('restarts after a gap in which nobody watched, and when the clock was set back', () => {
    const history = new StatsHistory(30_000);
    for (const second of [0, 1, 2, 40, 41, 10, 11]) {
      history.record(snapshotOf({ xe0: { rxPackets: second } }), NOW + second * 1000);
      if (second === 41) expect(history.view('fine').times).toHaveLength(2);
    }
    expect(Array.from(history.view('fine').times)).toEqual([NOW + 11_000]);
  });

  test('drops an interface whose points have left the ring', () => {
    const history = new StatsHistory(1e9);
    history.record(snapshotOf({ gone: { rxPackets: 1 } }), NOW);
    for (let i = 1; i <= 1000; i++) history.record(snapshotOf({ xe0: { rxPackets: i } }), NOW + i * 1000);
    expect([...history.view('fine').interfaces.keys()]).toEqual(['xe0']);
  });
});
