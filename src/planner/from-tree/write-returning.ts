import type { NodeReader } from '../../analysis/tree.ts';
import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { OwnedTable } from '../../catalog/owned.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Column, Plan, ProjectItem } from '../../plan/logical.ts';
import { exprType } from '../../plan/type-of.ts';
import { subqueries, visitPlan } from '../../plan/walk.ts';
import { ACTION, type OnConflict, type WriteCommand } from '../../plan/write.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { constant } from '../types.ts';
import { type Conversion, newColumn, type Range, type Scope } from './conversion.ts';
import type { Target } from './targets.ts';
import type { ConvertedChanges, WriteContext } from './write-query.ts';
import type { RowColumns } from './write-rows.ts';
import type { StoredTarget } from './write-target.ts';
import { placeItem } from './write-values.ts';

const INT4 = sqlType(OID.int4);
const TEXT = sqlType(OID.text);

interface ReturningSource {
  readonly conversion: Conversion;
  readonly table: OwnedTable;
  readonly command: WriteCommand;
  /** The ranges of the statement as its changes see them. */
  readonly scope: Scope;
  /** Index of the target among the ranges, from 1. */
  readonly target: number;
  readonly action: Column;
  /** The new row. Empty: there is none. */
  readonly fresh: RowColumns;
  /** The row before the change; undefined: there was none. */
  readonly old: RowColumns | undefined;
}

interface Returning {
  readonly items: readonly ProjectItem[];
  /** What the changes have to pass on for it. */
  readonly kept: readonly ProjectItem[];
}

/** The rows that a statement changes, before they are staged. */
export interface FoundChanges {
  readonly scope: Scope;
  /** What happens to a row. */
  readonly action: ProjectItem;
  /** The row as it was, and its place; undefined: all rows are new. */
  readonly old: Pick<StoredTarget, 'columns' | 'rowid'> | undefined;
  /** The new row. Empty: there is none. */
  readonly fresh: RowColumns;
  /** The new rows with these columns beside. */
  readonly over: (items: readonly ProjectItem[]) => Plan;
  readonly onConflict?: OnConflict | undefined;
}

/** What is staged of each row: what happens to it, its place, the new row, and what RETURNING reads besides. */
export function stagedChanges(
  { conversion, query, table }: WriteContext,
  { scope, action, old, fresh, over, onConflict }: FoundChanges,
): ConvertedChanges {
  const { command, target } = query;
  const place = old === undefined ? [] : [placeItem(conversion, old.rowid)];
  const source = { conversion, table, command, scope, target, action: action.column, fresh };
  const returning = convertReturning({ ...source, old: old?.columns }, query.returning);
  const kept = returning?.kept ?? [];
  return {
    plan: over([action, ...place, ...kept]),
    staged: { action: action.column, rowid: place[0]?.column, fresh },
    onConflict,
    returning: returning?.items,
    others: kept.map(({ column }) => column),
  };
}

/** RETURNING over the staged changes: what it reads besides the new row is kept with them. */
function convertReturning(source: ReturningSource, targets: readonly Target[]): Returning | undefined {
  if (targets.length === 0) return undefined;
  const { conversion } = source;
  const kept = new KeptColumns(conversion);
  const scope = returningScope(source, kept);
  const items = targets.map(({ expr, name }): ProjectItem => {
    const converted = conversion.expr(expr, scope);
    if (readsOuterWith(converted)) throw refuse('a WITH query that the subqueries of RETURNING read, too,');
    return { column: newColumn(conversion, name, exprType(converted)), expr: converted };
  });
  return { items, kept: kept.items };
}

/** What the statement's WITH computes once is computed for its changes. */
function readsOuterWith(expr: Expr): boolean {
  const [read, own] = [new Set<string>(), new Set<string>()];
  for (const subquery of subqueries(expr)) {
    visitPlan(subquery, (plan) => {
      if (plan.kind === 'cte-ref') read.add(plan.name);
      if (plan.kind === 'with' || plan.kind === 'recursive') own.add(plan.name);
    });
  }
  return [...read].some((name) => !own.has(name));
}

