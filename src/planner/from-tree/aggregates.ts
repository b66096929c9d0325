import type { NodeReader } from '../../analysis/tree.ts';
import { assert } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { POSITION } from '../../dialect/functions/frame-positions.ts';
import { findAggregate } from '../../dialect/table.ts';
import type { AggregateCall, Expr, SortKey } from '../../plan/expr.ts';
import { exprType } from '../../plan/type-of.ts';
import { columnsUsed } from '../../plan/walk.ts';
import { arrayOid, OID, sqlType } from '../../types/sql-type.ts';
import { hasSubquery, isVolatile, reference } from '../exprs.ts';
import { findAggregateFunction } from './calls.ts';
import { requireCollation, requireGroupable } from './collation.ts';
import { convertArgument, isComposite, rowFormFor, rowKey } from './composites.ts';
import { type Conversion, newColumn, outerScope, type Scope } from './conversion.ts';
import { call as dialectCall } from './dialect-call.ts';
import { requireRepeatable } from './repeatable.ts';
import { groupKeys, sortKeys } from './sorting.ts';
import { findTarget, readTarget } from './targets.ts';

/** The order of their values shows. */
const COLLECTS = /^(?:array|string|jsonb?|jsonb?_object)_agg/;

/** aggkind of pg_aggregate. */
const ORDERED_SET = 'o';
const HYPOTHETICAL = 'h';

/** Moves the aggregate to the aggregation of its query, this one or one around it, and refers to its column. */
export function convertAggregate(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  // The executor's: transition type, numbering. Argument types follow from the arguments.
  node.ignore('aggtranstype', 'aggargtypes', 'aggno', 'aggtransno', 'aggpresorted', 'location');
  const signature = findAggregateFunction(conversion.context, node.int('aggfnoid'), node.bool('aggstar'));
  const what = `aggregate ${signature.signature}`;
  const own = outerScope(scope, node.int('agglevelsup'));
  node.absent('aggsplit', `a partial ${what}`).absent('aggvariadic', `VARIADIC in ${what}`);
  requireCollation(node.int('aggcollid'), what);
  requireCollation(node.int('inputcollid'), what);
  const type = sqlType(node.int('aggtype'));
  if (node.token('aggkind') === HYPOTHETICAL) throw refuse(`the hypothetical-set ${what}`);
  if (findAggregate(signature.signature) === undefined) throw refuse(what);
  const inner: Scope = { ...scope, aggregates: undefined, windows: undefined, sets: undefined };
  const rows = /^json_agg(?:_strict)?$/.test(signature.name) && aggregatesRows(node);
  const fn = rows ? `skein.${signature.name}_of_rows(json)` : signature.signature;
  const { direct, ...given } = readArguments(conversion, node, inner, signature.name);
  if (!direct.every(isConstant)) return finished(conversion, { fn, type, ...given }, direct, own);
  const call = { fn, type, ...given, args: [...direct, ...given.args] };
  admitAggregate(call);
  return collect(conversion, call, signature.name, own);
}

/** @throws 0A000 where the dialect doesn't carry this call exactly. */
export function admitAggregate(call: AggregateCall): void {
  findAggregate(call.fn)?.admit?.(call);
}

function isConstant(expr: Expr): boolean {
  return columnsUsed(expr).size === 0 && !hasSubquery(expr) && !isVolatile(expr);
}

/** Direct arguments that are computed of each group's row are applied to the group's sorted values. */
function finished(conversion: Conversion, call: AggregateCall, direct: readonly Expr[], scope: Scope): Expr {
  const [value] = call.args;
  const oid = value && arrayOid(exprType(value).oid);
  if (oid === undefined) throw refuse(`${call.fn} of direct arguments that are not constants`);
  const type = sqlType(oid);
  const values = collect(conversion, { ...call, fn: 'skein.percentile(anyelement)', type }, 'sorted', scope);
  return dialectCall(call.fn, `skein.${call.fn}`, [...direct, values], call.type);
}

function aggregatesRows(node: NodeReader): boolean {
  const [first] = node.nodes('args');
  return first !== undefined && isComposite(readTarget(first).expr);
}

/**
 * Arguments of an ordered-set aggregate are the direct ones, then the aggregated ones, which `orderBy` repeats: `WITHIN GROUP
 * (ORDER BY x)` of percentile_cont(0.5) has args [0.5, x] and orders by x.
 */
