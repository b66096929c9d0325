import { assert } from '../base/assert.ts';
import { refuse } from '../base/errors.ts';
import type { FixedLayout } from './batch.ts';
import {
  decimalShape,
  elementOid,
  elementType,
  MAX_DECIMAL_PRECISION,
  OID,
  type SqlType,
  scalarType,
} from './sql-type.ts';

/** How a PostgreSQL type travels through DuckDB: the type in SQL text, and how its vectors lie in memory. */
export interface Carrier {
  /** DuckDB type as SQL text. */
  readonly duckdb: string;
  readonly layout: CarrierLayout;
}

export type CarrierLayout =
  | { readonly kind: 'fixed'; readonly layout: FixedLayout }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'list'; readonly element: CarrierLayout };

const fixed = (duckdb: string, layout: FixedLayout): Carrier => ({
  duckdb,
  layout: { kind: 'fixed', layout },
});
const bytes = (duckdb: string): Carrier => ({ duckdb, layout: { kind: 'bytes' } });

const CARRIERS: ReadonlyMap<number, Carrier> = new Map([
  [OID.bool, fixed('BOOLEAN', 'bool')],
  [OID.int2, fixed('SMALLINT', 'int16')],
  [OID.int4, fixed('INTEGER', 'int32')],
  [OID.int8, fixed('BIGINT', 'int64')],
  [OID.oid, fixed('BIGINT', 'int64')],
  [OID.float4, fixed('FLOAT', 'float32')],
  [OID.float8, fixed('DOUBLE', 'float64')],
  [OID.date, fixed('DATE', 'date')],
  [OID.time, fixed('TIME', 'time')],
  [OID.timetz, fixed('TIMETZ', 'timetz')],
  [OID.timestamp, fixed('TIMESTAMP', 'timestamp')],
  [OID.timestamptz, fixed('TIMESTAMPTZ', 'timestamp')],
  [OID.interval, fixed('INTERVAL', 'interval')],
  [OID.uuid, fixed('UUID', 'uuid')],
  [OID.text, bytes('VARCHAR')],
  [OID.varchar, bytes('VARCHAR')],
  [OID.bpchar, bytes('VARCHAR')],
  [OID.name, bytes('VARCHAR')],
  [OID.char, bytes('VARCHAR')],
  [OID.json, bytes('VARCHAR')],
  [OID.jsonb, bytes('VARCHAR')],
  [OID.bytea, bytes('BLOB')],
  // Text of 0s and 1s: DuckDB's BIT has no vector layout that its C API documents.
  [OID.bit, bytes('VARCHAR')],
  [OID.varbit, bytes('VARCHAR')],
  [OID.unknown, bytes('VARCHAR')],
  // Only as results, by their text.
  [OID.regtype, bytes('VARCHAR')],
  [OID.record, bytes('VARCHAR')],
]);

/** @throws 0A000 for a type that has no carrier. */
export function carrierOf(type: SqlType): Carrier {
  if (type.oid === OID.numeric) return numericCarrier(type);
  const element = elementType(type);
  if (element !== undefined) {
    const inner = carrierOf(element);
    return { duckdb: `${inner.duckdb}[]`, layout: { kind: 'list', element: inner.layout } };
  }
  const carrier = CARRIERS.get(type.oid);
  if (carrier === undefined) throw refuse(`a value of the type with OID ${type.oid}`);
  return carrier;
}

/** Whether values of the type travel. */
export function hasCarrier(type: SqlType): boolean {
  const scalar = scalarType(type);
  return scalar.oid === OID.numeric ? decimalShape(scalar) !== undefined : CARRIERS.has(scalar.oid);
}

/** Whether values of the type travel once their digits are known. */
export function isCarried(oid: number): boolean {
  const scalar = elementOid(oid) ?? oid;
  return scalar === OID.numeric || CARRIERS.has(scalar);
}

/** DuckDB stores DECIMAL(p, s) in the narrowest integer that holds p digits. */
function numericCarrier(type: SqlType): Carrier {
  const shape = decimalShape(type);
  assert(shape !== undefined, 'a numeric in a plan carries its precision and scale');
  const { precision, scale } = shape;
  if (precision > MAX_DECIMAL_PRECISION || scale > precision) throw refuse(`numeric(${precision},${scale})`);
  const layout: FixedLayout =
    precision <= 4 ? 'int16' : precision <= 9 ? 'int32' : precision <= 18 ? 'int64' : 'int128';
  return fixed(`DECIMAL(${precision},${scale})`, layout);
}
