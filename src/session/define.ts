import { quoteIdentifier } from '../analysis/pg-quote.ts';
import { assert } from '../base/assert.ts';
import { SkeinError } from '../base/errors.ts';
import type { CatalogRow, OwnedRelations, OwnedTable } from '../catalog/owned.ts';
import { attributeColumn, storedTable } from '../dialect/print-stored.ts';
import type { Column } from '../plan/logical.ts';
import type { CreateAs } from '../sql/define-statement.ts';
import { withoutParameters } from '../sql/parameters.ts';
import type { Statement } from '../sql/parse.ts';
import { rawFields, rawText } from '../sql/raw-tree.ts';
import { carrierOf } from '../types/carrier.ts';
import { decimalShape, OID } from '../types/sql-type.ts';
import { checkAltered, fillAdded, retypedRows, without } from './alter-rows.ts';
import { checkViews, type DefinitionText, restartRows, settledDefinition, withRows } from './defining.ts';
import { keptTable } from './in-place.ts';
import { noteDefined, noteMade } from './lineage.ts';
import type { PlannedQuery } from './planned-query.ts';
import type { Outcome } from './portals.ts';
import { substituted } from './query.ts';
import type { Run } from './run.ts';
import { checkGatherLimit, planText } from './run-query.ts';
import { executeInto } from './running-query.ts';
import { atOffset, type Command } from './statement.ts';

type DefineCommand = Extract<Command, { readonly kind: 'define' }>;

/** A statement that makes, changes or drops something of the user's: PostgreSQL says what it means, the warehouse does it. */
export async function define(run: Run, command: DefineCommand): Promise<Outcome> {
  const { client, prepared } = run;
  const { statement } = prepared;
  if (statement === undefined) return { kind: 'empty' };
  if (client.settings.get('transaction_read_only') === 'on') {
    throw new SkeinError(
      'readOnlyTransaction',
      `cannot execute ${command.command} in a read-only transaction`,
    );
  }
  if (command.createAs !== undefined) return createTableAs(run, command.createAs);
  const { tag } = await defineText(run, {
    sql: statement.text,
    tree: statement.tree,
    command: command.command,
  });
  return { kind: 'done', tag };
}

interface Defined {
  readonly tag: string;
  /** The table that the statement made. */
  readonly made: OwnedTable | undefined;
}

/** @param more what is known of the table that the statement makes, beside PostgreSQL's catalogs. */
async function defineText(
  run: Run,
  text: DefinitionText,
  more?: (made: OwnedTable) => readonly CatalogRow[],
): Promise<Defined> {
  const { client, reading } = run;
  const { storage } = client;
  const { tag, notices, overlay } = await settledDefinition(client, text, reading.signal);
  const transaction = await storage.read(reading.signal);
  const before = storage.relations;
  const altered = await retypedRows(client, text, reading);
  storage.defined(without(overlay, altered.gone));
  const bare = newTable(before, storage.relations);
  const own = [
    ...restartRows(client, text.tree, storage.relations),
    ...(bare !== undefined && more !== undefined ? more(bare) : []),
  ];
  if (own.length > 0) storage.defined(withRows(storage.change, own));
  // Once: while this one waits, others commit definitions, which are no part of its own.
  const after = storage.relations;
  await checkViews(client, before, after);
  const fill = async () => {
    await fillAdded(client, before, after, reading);
    await checkAltered(client, before, after, reading.signal);
  };
  await transaction.define(before, after, reading.signal, altered.rewritten, fill);
  await altered.release();
  await noteDefined(client, before, after, statementOf(run));
  for (const { severity, error } of notices) {
    if (severity === 'WARNING' || severity === 'NOTICE' || severity === 'INFO')
      reading.sink.notice(error, severity);
  }
  return { tag, made: newTable(before, after) };
}

function newTable(before: OwnedRelations, after: OwnedRelations): OwnedTable | undefined {
  for (const relation of after.values())
    if (relation.kind === 'table' && !before.has(relation.oid)) return relation;
  return undefined;
}

