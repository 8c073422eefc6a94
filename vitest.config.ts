import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LOST_TIMER_ERROR } from './test/e2e/lost-timer.ts';

const CORES = availableParallelism();

// Four projects, one after the other: `unit` is quick and runs beside the source; `browser` looks at the page; `e2e`
// boots guests; `field` has one between daemons.
export default defineConfig({
  test: {
    reporters: ['default', './test/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'image/**/*.test.ts',
            'test/emulator/**/*.test.ts',
            'test/conformance/**/*.test.ts',
            'test/monitoring/**/*.test.ts',
            'test/system/**/*.test.ts',
            'test/field/record.test.ts',
            'test/rooms.test.ts',
          ],
          pool: 'forks',
          execArgv: ['--disable-warning=ExperimentalWarning'],
          // They wait more than they compute.
          maxWorkers: 2 * CORES,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          pool: 'forks',
          execArgv: ['--disable-warning=ExperimentalWarning'],
          fileParallelism: false,
          // After the others: a browser wants the machine for itself.
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          pool: 'forks',
          execArgv: ['--disable-warning=ExperimentalWarning'],
          // An emulated machine keeps little more than one core busy, and each takes up to 3 GiB of memory.
          maxWorkers: Math.min(CORES, 2),
          // After the others: emulated processors want the machine for themselves.
          sequence: { groupOrder: 2 },
          retry: { count: 1, condition: new RegExp(LOST_TIMER_ERROR) },
          testTimeout: 300_000,
          hookTimeout: 900_000,
        },
      },
      {
        test: {
          name: 'field',
          include: ['test/field/field.test.ts'],
          pool: 'forks',
          execArgv: ['--disable-warning=ExperimentalWarning'],
          fileParallelism: false,
          // After the others: what daemons wait for is timed by them.
          sequence: { groupOrder: 3 },
          testTimeout: 300_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
