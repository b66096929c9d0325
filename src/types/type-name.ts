import { arrayOid, MAX_DECIMAL_PRECISION, numericType, OID, type SqlType, sqlType } from './sql-type.ts';

const NAMES: ReadonlyMap<string, number> = new Map([
  ['boolean', OID.bool],
  ['bool', OID.bool],
  ['smallint', OID.int2],
  ['int2', OID.int2],
  ['integer', OID.int4],
  ['int', OID.int4],
  ['int4', OID.int4],
  ['bigint', OID.int8],
  ['int8', OID.int8],
  ['real', OID.float4],
  ['float4', OID.float4],
  ['double precision', OID.float8],
  ['float8', OID.float8],
  ['float', OID.float8],
  ['text', OID.text],
  ['varchar', OID.text],
  ['character varying', OID.text],
  ['string', OID.text],
  ['bytea', OID.bytea],
  ['date', OID.date],
  ['time', OID.time],
  ['time without time zone', OID.time],
  ['timetz', OID.timetz],
  ['time with time zone', OID.timetz],
  ['timestamp', OID.timestamp],
  ['timestamp without time zone', OID.timestamp],
  ['timestamptz', OID.timestamptz],
  ['timestamp with time zone', OID.timestamptz],
  ['interval', OID.interval],
  ['uuid', OID.uuid],
  ['json', OID.json],
  ['varbit', OID.varbit],
  ['bit varying', OID.varbit],
]);

const NUMERIC = /^(?:numeric|decimal)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)$/;

/** What {@link parseTypeName} accepts, for the messages of those who call it. */
export const TYPE_NAMES_HINT =
  'a PostgreSQL type: boolean, smallint, integer, bigint, real, double precision, numeric(p,s), text, bytea, date, time, timetz, timestamp, timestamptz, interval, uuid, json, varbit, or one of them with []';

/**
 * A column's type as PostgreSQL writes it in DDL; undefined: none that a column can be declared as. A numeric needs its
 * precision; varchar without a length is text.
 */
export function parseTypeName(text: string): SqlType | undefined {
  const name = text.trim().toLowerCase().replace(/\s+/g, ' ');
  if (name.endsWith('[]')) {
    const element = parseTypeName(name.slice(0, -2));
    const oid = element === undefined ? undefined : arrayOid(element.oid);
    return oid === undefined ? undefined : { oid, typmod: element?.typmod ?? -1 };
  }
  const numeric = NUMERIC.exec(name);
  if (numeric !== null) {
    const precision = Number(numeric[1]);
    const scale = Number(numeric[2] ?? '0');
    const fits = precision >= 1 && precision <= MAX_DECIMAL_PRECISION && scale <= precision;
    return fits ? numericType(precision, scale) : undefined;
  }
  const oid = NAMES.get(name);
  return oid === undefined ? undefined : sqlType(oid);
}
