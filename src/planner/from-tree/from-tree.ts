import type { TreeNode } from '../../analysis/tree.ts';
import { SkeinError } from '../../base/errors.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { SessionValue } from '../../plan/expr.ts';
import type { Plan } from '../../plan/logical.ts';
import { expressionsOf, visitExpr, visitPlan } from '../../plan/walk.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { TRUE } from '../exprs.ts';
import { pruneColumns } from '../prune-columns.ts';
import { deriveTypes } from '../types.ts';
import { asksForOuterRows } from './composites.ts';
import {
  type Conversion,
  type ConvertedQuery,
  type FromTreeContext,
  type LogicalQuery,
  newColumn,
} from './conversion.ts';
import { convertExpr } from './expressions.ts';
import { type LongList, LongLists } from './long-lists.ts';
import { convertQuery } from './query.ts';

/**
 * PostgreSQL's analysed query as a logical plan. Pure.
 * @throws 0A000 for every node, field value, function, operator and cast that Skein was not taught: it never guesses.
 */
export function fromTree(tree: TreeNode, context: FromTreeContext): LogicalQuery {
  return converted(tree, context, new LongLists(new Map()));
}

/**
 * As {@link fromTree}, of a shortened text.
 * @param lists by the place of the opening bracket: bytes from the beginning of the text.
 * @returns undefined: its lists can't be restored, so it takes the whole text.
 */
export function fromShortenedTree(
  tree: TreeNode,
  context: FromTreeContext,
  lists: ReadonlyMap<number, LongList>,
): LogicalQuery | undefined {
  const toRestore = new LongLists(lists);
  const query = converted(tree, context, toRestore);
  return toRestore.areRestored ? query : undefined;
}

function converted(tree: TreeNode, context: FromTreeContext, lists: LongLists): LogicalQuery {
  try {
    return convert(tree, context, lists);
  } catch (error) {
    if (error instanceof RangeError)
      throw new SkeinError({ sqlstate: '54001' }, 'stack depth limit exceeded');
    throw error;
  }
}

function convert(tree: TreeNode, context: FromTreeContext, lists: LongLists): LogicalQuery {
  const conversion = newConversion(context, lists, tree);
  const { plan, outputs } = withColumn(conversion, conversion.query(tree, undefined));
  const typed = deriveTypes(pruneColumns(plan, outputs));
  return { plan: typed, outputs: outputColumns(typed), usesSession: sessionValues(typed) };
}

/** @param result the query whose rows the client gets. */
export function newConversion(context: FromTreeContext, lists: LongLists, result?: TreeNode): Conversion {
  let nextId = 1;
  const conversion: Conversion = {
    context,
    expr: (node, scope) => convertExpr(conversion, node, scope),
    query: (node, parent) => convertQuery(conversion, node, parent),
    newId: () => nextId++,
    lists,
    result,
    marksRows: result !== undefined && asksForOuterRows(result),
  };
  return conversion;
}

/** DuckDB has no rows without columns: `SELECT FROM t` gets one, which no one is told of. */
function withColumn(conversion: Conversion, query: ConvertedQuery): ConvertedQuery {
  if (query.outputs.length > 0) return query;
  const column = newColumn(conversion, 'row', sqlType(OID.bool));
  return {
    plan: { kind: 'project', input: query.plan, items: [{ column, expr: TRUE }] },
    outputs: [column],
  };
}

/** The session's values that a plan refers to. */
export function sessionValues(plan: Plan): readonly SessionValue[] {
  const names = new Set<SessionValue>();
  visitPlan(plan, (operator) => {
    for (const expr of expressionsOf(operator)) {
      visitExpr(expr, (e) => {
        if (e.kind === 'session') names.add(e.name);
      });
    }
  });
  return [...names];
}
