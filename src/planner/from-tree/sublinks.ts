import type { NodeReader, TreeNode } from '../../analysis/tree.ts';
import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Plan } from '../../plan/logical.ts';
import { exprType } from '../../plan/type-of.ts';
import { reference } from '../exprs.ts';
import { arrayOfRows } from './array-of-rows.ts';
import { type Conversion, type ConvertedQuery, newColumn, openNode, type Scope } from './conversion.ts';
import { admittedOperator, asInstants, ignoreOperatorFunction } from './operators.ts';
import { compareRows, compareWithOneRow, isRowTest } from './rows.ts';

/** SubLinkType of primnodes.h. */
const KIND = { exists: 0, all: 1, any: 2, rowCompare: 3, expr: 4, multiExpr: 5, array: 6, cte: 7 } as const;

/** A subquery inside an expression. */
export function convertSublink(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  // How a comparison was written; its operator is in the test expression.
  node.ignore('operName', 'location');
  const kind = node.int('subLinkType');
  node.absent('subLinkId', 'a subquery that assigns several columns');
  const test = node.optionalNode('testexpr');
  const tree = node.node('subselect');
  const tested = () => defined(test, 'test of a subquery');
  switch (kind) {
    case KIND.exists:
      return { kind: 'exists', plan: conversion.query(tree, scope).plan };
    case KIND.expr: {
      const subquery = conversion.query(tree, scope);
      return { kind: 'scalar-subquery', plan: subquery.plan, type: onlyColumn(subquery).type };
    }
    case KIND.any:
    case KIND.all: {
      const quantifier = kind === KIND.any ? 'any' : 'all';
      if (isRowTest(tested())) return compareRows(conversion, quantifier, tested(), tree, scope);
      return compare(conversion, quantifier, tested(), conversion.query(tree, scope), scope);
    }
    case KIND.array:
      return arrayOfRows(conversion, conversion.query(tree, scope));
    case KIND.rowCompare:
      return compareWithOneRow(conversion, tested(), tree, scope);
    default:
      throw refuse(`a subquery of kind ${kind}`);
  }
}

function onlyColumn(subquery: ConvertedQuery) {
  return defined(subquery.outputs[0], 'column of a subquery');
}

/** `left op (PARAM)`, where PARAM is the subquery's column, perhaps cast to the operator's type. */
function compare(
  conversion: Conversion,
  quantifier: 'any' | 'all',
  test: TreeNode,
  subquery: ConvertedQuery,
  scope: Scope,
): Expr {
  const node = openNode(test, 'OPEXPR');
  ignoreOperatorFunction(node);
  node.ignore('opresulttype', 'opcollid').absent('opretset', 'a set-returning operator');
  const named = admittedOperator(conversion.context, node, 'asInstants');
  const [leftNode, rightNode] = node.nodes('args');
  node.done();
  const operand = conversion.expr(defined(leftNode, 'left operand'), scope);
  const subqueryColumn = reference(onlyColumn(subquery));
  const tested = { ...scope, subqueryColumns: [subqueryColumn] };
  const { op, left, right } = asInstants(conversion.context, {
    op: named,
    left: operand,
    right: conversion.expr(defined(rightNode, 'right operand'), tested),
  });
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
