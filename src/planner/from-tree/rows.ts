import type { NodeReader, TreeNode } from '../../analysis/tree.ts';
import { assert, defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { isVolatile, TRUE } from '../exprs.ts';
import { constant } from '../types.ts';
import { requireCollation } from './collation.ts';
import { fieldsOf, isComposite } from './composites.ts';
import type { Conversion, Scope } from './conversion.ts';
import { call } from './dialect-call.ts';
import { findOperator } from './operators.ts';

const BOOLEAN = sqlType(OID.bool);

/** One column of a comparison of rows. Operands are converted anew for each use: a subquery's columns are defined once. */
interface Pair {
  readonly operator: string;
  readonly left: () => Expr;
  readonly right: () => Expr;
}

/** `(a, b) < (c, d)`: the first columns that differ decide, and a NULL among those compared makes the result NULL. */
export function convertRowComparison(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  // Which of the four it is, the operators say too; their families are PostgreSQL's index business.
  node.ignore('cmptype', 'opfamilies');
  for (const collation of node.ints('inputcollids')) requireCollation(collation, 'a comparison of rows');
  const operators = node.ints('opnos').map((oid) => findOperator(conversion.context, oid).signature);
  const [left, right] = [node.nodes('largs'), node.nodes('rargs')];
  assert(left.length === operators.length && right.length === operators.length, 'rows of equal length');
  const pairs = operators.map(
    (operator, index): Pair => ({
      operator,
      left: repeatable(conversion, left[index], scope),
      right: repeatable(conversion, right[index], scope),
    }),
  );
  return decideFrom(pairs, 0);
}

function repeatable(conversion: Conversion, node: TreeNode | undefined, scope: Scope): () => Expr {
  const tree = defined(node, 'column of a row');
  return () => {
    const expr = conversion.expr(tree, scope);
    if (isVolatile(expr)) throw refuse('a volatile function in a comparison of rows');
    return expr;
  };
}

function decideFrom(pairs: readonly Pair[], index: number): Expr {
  const pair = defined(pairs[index], 'column of a row comparison');
  const decided = compared(pair, pair.operator);
  if (index === pairs.length - 1) return decided;
  return {
    kind: 'case',
    branches: [
      { when: compared(pair, withName(pair.operator, '<>')), then: decided },
      { when: compared(pair, withName(pair.operator, '=')), then: decideFrom(pairs, index + 1) },
    ],
    otherwise: constant(BOOLEAN, null),
    type: BOOLEAN,
  };
}

function compared({ left, right }: Pair, operator: string): Expr {
  return call(`operator "${operator}"`, operator, [left(), right()], BOOLEAN);
}

/** Another operator over the same types. */
function withName(signature: string, name: string): string {
  const [left, , right] = signature.split(' ');
  return `${left} ${name} ${right}`;
}

/** `ROW(a, b) IS NULL`: all are; IS NOT NULL: none is. */
export function convertRowNullTest(
  conversion: Conversion,
  row: TreeNode,
  negated: boolean,
  scope: Scope,
): Expr {
  if (!isComposite(row)) throw refuse('IS NULL of a composite value');
  const args = fieldsOf(conversion, row, scope).map(({ expr }) => expr);
  if (args.length === 0) return TRUE;
  return { kind: 'and', args: args.map((arg): Expr => ({ kind: 'is-null', arg, negated })) };
}

/** What compares several columns, each for itself or as rows. */
const ROW_TESTS: readonly string[] = ['BOOLEXPR', 'ROWCOMPAREEXPR'];

export function isRowTest(test: TreeNode): boolean {
  return ROW_TESTS.includes(test.tag);
}

/**
 * `(a, b) op ANY|ALL (SELECT …)`, decided by whether there is a row that decides it, and else one of which it isn't known.
 * The subquery stands in it twice, each time with columns of its own.
 */
export function compareRows(
  conversion: Conversion,
  quantifier: 'any' | 'all',
  test: TreeNode,
  subquery: TreeNode,
  scope: Scope,
): Expr {
  const exists = (where: (holds: Expr) => Expr): Expr => {
    const { predicate, input } = testedRows(conversion, test, subquery, scope);
    if (isVolatile({ kind: 'exists', plan: input }) || isVolatile(predicate)) {
      throw refuse('a volatile function in a comparison of rows with a subquery');
    }
    return { kind: 'exists', plan: { kind: 'filter', input, predicate: where(predicate) } };
  };
  const decisive = exists((holds) => (quantifier === 'any' ? holds : { kind: 'not', arg: holds }));
  const unknown = exists((arg) => ({ kind: 'is-null', arg, negated: false }));
  return {
    kind: 'case',
    branches: [
      { when: decisive, then: constant(BOOLEAN, quantifier === 'any' ? 'true' : 'false') },
      { when: unknown, then: constant(BOOLEAN, null) },
    ],
    otherwise: constant(BOOLEAN, quantifier === 'any' ? 'false' : 'true'),
    type: BOOLEAN,
  };
}

/** `(a, b) op (SELECT …)`: of the one row; NULL if there is none. */
export function compareWithOneRow(
  conversion: Conversion,
  test: TreeNode,
  subquery: TreeNode,
  scope: Scope,
): Expr {
  const { input, predicate } = testedRows(conversion, test, subquery, scope);
  const column = { id: conversion.newId(), name: 'compared', type: BOOLEAN };
  const plan = { kind: 'project', input, items: [{ column, expr: predicate }] } as const;
  return { kind: 'scalar-subquery', plan, type: BOOLEAN };
}

function testedRows(conversion: Conversion, test: TreeNode, tree: TreeNode, scope: Scope) {
  const { plan: input, outputs } = conversion.query(tree, scope);
  const subqueryColumns = outputs.map(({ id, type }) => ({ kind: 'column', id, type }) as const);
  return { input, predicate: conversion.expr(test, { ...scope, subqueryColumns }) };
}
