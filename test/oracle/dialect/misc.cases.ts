import { type ArgumentValues, numericValues, typeByName } from './edge-values.ts';
import { admits, type DialectCase } from './harness.ts';
import { sqlOf } from './signatures.ts';

const values = (type: string, ...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName(type), values: [...items, null] },
];

const BOUNDS = ['0', '10', '-5.5', '1e308', '-1e308', 'NaN', 'Infinity'];
const COUNTS = values('int4', '1', '3', '0', '-1', '2147483647');
const DECIMALS = [numericValues(7, 2, ['0', '10', '-5.5', '3.33', '12345.67'])];

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
  admits('scale(numeric)', { sql: sqlOf('scale(numeric)') }),
];
