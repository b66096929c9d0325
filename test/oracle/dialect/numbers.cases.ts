import { numberEntries } from '../../../src/dialect/functions/numbers.ts';
import { numericValues, typeByName } from './edge-values.ts';
import { admits, type DialectCase } from './harness.ts';
import { sqlOf } from './signatures.ts';

/** Functions whose last digit depends on the C library. */
const LIBRARY =
  /^(power|pow|cbrt|exp|ln|log|log10|sin|cos|tan|cot|asin|acos|atan|atan2|sinh|cosh|tanh|degrees|radians)\(float8|\^ float8|\|\|\/ /;

const DIGITS = [{ type: typeByName('int4'), values: ['0', '1', '2', '3', '8', '-1', '-2', '-5'] }];

/** A quotient so small that 24 decimals don't hold 16 significant digits of it. */
function isTiny(n: string | null | undefined, d: string | null | undefined): boolean {
  return Math.abs(Number(n) / Number(d)) < 1e-5;
}

const ROOTS = [
  numericValues(18, 6, ['0', '2', '-1', '0.000001', '123456789012.345678', '4', '0.5', '0.010201']),
  numericValues(12, 0, ['0', '2', '-7', '999999999999', '10000']),
];

export const cases: readonly DialectCase[] = numberEntries.map(({ signature }) =>
  admits(signature, {
    sql: sqlOf(signature),
    ...(LIBRARY.test(signature) ? { permits: 'float-last-digit' } : {}),
    ...(signature === 'sqrt(numeric)' ? { permits: 'quotient', values: [ROOTS] } : {}),
    ...(signature === 'numeric / numeric'
      ? { permits: 'quotient', mayRefuse: ([n, d]) => isTiny(n, d) }
      : {}),
    ...(/^(round|trunc)\(numeric,int4\)$/.test(signature)
      ? { constant: [1], values: [undefined, DIGITS] }
      : {}),
  }),
);