function readArguments(
  conversion: Conversion,
  node: NodeReader,
  scope: Scope,
  name: string,
): Pick<AggregateCall, 'args' | 'distinct' | 'orderBy' | 'filter'> & { readonly direct: readonly Expr[] } {
  const direct = node.nodes('aggdirectargs').map((arg) => conversion.expr(arg, scope));
  const clauses = node.nodes('aggdistinct');
  const counts = name === 'count' && clauses.length > 0;
  const targets = node.nodes('args').map((entry) => {
    const target = readTarget(entry);
    const expr =
      counts && isComposite(target.expr)
        ? rowKey(conversion, target.expr, scope)
        : convertArgument(conversion, target.expr, scope, name);
    return { ...target, expr };
  });
  const target = (reference: number) => {
    const { expr } = findTarget(targets, reference);
    requireRepeatable(expr, 'ORDER BY or DISTINCT of an aggregate');
    return expr;
  };
  const distinct = groupKeys(conversion.context, clauses, target);
  const filter = node.optionalNode('aggfilter');
  const values = targets.filter((arg) => !arg.junk).map((arg) => arg.expr);
  const args = zonedAsJson(name, values);
  const compares = (!counts && distinct.length > 0) || node.token('aggkind') === ORDERED_SET;
  if (compares) {
    for (const arg of values) requireGroupable(conversion.context, exprType(arg), `${name} over a value`);
  }
  const explicit = sortKeys(conversion.context, node.nodes('aggorder'), target);
  const orderBy =
    clauses.length === 0
      ? explicit.map(byPosition)
      : orderOfDistinct(explicit, args, name, () => sortKeys(conversion.context, clauses, target));
  return {
    direct,
    args: counts ? distinct : args,
    distinct: distinct.length > 0,
    orderBy,
    filter: filter === undefined ? undefined : conversion.expr(filter, scope),
  };
}

/**
 * What is DISTINCT is ordered by itself, as PostgreSQL's sort leaves it where no order is asked for.
 * @throws 0A000 for an order by another than the values that DuckDB sees.
 */
function orderOfDistinct(
  explicit: readonly SortKey[],
  args: readonly Expr[],
  name: string,
  ofClauses: () => readonly SortKey[],
): readonly SortKey[] {
  const values = args.map((arg) => JSON.stringify(arg));
  const isValue = (key: SortKey) => values.includes(JSON.stringify(key.expr)) && byPosition(key) === key;
  if (explicit.length === 0) return COLLECTS.test(name) ? ofClauses().filter(isValue) : [];
  if (!explicit.every(isValue)) throw refuse(`${name} of DISTINCT values in an order by this type`);
  return explicit;
}

/** DuckDB's ORDER BY within an aggregate compares intervals part by part, and timetz by its bits. */
const POSITIONS: ReadonlyMap<number, string> = new Map([
  [OID.interval, 'skein.interval_position(interval)'],
  [OID.timetz, 'skein.timetz_position(timetz)'],
]);

function byPosition(key: SortKey): SortKey {
  const { expr } = key;
  const position = expr.kind === 'const' ? undefined : POSITIONS.get(exprType(expr).oid);
  if (position === undefined) return key;
  return { ...key, expr: dialectCall('sorting in an aggregate', position, [expr], POSITION) };
}

/** The text of a timestamptz depends on the session: what becomes JSON is made so before it is aggregated. */
export function zonedAsJson(name: string, args: readonly Expr[]): readonly Expr[] {
  const value = args.at(-1);
  const form = rowFormFor(name);
  if (value === undefined || form === undefined) return args;
  const { oid } = exprType(value);
  if (oid !== OID.timestamptz && !(form === 'jsonb' && oid === OID.timestamptzArray)) return args;
  const type = sqlType(form === 'json' ? OID.json : OID.jsonb);
  return [
    ...args.slice(0, -1),
    dialectCall(`${name} of a timestamptz`, `to_${form}(anyelement)`, [value], type),
  ];
}

/** The same aggregate written twice is computed once. */
function collect(conversion: Conversion, call: AggregateCall, name: string, scope: Scope): Expr {
  const { aggregates } = scope;
  assert(aggregates !== undefined, `aggregate ${call.fn} outside an aggregation`);
  const key = JSON.stringify(call);
  const known = aggregates.find((item) => JSON.stringify(item.call) === key);
  if (known !== undefined && !hasVolatileArgument(call)) return reference(known.column);
  const column = newColumn(conversion, name, call.type);
  aggregates.push({ column, call });
  return reference(column);
}

function hasVolatileArgument(call: AggregateCall): boolean {
  return call.args.some(isVolatile) || (call.filter !== undefined && isVolatile(call.filter));
}
