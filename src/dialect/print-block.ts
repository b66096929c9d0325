import { defined } from '../base/assert.ts';
import { refuse } from '../base/errors.ts';
import { outputColumns } from '../plan/columns.ts';
import type { ColumnId, Expr, SortKey } from '../plan/expr.ts';
import type { AggregatePlan, Plan, ProjectItem } from '../plan/logical.ts';
import { columnsUsed, outerColumns } from '../plan/walk.ts';
import { quoteIdentifier } from './quote.ts';

/** How the names in scope are said: a column of this block or, for correlation, of an enclosing one. */
export type ResolveColumn = (id: ColumnId) => string;

/**
 * One SELECT being put together. `defined` says each visible column in terms of FROM (`c3`, or an expression over such);
 * ORDER BY stays expressions until the block is rendered, because projections on top rename what it refers to. There is no
 * HAVING: DuckDB loses a macro's parameters where a name there stands for an aggregate.
 */
export interface Block {
  readonly withs: readonly string[];
  readonly from: string | undefined;
  /** FROM is more than one item. */
  readonly joined: boolean;
  readonly where: readonly string[];
  readonly defined: ReadonlyMap<ColumnId, string>;
  readonly output: readonly ColumnId[];
  /** Ids of the grouping columns; undefined: no aggregation. */
  readonly groups: readonly ColumnId[] | undefined;
  /** Indexes of `groups`; undefined: one set of them all. */
  readonly groupingSets: readonly (readonly number[])[] | undefined;
  readonly windowed: boolean;
  readonly distinct: boolean;
  readonly qualify: string | undefined;
  readonly orderBy: readonly SortKey[];
  readonly limit: string | undefined;
  readonly offset: string | undefined;
}

export const columnName = (id: ColumnId): string => `c${id}`;

/** A FROM item that already outputs the columns under their names. */
export function blockOver(from: string | undefined, output: readonly ColumnId[]): Block {
  return {
    withs: [],
    from,
    joined: false,
    where: [],
    defined: new Map(output.map((id) => [id, columnName(id)])),
    output,
    groups: undefined,
    groupingSets: undefined,
    windowed: false,
    distinct: false,
    qualify: undefined,
    orderBy: [],
    limit: undefined,
    offset: undefined,
  };
}

const BARE_NAME = /^c\d+$/;

/** Whether the column is said by a name of FROM, so that it can stand anywhere in the block at no cost. */
function isBare(block: Block, id: ColumnId): boolean {
  const sql = block.defined.get(id);
  return sql === undefined || BARE_NAME.test(sql);
}

export function usesOnlyBare(block: Block, exprs: readonly Expr[]): boolean {
  return exprs.every((expr) => [...columnsUsed(expr)].every((id) => isBare(block, id)));
}

/** Nothing happens after FROM and WHERE yet, and every column is a name: any operator can go on top. */
export function isPlain(block: Block): boolean {
  return isUnlimited(block) && block.orderBy.length === 0 && block.output.every((id) => isBare(block, id));
}

/** No clause yet that ends what may be computed from single input rows, except an order. */
export function isUnlimited(block: Block): boolean {
  return (
    block.groups === undefined &&
    !block.windowed &&
    !block.distinct &&
    block.qualify === undefined &&
    block.limit === undefined &&
    block.offset === undefined
  );
}

/** Printing an expression in a scope; injected, because expressions hold subqueries, which are blocks again. */
export type PrintIn = (expr: Expr, resolve: ResolveColumn) => string;

/** The whole SELECT statement. */
export function renderBlock(block: Block, outer: ResolveColumn, print: PrintIn): string {
  const late = lateResolver(block, outer);
  const clause = (word: string, items: readonly string[], separator: string): readonly string[] =>
    items.length === 0 ? [] : [`${word} ${items.join(separator)}`];
  return [
    ...clause('WITH', block.withs, ', '),
    `${block.distinct ? 'SELECT DISTINCT' : 'SELECT'} ${selectList(block)}`,
    ...(block.from === undefined ? [] : [`FROM ${block.from}`]),
    ...clause('WHERE', block.where, ' AND '),
    ...clause('GROUP BY', groupingSets(block, groupList(block)), ', '),
    ...clause('QUALIFY', block.qualify === undefined ? [] : [block.qualify], ''),
    ...clause(
      'ORDER BY',
      block.orderBy.map((key) => `${print(key.expr, late)}${orderSuffix(key)}`),
      ', ',
    ),
    ...clause('LIMIT', block.limit === undefined ? [] : [block.limit], ''),
    ...clause('OFFSET', block.offset === undefined ? [] : [block.offset], ''),
  ].join(' ');
}

