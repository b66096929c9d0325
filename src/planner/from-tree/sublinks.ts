import type { NodeReader, TreeNode } from '../../analysis/tree.ts';
import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Plan } from '../../plan/logical.ts';
import { exprType } from '../../plan/type-of.ts';
import { reference } from '../exprs.ts';
import { type Conversion, type ConvertedQuery, newColumn, openNode, type Scope } from './conversion.ts';
import { admittedOperator, ignoreOperatorFunction } from './operators.ts';

/** SubLinkType of primnodes.h. */
const KIND = { exists: 0, all: 1, any: 2, rowCompare: 3, expr: 4, multiExpr: 5, array: 6, cte: 7 } as const;

/** A subquery inside an expression. */
export function convertSublink(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  // How a comparison was written; its operator is in the test expression.
  node.ignore('operName', 'location');
  const kind = node.int('subLinkType');
  node.absent('subLinkId', 'a subquery that assigns several columns');
  const test = node.optionalNode('testexpr');
  const subquery = conversion.query(node.node('subselect'), scope);
  switch (kind) {
    case KIND.exists:
      return { kind: 'exists', plan: subquery.plan };
    case KIND.expr:
      return { kind: 'scalar-subquery', plan: subquery.plan, type: onlyColumn(subquery).type };
    case KIND.any:
    case KIND.all:
      return compare(
        conversion,
        kind === KIND.any ? 'any' : 'all',
        defined(test, 'test of a subquery'),
        subquery,
        scope,
      );
    case KIND.array:
      throw refuse('ARRAY(SELECT …)', { hint: 'Use array_agg.' });
    case KIND.rowCompare:
      throw refuse('a comparison of rows with a subquery');
    default:
      throw refuse(`a subquery of kind ${kind}`);
  }
}

function onlyColumn(subquery: ConvertedQuery) {
  return defined(subquery.outputs[0], 'column of a subquery');
}

/** What compares several columns, each for itself or as rows. */
const ROW_TESTS: readonly string[] = ['BOOLEXPR', 'ROWCOMPAREEXPR'];

/** `left op (PARAM)`, where PARAM is the subquery's column, perhaps cast to the operator's type. */
function compare(
  conversion: Conversion,
  quantifier: 'any' | 'all',
  test: TreeNode,
  subquery: ConvertedQuery,
  scope: Scope,
): Expr {
  if (ROW_TESTS.includes(test.tag)) {
    throw refuse('a comparison of rows with a subquery');
  }
  const node = openNode(test, 'OPEXPR');
  ignoreOperatorFunction(node);
  node.ignore('opresulttype', 'opcollid').absent('opretset', 'a set-returning operator');
  const op = admittedOperator(conversion.context, node, 'comparison');
  const [leftNode, rightNode] = node.nodes('args');
  node.done();
  const left = conversion.expr(defined(leftNode, 'left operand'), scope);
  const subqueryColumn = reference(onlyColumn(subquery));
  const right = conversion.expr(defined(rightNode, 'right operand'), { ...scope, subqueryColumn });
  const plan: Plan =
    right === subqueryColumn
      ? subquery.plan
      : {
          kind: 'project',
          input: subquery.plan,
          items: [{ column: newColumn(conversion, 'compared', exprType(right)), expr: right }],
        };
  return { kind: 'subquery-compare', op, quantifier, left, plan };
}
