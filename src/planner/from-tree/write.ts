import type { TreeNode } from '../../analysis/tree.ts';
import { assert, defined } from '../../base/assert.ts';
import { refuse, type SkeinError } from '../../base/errors.ts';
import type { OwnedTable } from '../../catalog/owned.ts';
import { findTable, type Table } from '../../catalog/snapshot.ts';
import type { Column, Plan } from '../../plan/logical.ts';
import type { ValueInput, WritePlan } from '../../plan/write.ts';
import type { LongValues } from '../../sql/long-values.ts';
import { reference } from '../exprs.ts';
import { convertCommonTables } from './common-tables.ts';
import { type Conversion, openNode, type Range, type Scope } from './conversion.ts';
import { firstOfEach } from './distinct-on.ts';
import { convertFrom } from './from-clause.ts';
import { isLongValues, longValuesRange } from './long-values.ts';
import { readRange } from './range-table.ts';
import { convertConflict, insertRows } from './write-conflict.ts';
import { convertMerge } from './write-merge.ts';
import { type ConvertedChanges, readWriteQuery, type WriteContext, type WriteQuery } from './write-query.ts';
import { stagedChanges } from './write-returning.ts';
import { BARE_SCOPE, newRow, rowChecks, withDefaults } from './write-rows.ts';
import { columnsRange, targetRows } from './write-target.ts';
import { actionItem, assignedValues, updatedValues } from './write-values.ts';

/** PostgreSQL's analysed INSERT, UPDATE, DELETE or MERGE. @throws 0A000 for what isn't carried, 42809 for what has no rows of its own. */
export function convertWrite(conversion: Conversion, tree: TreeNode, long?: LongValues): WritePlan {
  const query = readWriteQuery(tree);
  const { table, alias } = targetTable(conversion, query);
  let scope: Scope | undefined;
  const within = () => defined(scope, 'scope of the statement');
  const entries = query.rangeTable.map((entry) => withDefaults(entry, defaultedColumns(query, table)));
  const inputs: ValueInput[] = [];
  const ranges = entries.map((entry, index): Range | undefined => {
    if (index === query.target - 1 || isExcluded(query, index)) return undefined;
    if (long === undefined || !isLongValues(entry, long)) return readRange(conversion, entry, within);
    const { range, inputs: literals } = longValuesRange(conversion, entry, long);
    inputs.push(...literals);
    return range;
  });
  assert(long === undefined || inputs.length > 0, 'the rows of a long INSERT are in its tree');
  const scopeOver = (
    tables: Scope['commonTables'],
    target: Range,
    others: ReadonlyMap<number, Range> = new Map(),
  ): Scope => ({
    ...BARE_SCOPE,
    commonTables: tables,
    ranges: ranges.map((range, index) =>
      index === query.target - 1 ? target : (others.get(index + 1) ?? range ?? target),
    ),
  });
  const nothing = columnsRange(alias, []);
  const { tables, wrap } = convertCommonTables(conversion, query.commonTables, (known) =>
    scopeOver(known, nothing),
  );
  const scopeWith: WriteContext['scopeWith'] = (target, others) => {
    scope = scopeOver(tables, target, others);
    return scope;
  };
  const changes = convertChanges({ conversion, query, table, alias, scopeWith });
  const { staged, onConflict, returning, others } = changes;
  return {
    command: query.command,
    target: table.oid,
    changes: wrap(changes.plan),
    staged: { ...staged, others },
    checks: rowChecks(conversion, table, staged.fresh),
    returning,
    onConflict,
    inputs,
  };
}

/** `excluded` is the last entry of an INSERT that has ON CONFLICT DO UPDATE; nothing else follows a query there. */
function isExcluded(query: WriteQuery, index: number): boolean {
  const at = query.onConflict?.fields.get('exclRelIndex');
  return at?.kind === 'token' && Number(at.text) === index + 1;
}

/** Of a table that was made in place, the agents make their rows anew: none of them comes to the proxy. */
function checkKept({ name }: OwnedTable, { command, returning }: WriteQuery): void {
  const refused = (what: string): SkeinError =>
    refuse(`${what} "${name}", which was made in place`, {
      detail: 'Its rows stay with the agents.',
      hint: "Use INSERT, UPDATE or DELETE, or make the table in the warehouse: SET skein.materialize = 'warehouse'.",
    });
  if (command === 'MERGE') throw refused('MERGE into');
  if (returning.length > 0) throw refused(`${command} … RETURNING on`);
}

