import { assertNever } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { carrierOf } from '../../types/carrier.ts';
import { numericType, OID, type SqlType } from '../../types/sql-type.ts';
import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import {
  admitUnit,
  type ConstantUnit,
  constantUnit,
  type DateUnit,
  RESERVED_UNITS,
  unitError,
} from './units.ts';
import { admitZone, constantZone, toLocal } from './zone.ts';

type Source = 'date' | 'timestamp' | 'timestamptz' | 'time' | 'timetz' | 'interval';

const TYPE_NAMES: Readonly<Record<Source, string>> = {
  date: 'date',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  time: 'time without time zone',
  timetz: 'time with time zone',
  interval: 'interval',
};

/** A field as an integer of DuckDB: `scale` digits of it stand behind the point, `digits` are all that it can have. */
interface Part {
  readonly sql: string;
  readonly digits: number;
  readonly scale: 0 | 3 | 6;
  /** Infinite for an infinite date or timestamp, where others are NULL. */
  readonly growing?: true;
}

const small = (sql: string): Part => ({ sql, digits: 9, scale: 0 });
const growing = (sql: string): Part => ({ sql, digits: 9, scale: 0, growing: true });

/** A field that dates and timestamps share; undefined: a date hasn't got it. */
function calendarPart(unit: DateUnit, x: string): Part | undefined {
  switch (unit) {
    case 'day':
    case 'week':
    case 'month':
    case 'quarter':
    case 'dow':
    case 'isodow':
    case 'doy':
      return small(`date_part('${unit}', ${x})`);
    case 'year':
    case 'isoyear':
    case 'decade':
    case 'century':
    case 'millennium':
      return growing(`skein_${unit}(${x})`);
    default:
      return undefined;
  }
}

function clockPart(unit: DateUnit, x: string): Part | undefined {
  switch (unit) {
    case 'microseconds':
      return small(`date_part('microseconds', ${x})`);
    case 'milliseconds':
      return { sql: `date_part('microseconds', ${x})`, digits: 9, scale: 3 };
    case 'second':
      return { sql: `date_part('microseconds', ${x})`, digits: 9, scale: 6 };
    case 'minute':
    case 'hour':
      return { sql: `date_part('${unit}', ${x})`, digits: 10, scale: 0 };
    default:
      return undefined;
  }
}

const DAYS = (x: string): string => `(${x} - DATE '1970-01-01')`;

function datePart(unit: DateUnit, x: string): Part | undefined {
  if (unit === 'epoch') return { sql: `${DAYS(x)} * 86400`, digits: 15, scale: 0, growing: true };
  if (unit === 'julian') return { sql: `${DAYS(x)} + 2440588`, digits: 10, scale: 0, growing: true };
  return calendarPart(unit, x);
}

function timestampPart(unit: DateUnit, x: string): Part | undefined {
  if (unit === 'julian') throw refuse('the Julian day of a timestamp');
  if (unit === 'epoch') return { sql: `epoch_us(${x})`, digits: 19, scale: 6, growing: true };
  return calendarPart(unit, x) ?? clockPart(unit, x);
}

/** `x` is the local time, `instant` the value itself. */
function timestamptzPart(unit: DateUnit, x: string, instant: string): Part | undefined {
  const offset = `((epoch_us(${x}) - epoch_us(${instant})) // 1000000)`;
  if (unit === 'timezone') return small(offset);
  if (unit === 'timezone_hour') return small(`(${offset} // 3600)`);
  if (unit === 'timezone_minute') return small(`((${offset} // 60) % 60)`);
  return timestampPart(unit, unit === 'epoch' ? instant : x);
}

function timePart(unit: DateUnit, x: string): Part | undefined {
  return unit === 'epoch' ? { sql: `epoch_us(${x})`, digits: 11, scale: 6 } : clockPart(unit, x);
}

function timetzPart(unit: DateUnit, x: string): Part | undefined {
  if (unit === 'timezone' || unit === 'timezone_hour' || unit === 'timezone_minute') {
    return small(`date_part('${unit}', ${x})`);
  }
  if (unit !== 'epoch') return clockPart(unit, x);
  const offset = `date_part('timezone', ${x}) * 1000000`;
  return { sql: `(epoch_us(CAST(${x} AS TIME)) - ${offset})`, digits: 12, scale: 6 };
}

function intervalPart(unit: DateUnit, x: string): Part | undefined {
  const years = `date_part('year', ${x})`;
  switch (unit) {
    case 'day':
      return { sql: `date_part('day', ${x})`, digits: 10, scale: 0 };
    case 'week':
      return { sql: `(date_part('day', ${x}) // 7)`, digits: 10, scale: 0 };
    case 'month':
      return small(`date_part('month', ${x})`);
    case 'quarter':
      return small(`skein_interval_quarter(${x})`);
    case 'year':
      return small(years);
    case 'decade':
      return small(`(${years} // 10)`);
    case 'century':
      return small(`(${years} // 100)`);
    case 'millennium':
      return small(`(${years} // 1000)`);
    case 'epoch':
      return { sql: `skein_interval_epoch(${x})`, digits: 24, scale: 6 };
    default:
      return clockPart(unit, x);
  }
}

