import { refuse, SkeinError } from '../base/errors.ts';
import type { Expr } from '../plan/expr.ts';
import type { FrameBound, WindowFrame } from '../plan/logical.ts';
import { exprType } from '../plan/type-of.ts';
import { decimalShape, MAX_DECIMAL_PRECISION, OID, type SqlType } from '../types/sql-type.ts';
import { quoteString } from './quote.ts';

const INTEGERS: readonly number[] = [OID.int2, OID.int4, OID.int8];
/** Quotients have so many digits after the point, and may differ in the last of them from PostgreSQL's. */
const QUOTIENT_SCALE = 16;
const FLOATS: readonly number[] = [OID.float4, OID.float8];

export function hasRangeOffset({ mode, start, end }: WindowFrame): boolean {
  return mode === 'range' && ('offset' in start || 'offset' in end);
}

/** Numbers, whose distance is a number of their kind. */
export function isMeasured(key: SqlType, distance: SqlType): boolean {
  return [INTEGERS, FLOATS, [OID.numeric]].some(
    (family) => family.includes(key.oid) && family.includes(distance.oid),
  );
}

/** The sort key in a type that holds it, more or less the offset. */
export function rangeKey(sql: string, key: SqlType, frame: WindowFrame): string {
  return `CAST(${sql} AS ${wideType(key, offsetsOf(frame))})`;
}

/**
 * The offset of a bound. That of a RANGE frame is negative only where it is measured from a value; PostgreSQL sees the rest over no rows too.
 * @param sql the offset, printed.
 * @param key of a RANGE frame.
 * @throws 22004, 22013 for a constant that is none.
 */
export function frameOffset(
  offset: Expr,
  sql: string,
  which: 'starting' | 'ending',
  frame: WindowFrame,
  key?: { readonly sql: string; readonly type: SqlType },
): string {
  const word = quoteString(which);
  const value = constantOf(offset);
  if (value === null) throw new SkeinError({ sqlstate: '22004' }, `frame ${which} offset must not be null`);
  const isPlain = value !== undefined && /^\d/.test(value);
  if (key === undefined) {
    if (value?.startsWith('-'))
      throw new SkeinError({ sqlstate: '22013' }, `frame ${which} offset must not be negative`);
    return isPlain ? sql : `skein_frame_count(${sql}, ${word})`;
  }
  const wide = wideType(key.type, offsetsOf(frame));
  const size = `CAST(${sql} AS ${wide})`;
  if (isPlain) return size;
  const finite = FLOATS.includes(key.type.oid) ? `skein_frame_float(${size})` : size;
  return `CASE WHEN ${key.sql} IS NULL AND ${size} IS NOT NULL THEN CAST(0 AS ${wide}) ELSE skein_frame_size(${finite}, ${word}) END`;
}

/** The constant that the offset is, perhaps cast to the type of the distance; null: NULL. */
function constantOf(offset: Expr): string | null | undefined {
  const isCast = offset.kind === 'call' && /^cast \w+ -> \w+$/.test(offset.fn);
  const value = isCast ? offset.args[0] : offset;
  return value?.kind === 'const' ? value.value : undefined;
}

function offsetsOf({ start, end }: WindowFrame): readonly SqlType[] {
  return [start, end].flatMap((bound: FrameBound) => ('offset' in bound ? [exprType(bound.offset)] : []));
}

function wideType(key: SqlType, offsets: readonly SqlType[]): string {
  if (INTEGERS.includes(key.oid)) return 'HUGEINT';
  if (FLOATS.includes(key.oid)) return 'DOUBLE';
  const shapes = [key, ...offsets].map(decimalShape).filter((shape) => shape !== undefined);
  const scale = Math.max(...shapes.map((shape) => shape.scale));
  const integer = Math.max(...shapes.map((shape) => shape.precision - shape.scale)) + 1;
  if (integer + scale > MAX_DECIMAL_PRECISION && scale >= QUOTIENT_SCALE)
    throw refuse('RANGE with an offset over so many digits');
  return `DECIMAL(${MAX_DECIMAL_PRECISION},${scale})`;
}
