import { defineConfig } from 'vitest/config';

const PSQL = 'test/clients/psql*.test.ts';
const PROGRAMS = 'test/clients/programs/**/*.test.ts';
/** Of the other folders, those that start processes. */
const PROCESSES = ['test/clients/cli*.test.ts', 'test/oracle/{flights,messy}.test.ts'];

/**
 * `unit` is part of `npm run check` and needs no server; `integration` compares with a real PostgreSQL; `system` starts, stops
 * and kills real processes, and mostly waits for them; `clients` needs clients that npm doesn't install (`npm run test:clients`).
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // A worker loads and warms the code once for all of its files, which leave nothing behind but what they imported.
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/{oracle,property,clients,plans}/**/*.test.ts'],
          exclude: [PSQL, PROGRAMS, ...PROCESSES],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          isolate: false,
          // One more than the processors of the smallest machine: each waits for servers a quarter of its time.
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/{faults,docs}/**/*.test.ts', ...PROCESSES],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 3,
          // Processes that are killed and stalled race with whatever else the machine does.
          retry: 1,
        },
      },
      {
        test: {
          name: 'clients',
          include: [PSQL, PROGRAMS],
          testTimeout: 300_000,
          // Set-up installs what the programs need.
          hookTimeout: 600_000,
          maxWorkers: 2,
        },
      },
      {
        // By hand: `npm run test:apps`.
        test: {
          name: 'apps',
          include: ['test/apps/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 1_500_000,
          maxWorkers: 1,
        },
      },
    ],
  },
});
