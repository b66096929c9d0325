import { type ArgumentValues, numericValues, typeByName } from './edge-values.ts';
import { admits, type DialectCase } from './harness.ts';
import { sqlOf } from './signatures.ts';

const values = (type: string, ...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName(type), values: [...items, null] },
];

const BOUNDS = ['0', '10', '-5.5', '1e308', '-1e308', 'NaN', 'Infinity'];
const COUNTS = values('int4', '1', '3', '0', '-1', '2147483647');
const DECIMALS = [numericValues(7, 2, ['0', '10', '-5.5', '3.33', '12345.67'])];

/** Around the limits of the units. */
const SIZES = [0n, 1n, 10239n, 10240n, 10495n, 10496n, 20970495n, 20970496n, 21473460223n, 21473460224n]
  .concat([21988823268351n, 2n ** 50n, 2n ** 54n + 1n, 2n ** 63n - 1n])
  .flatMap((size) => [String(size), String(-size)]);

export const cases: readonly DialectCase[] = [
  // Two random values have nothing in common but their range.
  admits('random()', { sql: () => `random() BETWEEN 0 AND 1`, wrap: (sql) => `(${sql} BETWEEN 0 AND 1)` }),
  admits('width_bucket(float8,float8,float8,int4)', {
    sql: sqlOf('width_bucket(float8,float8,float8,int4)'),
    values: [
      values('float8', '0', '5', '10', '9.999999', '-5.5', '1e300', 'Infinity', '-Infinity', 'NaN', '3.3333'),
      values('float8', ...BOUNDS),
      values('float8', ...BOUNDS),
      COUNTS,
    ],
    bound: 1500,
  }),
  admits('width_bucket(numeric,numeric,numeric,int4)', {
    sql: sqlOf('width_bucket(numeric,numeric,numeric,int4)'),
    values: [DECIMALS, DECIMALS, DECIMALS, COUNTS],
    bound: 1000,
  }),
  admits('pg_size_pretty(int8)', {
    sql: sqlOf('pg_size_pretty(int8)'),
    values: [values('int8', ...SIZES, String(-(2n ** 63n)))],
  }),
  admits('pg_size_pretty(numeric)', {
    sql: sqlOf('pg_size_pretty(numeric)'),
    values: [
      [
        numericValues(30, 2, [...SIZES, '10239.99', '-0.50', '10240.01', '1234567890123456789012345678.9']),
        numericValues(38, 0, ['99999999999999999999999999999999999999']),
      ],
    ],
  }),
  admits('scale(numeric)', { sql: sqlOf('scale(numeric)') }),
];
