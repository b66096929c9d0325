import { assertNever } from '../base/assert.ts';
import { refuse } from '../base/errors.ts';
import type { AggregateCall, Expr, SortKey } from '../plan/expr.ts';
import type { FrameBound, WindowFrame, WindowItem, WindowPlan } from '../plan/logical.ts';
import { exprType } from '../plan/type-of.ts';
import { orderSuffix } from './print-block.ts';
import { printExpr, type Scope } from './print-expr.ts';
import { hasRangeOffset, rangeKey, rangeOffset } from './range-frame.ts';
import { findAggregate, findWindow } from './table.ts';

/** An aggregate call over the rows of its group. */
export function printAggregate(call: AggregateCall, scope: Scope): string {
  return aggregateWith(call, scope, '');
}

/** An aggregate or window function over its window. */
export function printWindowItem(item: WindowItem, plan: WindowPlan, scope: Scope): string {
  const entry = findWindow(item.call.fn);
  if (entry === undefined) return aggregateWith(item.call, scope, overClause(item.frame, plan, scope));
  const args = item.call.args.map((arg) => printExpr(arg, scope));
  const frame = entry.framed === true ? item.frame : undefined;
  return entry.print(args, item.call.args.map(exprType), overClause(frame, plan, scope), item.call.type);
}

function aggregateWith(call: AggregateCall, scope: Scope, over: string): string {
  const entry = findAggregate(call.fn);
  if (entry === undefined) throw refuse(call.fn);
  const distinct = call.distinct && entry.duplicateInsensitive !== true ? 'DISTINCT ' : '';
  const order =
    entry.orderedSet === true || call.orderBy.length === 0 ? '' : ` ${printOrderBy(call.orderBy, scope)}`;
  const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${printExpr(call.filter, scope)})`;
  return entry.print(
    call.args.map((arg) => printExpr(arg, scope)),
    call.args.map(exprType),
    call.type,
    {
      call: (fn, args) => `${fn}(${distinct}${args.join(', ')}${order})${filter}${over}`,
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

function printFrame(frame: WindowFrame, { orderBy }: WindowPlan, scope: Scope): string {
  const key = hasRangeOffset(frame) ? orderBy[0]?.expr : undefined;
  const offset = (expr: Expr, which: 'starting' | 'ending') =>
    key === undefined
      ? printExpr(expr, scope)
      : rangeOffset(expr, printExpr(expr, scope), exprType(key), frame, which);
  const exclude = frame.exclude === 'none' ? '' : ` EXCLUDE ${frame.exclude.replace('-', ' ').toUpperCase()}`;
  return `${frame.mode.toUpperCase()} BETWEEN ${bound(frame.start, (expr) => offset(expr, 'starting'))} AND ${bound(frame.end, (expr) => offset(expr, 'ending'))}${exclude}`;
}

function bound(frameBound: FrameBound, offset: (expr: Expr) => string): string {
  switch (frameBound.kind) {
    case 'unbounded-preceding':
    case 'current-row':
    case 'unbounded-following':
      return frameBound.kind.replace('-', ' ').toUpperCase();
    case 'preceding':
    case 'following':
      return `${offset(frameBound.offset)} ${frameBound.kind.toUpperCase()}`;
    default:
      return assertNever(frameBound);
  }
}
