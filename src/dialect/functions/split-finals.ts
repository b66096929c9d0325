import { numericType, type SqlType } from '../../types/sql-type.ts';
import { exactShape, printAverage, printVariance } from '../aggregates/exact.ts';
import type { ScalarEntry } from '../entries.ts';

/** What was averaged, from its sum: the digits of integers don't matter any more. */
function averaged(sum: SqlType | undefined): SqlType {
  const type = numericType(38, exactShape(sum).scale);
  return sum?.quotient === undefined ? type : { ...type, quotient: sum.quotient };
}

/** From Σx, Σx², n: sums of squares carry the scale twice. */
const exact = (['var_pop', 'var_samp', 'stddev_pop', 'stddev_samp'] as const).map(
  (name): ScalarEntry => ({
    signature: `skein.${name}(numeric,numeric,int8)`,
    print: ([sum = '', squares = '', n = ''], [of], result) =>
      printVariance(name, [n, sum, squares], averaged(of), result),
  }),
);

const intervals: readonly ScalarEntry[] = [
  {
    signature: 'skein.interval_avg(interval,int8)',
    print: ([total, n]) => `skein_interval_over(${total}, nullif(${n}, 0)::DOUBLE)`,
  },
];

const floats: readonly ScalarEntry[] = [
  {
    signature: 'skein.float_avg(float8,int8)',
    print: ([sum, n]) => `skein_float_avg(${sum}, ${n})`,
  },
  {
    signature: 'skein.float_var_pop(float8,int8)',
    print: ([m2, n]) => `skein_float_var(${m2}, ${n})`,
  },
  {
    signature: 'skein.float_var_samp(float8,int8)',
    print: ([m2, n]) => `skein_float_var(${m2}, (${n} - 1))`,
  },
  { signature: 'skein.float_root(float8)', print: ([x]) => `sqrt(${x})` },
  { signature: 'skein.narrow(float8)', print: ([x]) => `skein_float_narrow(${x})` },
];

/** What splits compute from combined partials. */
export const splitFinals: readonly ScalarEntry[] = [
  {
    signature: 'skein.average(numeric,int8)',
    print: ([sum = '', n = ''], [of], result) => printAverage(sum, n, averaged(of), result),
  },
  ...exact,
  ...floats,
  ...intervals,
];
