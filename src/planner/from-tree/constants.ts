import type { NodeReader } from '../../analysis/tree.ts';
import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { constant } from './bind.ts';
import { requireCollation } from './collation.ts';
import { type Conversion, typeName } from './conversion.ts';

export function convertConst(conversion: Conversion, node: NodeReader): Expr {
  // How the datum is stored follows from its type.
  node.ignore('constlen', 'constbyval', 'location');
  requireCollation(node.int('constcollid'), 'a constant');
  const type = sqlType(node.int('consttype'), node.int('consttypmod'));
  const isNull = node.bool('constisnull');
  const bytes = node.bytes('constvalue');
  if (isNull || bytes === undefined) return constant(type, null);
  const decode = DECODERS.get(type.oid);
  if (decode === undefined) throw refuse(`a constant of the type ${typeName(conversion.context, type.oid)}`);
  return constant(type, decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
}

type Decode = (datum: DataView) => string;

const varlena: Decode = (datum) =>
  new TextDecoder().decode(new Uint8Array(datum.buffer, datum.byteOffset + 4, datum.byteLength - 4));

const DECODERS: ReadonlyMap<number, Decode> = new Map<number, Decode>([
  [OID.bool, (datum) => (datum.getUint8(0) === 0 ? 'false' : 'true')],
  [OID.int2, (datum) => String(datum.getInt16(0, true))],
  [OID.int4, (datum) => String(datum.getInt32(0, true))],
  [OID.int8, (datum) => String(datum.getBigInt64(0, true))],
  [OID.float8, (datum) => String(datum.getFloat64(0, true))],
  [OID.text, varlena],
  [OID.varchar, varlena],
  [OID.numeric, numeric],
  [OID.date, date],
]);

/** Days since 2000-01-01. */
function date(datum: DataView): string {
  const days = datum.getInt32(0, true);
  const year = new Date(Date.UTC(2000, 0, 1 + days));
  const text = year.toISOString().slice(0, 10);
  if (!/^\d{4}-/.test(text)) throw refuse('a date constant outside the years 1 to 9999');
  return text;
}

/** The short form of numeric.c: a header of sign, scale and weight, then digits in base 10000. */
function numeric(datum: DataView): string {
  const header = datum.getUint16(4, true);
  if ((header & 0xc000) !== 0x8000) throw refuse('a numeric constant of this size');
  const scale = (header & 0x1f80) >> 7;
  const weight = (header & 0x3f) - (header & 0x40);
  const digits: string[] = [];
  for (let at = 6; at < datum.byteLength; at += 2) {
    digits.push(String(datum.getUint16(at, true)).padStart(4, '0'));
  }
  const whole = digits.slice(0, weight + 1);
  while (whole.length < weight + 1) whole.push('0000');
  const fraction = `${'0000'.repeat(Math.max(0, -weight - 1))}${digits.slice(Math.max(0, weight + 1)).join('')}`;
  const sign = (header & 0x2000) === 0 ? '' : '-';
  const integer = whole.join('').replace(/^0+(?=\d)/, '') || '0';
  return `${sign}${integer}${scale === 0 ? '' : `.${fraction.padEnd(scale, '0').slice(0, scale)}`}`;
}
