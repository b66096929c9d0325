import type { NodeReader, TreeNode, TreeValue } from '../../analysis/tree.ts';
import type { ShadowRelation } from '../../analysis/tree-context.ts';
import { assert, defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { findTable, type Snapshot } from '../../catalog/snapshot.ts';
import type { Column, Plan, ScanColumn } from '../../plan/logical.ts';
import { hasCarrier } from '../../types/carrier.ts';
import { type SqlType, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { requireCollation } from './collation.ts';
import { type Conversion, newColumn, openNode, outerScope, type Range, type Scope } from './conversion.ts';
import { definedColumns } from './json-records.ts';
import { keptRange, storedRange, viewRange } from './owned-ranges.ts';
import { attributeOf, type Common, changed, fixedRange, lazyRange, once } from './ranges.ts';
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
  if (made !== undefined) return systemRange(conversion, `sequence_${made.oid}`, SEQUENCE_COLUMNS, common);
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

const SEQUENCE_COLUMNS = ['last_value', 'log_cnt', 'is_called'].map((name) => ({ name }));

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
    // Parameters are the planner's.
    reader.ignore('funcparams');
    const columns = { defined: definedColumns(reader), count: reader.int('funccolcount') };
    const call = reader.node('funcexpr');
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