function targetTable(
  { context }: Conversion,
  query: WriteQuery,
): { readonly table: OwnedTable; readonly alias: string } {
  const entry = defined(query.rangeTable[query.target - 1], 'target of the statement');
  const node = openNode(entry, 'RANGETBLENTRY');
  const relid = node.int('relid');
  const eref = openNode(node.node('eref'), 'ALIAS');
  const alias = eref.token('aliasname');
  const made = context.owned?.get(relid);
  if (made?.kind === 'table' && made.piece !== undefined) checkKept(made, query);
  if (made?.kind === 'table') return { table: made, alias };
  if (made?.kind === 'view') throw refuse(`${query.command} of a view`);
  const name = context.shadow.relations.get(relid)?.name;
  const table = name === undefined ? undefined : findTable(context.snapshot, name);
  throw refuse(query.command, {
    detail: table === undefined ? undefined : notOwned(table),
    hint: 'What CREATE TABLE makes in the warehouse can be changed.',
  });
}

function notOwned({ name, kind }: Table): string {
  const rows = kind === 'replicated' ? 'every agent has its rows' : 'its rows are those of agents';
  return `"${name}" is a ${kind} table: ${rows}, and change where their files are.`;
}

/** By the columns of VALUES: what each is inserted into. */
function defaultedColumns(query: WriteQuery, table: OwnedTable) {
  const columns: OwnedTable['columns'][number][] = [];
  for (const { attribute, expr } of query.values) {
    const number = expr.fields.get('varattno');
    const column = table.columns[attribute - 1];
    if (expr.tag === 'VAR' && number?.kind === 'token' && column !== undefined) {
      columns[Number(number.text) - 1] = column;
    }
  }
  return columns;
}

function convertChanges(context: WriteContext): ConvertedChanges {
  switch (context.query.command) {
    case 'INSERT':
      return convertInsert(context);
    case 'UPDATE':
      return convertUpdate(context);
    case 'DELETE':
      return convertDelete(context);
    case 'MERGE':
      return convertMerge(context);
  }
}

function convertInsert(context: WriteContext): ConvertedChanges {
  const { onConflict } = context.query;
  return onConflict === undefined ? insertRows(context, undefined) : convertConflict(context, onConflict);
}

/** The rows that UPDATE and DELETE find, and what may be said of them. */
function foundRows(context: WriteContext) {
  const { conversion, query, table, alias, scopeWith } = context;
  const target = targetRows(conversion, table, alias);
  const scope = scopeWith(target.range);
  const input = convertFrom(conversion, query.from, scope);
  const predicate = query.where && conversion.expr(query.where, scope);
  const plan: Plan = predicate === undefined ? input : { kind: 'filter', input, predicate };
  return { target, scope, plan };
}

/** A row that is found several times is changed once. */
function once({ conversion, query, table }: WriteContext, plan: Plan, rowid: Column): Plan {
  // Numbers of a piece are those of its shard: the shard tells its rows apart when it makes them anew.
  if (table.piece !== undefined) return plan;
  return query.from.length === 1 && query.from[0]?.tag === 'RANGETBLREF'
    ? plan
    : firstOfEach(conversion, plan, [reference(rowid)], []);
}

function convertUpdate(context: WriteContext): ConvertedChanges {
  const { conversion, query, table } = context;
  const { target, scope, plan } = foundRows(context);
  const set = assignedValues(context, query.values, 'update', scope);
  const row = newRow(conversion, table, updatedValues(table, target.columns, set));
  return stagedChanges(context, {
    scope,
    action: actionItem(conversion, 'update'),
    old: target,
    fresh: row.columns,
    over: (items) => row.over(once(context, plan, target.rowid), items),
  });
}

function convertDelete(context: WriteContext): ConvertedChanges {
  const { target, scope, plan } = foundRows(context);
  return stagedChanges(context, {
    scope,
    action: actionItem(context.conversion, 'delete'),
    old: target,
    fresh: [],
    over: (items) => ({ kind: 'project', input: once(context, plan, target.rowid), items }),
  });
}
