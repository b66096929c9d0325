import { defineConfig } from 'vitest/config';

const PSQL = 'test/clients/psql*.test.ts';

/**
 * `unit` is part of `npm run check` and needs no server; `integration` starts real processes and a real PostgreSQL; `clients`
 * needs clients that npm doesn't install (`npm run test:clients`).
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/plans/**/*.test.ts'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/{oracle,property,faults,clients,docs}/**/*.test.ts'],
          exclude: [PSQL],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
        },
      },
      {
        test: { name: 'clients', include: [PSQL], testTimeout: 120_000, hookTimeout: 180_000 },
      },
    ],
  },
});
