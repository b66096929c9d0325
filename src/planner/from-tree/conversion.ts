import { NodeReader, type TreeNode } from '../../analysis/tree.ts';
import type { ShadowMap, SystemCatalog } from '../../analysis/tree-context.ts';
import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { OwnedRelations } from '../../catalog/owned.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import type { AggregateCall, ColumnExpr, Expr, SessionValue } from '../../plan/expr.ts';
import type { AggregateItem, Column, Plan } from '../../plan/logical.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { LongLists } from './long-lists.ts';

/** What a tree refers to, and nothing that changes while it is read. */
export interface FromTreeContext {
  readonly system: SystemCatalog;
  readonly shadow: ShadowMap;
  readonly snapshot: Snapshot;
  /** What users made; absent: nothing. */
  readonly owned?: OwnedRelations;
}

export interface LogicalQuery {
  readonly plan: Plan;
  /** The plan's output columns, in the order of the visible target list. */
  readonly outputs: readonly Column[];
  /** The session's values that must be known before the query can be planned further. */
  readonly usesSession: readonly SessionValue[];
}

export interface ConvertedQuery {
  readonly plan: Plan;
  readonly outputs: readonly Column[];
}

/** A column of a row as a value. */
export interface Field {
  readonly name: string;
  readonly expr: Expr;
}

/** One entry of a query's range table: what a Var that points to it means. */
export interface Range {
  /** For people: the alias that the user gave, or the relation's name. */
  readonly name: string;
  /** @param scope the scope of the query that the range belongs to, not that of the Var. */
  readonly resolve: (attribute: number, type: SqlType, scope: Scope) => Expr;
  /** Not NULL where the range has a row; undefined: nothing says so. */
  readonly presence?: ColumnExpr | undefined;
  /** The columns of a whole row; undefined: they are not known as one. @param scope as of `resolve`. */
  readonly fields?: (scope: Scope) => readonly Field[];
  /** The rows, once; undefined for ranges that only rename (joins, groups). */
  readonly plan?: () => Plan;
  /** Only of the range that stands for GROUP BY. */
  readonly groupExprs?: readonly TreeNode[];
  /** It may refer to ranges on its left. */
  readonly lateral: boolean;
  /** In RETURNING, of the table that is changed: its rows before and after. */
  readonly old?: Range;
  readonly fresh?: Range;
}

/** Takes a FUNCEXPR that returns a set, and gives what its rows are over their column. */
export type SetCollector = (call: TreeNode, scope: Scope) => Expr;

export interface WindowUse {
  readonly reference: number;
  readonly column: Column;
  readonly call: AggregateCall;
}

/** A `WITH` item as its references see it: `reference` gives the plan of one more reference. */
export interface CommonTable {
  readonly reference: () => ConvertedQuery;
}

/** The groups by their numbers for SORTGROUPCLAUSEs, and the column that says which of them a row's set lacks. */
export interface ScopeGrouping {
  readonly references: readonly number[];
  /** undefined: none. */
  readonly mask: Column | undefined;
}

/** What an expression of one query level may refer to. `parent` is the enclosing query. */
export interface Scope {
  readonly parent: Scope | undefined;
  readonly ranges: readonly Range[];
  readonly commonTables: ReadonlyMap<string, CommonTable>;
  /** Output of the grouping, once it stands. */
  readonly groups: readonly Column[];
  /** What GROUPING() means at this level. */
  readonly grouping: ScopeGrouping | undefined;
  /** Where the aggregates of this level are collected; undefined in clauses that allow none. */
  readonly aggregates: AggregateItem[] | undefined;
  readonly windows: WindowUse[] | undefined;
  /** Where the set-returning functions of the select list are collected; undefined elsewhere. */
  readonly sets: SetCollector | undefined;
  /** What CASETESTEXPR stands for. */
  readonly test: (() => Expr) | undefined;
  /** What the PARAMs of a sublink's test expression stand for: the subquery's columns. */
  readonly subqueryColumns: readonly ColumnExpr[];
  /** What the PARAMs of `SET (a, b) = (SELECT …)` stand for, by their ids. */
  readonly assigned?: (parameter: number) => Expr;
  /** Only in RETURNING: which of ACTION happened to the row. */
  readonly changed?: ColumnExpr;
}

/** Ties the mutually recursive converters together, and hands out column ids. */
export interface Conversion {
  readonly context: FromTreeContext;
  readonly expr: (node: TreeNode, scope: Scope) => Expr;
  readonly query: (node: TreeNode, parent: Scope | undefined) => ConvertedQuery;
  readonly newId: () => number;
  /** The query whose rows the client gets. */
  readonly result: TreeNode | undefined;
  /** A whole row is asked for that an outer join may have left out: ranges get a column that says so. */
  readonly marksRows: boolean;
  /** What the text had more of than its tree. */
  readonly lists: LongLists;
}

export function newColumn(conversion: Conversion, name: string, type: SqlType): Column {
  return { id: conversion.newId(), name, type };
}

/** A type as the tree says it; a domain of PostgreSQL's own is what it stands for. */
export function treeType({ system }: FromTreeContext, oid: number, typmod = -1): SqlType {
  const base = system.domains.get(oid);
  return base === undefined ? { oid, typmod } : { oid: base.oid, typmod: base.typmod };
}

/** The scope `levels` queries further out. */
export function outerScope(scope: Scope, levels: number): Scope {
  let found: Scope = scope;
  for (let level = 0; level < levels; level++) found = defined(found.parent, 'enclosing query');
  return found;
}

export function typeName(context: FromTreeContext, oid: number): string {
  const name = context.system.types.get(oid);
  if (name === undefined) throw refuse(`the type with OID ${oid}`);
  return name;
}

/** Opens a node that can only be one of these. */
export function openNode(node: TreeNode, ...tags: readonly string[]): NodeReader {
  if (!tags.includes(node.tag)) throw refuse(`the query tree node ${node.tag}`);
  return new NodeReader(node);
}

/** A set-returning function as the array of its rows; `name` is its column's. */
export interface SetCall {
  readonly name: string;
  readonly array: Expr;
  /** The row's value, where it is another than the array's element: there are no arrays of arrays. */
  readonly value?: (element: ColumnExpr) => Expr;
}