export function orderSuffix(key: SortKey): string {
  return `${key.descending ? ' DESC' : ''} NULLS ${key.nullsFirst ? 'FIRST' : 'LAST'}`;
}

/** DuckDB has no relation without columns: one that nobody reads stands in. */
function selectList(block: Block): string {
  if (block.output.length === 0) return 'true AS "none"';
  return block.output
    .map((id) => {
      const sql = defined(block.defined.get(id), `column ${id}`);
      return sql === columnName(id) ? sql : `${sql} AS ${columnName(id)}`;
    })
    .join(', ');
}

function groupList(block: Block): readonly string[] {
  return (block.groups ?? []).map((id) => {
    const sql = defined(block.defined.get(id), `column ${id}`);
    const own = block.output.indexOf(id);
    const position = own < 0 ? block.output.findIndex((other) => block.defined.get(other) === sql) : own;
    return position < 0 ? sql : String(position + 1);
  });
}

function groupingSets({ groupingSets: sets }: Block, groups: readonly string[]): readonly string[] {
  if (sets === undefined) return groups;
  const printed = sets.map((set) => `(${set.map((index) => defined(groups[index], 'group')).join(', ')})`);
  return [`GROUPING SETS (${printed.join(', ')})`];
}

type Definition = readonly [ColumnId, string];

/**
 * Which groups a row's set lacks, as bits; the last group's is the lowest. In what refers to an outer query, DuckDB makes up what
 * the empty set has over no rows, as one row of NULLs.
 * @throws 0A000
 */
export function printMask(plan: AggregatePlan, groups: readonly Definition[]): readonly Definition[] {
  if (plan.sets === undefined) return [];
  const { mask, members } = plan.sets;
  const bits = `CAST(GROUPING(${groups.map(([, sql]) => sql).join(', ')}) AS BIGINT)`;
  if (outerColumns(plan).size === 0) return [[mask.id, bits]];
  if (members.filter((set) => set.length === 0).length > 1)
    throw refuse('several empty grouping sets in a subquery that refers to an outer query');
  return [[mask.id, `coalesce(${bits}, ${2n ** BigInt(groups.length) - 1n})`]];
}

/** What the expressions use that is not the block's: columns of the enclosing queries. */
export function enclosingColumns(block: Block, exprs: readonly Expr[]): readonly ColumnId[] {
  const used = new Set(exprs.flatMap((expr) => [...columnsUsed(expr)]));
  return [...used].filter((id) => !block.defined.has(id));
}

/** ORDER BY sees the select list's names; what it no longer outputs is spelled out. */
function lateResolver(block: Block, outer: ResolveColumn): ResolveColumn {
  return (id) => {
    const sql = block.defined.get(id);
    if (sql === undefined) return outer(id);
    if (BARE_NAME.test(sql)) return sql;
    const alias = block.output.find((other) => block.defined.get(other) === sql);
    return alias === undefined ? sql : columnName(alias);
  };
}

/** Exactly one row without columns, whatever the item holds. */
export function oneRow(fromItem: string): Block {
  return blockOver(`(SELECT count(*) FROM ${fromItem})`, []);
}

/** Whether a computed column would be evaluated more than once. */
export function repeatsComputed(block: Block, items: readonly ProjectItem[]): boolean {
  const ids = items.flatMap(({ expr }) =>
    expr.kind === 'column' && !isBare(block, expr.id) ? [block.defined.get(expr.id)] : [],
  );
  return new Set(ids).size < ids.length;
}

/** A sort key of a DISTINCT block must be in its select list. */
export function isSortable(block: Block, id: ColumnId): boolean {
  return !block.distinct || block.output.includes(id);
}

export function idsOf(plan: Plan): readonly ColumnId[] {
  return outputColumns(plan).map((column) => column.id);
}

/** CTE names are the user's; the prefix keeps them apart from tables. */
export function cteName(name: string): string {
  return quoteIdentifier(`w_${name}`);
}
