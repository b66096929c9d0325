import type { TreeNode } from '../../analysis/tree.ts';
import { refuse, SkeinError } from '../../base/errors.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { SessionValue } from '../../plan/expr.ts';
import type { Plan } from '../../plan/logical.ts';
import { expressionsOf, visitExpr, visitPlan } from '../../plan/walk.ts';
import { pruneColumns } from '../prune-columns.ts';
import { deriveTypes } from '../types.ts';
import type { Conversion, FromTreeContext, LogicalQuery } from './conversion.ts';
import { convertExpr } from './expressions.ts';
import { convertQuery } from './query.ts';

/**
 * PostgreSQL's analysed query as a logical plan. Pure.
 * @throws 0A000 for every node, field value, function, operator and cast that Skein was not taught: it never guesses.
 */
export function fromTree(tree: TreeNode, context: FromTreeContext): LogicalQuery {
  try {
    return convert(tree, context);
  } catch (error) {
    if (error instanceof RangeError)
      throw new SkeinError({ sqlstate: '54001' }, 'stack depth limit exceeded');
    throw error;
  }
}

function convert(tree: TreeNode, context: FromTreeContext): LogicalQuery {
  let nextId = 1;
  const conversion: Conversion = {
    context,
    expr: (node, scope) => convertExpr(conversion, node, scope),
    query: (node, parent) => convertQuery(conversion, node, parent),
    newId: () => nextId++,
  };
  const { plan, outputs } = conversion.query(tree, undefined);
  if (outputs.length === 0) throw refuse('a SELECT without columns');
  const typed = deriveTypes(pruneColumns(plan, outputs));
  return { plan: typed, outputs: outputColumns(typed), usesSession: sessionValues(typed) };
}

function sessionValues(plan: Plan): readonly SessionValue[] {
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
