import type { Notice } from '../analysis/engine.ts';
import { quoteIdentifier } from '../analysis/pg-quote.ts';
import { assert, defined } from '../base/assert.ts';
import { refuse } from '../base/errors.ts';
import type { CatalogRow, OwnedRelations, OwnedTable } from '../catalog/owned.ts';
import { attributeColumn, storedTable } from '../dialect/print-stored.ts';
import type { Column } from '../plan/logical.ts';
import { requireFlat } from '../planner/nested-arrays.ts';
import { type CreateAs, onCommit } from '../sql/define-statement.ts';
import { withoutParameters } from '../sql/parameters.ts';
import type { Statement } from '../sql/parse.ts';
import { rawFields, rawText } from '../sql/raw-tree.ts';
import { carrierOf } from '../types/carrier.ts';
import { decimalShape } from '../types/sql-type.ts';
import { checkAltered, fillAdded, retypedRows, without } from './alter-rows.ts';
import type { Client } from './client.ts';
import {
  checkViews,
  type DefinitionText,
  restartRows,
  settledDefinition,
  triedDefinition,
  withRows,
} from './defining.ts';
import { type KeptTable, keptTable } from './in-place.ts';
import { noteDefined, noteMade } from './lineage.ts';
import { onCommitRows } from './on-commit.ts';
import type { PlannedQuery } from './planned-query.ts';
import type { Outcome } from './portals.ts';
import { queryText } from './query.ts';
import { type QueryRecord, recorded } from './query-record.ts';
import type { RowReading } from './row-source.ts';
import type { Run } from './run.ts';
import { checkGatherLimit, planText } from './run-query.ts';
import { type Executed, executeInto } from './running-query.ts';
import { atOffset, type Command } from './statement.ts';
import { checkMayWrite } from './write/may-write.ts';
import { digitsRow } from './write/numeric-room.ts';

type DefineCommand = Extract<Command, { readonly kind: 'define' }>;

/** A statement that makes, changes or drops something of the user's: PostgreSQL says what it means, the warehouse does it. */
export async function define(run: Run, command: DefineCommand): Promise<Outcome> {
  const { client, prepared } = run;
  const { statement } = prepared;
  if (statement === undefined) return { kind: 'empty' };
  checkMayWrite(client, command.command);
  if (command.createAs !== undefined) {
    const { outcome } = await createTableAs(run, command.createAs);
    return outcome;
  }
  if (statement.tree.tag === 'CreateStmt' && client.settings.get('skein.materialize') === 'agents') {
    throw refuse('a table that no query makes, with skein.materialize = agents,', {
      hint: "Use CREATE TABLE … AS SELECT …, or SET skein.materialize = 'warehouse'.",
    });
  }
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
    ...altered.digits,
    ...(bare === undefined ? [] : [...onCommitRows(bare, text.tree), ...(more?.(bare) ?? [])]),
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
  tellNotices(notices, reading);
  return { tag, made: newTable(before, after) };
}

function tellNotices(notices: readonly Notice[], { sink }: RowReading): void {
  for (const { severity, error } of notices) {
    if (severity === 'WARNING' || severity === 'NOTICE' || severity === 'INFO') sink.notice(error, severity);
  }
}

function newTable(before: OwnedRelations, after: OwnedRelations): OwnedTable | undefined {
  for (const relation of after.values())
    if (relation.kind === 'table' && !before.has(relation.oid)) return relation;
  return undefined;
}

/** A table that is made of a query. */
export interface CreatedTable {
  /** What computes its rows. */
  readonly planned: PlannedQuery;
  /** Those that make its pieces in place; undefined: it is in the warehouse. */
  readonly shards: readonly string[] | undefined;
  /** undefined: there was one of its name, and IF NOT EXISTS was said. */
  readonly made: OwnedTable | undefined;
  readonly executed: Executed;
}

const NOTHING: Executed = { rows: 0, agents: [], tasks: [] };

