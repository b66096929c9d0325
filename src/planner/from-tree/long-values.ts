import { NodeReader, type TreeNode, type TreeValue } from '../../analysis/tree.ts';
import { assert, defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Plan, ProjectItem } from '../../plan/logical.ts';
import { exprType } from '../../plan/type-of.ts';
import type { ValueInput } from '../../plan/write.ts';
import type { LongValues } from '../../sql/long-values.ts';
import { sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { constant } from '../types.ts';
import { type Conversion, newColumn, openNode, type Range } from './conversion.ts';
import { BARE_SCOPE } from './write-rows.ts';
import { columnsRange } from './write-target.ts';

/** The relation that holds the literals. */
export const VALUES_RELATION = 'values';

export interface LongRange {
  readonly range: Range;
  readonly inputs: readonly ValueInput[];
}

/** Whether the entry is VALUES, of which the text had more rows than the tree. */
export function isLongValues(entry: TreeNode, { kept }: LongValues): boolean {
  const rows = entry.fields.get('values_lists');
  return rows?.kind === 'list' && rows.items.length === kept.length;
}

/**
 * VALUES of very many literals: a relation with a column for each kind of literal that a column has, converted as PostgreSQL
 * converts the literal of this kind that its tree has.
 */
export function longValuesRange(conversion: Conversion, entry: TreeNode, long: LongValues): LongRange {
  const node = openNode(entry, 'RANGETBLENTRY');
  const rows = node.list('values_lists').map(cellsOf);
  const types = node.ints('coltypes');
  const inputs: ValueInput[] = [];
  const items = types.map((oid, index): ProjectItem => {
    const exprs = kindsOf(long, index).map(({ kind, row }): Expr => {
      const cell = defined(rows[row]?.[index], 'literal of a kept row');
      const { tree, type } = withoutLiteral(cell);
      const column = newColumn(conversion, `column${index + 1}`, sqlType(type));
      inputs.push({ column, index, kind });
      return conversion.expr(tree, { ...BARE_SCOPE, test: () => reference(column) });
    });
    const expr = firstGiven(oid, exprs);
    return { column: newColumn(conversion, `column${index + 1}`, exprType(expr)), expr };
  });
  const relation: Plan = {
    kind: 'relation',
    name: VALUES_RELATION,
    columns: inputs.map(({ column }) => column),
    rows: long.rows.length,
  };
  const plan: Plan = { kind: 'project', input: relation, items };
  const columns = items.map(({ column }) => column);
  return { range: columnsRange('*VALUES*', columns, () => plan), inputs };
}

function cellsOf(row: TreeValue): readonly TreeNode[] {
  assert(row.kind === 'list', 'a row of VALUES is a list');
  return row.items.map((cell) => {
    assert(cell.kind === 'node', 'a cell of VALUES is a node');
    return cell.node;
  });
}

/** The kinds of literals in a column, each with a row of the tree that has it. NULL has none. */
function kindsOf({ rows, kept }: LongValues, index: number) {
  const kinds = new Map<string, number>();
  kept.forEach((number, row) => {
    const kind = rows[number]?.[index]?.kind;
    if (kind !== undefined && kind !== 'null' && !kinds.has(kind)) kinds.set(kind, row);
  });
  return [...kinds].map(([kind, row]) => ({ kind, row }));
}

/** A row has a literal of one kind: the others are NULL, and stay so whatever they are converted to. */
function firstGiven(oid: number, exprs: readonly Expr[]): Expr {
  const [only, another] = exprs;
  if (only === undefined) return constant(sqlType(oid), null);
  return another === undefined ? only : { kind: 'coalesce', args: exprs, type: exprType(only) };
}

interface WithoutLiteral {
  /** With a placeholder for the literal. */
  readonly tree: TreeNode;
  /** The literal's type. */
  readonly type: number;
}

/** What PostgreSQL does to a literal is a chain of casts, of which each has its operand first. */
function withoutLiteral(cell: TreeNode): WithoutLiteral {
  if (cell.tag === 'CONST') return placeholder(cell);
  const arg = cell.fields.get('arg');
  if (arg?.kind === 'node') {
    const { tree, type } = withoutLiteral(arg.node);
    return { tree: withField(cell, 'arg', { kind: 'node', node: tree }), type };
  }
  const args = cell.fields.get('args');
  const first = args?.kind === 'list' ? args.items[0] : undefined;
  if (cell.tag !== 'FUNCEXPR' || args?.kind !== 'list' || first?.kind !== 'node') {
    throw refuse(`the conversion of a literal by ${cell.tag} in a long INSERT`);
  }
  const { tree, type } = withoutLiteral(first.node);
  const items: readonly TreeValue[] = [{ kind: 'node', node: tree }, ...args.items.slice(1)];
  return { tree: withField(cell, 'args', { kind: 'list', items }), type };
}

function withField(node: TreeNode, name: string, value: TreeValue): TreeNode {
  return { ...node, fields: new Map([...node.fields, [name, value]]) };
}

function placeholder(literal: TreeNode): WithoutLiteral {
  const type = new NodeReader(literal).int('consttype');
  const token = (text: string): TreeValue => ({ kind: 'token', text });
  const fields = new Map([
    ['typeId', token(String(type))],
    ['typeMod', token('-1')],
    ['collation', token('0')],
  ]);
  return { tree: { tag: 'CASETESTEXPR', fields }, type };
}
