import { refuse } from '../../base/errors.ts';
import { carrierOf } from '../../types/carrier.ts';
import { decimalShape, MAX_DECIMAL_PRECISION, numericType, type SqlType } from '../../types/sql-type.ts';
import type { ScalarEntry } from '../entries.ts';
import type { Zone } from '../time-zones.ts';
import { shapeOf, unscaled } from './numerics.ts';
import { admitNamedZone, fromLocal, namedZone, namesZoneAt, toLocal } from './zone.ts';

const ZERO_STEP = `error('SKEIN:22023:step size cannot equal zero')`;
const refused = (what: string) => `error('SKEIN:0A000:${what} is not supported')`;

/**
 * What generate_series and its like yield, as arrays: FROM unnests them. They are no functions of PostgreSQL's, so written queries
 * (test/oracle/queries/set-returning.sql) compare them.
 */
export const seriesEntries: readonly ScalarEntry[] = [
  ...(['int4', 'int8'] as const).map(
    (type): ScalarEntry => ({
      signature: `skein.series(${type},${type},${type})`,
      print: ([start, stop, step]) => {
        const carrier = type === 'int4' ? 'INTEGER[]' : 'BIGINT[]';
        const all = `generate_series(${start}::BIGINT, ${stop}::BIGINT, ${step}::BIGINT)`;
        return `CAST(${unlessZero(start, stop, `${step} = 0`, all)} AS ${carrier})`;
      },
    }),
  ),
  {
    signature: 'skein.series(numeric,numeric,numeric)',
    numericResult: (types) => seriesType(types),
    print: ([start = '', stop = '', step = ''], types, result) => {
      const shape = shapeOf({ ...result, oid: 1700 });
      const [a, b, s] = [start, stop, step].map((sql, i) => unscaled(sql, types[i], shape.scale));
      // Whole numbers of the last digit's size: no rounding.
      const count = `greatest(-1, (${b} - ${a}) // ${s})::BIGINT`;
      const carrier = `DECIMAL(${shape.precision},${shape.scale})`;
      const element = `CAST(${start} AS ${carrier}) + CAST(n AS DECIMAL(18,0)) * CAST(${step} AS ${carrier})`;
      const all = `list_transform(generate_series(0, ${count}), lambda n: CAST(${element} AS ${carrier}))`;
      return `CAST(${unlessZero(start, stop, `${step} = 0`, all)} AS ${carrier}[])`;
    },
  },
  {
    signature: 'skein.series(timestamp,timestamp,interval)',
    print: ([start = '', stop = '', step = '']) => timeSeries(start, stop, step),
  },
  {
    signature: 'skein.series(timestamptz,timestamptz,interval,text)',
    usesTimeZone: namesZoneAt(3),
    admit: (exprs) => admitNamedZone(exprs, 3),
    print: ([start = '', stop = '', step = ''], _types, _result, exprs) => {
      const zone = namedZone(exprs, 3);
      if (zone === null) return 'NULL::TIMESTAMPTZ[]';
      return zone === 0 ? timeSeries(start, stop, step) : zonedSeries(start, stop, step, zone);
    },
  },
  {
    signature: 'skein.subscripts(anyarray,int4)',
    print: ([array, dimension]) =>
      `CASE WHEN ${dimension} = 1 THEN CAST(range(1, len(${array}) + 1) AS INTEGER[]) END`,
  },
  {
    signature: 'skein.element(anyarray,int4)',
    print: ([array, index], _types, result) =>
      `CAST(CASE WHEN ${index} >= 1 THEN list_extract(${array}, ${index}) END AS ${carrierOf(result).duckdb})`,
    numericResult: ([array]) => elementShape(array),
  },
  {
    signature: 'skein.slice(anyarray,int4,int4)',
    print: ([array, from, to]) =>
      `CASE WHEN ${from} IS NULL OR ${to} IS NULL THEN NULL WHEN ${to} < 1 OR ${to} < ${from} THEN list_slice(${array}, 2, 1) ` +
      `ELSE list_slice(${array}, greatest(${from}, 1), ${to}) END`,
    numericResult: ([array]) => elementShape(array),
  },
];

function elementShape(array: SqlType | undefined): SqlType {
  if (array === undefined) throw refuse('an element of no array');
  return array;
}

