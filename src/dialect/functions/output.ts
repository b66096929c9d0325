import { refuse } from '../../base/errors.ts';
import { OID, type SqlType } from '../../types/sql-type.ts';
import { once } from '../once.ts';

/** Text that is its own output. */
const AS_IT_IS: ReadonlySet<number> = new Set([
  OID.text,
  OID.varchar,
  OID.name,
  OID.json,
  OID.unknown,
  OID.varbit,
]);
/** Types whose PostgreSQL text DuckDB's own cast gives. */
const PLAIN: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8, OID.oid, OID.uuid, OID.time]);

const MACROS: ReadonlyMap<number, string> = new Map([
  [OID.date, 'skein_date_text'],
  [OID.timestamp, 'skein_timestamp_text'],
  [OID.interval, 'skein_interval_text'],
]);

/**
 * A value's text, for functions that take arguments of any type: by the type's output function (`concat`: true is `t`), or
 * by its cast to text (`||`: true is `true`).
 * @throws 0A000 for types whose text isn't carried here, among them timestamptz, whose text depends on the session's zone.
 */
export function textOf(value: string, type: SqlType | undefined, by: 'output' | 'cast'): string {
  const oid = type?.oid ?? 0;
  if (AS_IT_IS.has(oid)) return value;
  if (PLAIN.has(oid)) return `CAST(${value} AS VARCHAR)`;
  const macro = MACROS.get(oid);
  if (macro !== undefined) return once([value], ([v]) => `${macro}(${v})`);
  switch (oid) {
    case OID.bpchar:
      return by === 'output' ? value : `rtrim(${value}, ' ')`;
    case OID.bool:
      return by === 'output'
        ? `CASE WHEN ${value} THEN 't' WHEN NOT ${value} THEN 'f' END`
        : `CAST(${value} AS VARCHAR)`;
    case OID.bytea:
      return `CAST('\\x' || lower(hex(${value})) AS VARCHAR)`;
    case OID.float4:
      return `skein_float_text(${value}, 1e6)`;
    case OID.float8:
      return `skein_float_text(${value}, 1e15)`;
    case OID.numeric:
      if (type?.quotient === undefined) return `CAST(${value} AS VARCHAR)`;
      throw refuse('the text of a numeric quotient, whose scale PostgreSQL chooses per value,', {
        hint: 'Round it first: round(value, digits).',
      });
    default:
      throw refuse('a value of this type as text', { hint: 'Cast it to text.' });
  }
}
