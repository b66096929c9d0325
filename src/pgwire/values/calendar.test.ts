import { describe, expect, it } from 'vitest';
import { CivilDate, weekday } from './calendar.ts';

describe('CivilDate', () => {
  it.each([
    [0, [1970, 1, 1]],
    [-1, [1969, 12, 31]],
    [19_782, [2024, 2, 29]],
    [-719_528, [0, 1, 1]],
    [-2_440_588, [-4713, 11, 24]],
    [2_145_042_905, [5_874_897, 12, 31]],
  ])('day %i', (days, [year, month, day]) => {
    const civil = new CivilDate();
    civil.set(days);
    expect(civil).toMatchObject({ year, month, day });
  });

  it('agrees with Date over all days of 800 years', () => {
    const civil = new CivilDate();
    for (let days = -200_000; days < 100_000; days++) {
      civil.set(days);
      const date = new Date(days * 86_400_000);
      if (
        civil.year !== date.getUTCFullYear() ||
        civil.month !== date.getUTCMonth() + 1 ||
        civil.day !== date.getUTCDate() ||
        weekday(days) !== date.getUTCDay()
      ) {
        expect.fail(`day ${days} is not ${date.toISOString()}`);
      }
    }
  });
});
