import type { TreeNode } from '../../analysis/tree.ts';
import { assert, defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { Column, Plan, ProjectItem } from '../../plan/logical.ts';
import { reference } from '../exprs.ts';
import { requireCollation, requireComparable } from './collation.ts';
import { type Conversion, newColumn, openNode, type Scope, treeType } from './conversion.ts';
import { cast } from './dialect-call.ts';
import { planOf, rangeAt } from './from-clause.ts';
import { distinctRows, hasKey } from './keys.ts';
import { readSortGroup } from './sorting.ts';

/** SetOperation of parsenodes.h. */
const OPERATIONS = { 1: 'union', 2: 'intersect', 3: 'except' } as const;

/** The tree of UNION, INTERSECT and EXCEPT; its leaves are subqueries of the range table. */
export function convertSetOperation(conversion: Conversion, tree: TreeNode, scope: Scope): Plan {
  const node = openNode(tree, 'RANGETBLREF', 'SETOPERATIONSTMT');
  if (tree.tag === 'RANGETBLREF') {
    const plan = planOf(rangeAt(scope, node.int('rtindex')));
    node.done();
    return plan;
  }
  // Lengths bear on the description only.
  node.ignore('colTypmods');
  const op = operation(node.int('op'));
  const all = node.bool('all');
  const types = node.ints('colTypes');
  for (const collation of node.ints('colCollations')) requireCollation(collation, op.toUpperCase());
  const left = convertSetOperation(conversion, node.node('larg'), scope);
  const right = convertSetOperation(conversion, node.node('rarg'), scope);
  for (const clause of node.nodes('groupClauses')) readSortGroup(conversion.context, clause);
  node.done();
  const columns = outputColumns(left).map((column, index) =>
    newColumn(
      conversion,
      column.name,
      treeType(conversion.context, defined(types[index], 'type of a set operation')),
    ),
  );
  const inputs = [withTypes(conversion, left, columns), withTypes(conversion, right, columns)] as const;
  const keyed = columns.some(({ type }) => hasKey(type));
  if (op === 'union' && !all && keyed) return distinctUnion(conversion, inputs, columns);
  if (op !== 'union' || !all) {
    for (const { type } of columns) requireComparable(conversion.context, type, op.toUpperCase());
  }
  return { kind: 'set-operation', op, all, inputs, columns };
}

/** UNION of what is told apart by a key. */
function distinctUnion(
  conversion: Conversion,
  inputs: readonly [Plan, Plan],
  columns: readonly Column[],
): Plan {
  const all = columns.map(({ name, type }) => newColumn(conversion, name, type));
  const union: Plan = { kind: 'set-operation', op: 'union', all: true, inputs, columns: all };
  const items = columns.flatMap((column, index): readonly ProjectItem[] => {
    const of = all[index];
    return of === undefined ? [] : [{ column, expr: reference(of) }];
  });
  return distinctRows(conversion, union, items);
}

function operation(code: number): 'union' | 'intersect' | 'except' {
  if (code === 1 || code === 2 || code === 3) return OPERATIONS[code];
  throw refuse(`the set operation ${code}`);
}

/** PostgreSQL leaves the casts to the common type to its planner. */
function withTypes(conversion: Conversion, plan: Plan, wanted: readonly Column[]): Plan {
  const columns = outputColumns(plan);
  assert(columns.length === wanted.length, 'inputs of a set operation have the same number of columns');
  const pairs = columns.map((column, index) => ({ column, to: defined(wanted[index], 'column').type }));
  if (pairs.every(({ column, to }) => column.type.oid === to.oid)) return plan;
  const items = pairs.map(({ column, to }): ProjectItem => {
    const expr = cast(conversion.context, reference(column), to);
    return { column: newColumn(conversion, column.name, to), expr };
  });
  return { kind: 'project', input: plan, items };
}
