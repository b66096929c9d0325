import { arrayOid, numericType, OID, type SqlType, sqlType } from '../types/sql-type.ts';

/** How a DuckDB type is carried: as which PostgreSQL type, and by which expression over the column. */
export interface Carriage {
  readonly type: SqlType;
  /** DuckDB SQL of the carrier, from SQL of the value. */
  readonly carry: (value: string) => string;
}

const asIs = (value: string): string => value;
const castTo =
  (duckdb: string) =>
  (value: string): string =>
    `CAST(${value} AS ${duckdb})`;
const plain = (oid: number): Carriage => ({ type: sqlType(oid), carry: asIs });
const cast = (type: SqlType, duckdb: string): Carriage => ({ type, carry: castTo(duckdb) });
/** As json, whose text PostgreSQL keeps as it is; jsonb would need PostgreSQL's canonical text, which DuckDB can't make. */
const json: Carriage = {
  type: sqlType(OID.json),
  carry: (value) => `CAST(to_json(${value}) AS VARCHAR)`,
};

const SIMPLE: ReadonlyMap<string, Carriage> = new Map([
  ['BOOLEAN', plain(OID.bool)],
  ['TINYINT', cast(sqlType(OID.int2), 'SMALLINT')],
  ['SMALLINT', plain(OID.int2)],
  ['INTEGER', plain(OID.int4)],
  ['BIGINT', plain(OID.int8)],
  ['UTINYINT', cast(sqlType(OID.int2), 'SMALLINT')],
  ['USMALLINT', cast(sqlType(OID.int4), 'INTEGER')],
  ['UINTEGER', cast(sqlType(OID.int8), 'BIGINT')],
  ['UBIGINT', cast(numericType(20, 0), 'DECIMAL(20,0)')],
  ['HUGEINT', cast(numericType(38, 0), 'DECIMAL(38,0)')],
  ['UHUGEINT', cast(numericType(38, 0), 'DECIMAL(38,0)')],
  ['FLOAT', plain(OID.float4)],
  ['DOUBLE', plain(OID.float8)],
  ['VARCHAR', plain(OID.text)],
  ['BLOB', plain(OID.bytea)],
  ['DATE', plain(OID.date)],
  ['TIME', plain(OID.time)],
  ['TIME_NS', cast(sqlType(OID.time), 'TIME')],
  ['TIME WITH TIME ZONE', plain(OID.timetz)],
  ['TIMESTAMP', plain(OID.timestamp)],
  ['TIMESTAMP_S', cast(sqlType(OID.timestamp), 'TIMESTAMP')],
  ['TIMESTAMP_MS', cast(sqlType(OID.timestamp), 'TIMESTAMP')],
  ['TIMESTAMP_NS', cast(sqlType(OID.timestamp), 'TIMESTAMP')],
  ['TIMESTAMP WITH TIME ZONE', plain(OID.timestamptz)],
  ['INTERVAL', plain(OID.interval)],
  ['UUID', plain(OID.uuid)],
  ['BIT', cast(sqlType(OID.varbit), 'VARCHAR')],
  ['JSON', { type: sqlType(OID.json), carry: castTo('VARCHAR') }],
  ['BIGNUM', cast(sqlType(OID.text), 'VARCHAR')],
  ['"NULL"', cast(sqlType(OID.text), 'VARCHAR')],
]);

/**
 * @param duckdb a type as DESCRIBE prints it.
 * @returns undefined for a type that nothing carries without loss.
 */
export function carriageOf(duckdb: string): Carriage | undefined {
  const simple = SIMPLE.get(duckdb);
  if (simple !== undefined) return simple;
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(duckdb);
  if (decimal !== null) {
    return { type: numericType(Number(decimal[1]), Number(decimal[2])), carry: asIs };
  }
  const list = /^(.*)\[\d*\]$/s.exec(duckdb);
  if (list?.[1] !== undefined) return listCarriage(list[1]);
  if (/^(ENUM|GEOMETRY)\b/.test(duckdb)) return cast(sqlType(OID.text), 'VARCHAR');
  if (/^(STRUCT|MAP|UNION)\(/.test(duckdb)) return json;
  return undefined;
}

/** PostgreSQL's arrays have one element type and are rectangular; lists of lists and of structs become JSON. */
function listCarriage(elementType: string): Carriage | undefined {
  const element = carriageOf(elementType);
  if (element === undefined) return undefined;
  const oid = arrayOid(element.type.oid);
  if (oid === undefined || element.type.oid === OID.json) return json;
  return {
    type: { oid, typmod: element.type.typmod },
    carry: (value) => `list_transform(${value}::${elementType}[], lambda e: ${element.carry('e')})`,
  };
}
