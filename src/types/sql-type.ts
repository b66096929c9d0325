/** OIDs of PostgreSQL's built-in types that Skein carries (pg_type.dat; stable over major versions). */
export const OID = {
  bool: 16,
  bytea: 17,
  char: 18,
  name: 19,
  int8: 20,
  int2: 21,
  int4: 23,
  regproc: 24,
  text: 25,
  oid: 26,
  json: 114,
  float4: 700,
  float8: 701,
  unknown: 705,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  timetz: 1266,
  bit: 1560,
  varbit: 1562,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
  regtype: 2206,
  record: 2249,
  void: 2278,
  boolArray: 1000,
  charArray: 1002,
  nameArray: 1003,
  byteaArray: 1001,
  int2Array: 1005,
  int4Array: 1007,
  textArray: 1009,
  varcharArray: 1015,
  int8Array: 1016,
  float4Array: 1021,
  float8Array: 1022,
  timestampArray: 1115,
  dateArray: 1182,
  timeArray: 1183,
  timestamptzArray: 1185,
  intervalArray: 1187,
  numericArray: 1231,
  jsonArray: 199,
  jsonbArray: 3807,
  uuidArray: 2951,
  oidArray: 1028,
  bpcharArray: 1014,
  timetzArray: 1270,
  bitArray: 1561,
  varbitArray: 1563,
} as const;

/**
 * A PostgreSQL type inside a plan.
 *
 * `typmod` is PostgreSQL's, with one exception: **inside a plan a `numeric` always carries the precision and scale of
 * its DuckDB carrier**, `DECIMAL(p, s)`, encoded as PostgreSQL encodes `numeric(p, s)`, also where PostgreSQL itself
 * says -1 (an untyped sum or quotient). What the client is told comes from PostgreSQL's Describe, never from here.
 */
export interface SqlType {
  readonly oid: number;
  readonly typmod: number;
  /**
   * Only for numeric: the value came from a division, so PostgreSQL would choose its display scale per value.
   * 'direct': this value is the quotient itself; 'derived': computed further from one.
   */
  readonly quotient?: 'direct' | 'derived';
  /** Only for an array: of several dimensions, which PostgreSQL's types don't tell. */
  readonly dimensions?: number;
}

export interface DecimalShape {
  readonly precision: number;
  readonly scale: number;
}

export const MAX_DECIMAL_PRECISION = 38;

export function sqlType(oid: number, typmod = -1): SqlType {
  return { oid, typmod };
}

export function numericType(precision: number, scale: number): SqlType {
  return { oid: OID.numeric, typmod: ((precision << 16) | scale) + 4 };
}

/** As which a numeric without precision is stored until a value comes. */
export const NO_DIGITS = numericType(1, 0);

/** Precision and scale of a numeric in a plan; undefined where PostgreSQL's own typmod is -1. */
export function decimalShape(type: SqlType): DecimalShape | undefined {
  if (type.oid !== OID.numeric || type.typmod < 4) return undefined;
  const packed = type.typmod - 4;
  return { precision: packed >>> 16, scale: packed & 0x7ff };
}

export function sameType(a: SqlType, b: SqlType): boolean {
  return a.oid === b.oid && a.typmod === b.typmod;
}

const ELEMENT_OF: ReadonlyMap<number, number> = new Map([
  [OID.boolArray, OID.bool],
  [OID.charArray, OID.char],
  [OID.nameArray, OID.name],
  [OID.byteaArray, OID.bytea],
  [OID.int2Array, OID.int2],
  [OID.int4Array, OID.int4],
  [OID.textArray, OID.text],
  [OID.varcharArray, OID.varchar],
  [OID.int8Array, OID.int8],
  [OID.float4Array, OID.float4],
  [OID.float8Array, OID.float8],
  [OID.timestampArray, OID.timestamp],
  [OID.dateArray, OID.date],
  [OID.timeArray, OID.time],
  [OID.timestamptzArray, OID.timestamptz],
  [OID.intervalArray, OID.interval],
  [OID.numericArray, OID.numeric],
  [OID.jsonArray, OID.json],
  [OID.jsonbArray, OID.jsonb],
  [OID.uuidArray, OID.uuid],
  [OID.oidArray, OID.oid],
  [OID.bpcharArray, OID.bpchar],
  [OID.timetzArray, OID.timetz],
  [OID.bitArray, OID.bit],
  [OID.varbitArray, OID.varbit],
]);

const ARRAY_OF: ReadonlyMap<number, number> = new Map(
  [...ELEMENT_OF].map(([array, element]) => [element, array]),
);

export function elementOid(arrayOid: number): number | undefined {
  return ELEMENT_OF.get(arrayOid);
}

export function arrayOid(elementOid: number): number | undefined {
  return ARRAY_OF.get(elementOid);
}

/** The type of a list's values: an array of one dimension less, or the element, whose typmod a numeric array has. */
export function elementType({ oid, typmod, dimensions = 1 }: SqlType): SqlType | undefined {
  if (dimensions > 2) return { oid, typmod, dimensions: dimensions - 1 };
  if (dimensions === 2) return { oid, typmod };
  const element = elementOid(oid);
  return element === undefined ? undefined : { oid: element, typmod };
}

/** What an array of any dimensions is made of; any other type itself. */
export function scalarType(type: SqlType): SqlType {
  const oid = elementOid(type.oid);
  return oid === undefined ? type : { oid, typmod: type.typmod };
}