function partOf(source: Source, unit: DateUnit, x: string, instant: string): Part | undefined {
  switch (source) {
    case 'date':
      return datePart(unit, x);
    case 'timestamp':
      return timestampPart(unit, x);
    case 'timestamptz':
      return timestamptzPart(unit, x, instant);
    case 'time':
      return timePart(unit, x);
    case 'timetz':
      return timetzPart(unit, x);
    case 'interval':
      return intervalPart(unit, x);
    default:
      return assertNever(source);
  }
}

function asNumeric({ sql, digits, scale }: Part, result: SqlType): string {
  const carrier = carrierOf(result).duckdb;
  if (scale === 0) return `CAST(${sql} AS ${carrier})`;
  const point = `0.${'1'.padStart(scale, '0')}::DECIMAL(${scale},${scale})`;
  return `CAST(CAST(${sql} AS DECIMAL(${digits},0)) * ${point} AS ${carrier})`;
}

/** In PostgreSQL's order of floating-point operations. */
function asFloat({ sql, scale }: Part, source: Source, unit: DateUnit, x: string): string {
  if (scale === 0) return `CAST(${sql} AS DOUBLE)`;
  if (unit === 'epoch') {
    if (source === 'interval') return `skein_interval_epoch_float(${x})`;
    const seconds = (microseconds: string) => `(CAST(${microseconds} AS DOUBLE) / 1000000::DOUBLE)`;
    return source === 'timetz'
      ? `(${seconds(`epoch_us(CAST(${x} AS TIME))`)} - date_part('timezone', ${x}))`
      : seconds(sql);
  }
  const [whole, fraction] = unit === 'second' ? ['1', '1000000'] : ['1000', '1000'];
  return `((${sql} // 1000000)::DOUBLE * ${whole} + (${sql} % 1000000)::DOUBLE / ${fraction}::DOUBLE)`;
}

const NOT_NUMERIC = numericType(9, 0);

/** The carrier of `extract`: PostgreSQL's scale, and room for every value. */
function extractType(source: Source, unit: ConstantUnit | null): SqlType {
  const part = unit?.unit === undefined ? undefined : partOf(source, unit.unit, '', '');
  return part === undefined ? NOT_NUMERIC : numericType(part.digits, part.scale);
}

const NONE: ReadonlySet<DateUnit> = new Set();

function printPart(source: Source, unit: ConstantUnit, args: readonly string[], result: SqlType): string {
  const numeric = result.oid === OID.numeric;
  const carrier = carrierOf(result).duckdb;
  return once(args, ([x = '', instant = '']) => {
    const part = unit.unit === undefined ? undefined : partOf(source, unit.unit, x, instant);
    if (unit.unit === undefined || part === undefined) {
      const unrecognized =
        source === 'time' || source === 'timetz' || source === 'interval' ? RESERVED_UNITS : NONE;
      const failure = unitError(unit, TYPE_NAMES[source], unrecognized, x);
      // An infinite timestamp's zone is NULL.
      const zoneOfTimestamp = source === 'timestamp' && unit.unit !== undefined;
      return `CAST(${zoneOfTimestamp ? `CASE WHEN isfinite(${x}) THEN ${failure} END` : failure} AS ${carrier})`;
    }
    const value = numeric ? asNumeric(part, result) : asFloat(part, source, unit.unit, x);
    if (part.growing !== true) return value;
    return numeric ? `skein_growing(${x}, ${value})` : `skein_growing_float(${x}, ${value})`;
  });
}

function partEntry(name: 'extract' | 'date_part', source: Source): ScalarEntry {
  const zoned = source === 'timestamptz';
  return {
    signature: `${name}(text,${source})`,
    admit: (exprs) => {
      admitUnit(exprs);
      if (zoned) admitZone(exprs[2]);
    },
    ...(zoned ? { usesTimeZone: true as const } : {}),
    numericResult: (_types, exprs) => extractType(source, constantUnit(exprs[0])),
    print: ([, x = ''], _types, result, exprs) => {
      const unit = constantUnit(exprs[0]);
      if (unit === null) return `NULL::${carrierOf(result).duckdb}`;
      if (zoned) {
        const zone = constantZone(exprs[2]);
        return zone === null
          ? `NULL::${carrierOf(result).duckdb}`
          : printPart(source, unit, [toLocal(zone, x), x], result);
      }
      if (source === 'date' && name === 'date_part') {
        return printPart('timestamp', unit, [`skein_date_to_timestamp(${x})`], result);
      }
      return printPart(source, unit, [x], result);
    },
  };
}

const SOURCES: readonly Source[] = ['date', 'timestamp', 'timestamptz', 'time', 'timetz', 'interval'];

export const extractEntries: readonly ScalarEntry[] = SOURCES.flatMap((source) => [
  partEntry('extract', source),
  partEntry('date_part', source),
]);
