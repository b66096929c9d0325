import { expect, test } from 'vitest';
import { soak } from '../../support/soak/soak.ts';

/** `npm run soak` runs for longer. */

/** What a process may grow by between the first half and the end: the heap of a young process is still finding its size. */
const GROWTH = 1.3;
const SLACK_MB = 60;

test('200 clients that ask, cancel and die at random for a minute', async () => {
  const { done, failures, memory } = await soak({ minutes: 1, clients: 200, seed: 7 });
  expect(failures).toEqual([]);
  expect(done).toBeGreaterThan(200);
  expect(memory.filter(({ warm, end }) => end > warm * GROWTH + SLACK_MB)).toEqual([]);
  expect(memory).toHaveLength(3);
});
