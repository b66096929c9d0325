import { refuse, SkeinError } from '../base/errors.ts';
import type { Expr } from '../plan/expr.ts';
import type { FrameBound, WindowFrame } from '../plan/logical.ts';
import { exprType } from '../plan/type-of.ts';
import { decimalShape, MAX_DECIMAL_PRECISION, OID, type SqlType } from '../types/sql-type.ts';

const INTEGERS: readonly number[] = [OID.int2, OID.int4, OID.int8];
const FLOATS: readonly number[] = [OID.float4, OID.float8];
const DAYS: readonly number[] = [OID.date, OID.timestamp];

export function hasRangeOffset({ mode, start, end }: WindowFrame): boolean {
  return mode === 'range' && ('offset' in start || 'offset' in end);
}

/** @throws 0A000 for a sort key whose distance DuckDB doesn't measure as PostgreSQL does. */
export function admitRangeOffset(key: SqlType, offset: Expr): void {
  const type = exprType(offset);
  const alike = [INTEGERS, FLOATS, [OID.numeric]].some(
    (family) => family.includes(key.oid) && family.includes(type.oid),
  );
  const apart = type.oid === OID.interval && (DAYS.includes(key.oid) || key.oid === OID.timestamptz);
  if (!alike && !apart) throw refuse('RANGE with an offset over a value of this type');
  const value = constantOf(offset);
  if (value.kind === 'const') checkOffset(key, value, 'starting');
}

/** The sort key in a type that holds it, more or less the offset. */
export function rangeKey(sql: string, key: SqlType, frame: WindowFrame): string {
  return `CAST(${sql} AS ${wideType(key, offsetsOf(frame))})`;
}

/** @param sql the offset, printed. */
export function rangeOffset(
  offset: Expr,
  sql: string,
  key: SqlType,
  frame: WindowFrame,
  which: 'starting' | 'ending',
): string {
  const value = constantOf(offset);
  if (value.kind === 'param') throw refuse('a parameter as offset in a RANGE frame');
  checkOffset(key, value, which);
  return exprType(offset).oid === OID.interval ? sql : `CAST(${sql} AS ${wideType(key, offsetsOf(frame))})`;
}

/** The constant that the offset is, perhaps cast to the type of the distance. */
function constantOf(offset: Expr): Extract<Expr, { kind: 'const' | 'param' }> {
  if (offset.kind === 'const' || offset.kind === 'param') return offset;
  const [value] = offset.kind === 'call' && /^cast \w+ -> \w+$/.test(offset.fn) ? offset.args : [];
  if (value?.kind !== 'const' && value?.kind !== 'param') throw refuse('a computed offset in a RANGE frame');
  return value;
}

function offsetsOf({ start, end }: WindowFrame): readonly SqlType[] {
  return [start, end].flatMap((bound: FrameBound) => ('offset' in bound ? [exprType(bound.offset)] : []));
}

function wideType(key: SqlType, offsets: readonly SqlType[]): string {
  if (INTEGERS.includes(key.oid)) return 'HUGEINT';
  if (FLOATS.includes(key.oid)) return 'DOUBLE';
  if (key.oid === OID.timestamptz) return 'TIMESTAMPTZ';
  if (key.oid !== OID.numeric) return 'TIMESTAMP';
  const shapes = [key, ...offsets].map(decimalShape).filter((shape) => shape !== undefined);
  const scale = Math.max(...shapes.map((shape) => shape.scale));
  const integer = Math.max(...shapes.map((shape) => shape.precision - shape.scale)) + 1;
  if (integer + scale > MAX_DECIMAL_PRECISION) throw refuse('RANGE with an offset over so many digits');
  return `DECIMAL(${MAX_DECIMAL_PRECISION},${scale})`;
}

function checkOffset(key: SqlType, offset: Extract<Expr, { kind: 'const' }>, which: string): void {
  const { value, type } = offset;
  if (value === null) throw new SkeinError({ sqlstate: '22004' }, `frame ${which} offset must not be null`);
  if (type.oid !== OID.interval && /NaN|Infinity/.test(value))
    throw refuse('an infinite offset in a RANGE frame');
  const parts = value.split(' ');
  const negative = parts.some((part) => part.startsWith('-') && Number(part) !== 0);
  if (negative && type.oid === OID.interval && parts.some((part) => Number(part) > 0))
    throw refuse('a RANGE frame with an offset of mixed signs');
  if (negative)
    throw new SkeinError({ sqlstate: '22013' }, 'invalid preceding or following size in window function');
  checkCalendar(key, parts);
}

/** A month less is the same day for all of a month's last days: where times differ, PostgreSQL's frame depends on the rows before. */
function checkCalendar(key: SqlType, [months, days]: readonly string[]): void {
  const counts = (part: string | undefined) => part !== undefined && Number(part) !== 0;
  if (key.oid === OID.timestamptz && (counts(months) || counts(days)))
    throw refuse('RANGE with days or months over a timestamp with time zone');
  if (key.oid === OID.timestamp && counts(months)) throw refuse('RANGE with months over a timestamp');
}