/** No value goes beyond `stop`, but `start` and each step are added exactly. */
function seriesType(types: readonly SqlType[]): SqlType {
  const shapes = types.map(shapeOf);
  const scale = Math.max(...shapes.map((shape) => shape.scale));
  const integer = Math.max(...shapes.map((shape) => shape.precision - shape.scale)) + 1;
  const type = numericType(Math.min(MAX_DECIMAL_PRECISION, integer + scale), scale);
  if (decimalShape(type) === undefined || scale > 18) throw refuse('generate_series over so many digits');
  return type;
}

/** PostgreSQL's function is strict: of a NULL there is no series, and no error. */
function unlessZero(
  start: string | undefined,
  stop: string | undefined,
  isZero: string,
  all: string,
): string {
  return `CASE WHEN ${start} IS NULL OR ${stop} IS NULL THEN NULL WHEN ${isZero} THEN ${ZERO_STEP} ELSE ${all} END`;
}

const ZERO = `INTERVAL '0' DAY`;

/** Infinite bounds, and steps that go two ways at once, are DuckDB's to refuse: here by PostgreSQL's SQLSTATE for it. */
function checked(start: string, stop: string, step: string, all: string): string {
  return (
    `CASE WHEN ${start} IS NULL OR ${stop} IS NULL OR ${step} IS NULL THEN NULL ` +
    `WHEN ${step} = ${ZERO} THEN ${ZERO_STEP} ` +
    `WHEN NOT isfinite(${start}) OR NOT isfinite(${stop}) THEN ${refused('generate_series to infinity')} ` +
    `WHEN NOT ${oneWay(step)} THEN ${refused('generate_series with a step of mixed signs')} ` +
    `ELSE ${all} END`
  );
}

function oneWay(step: string): string {
  const parts = [
    `datepart('year', ${step}) * 12 + datepart('month', ${step})`,
    `datepart('day', ${step})`,
    `epoch_us(${step} - to_months((datepart('year', ${step}) * 12 + datepart('month', ${step}))::INTEGER) - to_days(datepart('day', ${step})::INTEGER))`,
  ];
  const all = (sign: string) => `(${parts.map((part) => `${part} ${sign} 0`).join(' AND ')})`;
  return `(${all('>=')} OR ${all('<=')})`;
}

function timeSeries(start: string, stop: string, step: string): string {
  return checked(start, stop, step, `generate_series(${start}, ${stop}, ${step})`);
}

/**
 * Months and days are added to the wall clock, times to the instant. Each wall clock time is the one before it plus a step, as in
 * PostgreSQL, unless one doesn't exist there (a clock set forward), from where PostgreSQL's go on an hour later.
 */
function zonedSeries(start: string, stop: string, step: string, zone: Zone): string {
  const local = `generate_series(${toLocal(zone, start)}, ${toLocal(zone, stop)} + sign(epoch_us(${step}))::INTEGER * INTERVAL '1' DAY, ${step})`;
  const at = 'w';
  const instants = `list_transform(${local}, lambda ${at}: CASE WHEN ${toLocal(zone, fromLocal(zone, at))} = ${at} THEN ${fromLocal(zone, at)} ELSE ${refused('generate_series over a time that the clock skips')} END)`;
  const kept = `list_filter(${instants}, lambda ${at}: CASE WHEN ${step} > ${ZERO} THEN ${at} <= ${stop} ELSE ${at} >= ${stop} END)`;
  const dated = `(datepart('year', ${step}) <> 0 OR datepart('month', ${step}) <> 0 OR datepart('day', ${step}) <> 0)`;
  const timed = `(datepart('hour', ${step}) <> 0 OR datepart('microsecond', ${step}) <> 0 OR datepart('minute', ${step}) <> 0)`;
  const all =
    `CASE WHEN NOT ${dated} THEN generate_series(${start}, ${stop}, ${step}) ` +
    `WHEN ${timed} THEN ${refused('generate_series with a step of days and hours in a time zone')} ` +
    `WHEN ${fromLocal(zone, toLocal(zone, start))} <> ${start} THEN ${refused('generate_series from a time that the clock shows twice')} ` +
    `ELSE ${kept} END`;
  return checked(start, stop, step, all);
}
