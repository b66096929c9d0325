import { readTree } from '../../analysis/read-tree.ts';
import type { NodeReader, TreeNode, TreeValue } from '../../analysis/tree.ts';
import type { ShadowRelation } from '../../analysis/tree-context.ts';
import { assert, defined } from '../../base/assert.ts';
import { refuse, SkeinError } from '../../base/errors.ts';
import type { OwnedPiece, OwnedTable, OwnedView } from '../../catalog/owned.ts';
import { findTable, type Snapshot } from '../../catalog/snapshot.ts';
import type { Column, Plan, ScanColumn, StoredColumn } from '../../plan/logical.ts';
import { hasCarrier } from '../../types/carrier.ts';
import { type SqlType, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { requireCollation } from './collation.ts';
import {
  type Conversion,
  type ConvertedQuery,
  type Field,
  newColumn,
  openNode,
  outerScope,
  type Range,
  type Scope,
} from './conversion.ts';
import { convertSetCalls, unnestOf } from './set-returning.ts';

/** RTEKind of parsenodes.h. */
const KIND = {
  relation: 0,
  subquery: 1,
  join: 2,
  function: 3,
  tableFunction: 4,
  values: 5,
  cte: 6,
  namedTuplestore: 7,
  result: 8,
  group: 9,
} as const;

/** @param scope the scope that the range table belongs to, for what its entries contain; read only when they are used. */
export function readRange(conversion: Conversion, entry: TreeNode, scope: () => Scope): Range {
  const node = openNode(entry, 'RANGETBLENTRY');
  // Names were resolved; `inFromCl` is about the visibility of names.
  node.ignore('inFromCl', 'alias').absent('securityQuals', 'row-level security');
  const common: Common = { ...readAlias(node.node('eref')), lateral: node.bool('lateral') };
  const range = readKind(conversion, node, common, scope);
  node.done();
  return range;
}

type Common = Pick<Range, 'name' | 'lateral'> & {
  /** The columns' names here. */
  readonly aliases: readonly string[];
};

function readKind(conversion: Conversion, node: NodeReader, common: Common, scope: () => Scope): Range {
  const kind = node.int('rtekind');
  switch (kind) {
    case KIND.relation:
      return readRelation(conversion, node, common);
    case KIND.subquery:
      return readSubquery(conversion, node, common, scope);
    case KIND.join:
      return readJoin(conversion, node, common);
    case KIND.values:
      return readValues(conversion, node, common, scope);
    case KIND.cte:
      return readCommonTable(node, common, scope);
    case KIND.group:
      return readGroup(node, common);
    case KIND.function:
      return readFunctions(conversion, node, common, scope);
    case KIND.tableFunction:
      throw refuse('XMLTABLE or JSON_TABLE');
    default:
      throw refuse(`a range table entry of kind ${kind}`);
  }
}

function readAlias(alias: TreeNode): Pick<Common, 'name' | 'aliases'> {
  const node = openNode(alias, 'ALIAS');
  const read = { name: node.token('aliasname'), aliases: node.strings('colnames') };
  node.done();
  return read;
}

function readRelation(conversion: Conversion, node: NodeReader, common: Common): Range {
  // Locks and permissions are PostgreSQL's own; what the relation is, the shadow says.
  node.ignore('rellockmode', 'perminfoindex', 'relkind').absent('tablesample', 'TABLESAMPLE');
  if (!node.bool('inh')) throw refuse('ONLY');
  const relid = node.int('relid');
  const { shadow, system, owned } = conversion.context;
  const made = owned?.get(relid);
  if (made?.kind === 'table') {
    return made.piece === undefined
      ? storedRange(conversion, made, common)
      : keptRange(conversion, made, made.piece, common);
  }
  if (made?.kind === 'view') return viewRange(conversion, made, common);
  if (made !== undefined) throw refuse(`the ${made.kind} "${made.name}" in FROM`);
  const relation = shadow.relations.get(relid);
  if (relation?.kind === 'table') return tableRange(conversion, relation, common);
  if (relation !== undefined) {
    return systemRange(conversion, relation.name, relation.columns, common);
  }
  const catalog = system.relations.get(relid);
  if (catalog === undefined) throw refuse(`the relation "${common.name}" in this statement`);
  const columns = catalog.columns.map((name) => ({ name }));
  return systemRange(conversion, `${catalog.schema}_${catalog.name}`, columns, common);
}

function tableRange(conversion: Conversion, relation: ShadowRelation, common: Common): Range {
  const { snapshot } = conversion.context;
  const table = findTable(snapshot, relation.name);
  if (table === undefined) throw changed(relation.name);
  const columns = relation.columns.map((column): ScanColumn => {
    const { name } = column;
    const type = columnType(snapshot, relation, column.source, name);
    const kind = column.source;
    return { ...newColumn(conversion, name, type), source: { kind, name } };
  });
  const plan: Plan = { kind: 'scan', table: table.name, tableKind: table.kind, columns, shards: undefined };
  // The row's type is the table's own, whatever its columns are called here.
  const aliases = columns.map(({ name }) => name);
  return fixedRange(
    { ...common, aliases },
    columns,
    once(() => plan),
  );
}

/** A table of the warehouse. Var's attnums count the columns that were dropped. */
function storedRange(conversion: Conversion, table: OwnedTable, common: Common): Range {
  const columns = table.columns.map(({ name, type }, index): StoredColumn => {
    const column = newColumn(conversion, name, type);
    return { ...column, source: { kind: 'attribute', number: index + 1 } };
  });
  const { oid, name, rows } = table;
  const kept = columns.filter((_, index) => table.columns[index]?.dropped === false);
  const estimate = rows === undefined ? {} : { rows };
  const plan: Plan = { kind: 'stored', oid, name, columns: kept, ...estimate };
  return {
    ...common,
    plan: once(() => plan),
    fields: () => kept.map(fieldOf),
    resolve: (attribute) => reference(attributeOf(columns, attribute, common.name)),
  };
}

const fieldOf = (column: Column): Field => ({ name: column.name, expr: reference(column) });

/** A table that was made in place: each of its shards' agents keeps a piece of it. */
function keptRange(conversion: Conversion, table: OwnedTable, piece: OwnedPiece, common: Common): Range {
  const kept = findTable(conversion.context.snapshot, piece.name);
  if (kept === undefined) throw changed(table.name);
  const columns = table.columns.map(({ name, type }, index): ScanColumn => {
    const label = piece.labels.get(index + 1);
    const source =
      label === undefined
        ? { kind: 'physical' as const, name: `@${index + 1}` }
        : { kind: 'label' as const, name: label };
    return { ...newColumn(conversion, name, type), source };
  });
  const plan: Plan = {
    kind: 'scan',
    table: piece.name,
    tableKind: 'federated',
    columns: columns.filter((_, index) => table.columns[index]?.dropped === false),
    shards: undefined,
  };
  return {
    ...common,
    plan: once(() => plan),
    fields: () => plan.columns.map(fieldOf),
    resolve: (attribute) => reference(attributeOf(columns, attribute, common.name)),
  };
}

/** What a view's query gives. The same view twice is two subqueries. */
function viewRange(conversion: Conversion, view: OwnedView, common: Common): Range {
  if (view.broken !== undefined) throw brokenView(view, view.broken);
  return lazyRange(common, () => {
    try {
      return conversion.query(readTree(view.tree), undefined);
    } catch (error) {
      throw inView(error, view);
    }
  });
}

function brokenView({ schema, name }: OwnedView, reason: string): SkeinError {
  return new SkeinError('objectNotInState', `view "${schema}.${name}" can't be used: ${reason}`, {
    detail: 'A table that it reads has changed since it was made.',
    hint: 'Replace the view with CREATE OR REPLACE VIEW, or drop it.',
  });
}

/** Whoever asks the view doesn't see what it is made of. The innermost view is named. */
function inView(error: unknown, { schema, name }: OwnedView): unknown {
  if (!(error instanceof SkeinError) || error.fields.detail !== undefined) return error;
  const fields = {
    ...error.fields,
    position: undefined,
    detail: `It is part of the view "${schema}.${name}".`,
  };
  return new SkeinError({ sqlstate: error.code }, error.message, fields, error.cause);
}

function columnType(
  snapshot: Snapshot,
  relation: ShadowRelation,
  source: 'physical' | 'label',
  name: string,
): SqlType {
  const columns = source === 'label' ? snapshot.labels : findTable(snapshot, relation.name)?.columns;
  const column = columns?.find((candidate) => candidate.name === name);
  if (column === undefined) throw changed(relation.name);
  return column.type;
}

function changed(table: string): SkeinError {
  return new SkeinError('serializationFailure', `table "${table}" changed while the statement was planned`, {
    hint: 'Run the statement again.',
  });
}

/** The rows come from the session; the types, from the references. */
function systemRange(
  conversion: Conversion,
  relation: string,
  attributes: readonly { readonly name: string }[],
  common: Common,
): Range {
  const columns: Column[] = [];
  const byAttribute = new Map<number, Column>();
  const plan: Plan = { kind: 'relation', name: `s_${relation}`, columns };
  return {
    ...common,
    plan: once(() => plan),
    resolve: (attribute, type) => {
      const { name } = attributeOf(attributes, attribute, common.name);
      if (!hasCarrier(type)) throw refuse(`the column ${common.name}.${name} beside tables: its type`);
      const column = byAttribute.get(attribute) ?? newColumn(conversion, name, type);
      if (!byAttribute.has(attribute)) columns.push(column);
      byAttribute.set(attribute, column);
      return reference(column);
    },
  };
}

/** System columns have negative numbers. pg_attribute.h */
const SYSTEM_COLUMNS: Readonly<Record<number, string>> = {
  [-1]: 'ctid',
  [-2]: 'xmin',
  [-3]: 'cmin',
  [-4]: 'xmax',
  [-5]: 'cmax',
  [-6]: 'tableoid',
};

function attributeOf<C>(columns: readonly C[], attribute: number, range: string): C {
  const system = SYSTEM_COLUMNS[attribute];
  if (system !== undefined) throw refuse(`the system column ${range}.${system}`);
  return defined(columns[attribute - 1], `column ${attribute} of ${range}`);
}

/** A range whose columns stand from the start. */
function fixedRange(common: Common, columns: readonly Column[], plan: () => Plan): Range {
  return {
    ...common,
    plan,
    fields: () =>
      columns.map((column, index) => ({
        name: defined(common.aliases[index], 'name of a column'),
        expr: reference(column),
      })),
    resolve: (attribute, type) => {
      const column = attributeOf(columns, attribute, common.name);
      assert(column.type.oid === type.oid, `type of ${common.name}.${column.name}`);
      return reference(column);
    },
  };
}

/** A plan stands in one place: its column ids are unique. */
function once(plan: () => Plan): () => Plan {
  let used = false;
  return () => {
    assert(!used, 'range used twice');
    used = true;
    return plan();
  };
}

function readSubquery(conversion: Conversion, node: NodeReader, common: Common, scope: () => Scope): Range {
  // Of the view that the subquery was, if it was one; its permissions are checked by PostgreSQL's roles in the session.
  node.ignore('relid', 'inh', 'relkind', 'rellockmode', 'perminfoindex');
  node.absent('security_barrier', 'a security_barrier view');
  const subquery = node.node('subquery');
  return lazyRange(common, () => conversion.query(subquery, scope()));
}

function readCommonTable(node: NodeReader, common: Common, scope: () => Scope): Range {
  // The columns' types follow from the definition.
  node.ignore('coltypes', 'coltypmods', 'colcollations', 'self_reference');
  const name = node.token('ctename');
  const levels = node.int('ctelevelsup');
  return lazyRange(common, () =>
    defined(outerScope(scope(), levels).commonTables.get(name), `CTE ${name}`).reference(),
  );
}

/** A range that is converted where the join tree names it, which is before anything refers to its columns. */
function lazyRange(common: Common, convert: () => ConvertedQuery): Range {
  let columns: readonly Column[] = [];
  const plan = once(() => {
    const { plan, outputs } = convert();
    columns = outputs;
    return plan;
  });
  return {
    ...common,
    plan,
    fields: (scope) => fixedRange(common, columns, plan).fields?.(scope) ?? [],
    resolve: (attribute, type, scope) => fixedRange(common, columns, plan).resolve(attribute, type, scope),
  };
}

function readValues(conversion: Conversion, node: NodeReader, common: Common, scope: () => Scope): Range {
  node.ignore('coltypmods');
  for (const collation of node.ints('colcollations')) requireCollation(collation, 'VALUES');
  const types = node.ints('coltypes');
  const rows = node.list('values_lists').map(rowOfNodes);
  const columns = types.map((oid, index) => newColumn(conversion, `column${index + 1}`, sqlType(oid)));
  const plan = once((): Plan => {
    const within = scope();
    return {
      kind: 'values',
      columns,
      rows: rows.map((row) => row.map((cell) => conversion.expr(cell, within))),
    };
  });
  return fixedRange(common, columns, plan);
}

/** Functions in FROM, and ROWS FROM. */
function readFunctions(conversion: Conversion, node: NodeReader, common: Common, scope: () => Scope): Range {
  const withOrdinality = node.bool('funcordinality');
  const calls = node.nodes('functions').map((entry) => {
    const reader = openNode(entry, 'RANGETBLFUNCTION');
    // Parameters are the planner's; the column definitions below say whether a row type has to be known.
    reader.ignore('funcparams', 'funccolnames', 'funccoltypes', 'funccoltypmods', 'funccolcollations');
    const call = reader.node('funcexpr');
    const columns = reader.int('funccolcount');
    reader.done();
    return { call, columns };
  });
  return lazyRange(common, () => {
    const within = scope();
    const sets = calls.flatMap(({ call, columns }) => convertSetCalls(conversion, call, within, columns));
    const { plan, columns } = unnestOf(conversion, sets, withOrdinality);
    return { plan, outputs: columns };
  });
}

function rowOfNodes(row: TreeValue): readonly TreeNode[] {
  assert(row.kind === 'list', 'a row of VALUES is a list');
  return row.items.map((cell) => {
    assert(cell.kind === 'node', 'a cell of VALUES is a node');
    return cell.node;
  });
}

/** A Var of a join stands for what the join's sides give; of a merged column of a FULL JOIN, for a COALESCE of both. */
function readJoin(conversion: Conversion, node: NodeReader, common: Common): Range {
  // JOINEXPR says the same of the join itself.
  node.ignore('jointype', 'joinmergedcols', 'joinleftcols', 'joinrightcols', 'join_using_alias');
  const aliases = node.nodes('joinaliasvars');
  return {
    ...common,
    fields: (scope) =>
      aliases.map((alias, index) => ({
        name: defined(common.aliases[index], 'name of a column'),
        expr: conversion.expr(alias, scope),
      })),
    resolve: (attribute, _type, scope) =>
      conversion.expr(attributeOf(aliases, attribute, common.name), scope),
  };
}

function readGroup(node: NodeReader, common: Common): Range {
  const groupExprs = node.nodes('groupexprs');
  return {
    ...common,
    groupExprs,
    resolve: (attribute, _type, scope) => reference(attributeOf(scope.groups, attribute, 'GROUP BY')),
  };
}