class KeptColumns {
  readonly #conversion: Conversion;
  readonly #items = new Map<string, ProjectItem>();

  constructor(conversion: Conversion) {
    this.#conversion = conversion;
  }

  get items(): readonly ProjectItem[] {
    return [...this.#items.values()];
  }

  keep(key: string, make: () => Expr): Expr {
    const known = this.#items.get(key);
    if (known !== undefined) return reference(known.column);
    const expr = make();
    const item = { column: newColumn(this.#conversion, key, exprType(expr)), expr };
    this.#items.set(key, item);
    return reference(item.column);
  }
}

function returningScope(source: ReturningSource, kept: KeptColumns): Scope {
  const { scope, target, action } = source;
  const ranges = scope.ranges.map((range, index): Range => {
    if (index === target - 1) return targetRange(source, kept);
    return {
      name: range.name,
      lateral: false,
      resolve: (attribute, type) =>
        kept.keep(`${index}.${attribute}`, () => range.resolve(attribute, type, scope)),
    };
  });
  return { ...scope, ranges, changed: reference(action) };
}

function targetRange({ table, fresh, old, command, action }: ReturningSource, kept: KeptColumns): Range {
  const columnOf = (attribute: number) => {
    const column = table.columns[attribute - 1];
    if (column === undefined) throw refuse(`a system column of "${table.name}"`);
    return column;
  };
  const freshValue = (attribute: number): Expr => {
    const { type } = columnOf(attribute);
    const column = fresh[attribute - 1];
    return column === undefined ? constant(type, null) : reference(column);
  };
  const oldValue = (attribute: number): Expr => {
    const { type } = columnOf(attribute);
    if (old === undefined) return constant(type, null);
    return kept.keep(`old.${attribute}`, () => reference(defined(old[attribute - 1], 'column')));
  };
  const either = (attribute: number): Expr => {
    if (command !== 'MERGE') return command === 'DELETE' ? oldValue(attribute) : freshValue(attribute);
    const { type } = columnOf(attribute);
    const when = isAction(reference(action), 'delete');
    return {
      kind: 'case',
      branches: [{ when, then: oldValue(attribute) }],
      otherwise: freshValue(attribute),
      type,
    };
  };
  const range = (resolve: (attribute: number) => Expr): Range => ({
    name: table.name,
    lateral: false,
    resolve: (attribute) => resolve(attribute),
  });
  return { ...range(either), old: range(oldValue), fresh: range(freshValue) };
}

function isAction(changed: Expr, action: keyof typeof ACTION): Expr {
  const code = constant(INT4, String(ACTION[action]));
  return { kind: 'call', fn: 'int4 = int4', args: [changed, code], type: sqlType(OID.bool) };
}

/** `OLD.x` where there may be no old row, `NEW.x` where there may be no new one. */
export function convertReturned(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  if (node.int('retlevelsup') !== 0 || scope.changed === undefined) throw refuse('RETURNING OLD or NEW here');
  const without = node.bool('retold') ? 'insert' : 'delete';
  const expr = conversion.expr(node.node('retexpr'), scope);
  const type = exprType(expr);
  return {
    kind: 'case',
    branches: [{ when: isAction(scope.changed, without), then: constant(type, null) }],
    otherwise: expr,
    type,
  };
}

export function convertMergeAction(_conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('msftype', 'msfcollid', 'location');
  const { changed } = scope;
  if (changed === undefined) throw refuse('MERGE_ACTION() here');
  const actions = ['insert', 'update', 'delete'] as const;
  return {
    kind: 'case',
    branches: actions.map((action) => ({
      when: isAction(changed, action),
      then: constant(TEXT, action.toUpperCase()),
    })),
    otherwise: constant(TEXT, null),
    type: TEXT,
  };
}