/** CREATE TABLE AS. The agents of a table in place compute and keep its rows before it is there: whoever reads it finds all of them. */
export async function createTableAs(
  run: Run,
  createAs: CreateAs,
): Promise<CreatedTable & { readonly outcome: Outcome }> {
  const { client, reading } = run;
  const { withData } = createAs;
  const creation = await plannedCreation(run, createAs);
  const { planned, kept } = creation;
  checkGatherLimit(client, planned.plan);
  const more = (table: OwnedTable) => [
    ...digitRows(table, planned),
    ...(kept === undefined ? [] : [kept.placement(table.oid)]),
  ];
  const { tag, made } = await defineText(run, textOf(run, createAs.sql), more);
  const created = { ...shownCreation(creation), made };
  if (made === undefined || (!withData && kept === undefined))
    return { ...created, executed: NOTHING, outcome: { kind: 'done', tag } };
  const { executed } = await recorded(client, planned, async (record) => ({
    executed: await (kept?.fill(record, reading.signal) ??
      fillTable(client, made, planned, record, reading.signal)),
  }));
  await noteMade(client, made.oid, { statement: statementOf(run), reads: planned.reads, ...executed });
  return { ...created, executed, outcome: { kind: 'done', tag: withData ? `SELECT ${executed.rows}` : tag } };
}

/** As {@link createTableAs}, stopped before anything is made. */
export async function explainedCreation(run: Run, createAs: CreateAs): Promise<CreatedTable> {
  const { client, reading } = run;
  const creation = await plannedCreation(run, createAs);
  const before = client.storage.relations;
  const { overlay, notices } = await triedDefinition(client, textOf(run, createAs.sql));
  tellNotices(notices, reading);
  const made = newTable(before, client.server.engine.ownedRelations({ id: 0, change: overlay }));
  return { ...shownCreation(creation), made, executed: NOTHING };
}

interface Creation {
  readonly planned: PlannedQuery;
  /** undefined: the warehouse has the table. */
  readonly kept: KeptTable | undefined;
}

async function plannedCreation(run: Run, { inner, materialize, withData }: CreateAs): Promise<Creation> {
  const { client, prepared } = run;
  const offset = inner.offset - (prepared.statement?.offset ?? 0);
  const planned = await atOffset(offset, () => planInner(run, inner));
  const place = materialize ?? client.settings.get('skein.materialize');
  if (place !== 'agents') return { planned, kept: undefined };
  const { tree } = defined(prepared.statement, 'statement that makes a table');
  if (onCommit(tree) === 'delete') throw refuse('ON COMMIT DELETE ROWS of a table in place');
  const { fields } = tree;
  const target = rawFields(rawFields(fields['into'] ?? fields['intoClause'])['rel']);
  return { planned, kept: keptTable(client, planned, rawText(target['relname']), withData) };
}

function shownCreation({ planned, kept }: Creation): Pick<CreatedTable, 'planned' | 'shards'> {
  if (kept === undefined) return { planned, shards: undefined };
  return { planned: { ...planned, plan: kept.made.plan }, shards: kept.made.shards };
}

async function fillTable(
  client: Client,
  table: OwnedTable,
  planned: PlannedQuery,
  record: QueryRecord,
  signal: AbortSignal,
): Promise<Executed> {
  const { lease } = await client.storage.begin(signal);
  const sqlOf = (select: string, columns: readonly Column[]) => insertSql(table, select, columns);
  return executeInto(client, planned, { lease, sqlOf, record }, signal);
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
  const { client, prepared, reading } = run;
  const text = await queryText(run, inner, defined(prepared.statement, 'statement that makes a table'));
  const planned = await planText(client, text, reading.signal);
  requireFlat(
    planned.plan.output.map(({ column }) => column.type),
    'a table',
  );
  return planned;
}

/** PostgreSQL's catalogs have no digits for the result of a sum; the plan has. */
function digitRows(table: OwnedTable, { plan }: PlannedQuery): readonly CatalogRow[] {
  return table.columns.flatMap(({ unbounded }, index) => {
    const type = plan.output[index]?.column.type;
    const isKnown = unbounded && type !== undefined && decimalShape(type) !== undefined;
    return isKnown ? [digitsRow(table.oid, index + 1, type)] : [];
  });
}

function insertSql(table: OwnedTable, select: string, columns: readonly Column[]): string {
  const items = table.columns.map(({ type }, index) => `c${columns[index]?.id}::${carrierOf(type).duckdb}`);
  const into = table.columns.map((_, index) => attributeColumn(index + 1));
  if (items.length === 0) return `INSERT INTO ${storedTable(table.oid)} SELECT NULL FROM (${select})`;
  return `INSERT INTO ${storedTable(table.oid)} (${into.join(', ')}) SELECT ${items.join(', ')} FROM (${select})`;
}
