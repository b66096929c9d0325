import { refuse } from '../base/errors.ts';
import type { ConstExpr } from '../plan/expr.ts';
import { carrierOf } from '../types/carrier.ts';
import { decimalShape, OID, type SqlType } from '../types/sql-type.ts';
import { quoteString } from './quote.ts';

/**
 * A constant as DuckDB SQL of exactly its carrier's type. Every literal names its type: bare ones (`5`, `'a'`) have types of
 * their own in DuckDB, that adapt to their surroundings.
 * @throws 0A000 for a value that PostgreSQL holds and the carrier doesn't.
 */
export function printLiteral(constant: ConstExpr): string {
  const { type, value } = constant;
  const carrier = carrierOf(type).duckdb;
  if (value === null) return `NULL::${carrier}`;
  switch (type.oid) {
    case OID.bool:
      return value;
    case OID.int2:
    case OID.int4:
    case OID.int8:
    case OID.oid:
      return value.startsWith('-') ? `(${value})::${carrier}` : `${value}::${carrier}`;
    case OID.numeric:
      return `${quoteString(checkedNumeric(value, type))}::${carrier}`;
    case OID.timestamp:
    case OID.timestamptz:
      return `${quoteString(era(checkedTimestamp(value)))}::${carrier}`;
    case OID.date:
      return `${quoteString(era(value))}::${carrier}`;
    case OID.interval:
      return intervalLiteral(value);
    case OID.bytea:
      return `from_hex(${quoteString(value.slice(2))})`;
    default:
      return `${quoteString(value)}::${carrier}`;
  }
}

/** The carrier would round digits beyond its scale silently. */
function checkedNumeric(value: string, type: SqlType): string {
  if (!/^-?\d+(\.\d+)?$/.test(value)) throw refuse(`the numeric value ${value}`);
  const shape = decimalShape(type);
  const [whole = '', fraction = ''] = value.replace('-', '').split('.');
  const digits = whole.replace(/^0+/, '').length;
  if (shape === undefined || digits > shape.precision - shape.scale || fraction.length > shape.scale) {
    throw refuse(`the numeric value ${value}`);
  }
  return value;
}

/** DuckDB's microseconds since 1970 end in January of this year; PostgreSQL's go to 294276. */
const FIRST_REFUSED_YEAR = 294247;

function checkedTimestamp(value: string): string {
  const year = /^(\d+)-/.exec(value)?.[1];
  if (year !== undefined && Number(year) >= FIRST_REFUSED_YEAR) throw refuse(`the timestamp ${value}`);
  return value;
}

/** PostgreSQL ends a date before our era in ` BC`; DuckDB wants `(BC)` after the day. */
function era(value: string): string {
  if (!value.endsWith(' BC')) return value;
  const [day = '', ...rest] = value.slice(0, -' BC'.length).split(' ');
  return [day, '(BC)', ...rest].join(' ');
}

const INT64_MIN = '-9223372036854775808';

function intervalLiteral(value: string): string {
  const [months, days, micros] = value.split(' ');
  if (!/^-?\d+ -?\d+ -?\d+$/.test(value) || micros === INT64_MIN) throw refuse(`the interval ${value}`);
  return `${quoteString(`${months} months ${days} days ${micros} microseconds`)}::INTERVAL`;
}
