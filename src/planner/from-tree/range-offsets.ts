import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { POSITION } from '../../dialect/functions/frame-positions.ts';
import { hasRangeOffset, isMeasured } from '../../dialect/range-frame.ts';
import type { Expr, SortKey } from '../../plan/expr.ts';
import type { FrameBound, Plan, WindowFrame, WindowPlan } from '../../plan/logical.ts';
import { exprType } from '../../plan/type-of.ts';
import { OID, type SqlType, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { type Conversion, newColumn } from './conversion.ts';
import { call, cast } from './dialect-call.ts';
import { requireRepeatable } from './repeatable.ts';

type Over = Omit<WindowPlan, 'kind' | 'items'> & { readonly frame: WindowFrame };

type OffsetBound = Extract<FrameBound, { readonly offset: Expr }>;

const UNSUPPORTED = 'RANGE with an offset over a value of this type';

/** The names of the dialect's entries: where a value lies, and how far an interval reaches. */
const MEASURES: ReadonlyMap<number, readonly [position: string, distance: string]> = new Map([
  [OID.timestamp, ['timestamp_position(timestamp)', 'timestamp_distance(interval,numeric)']],
  [OID.timestamptz, ['timestamp_position(timestamptz)', 'timestamp_distance(interval,numeric)']],
  [OID.time, ['time_position(time)', 'time_distance(interval)']],
  [OID.timetz, ['timetz_position(timetz)', 'timetz_distance(interval)']],
  [OID.interval, ['interval_position(interval)', 'interval_position(interval)']],
]);

/** The default. */
const UP_TO_PEERS: WindowFrame = {
  mode: 'range',
  start: { kind: 'unbounded-preceding' },
  end: { kind: 'current-row' },
  exclude: 'none',
};

/** A RANGE frame with intervals as offsets is one with numbers, over the positions of the sort key's values. */
export function measuredFrame(conversion: Conversion, over: Over): Over {
  const { frame } = over;
  if (!hasRangeOffset(frame)) return over;
  const key = defined(over.orderBy[0], 'sort key of a RANGE frame');
  const offsets = [frame.start, frame.end].flatMap((bound) =>
    'offset' in bound ? [exprType(bound.offset)] : [],
  );
  if (offsets.every((offset) => isMeasured(exprType(key.expr), offset))) return over;
  if (offsets.some(({ oid }) => oid !== OID.interval)) throw refuse(UNSUPPORTED);
  const value =
    exprType(key.expr).oid === OID.date
      ? cast(conversion.context, key.expr, sqlType(OID.timestamp))
      : key.expr;
  const [position, distance] = MEASURES.get(exprType(value).oid) ?? [];
  if (position === undefined || distance === undefined) throw refuse(UNSUPPORTED);
  const at = measure(position, [value]);
  const orderBy = [{ ...key, expr: at }];
  let input = over.input;
  const measured = (bound: FrameBound): FrameBound => {
    if (!('offset' in bound)) return bound;
    if (isFixed(exprType(value), bound.offset)) {
      const args = distance.endsWith('(interval)') ? [bound.offset] : [bound.offset, at];
      return { ...bound, offset: measure(distance, args) };
    }
    const ranged = calendarBound(conversion, { ...over, input, orderBy }, value, bound);
    input = ranged.input;
    return ranged.bound;
  };
  const measuredBounds = { start: measured(frame.start), end: measured(frame.end) };
  return { ...over, input, orderBy, frame: { ...frame, ...measuredBounds } };
}

function measure(entry: string, args: readonly Expr[]): Expr {
  return call(UNSUPPORTED, `skein.${entry}`, args, POSITION);
}

/** Does the interval reach as far from any value? Months don't, nor do days where clocks change. */
function isFixed({ oid }: SqlType, offset: Expr): boolean {
  if (oid !== OID.timestamp && oid !== OID.timestamptz) return true;
  if (offset.kind !== 'const' || offset.value === null) return false;
  const [months, days] = offset.value.split(' ').map(Number);
  return months === 0 && (days === 0 || oid === OID.timestamp);
}

/**
 * How far the bound is from each row. A later timestamp may come to an earlier bound (March 30 at 11:00 and March 31 at 10:00 less a month);
 * a frame of PostgreSQL never moves back, so the bound is the furthest of the rows so far.
 */
function calendarBound(
  conversion: Conversion,
  { input, partitionBy, orderBy }: Omit<Over, 'frame'>,
  value: Expr,
  bound: OffsetBound,
): { readonly input: Plan; readonly bound: FrameBound } {
  const { descending, expr: position } = defined<SortKey>(orderBy[0], 'sort key of a RANGE frame');
  requireRepeatable(bound.offset, 'a RANGE frame over timestamps');
  const isEarlier = (bound.kind === 'preceding') !== descending;
  const type = exprType(value);
  const name = type.oid === OID.timestamp ? 'timestamp' : 'timestamptz';
  const away = call(UNSUPPORTED, `${name} ${isEarlier ? '-' : '+'} interval`, [value, bound.offset], type);
  const column = newColumn(conversion, 'frame bound', POSITION);
  const furthest = {
    fn: descending ? 'min(numeric)' : 'max(numeric)',
    args: [measure(`timestamp_position(${name})`, [away])],
    distinct: false,
    orderBy: [],
    filter: undefined,
    type: POSITION,
  };
  const ends = isEarlier ? [position, reference(column)] : [reference(column), position];
  return {
    input: {
      kind: 'window',
      input,
      partitionBy,
      orderBy,
      items: [{ column, call: furthest, frame: UP_TO_PEERS }],
    },
    bound: { ...bound, offset: measure('frame_distance(interval,numeric,numeric)', [bound.offset, ...ends]) },
  };
}
