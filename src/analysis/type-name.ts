import { refuse } from '../base/errors.ts';
import { elementType, OID, type SqlType } from '../types/sql-type.ts';

const NAMES: ReadonlyMap<number, string> = new Map([
  [OID.bool, 'bool'],
  [OID.bytea, 'bytea'],
  [OID.char, '"char"'],
  [OID.name, 'name'],
  [OID.int8, 'int8'],
  [OID.int2, 'int2'],
  [OID.int4, 'int4'],
  [OID.text, 'text'],
  [OID.oid, 'oid'],
  [OID.json, 'json'],
  [OID.float4, 'float4'],
  [OID.float8, 'float8'],
  [OID.bpchar, 'bpchar'],
  [OID.varchar, 'varchar'],
  [OID.date, 'date'],
  [OID.time, 'time'],
  [OID.timestamp, 'timestamp'],
  [OID.timestamptz, 'timestamptz'],
  [OID.interval, 'interval'],
  [OID.timetz, 'timetz'],
  [OID.bit, '"bit"'],
  [OID.varbit, 'varbit'],
  [OID.numeric, 'numeric'],
  [OID.uuid, 'uuid'],
  [OID.jsonb, 'jsonb'],
]);

const LENGTH_HEADER = 4;

/** The type in PostgreSQL's SQL, with its modifiers. */
export function typeName(type: SqlType): string {
  const element = elementType(type);
  if (element !== undefined) return `${typeName(element)}[]`;
  const name = NAMES.get(type.oid);
  if (name === undefined) throw refuse(`a column of the type with OID ${type.oid}`);
  return `pg_catalog.${name}${modifier(type)}`;
}

function modifier({ oid, typmod }: SqlType): string {
  if (typmod < 0) return '';
  switch (oid) {
    case OID.numeric: {
      const packed = typmod - LENGTH_HEADER;
      return `(${packed >>> 16},${((packed & 0x7ff) ^ 1024) - 1024})`;
    }
    case OID.varchar:
    case OID.bpchar:
      return `(${typmod - LENGTH_HEADER})`;
    case OID.bit:
    case OID.varbit:
    case OID.time:
    case OID.timetz:
    case OID.timestamp:
    case OID.timestamptz:
      return `(${typmod})`;
    default:
      return '';
  }
}