async function createTableAs(run: Run, { inner, sql, withData, materialize }: CreateAs): Promise<Outcome> {
  const { client, prepared, reading } = run;
  const offset = inner.offset - (prepared.statement?.offset ?? 0);
  const planned = await atOffset(offset, () => planInner(run, inner));
  if ((materialize ?? client.settings.get('skein.materialize')) === 'agents')
    return createInPlace(run, sql, planned, withData);
  const { tag, made } = await defineText(run, textOf(run, sql), (table) => digitRows(table, planned));
  if (made === undefined || !withData) return { kind: 'done', tag };
  const { lease } = await client.storage.begin(reading.signal);
  const sqlOf = (select: string, columns: readonly Column[]) => insertSql(made, select, columns);
  const executed = await executeInto(client, planned, lease, sqlOf, reading.signal);
  await noteMade(client, made.oid, { statement: statementOf(run), reads: planned.reads, ...executed });
  return { kind: 'done', tag: `SELECT ${executed.rows}` };
}

/** The agents compute and keep the rows before the table is there: whoever reads it finds all of them. */
async function createInPlace(
  run: Run,
  sql: string,
  planned: PlannedQuery,
  withData: boolean,
): Promise<Outcome> {
  const { client, prepared, reading } = run;
  const target = rawFields(rawFields(prepared.statement?.tree.fields['into'])['rel']);
  const kept = keptTable(client, planned, rawText(target['relname']), withData);
  const more = (made: OwnedTable) => [...digitRows(made, planned), kept.placement(made.oid)];
  const { tag, made } = await defineText(run, textOf(run, sql), more);
  if (made === undefined) return { kind: 'done', tag };
  const executed = await kept.fill(reading.signal);
  await noteMade(client, made.oid, { statement: statementOf(run), reads: planned.reads, ...executed });
  return { kind: 'done', tag: withData ? `SELECT ${executed.rows}` : tag };
}

function statementOf({ prepared: { statement } }: Run): string {
  return statement?.text ?? '';
}

/** @param sql what PostgreSQL runs in the place of the statement. */
function textOf({ client, prepared }: Run, text: string): DefinitionText {
  const { statement, command, parameterOids } = prepared;
  assert(statement !== undefined && command.kind === 'define', 'a statement that defines');
  const { types } = client.server.engine.system;
  const names = parameterOids.map((oid) => `pg_catalog.${quoteIdentifier(types.get(oid) ?? 'text')}`);
  const sql = names.length === 0 ? text : withoutParameters(text, names);
  return { sql, tree: statement.tree, command: command.command };
}

async function planInner(run: Run, inner: Statement): Promise<PlannedQuery> {
  const { client, prepared, parameters, reading } = run;
  const sql = await substituted(run, inner, { catalog: false });
  // A parameter that is no longer mentioned still has its type.
  const { declaredOids, parameterOids } = prepared;
  const types = sql === inner.text ? declaredOids : parameterOids;
  const planned = await planText(client, { sql, declaredOids: types, parameters }, reading.signal);
  checkGatherLimit(client, planned.plan);
  return planned;
}

/** PostgreSQL's catalogs have no digits for the result of a sum; the plan has. */
function digitRows(table: OwnedTable, { plan }: PlannedQuery): readonly CatalogRow[] {
  return table.columns.flatMap(({ type }, index) => {
    const planned = plan.output[index]?.column.type;
    const shape = planned && decimalShape(planned);
    if (type.oid !== OID.numeric || type.typmod >= 4 || shape === undefined) return [];
    return [
      {
        catalog: 'skein_type',
        key: `${table.oid} ${index + 1}`,
        values: [String(shape.precision), String(shape.scale), planned?.quotient ?? null],
      },
    ];
  });
}

function insertSql(table: OwnedTable, select: string, columns: readonly Column[]): string {
  const items = table.columns.map(({ type }, index) => `c${columns[index]?.id}::${carrierOf(type).duckdb}`);
  const into = table.columns.map((_, index) => attributeColumn(index + 1));
  if (items.length === 0) return `INSERT INTO ${storedTable(table.oid)} SELECT NULL FROM (${select})`;
  return `INSERT INTO ${storedTable(table.oid)} (${into.join(', ')}) SELECT ${items.join(', ')} FROM (${select})`;
}
