import { defineConfig } from 'vitest/config';

// Three projects: `unit` is quick and runs beside the source; `browser` looks at the page; `e2e` boots guests and is run
// one file at a time.
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
          ],
          pool: 'forks',
          execArgv: ['--disable-warning=ExperimentalWarning'],
          testTimeout: 20_000,
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
          fileParallelism: false,
          // After the others: an emulated processor wants the machine for itself.
          sequence: { groupOrder: 2 },
          testTimeout: 300_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
