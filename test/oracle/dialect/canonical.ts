import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeTZValue,
  DuckDBTimeValue,
  DuckDBUUIDValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { elementType, OID, type SqlType, sqlType } from '../../../src/types/sql-type.ts';

/** What an evaluation gave, with values of either engine in the same canonical text. */
export type Outcome =
  | { readonly kind: 'value'; readonly value: string | null }
  | { readonly kind: 'error'; readonly sqlstate: string; readonly message: string };

/**
 * The permitted differences (Contract 1). `float-last-digit`: a relative error of 1e-14 (float4: 1e-6).
 * `quotient`: a numeric agrees if PostgreSQL's, rounded to the digits that our carrier has, is ours.
 */
export type Permit = 'float-last-digit' | 'quotient';

/** PostgreSQL expression for the canonical text of a value of the type. */
export function postgresCanonical(value: string, type: SqlType): string {
  const element = elementType(type);
  if (element !== undefined) {
    return `(SELECT CASE WHEN s.v IS NULL THEN NULL ELSE (SELECT coalesce(json_agg(${postgresCanonical('e', element)}), '[]')
      FROM unnest(s.v) e) END FROM (SELECT ${value} AS v OFFSET 0) s)::text`;
  }
  return `(SELECT ${scalarCanonical(type)} FROM (SELECT ${value} AS v OFFSET 0) s)`;
}

function scalarCanonical(type: SqlType): string {
  switch (type.oid) {
    case OID.date:
      return `CASE WHEN isfinite(v) THEN (v - date '1970-01-01')::text ELSE v::text END`;
    case OID.timestamp:
    case OID.timestamptz:
      return `CASE WHEN isfinite(v) THEN trunc(extract(epoch from v) * 1000000)::text ELSE v::text END`;
    case OID.interval:
      return `CASE WHEN v IS NOT NULL THEN concat_ws(' ', extract(year from v)*12 + extract(month from v), extract(day from v),
        trunc(extract(hour from v)*3600000000 + extract(minute from v)*60000000 + extract(microseconds from v))) END`;
    case OID.time:
      return `trunc(extract(epoch from v) * 1000000)::text`;
    case OID.bpchar:
      return `CASE WHEN v IS NOT NULL THEN concat(v) END`;
    default:
      return 'v::text';
  }
}

const INFINITE_DATE = 2147483647;
const INFINITE_TIMESTAMP = 9223372036854775807n;

/** A value as DuckDB returned it, in the same text. */
export function fromDuckDB(value: DuckDBValue, type: SqlType): string | null {
  if (value === null) return null;
  if (value instanceof DuckDBListValue) {
    const element = elementType(type) ?? sqlType(OID.text);
    return JSON.stringify(elementsOf(value).map((item) => fromDuckDB(item, element)));
  }
  if (value instanceof DuckDBDateValue) {
    if (Math.abs(value.days) === INFINITE_DATE) return value.days > 0 ? 'infinity' : '-infinity';
    return String(value.days);
  }
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    const { micros } = value;
    if (micros === INFINITE_TIMESTAMP) return 'infinity';
    return micros === -INFINITE_TIMESTAMP ? '-infinity' : String(micros);
  }
  if (value instanceof DuckDBIntervalValue) return `${value.months} ${value.days} ${value.micros}`;
  if (value instanceof DuckDBTimeValue) return String(value.micros);
  if (value instanceof DuckDBTimeTZValue || value instanceof DuckDBUUIDValue) return String(value);
  if (value instanceof DuckDBDecimalValue) return String(value);
  if (value instanceof DuckDBBlobValue) return `\\x${Buffer.from(value.bytes).toString('hex')}`;
  if (typeof value === 'number' && Object.is(value, -0)) return '-0';
  return String(value);
}

/** Of all dimensions, as unnest has them. */
function elementsOf({ items }: DuckDBListValue): readonly DuckDBValue[] {
  return items.flatMap((item) => (item instanceof DuckDBListValue ? elementsOf(item) : [item]));
}

export function outcomesAgree(
  want: Outcome,
  got: Outcome,
  type: SqlType,
  permits: Permit | undefined,
): boolean {
  if (want.kind === 'error' || got.kind === 'error') {
    return want.kind === 'error' && got.kind === 'error' && want.sqlstate === got.sqlstate;
  }
  if (want.value === null || got.value === null) return want.value === got.value;
  return valuesAgree(want.value, got.value, type, permits);
}

function valuesAgree(want: string, got: string, type: SqlType, permits: Permit | undefined): boolean {
  const element = elementType(type);
  if (element !== undefined) return arraysAgree(want, got, element, permits);
  if (type.oid === OID.float8 || type.oid === OID.float4) return floatsAgree(want, got, type, permits);
  if (type.oid === OID.numeric && permits === 'quotient') return quotientsAgree(want, got);
  return want === got;
}

function arraysAgree(want: string, got: string, element: SqlType, permits: Permit | undefined): boolean {
  const wanted = JSON.parse(want) as readonly (string | null)[];
  const gotten = JSON.parse(got) as readonly (string | null)[];
  return (
    wanted.length === gotten.length &&
    wanted.every((item, index) => {
      const other = gotten[index] ?? null;
      return item === null || other === null ? item === other : valuesAgree(item, other, element, permits);
    })
  );
}

function floatsAgree(want: string, got: string, type: SqlType, permits: Permit | undefined): boolean {
  const single = type.oid === OID.float4;
  const a = single ? Math.fround(Number(want)) : Number(want);
  const b = single ? Math.fround(Number(got)) : Number(got);
  if (Object.is(a, b)) return true;
  if (permits !== 'float-last-digit') return false;
  const tolerance = single ? 1e-6 : 1e-14;
  return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
}

/** Equal by value; or ours rounded to the digits that its carrier has, which are 20 at least. */
function quotientsAgree(want: string, got: string): boolean {
  const scale = Math.max(20, (got.split('.')[1] ?? '').length);
  return normalized(got) === normalized(roundDecimal(want, scale));
}

function normalized(text: string): string {
  const trimmed = text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
  return trimmed === '-0' ? '0' : trimmed;
}

function roundDecimal(text: string, scale: number): string {
  const negative = text.startsWith('-');
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  if (fraction.length <= scale) return text;
  const kept = BigInt(whole + fraction.slice(0, scale)) + (fraction.charAt(scale) >= '5' ? 1n : 0n);
  const digits = String(kept).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}${scale === 0 ? '' : `.${digits.slice(point)}`}`;
}
