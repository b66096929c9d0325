import { refuse } from '../../base/errors.ts';
import { elementOid, OID, type SqlType } from '../../types/sql-type.ts';
import { type FromTreeContext, typeName } from './conversion.ts';

/** pg_collation.dat: `default` is C.UTF-8 by contract; these differ from it in the case of letters at most, never in order. */
const DEFAULT_COLLATION = 100;
const C_UTF8 = 811;
const BYTEWISE: ReadonlySet<number> = new Set([0, DEFAULT_COLLATION, 950, 951, 962, C_UTF8]);
const CASE_AS_DEFAULT: ReadonlySet<number> = new Set([0, DEFAULT_COLLATION, C_UTF8]);

/** Order and equality by bytes. */
export function requireCollation(collation: number, what: string): void {
  if (!BYTEWISE.has(collation)) {
    throw refuse(`a collation other than C.UTF-8 in ${what}`, {
      hint: 'Only the default collation, "C" and "pg_c_utf8" are carried.',
    });
  }
}

/** Order by bytes, and the letters that C.UTF-8 knows: what changes or matches case needs it. */
export function requireCaseOfDefault(collation: number, what: string): void {
  requireCollation(collation, what);
  if (!CASE_AS_DEFAULT.has(collation)) {
    throw refuse(`the collation "C" in ${what}`, {
      hint: 'Use COLLATE "default".',
    });
  }
}

/**
 * Types whose carrier DuckDB sorts, groups and compares as PostgreSQL does. Not among them: bpchar (trailing spaces don't
 * count), jsonb (its order is not that of its text).
 */
const COMPARABLE: ReadonlySet<number> = new Set([
  OID.bool,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.oid,
  OID.float4,
  OID.float8,
  OID.numeric,
  OID.text,
  OID.varchar,
  OID.name,
  OID.bytea,
  OID.date,
  OID.time,
  OID.timetz,
  OID.timestamp,
  OID.timestamptz,
  OID.interval,
  OID.uuid,
  OID.varbit,
]);

/** Types that DuckDB's lists, GREATEST, min and max compare by their bits. */
const BY_PARTS: ReadonlySet<number> = new Set([OID.interval, OID.timetz]);

/** @param what completes "sorting by …", "GREATEST of …". */
export function requireComparable(context: FromTreeContext, type: SqlType, what: string): void {
  const oid = elementOid(type.oid) ?? type.oid;
  const isElement = oid !== type.oid;
  const comparable = COMPARABLE.has(oid) && !(isElement && BY_PARTS.has(oid));
  if (!comparable) throw refuse(`${what} of the type ${typeName(context, type.oid)}`);
}

/** Equality alone: of one length, bpchars are padded alike. @param what completes "grouping by …". */
export function requireGroupable(context: FromTreeContext, type: SqlType, what: string): void {
  if (type.oid === OID.bpchar && type.typmod >= 0) return;
  requireComparable(context, type, what);
}
