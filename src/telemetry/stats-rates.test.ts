import { describe, expect, test } from 'vitest';
import { StatsHistory, type StatsSnapshot } from '../vpp/stats/mod.ts';
import { extendHistory, PLOT_MS, PLOT_POINTS, sumSeries } from './rates.ts';
import { StatsRates } from './stats-rates.ts';
import { makeCounters, makeSnapshot } from '../../test/fixtures/status.ts';

/** Readings a second apart. */
function record(snapshots: readonly StatsSnapshot[]): StatsRates {
  const history = new StatsHistory(5000);
  for (const [i, snapshot] of snapshots.entries()) history.record(snapshot, 1_000_000 + i * 1000);
  return new StatsRates({ history: () => history });
}

const at = (scale: number, bootTime = 1): StatsSnapshot => ({
  ...makeSnapshot({ interfaces: [makeCounters(1, 'xe0', scale)] }),
  system: { ...makeSnapshot().system, bootTime },
});

describe('rates', () => {
  test('are the difference between two readings by the time between them', () => {
    expect(record([at(1), at(3)]).latest(['xe0', 'nobody'])?.interfaces).toEqual({
      xe0: {
        rxBits: 2 * 6400 * 8,
        txBits: 2 * 3200 * 8,
        rxPackets: 200,
        txPackets: 100,
        drops: 0,
        errors: 0,
      },
    });
  });

  test('are none after the first reading, after a restart of VPP, and when a counter fell', () => {
    expect(record([at(1)]).latest(['xe0'])).toBeUndefined();
    expect(record([at(1), at(3), at(9, 2)]).latest(['xe0'])).toBeUndefined();
    expect(record([at(3), at(1)]).latest(['xe0'])).toBeUndefined();
  });

  test('make a gap in the history where there are none', () => {
    const { at: times, series } = record([at(1), at(2), at(9, 2), at(10, 2)]).history(['xe0'], PLOT_POINTS);
    expect(times).toEqual([1_001_000, 1_002_000, 1_003_000]);
    expect(series.xe0?.rx).toEqual([51_200, null, 51_200]);
  });

  test('are kept for the time of a plot, in no more points than it has', () => {
    const readings = Array.from({ length: 400 }, (_, i) => at(i));
    const { at: times, series } = record(readings).history(['xe0'], PLOT_POINTS);
    expect(times.length).toBeLessThanOrEqual(PLOT_POINTS);
    expect(times.at(-1)).toBe(1_000_000 + 399_000);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThanOrEqual(PLOT_MS);
    expect(series.xe0?.tx).toHaveLength(times.length);
  });

  test('go on in the browser where the appliance left off, and old ones leave', () => {
    const rates = { rxBits: 8, txBits: 16, rxPackets: 1, txPackets: 2, drops: 0, errors: 0 };
    const begun = { at: [1000, 2000], series: { xe0: { rx: [1, null], tx: [3, 4] } } };
    const once = extendHistory(begun, { at: 3000, interfaces: { xe0: rates, xe1: rates } });
    expect(once).toEqual({
      at: [1000, 2000, 3000],
      series: {
        xe0: { rx: [1, null, 8], tx: [3, 4, 16] },
        xe1: { rx: [null, null, 8], tx: [null, null, 16] },
      },
    });
    expect(extendHistory(once, { at: 3000, interfaces: { xe0: rates } })).toBe(once);
    expect(sumSeries(once)).toEqual({ rx: [1, null, 16], tx: [3, 4, 32] });
    const later = extendHistory(once, { at: 2500 + PLOT_MS, interfaces: { xe0: rates } });
    expect(later.at).toEqual([3000, 2500 + PLOT_MS]);
    expect(later.series).toEqual({ xe0: { rx: [8, 8], tx: [16, 16] } });
  });
});
