import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';

const volatile = (signature: string, print: ScalarEntry['print']): ScalarEntry => ({
  signature,
  print,
  volatile: true,
});

const WRONG_BOUNDS = `error('SKEIN:22023:lower bound must be less than or equal to upper bound')`;

/** A whole number within the bounds, of HUGEINTs. */
const between = (low: string, high: string): string =>
  once(
    [low, high],
    ([a, b]) =>
      `CASE WHEN ${a} IS NULL OR ${b} IS NULL THEN NULL WHEN ${a} > ${b} THEN ${WRONG_BOUNDS} ELSE least(${b}, ${a} + CAST(floor(random() * (${b} - ${a} + 1)::DOUBLE) AS HUGEINT)) END`,
  );

const ranges: readonly ScalarEntry[] = (['int4', 'int8'] as const).map((type) =>
  volatile(`random(${type},${type})`, ([low, high]) => {
    const carrier = type === 'int4' ? 'INTEGER' : 'BIGINT';
    return `CAST(${between(`${low}::HUGEINT`, `${high}::HUGEINT`)} AS ${carrier})`;
  }),
);

export const randomEntries: readonly ScalarEntry[] = [
  ...ranges,
  // Box and Muller's; 1 - random() is never 0.
  volatile(
    'random_normal(float8,float8)',
    ([mean, deviation]) =>
      `(${mean} + ${deviation} * sqrt(-2::DOUBLE * ln(1::DOUBLE - random())) * cos(2::DOUBLE * pi() * random()))`,
  ),
  volatile('gen_random_uuid()', () => 'gen_random_uuid()'),
  volatile('uuidv4()', () => 'gen_random_uuid()'),
  volatile('uuidv7()', () => 'uuidv7()'),
  volatile('clock_timestamp()', () => 'skein_from_micros(host_clock_micros())'),
];
