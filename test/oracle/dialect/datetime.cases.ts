import { OID, sqlType } from '../../../src/types/sql-type.ts';
import type { ArgumentValues } from './edge-values.ts';
import { admits, type DialectCase } from './harness.ts';

const texts = (...values: readonly (string | null)[]): readonly ArgumentValues[] => [
  { type: sqlType(OID.text), values: [...values, null] },
];

const UNITS = texts(
  ...['microseconds', 'milliseconds', 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'],
  ...['decade', 'century', 'millennium', 'epoch', 'isoyear', 'dow', 'isodow', 'doy', 'timezone'],
  ...['timezone_hour', 'timezone_minute', 'DAYS', 'yrs', 'fortnight', ''],
);

const ZONES = ['UTC', 'America/New_York', 'Asia/Kolkata', 'Europe/Berlin'];

const infinite = (values: readonly (string | null)[]): boolean =>
  values.some((value) => value?.includes('infinity') === true);

const extracts = ['date', 'timestamp', 'timestamptz', 'time', 'interval'].flatMap((type) =>
  ['extract', 'date_part'].map((name) =>
    admits(`${name}(text,${type})`, {
      sql: ([unit, value]) => `pg_catalog.${name}(${unit}, ${value})`,
      values: [UNITS, undefined],
      constant: [0],
      bound: 1000,
      mayRefuse: name === 'extract' ? infinite : () => false,
      ...(type === 'timestamptz' ? { timeZones: ZONES } : {}),
    }),
  ),
);

export const cases: readonly DialectCase[] = [...extracts];
