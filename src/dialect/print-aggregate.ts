import { assertNever } from '../base/assert.ts';
import { refuse } from '../base/errors.ts';
import type { AggregateCall, SortKey } from '../plan/expr.ts';
import type { FrameBound, WindowFrame, WindowItem, WindowPlan } from '../plan/logical.ts';
import { exprType } from '../plan/type-of.ts';
import { orderSuffix } from './print-block.ts';
import { printExpr, type Scope } from './print-expr.ts';
import { frameOffset, hasRangeOffset, rangeKey } from './range-frame.ts';
import { findAggregate, findWindow } from './table.ts';

/** An aggregate call over the rows of its group. */
export function printAggregate(call: AggregateCall, scope: Scope): string {
  return aggregateWith(call, scope, '');
}

/** An aggregate or window function over its window. */
export function printWindowItem(item: WindowItem, plan: WindowPlan, scope: Scope): string {
  const call = windowCall(item, plan, scope);
  const empty = isBackward(item.frame, plan, scope);
  if (empty === undefined) return call;
  // In a frame that ends before it begins, DuckDB's EXCLUDE TIES finds rows; EXCLUDE GROUP finds none.
  const none = () => windowCall({ ...item, frame: { ...item.frame, exclude: 'group' } }, plan, scope);
  const found = item.frame.exclude === 'ties' ? `CASE WHEN ${empty} THEN ${none()} ELSE ${call} END` : call;
  // And its count(*) may be negative there.
  return item.call.fn === 'count(*)' ? `greatest(${found}, 0)` : found;
}

function windowCall(item: WindowItem, plan: WindowPlan, scope: Scope): string {
  const entry = findWindow(item.call.fn);
  if (entry === undefined) return aggregateWith(item.call, scope, overClause(item.frame, plan, scope));
  const args = item.call.args.map((arg) => printExpr(arg, scope));
  const frame = entry.framed === true ? item.frame : undefined;
  return entry.print(args, item.call.args.map(exprType), overClause(frame, plan, scope), item.call.type);
}

function aggregateWith(call: AggregateCall, scope: Scope, window: string): string {
  const entry = findAggregate(call.fn);
  if (entry === undefined) throw refuse(call.fn);
  const distinct = call.distinct && entry.duplicateInsensitive !== true ? 'DISTINCT ' : '';
  const order =
    entry.orderedSet === true || call.orderBy.length === 0 ? '' : ` ${printOrderBy(call.orderBy, scope)}`;
  const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${printExpr(call.filter, scope)})`;
  const over = (order: string) => (fn: string, args: readonly string[]) =>
    `${fn}(${distinct}${args.join(', ')}${order})${filter}${window}`;
  return entry.print(
    call.args.map((arg) => printExpr(arg, scope)),
    call.args.map(exprType),
    call.type,
    {
      call: over(order),
      unordered: over(''),
      distinct: distinct !== '',
      descending: call.orderBy[0]?.descending ?? false,
    },
  );
}

export function printOrderBy(keys: readonly SortKey[], scope: Scope): string {
  return `ORDER BY ${keys.map((key) => `${printExpr(key.expr, scope)}${orderSuffix(key)}`).join(', ')}`;
}

function overClause(frame: WindowFrame | undefined, plan: WindowPlan, scope: Scope): string {
  const partition = plan.partitionBy.map((expr) => printExpr(expr, scope)).join(', ');
  const parts = [
    ...(partition === '' ? [] : [`PARTITION BY ${partition}`]),
    ...(plan.orderBy.length === 0 ? [] : [printWindowOrder(plan, frame, scope)]),
    ...(frame === undefined || isDefaultFrame(frame) ? [] : [printFrame(frame, plan, scope)]),
  ];
  return ` OVER (${parts.join(' ')})`;
}

function printWindowOrder({ orderBy }: WindowPlan, frame: WindowFrame | undefined, scope: Scope): string {
  const [key] = orderBy;
  if (key === undefined || frame === undefined || !hasRangeOffset(frame)) return printOrderBy(orderBy, scope);
  const sql = rangeKey(printExpr(key.expr, scope), exprType(key.expr), frame);
  return `ORDER BY ${sql}${orderSuffix(key)}`;
}

/** RANGE UNBOUNDED PRECEDING, the default of both engines. */
function isDefaultFrame({ mode, start, end, exclude }: WindowFrame): boolean {
  return (
    mode === 'range' &&
    start.kind === 'unbounded-preceding' &&
    end.kind === 'current-row' &&
    exclude === 'none'
  );
}

function printFrame(frame: WindowFrame, plan: WindowPlan, scope: Scope): string {
  const { start, end } = printOffsets(frame, plan, scope);
  const exclude = frame.exclude === 'none' ? '' : ` EXCLUDE ${frame.exclude.replace('-', ' ').toUpperCase()}`;
  return `${frame.mode.toUpperCase()} BETWEEN ${bound(frame.start, start)} AND ${bound(frame.end, end)}${exclude}`;
}

interface Offsets {
  readonly start: string | undefined;
  readonly end: string | undefined;
}

function printOffsets(frame: WindowFrame, { orderBy }: WindowPlan, scope: Scope): Offsets {
  const by = hasRangeOffset(frame) ? orderBy[0]?.expr : undefined;
  const key = by === undefined ? undefined : { sql: printExpr(by, scope), type: exprType(by) };
  const offset = (frameBound: FrameBound, which: 'starting' | 'ending') =>
    'offset' in frameBound
      ? frameOffset(frameBound.offset, printExpr(frameBound.offset, scope), which, frame, key)
      : undefined;
  return { start: offset(frame.start, 'starting'), end: offset(frame.end, 'ending') };
}

/** Of a frame wholly before or after its row: does it end before it begins? undefined: it is no such frame. */
function isBackward(frame: WindowFrame, plan: WindowPlan, scope: Scope): string | undefined {
  const { start, end } = printOffsets(frame, plan, scope);
  if (start === undefined || end === undefined || frame.start.kind !== frame.end.kind) return undefined;
  const isBefore = frame.start.kind === 'preceding';
  const [far, near] = isBefore ? [end, start] : [start, end];
  const [key] = plan.orderBy;
  if (!hasRangeOffset(frame) || key === undefined) return `${far} > ${near}`;
  const value = rangeKey(printExpr(key.expr, scope), exprType(key.expr), frame);
  return isBefore !== key.descending
    ? `${value} - ${far} < ${value} - ${near}`
    : `${value} + ${far} > ${value} + ${near}`;
}

function bound(frameBound: FrameBound, offset: string | undefined): string {
  switch (frameBound.kind) {
    case 'unbounded-preceding':
    case 'current-row':
    case 'unbounded-following':
      return frameBound.kind.replace('-', ' ').toUpperCase();
    case 'preceding':
    case 'following':
      return `${offset} ${frameBound.kind.toUpperCase()}`;
    default:
      return assertNever(frameBound);
  }
}
