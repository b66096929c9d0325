import { expect, test } from 'vitest';
import { grown, soak } from '../../support/soak/soak.ts';

/** `npm run soak` runs for longer. */

test('200 clients that ask, cancel and die at random for a minute', async () => {
  const report = await soak({ minutes: 1, clients: 200, seed: 7 });
  expect(report.failures).toEqual([]);
  expect(report.done).toBeGreaterThan(200);
  expect(grown(report)).toEqual([]);
  expect(report.memory).toHaveLength(3);
});
