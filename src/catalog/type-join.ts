import {
  decimalShape,
  MAX_DECIMAL_PRECISION,
  numericType,
  OID,
  type SqlType,
  sqlType,
} from '../types/sql-type.ts';

/** Why two types have no common one. */
export interface NoJoin {
  readonly reason: string;
}

const NUMBER_RANK: ReadonlyMap<number, number> = new Map([
  [OID.int2, 0],
  [OID.int4, 1],
  [OID.int8, 2],
  [OID.numeric, 3],
  [OID.float4, 4],
  [OID.float8, 5],
]);

const INTEGER_DIGITS: ReadonlyMap<number, number> = new Map([
  [OID.int2, 5],
  [OID.int4, 10],
  [OID.int8, 19],
]);

/** Each chain from the narrowest to the widest: PostgreSQL casts implicitly from left to right only. */
const CHAINS: readonly (readonly number[])[] = [
  [OID.date, OID.timestamp, OID.timestamptz],
  [OID.time, OID.timetz],
  [OID.bit, OID.varbit],
];

const TEXTS: ReadonlySet<number> = new Set([OID.text, OID.varchar, OID.bpchar, OID.name]);

/** The type that PostgreSQL's UNION would give a column of both types; of numerics, one that holds the digits of both. */
export function joinTypes(a: SqlType, b: SqlType): SqlType | NoJoin {
  if (a.oid === b.oid) return joinSame(a, b);
  const [rankA, rankB] = [NUMBER_RANK.get(a.oid), NUMBER_RANK.get(b.oid)];
  if (rankA !== undefined && rankB !== undefined) {
    if (a.oid === OID.numeric && INTEGER_DIGITS.has(b.oid)) return joinDecimals(a, b);
    if (b.oid === OID.numeric && INTEGER_DIGITS.has(a.oid)) return joinDecimals(a, b);
    return rankA > rankB ? a : b;
  }
  if (TEXTS.has(a.oid) && TEXTS.has(b.oid)) return sqlType(OID.text);
  for (const chain of CHAINS) {
    const [at, bt] = [chain.indexOf(a.oid), chain.indexOf(b.oid)];
    if (at >= 0 && bt >= 0) return sqlType((at > bt ? a : b).oid);
  }
  return { reason: `${typeName(a)} and ${typeName(b)} have no common type` };
}

function joinSame(a: SqlType, b: SqlType): SqlType | NoJoin {
  if (a.typmod === b.typmod) return a;
  if (a.oid === OID.numeric) return joinDecimals(a, b);
  if (a.oid === OID.numericArray) {
    const element = joinDecimals({ ...a, oid: OID.numeric }, { ...b, oid: OID.numeric });
    return 'reason' in element ? element : { ...element, oid: OID.numericArray };
  }
  return sqlType(a.oid);
}

function joinDecimals(a: SqlType, b: SqlType): SqlType | NoJoin {
  const [left, right] = [digits(a), digits(b)];
  const scale = Math.max(left.scale, right.scale);
  const precision = Math.max(left.whole, right.whole) + scale;
  if (precision <= MAX_DECIMAL_PRECISION) return numericType(precision, scale);
  return {
    reason: `${typeName(a)} and ${typeName(b)} together need ${precision} digits, more than ${MAX_DECIMAL_PRECISION}`,
  };
}

function digits(type: SqlType): { readonly whole: number; readonly scale: number } {
  const shape = decimalShape(type);
  if (shape !== undefined) return { whole: shape.precision - shape.scale, scale: shape.scale };
  return { whole: INTEGER_DIGITS.get(type.oid) ?? MAX_DECIMAL_PRECISION, scale: 0 };
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [OID.bool, 'boolean'],
  [OID.bytea, 'bytea'],
  [OID.char, '"char"'],
  [OID.name, 'name'],
  [OID.int8, 'bigint'],
  [OID.int2, 'smallint'],
  [OID.int4, 'integer'],
  [OID.text, 'text'],
  [OID.oid, 'oid'],
  [OID.json, 'json'],
  [OID.jsonb, 'jsonb'],
  [OID.float4, 'real'],
  [OID.float8, 'double precision'],
  [OID.bpchar, 'character'],
  [OID.varchar, 'character varying'],
  [OID.date, 'date'],
  [OID.time, 'time without time zone'],
  [OID.timetz, 'time with time zone'],
  [OID.timestamp, 'timestamp without time zone'],
  [OID.timestamptz, 'timestamp with time zone'],
  [OID.interval, 'interval'],
  [OID.bit, 'bit'],
  [OID.varbit, 'bit varying'],
  [OID.numeric, 'numeric'],
  [OID.uuid, 'uuid'],
  [OID.unknown, 'unknown'],
  [OID.boolArray, 'boolean[]'],
  [OID.byteaArray, 'bytea[]'],
  [OID.int2Array, 'smallint[]'],
  [OID.int4Array, 'integer[]'],
  [OID.int8Array, 'bigint[]'],
  [OID.textArray, 'text[]'],
  [OID.varcharArray, 'character varying[]'],
  [OID.float4Array, 'real[]'],
  [OID.float8Array, 'double precision[]'],
  [OID.dateArray, 'date[]'],
  [OID.timeArray, 'time without time zone[]'],
  [OID.timestampArray, 'timestamp without time zone[]'],
  [OID.timestamptzArray, 'timestamp with time zone[]'],
  [OID.intervalArray, 'interval[]'],
  [OID.numericArray, 'numeric[]'],
  [OID.jsonArray, 'json[]'],
  [OID.jsonbArray, 'jsonb[]'],
  [OID.uuidArray, 'uuid[]'],
]);

/** As PostgreSQL's format_type writes it, without a length. */
export function displayName(oid: number): string | undefined {
  return NAMES.get(oid);
}

/** As PostgreSQL's format_type writes it, for reasons that people read. */
export function typeName(type: SqlType): string {
  const name = NAMES.get(type.oid) ?? `type ${type.oid}`;
  const shape = decimalShape(type);
  return shape === undefined ? name : `${name}(${shape.precision},${shape.scale})`;
}
