import { OID, sqlType } from '../../../src/types/sql-type.ts';
import { type ArgumentValues, typeByName } from './edge-values.ts';
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

/** Where the SQL is long: UTC's short form, and one zone. */
const SOME_ZONES = ['UTC', 'Europe/Berlin'];

const infinite = (values: readonly (string | null)[]): boolean =>
  values.some((value) => value?.includes('infinity') === true);

const extracts = ['date', 'timestamp', 'timestamptz', 'time', 'timetz', 'interval'].flatMap((type) =>
  ['extract', 'date_part'].map((name) =>
    admits(`${name}(text,${type})`, {
      sql: ([unit, value]) => `pg_catalog.${name}(${unit}, ${value})`,
      values: [UNITS, undefined],
      constant: [0],
      bound: 400,
      mayRefuse: name === 'extract' ? infinite : () => false,
      ...(type === 'timestamptz' ? { timeZones: ZONES } : {}),
    }),
  ),
);

const truncations = [
  admits('date_trunc(text,interval)', {
    sql: ([unit, value]) => `date_trunc(${unit}, ${value})`,
    values: [UNITS, undefined],
    constant: [0],
    bound: 400,
  }),
  admits('date_trunc(text,timestamp)', {
    sql: ([unit, value]) => `date_trunc(${unit}, ${value})`,
    values: [UNITS, undefined],
    constant: [0],
    bound: 400,
  }),
  admits('date_trunc(text,timestamptz)', {
    sql: ([unit, value]) => `date_trunc(${unit}, ${value})`,
    values: [UNITS, undefined],
    constant: [0],
    bound: 400,
    timeZones: ZONES,
  }),
  admits('date_trunc(text,timestamptz,text)', {
    sql: ([unit, value, zone]) => `date_trunc(${unit}, ${value}, ${zone})`,
    values: [UNITS, undefined, texts('Asia/Kolkata', 'America/New_York', 'utc')],
    constant: [0, 2],
    bound: 400,
  }),
];

const values = (type: string, ...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName(type), values: [...items, null] },
];

const INTERVALS = values(
  'interval',
  ...['0', '1 day', '-1 day', '24:00:00', '1 mon', '-1 mon -1 day', '1 year 2 mons 3 days 04:05:06.789'],
  ...[
    '-00:00:00.000001',
    '1 day -24:00:00',
    '29 days 24:00:01',
    '1 mon -1 day 12:00',
    '-7000 years',
    '300000 years',
  ],
  ...['-7000 years 100000000 days', '2147483647 mons', '2147483647 days', '-2147483648 days', '-1000 hours'],
);

const binary = (signature: string, options: Partial<Parameters<typeof admits>[1]> = {}): DialectCase => {
  const operator = signature.split(' ')[1] ?? '';
  return admits(signature, { sql: ([a, b]) => `${a} ${operator} ${b}`, bound: 240, ...options });
};

const both = (signature: string, at: 0 | 1, options: Partial<Parameters<typeof admits>[1]> = {}) =>
  [undefined, [at]].map((constant) =>
    binary(signature, {
      values: at === 1 ? [undefined, INTERVALS] : [INTERVALS, undefined],
      ...(constant === undefined ? {} : { constant }),
      ...options,
    }),
  );

const arithmetic = [
  ...both('timestamp + interval', 1),
  ...both('timestamp - interval', 1),
  ...both('interval + timestamp', 0),
  ...both('timestamptz + interval', 1, { timeZones: SOME_ZONES, bound: 100 }),
  ...both('timestamptz - interval', 1, { timeZones: SOME_ZONES, bound: 100 }),
  ...both('interval + timestamptz', 0),
  ...both('date + interval', 1),
  ...both('date - interval', 1),
  ...both('interval + date', 0),
  ...both('time + interval', 1),
  ...both('time - interval', 1),
  ...both('interval + time', 0),
  ...both('timetz + interval', 1),
  ...both('timetz - interval', 1),
  ...both('interval + timetz', 0),
  binary('date + int4'),
  binary('int4 + date'),
  binary('date - int4'),
  binary('date - date'),
  binary('date + time'),
  binary('time + date'),
  binary('time - time'),
  binary('timestamp - timestamp', { mayRefuse: infinite }),
  binary('timestamptz - timestamptz', { mayRefuse: infinite }),
  admits('age(timestamp,timestamp)', { sql: ([a, b]) => `age(${a}, ${b})`, mayRefuse: infinite }),
  admits('age(timestamptz,timestamptz)', {
    sql: ([a, b]) => `age(${a}, ${b})`,
    mayRefuse: infinite,
    timeZones: ZONES,
  }),
  ...['timestamp', 'timestamptz'].map((type) =>
    admits(`date_bin(interval,${type},${type})`, {
      sql: ([stride, value, origin]) => `date_bin(${stride}, ${value}, ${origin})`,
      values: [
        values(
          'interval',
          '15 minutes',
          '1 day',
          '00:00:00.000003',
          '0',
          '-1 hour',
          '1 mon',
          '1 day -1 hour',
        ),
        undefined,
        undefined,
      ],
    }),
  ),
];

export const cases: readonly DialectCase[] = [...extracts, ...truncations, ...arithmetic];
