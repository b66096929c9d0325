import type { NodeReader } from '../../analysis/tree.ts';
import { assert } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { findAggregate } from '../../dialect/table.ts';
import type { AggregateCall, Expr } from '../../plan/expr.ts';
import { exprType } from '../../plan/type-of.ts';
import { MAX_DECIMAL_PRECISION, numericType, OID, sqlType } from '../../types/sql-type.ts';
import { isVolatile, reference } from '../exprs.ts';
import { findAggregateFunction } from './calls.ts';
import { requireCollation, requireGroupable } from './collation.ts';
import { convertArgument, isComposite, rowKey } from './composites.ts';
import { type Conversion, newColumn, outerScope, type Scope } from './conversion.ts';
import { call as dialectCall } from './dialect-call.ts';
import { requireRepeatable } from './repeatable.ts';
import { groupKeys, sortKeys } from './sorting.ts';
import { findTarget, readTarget } from './targets.ts';

const LENGTH = numericType(MAX_DECIMAL_PRECISION, 0);

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
  const call = { fn, type, ...readArguments(conversion, node, inner, signature.name) };
  return collect(conversion, call, signature.name, own);
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
): Pick<AggregateCall, 'args' | 'distinct' | 'orderBy' | 'filter'> {
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
  const orderBy = sortKeys(conversion.context, node.nodes('aggorder'), target).map((key) => ({
    ...key,
    expr: key.expr.kind === 'const' ? key.expr : intervalKey(key.expr),
  }));
  const distinct = groupKeys(conversion.context, clauses, target);
  const filter = node.optionalNode('aggfilter');
  const args = targets.filter((arg) => !arg.junk).map((arg) => arg.expr);
  const compares = (!counts && distinct.length > 0) || node.token('aggkind') === ORDERED_SET;
  if (compares) {
    for (const arg of args) requireGroupable(conversion.context, exprType(arg), `${name} over a value`);
  }
  return {
    args: counts ? distinct : [...direct, ...args],
    distinct: distinct.length > 0,
    orderBy,
    filter: filter === undefined ? undefined : conversion.expr(filter, scope),
  };
}

/** DuckDB's ORDER BY within an aggregate compares intervals part by part, and timetz by its bits. */
function intervalKey(expr: Expr): Expr {
  if (exprType(expr).oid === OID.timetz) throw refuse('sorting by a timetz in an aggregate');
  if (exprType(expr).oid !== OID.interval) return expr;
  return dialectCall('sorting by an interval', 'skein.interval_length(interval)', [expr], LENGTH);
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
