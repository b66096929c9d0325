import { refuse } from '../base/errors.ts';
import { findTable } from '../catalog/snapshot.ts';
import { classify } from '../sql/classify.ts';
import { refuseDuckdbJoins } from '../sql/duckdb-syntax.ts';
import { hasParameters } from '../sql/parameters.ts';
import type { Statement } from '../sql/parse.ts';
import { relationUse } from '../sql/relations.ts';
import { callsSequence } from '../sql/sequence-calls.ts';
import type { PgColumn } from '../types/pg-column.ts';
import type { Client } from './client.ts';
import { statementBytes } from './held-bytes.ts';
import { currentMicros } from './instant.ts';
import { analyzedInUse } from './read-locks.ts';
import { refusedStatement } from './refused.ts';
import { atOffset, type Command, type Prepared, textColumn } from './statement.ts';
import { hasServerFunctions } from './substitute.ts';
import { checkMayWrite } from './write/may-write.ts';

interface Description {
  readonly parameterOids: readonly number[];
  readonly columns: readonly PgColumn[] | undefined;
}

/**
 * Classifies a statement and has it described. Errors that PostgreSQL finds before it runs a statement come from here.
 * @param statement undefined: the text held none.
 * @param source the whole text that it came in.
 */
export async function prepareStatement(
  client: Client,
  statement: Statement | undefined,
  declaredOids: readonly number[],
  source = statement?.text ?? '',
): Promise<Prepared> {
  const origin = { sql: source, preparedAt: currentMicros(), fromSql: false };
  const bytes = statementBytes(source, statement);
  const { searchPath, timeZone, dateStyle, intervalStyle, now } = client.analysis;
  const readUnder = { searchPath, timeZone, dateStyle, intervalStyle, now };
  if (statement === undefined) {
    const command = { kind: 'empty' } as const;
    return {
      statement,
      command,
      declaredOids,
      parameterOids: declaredOids,
      columns: undefined,
      readUnder,
      bytes,
      origin,
    };
  }
  const command = commandOf(client, statement);
  const described = await describeCommand(client, statement, command, declaredOids);
  return { statement, command, declaredOids, ...described, readUnder, bytes, origin };
}

/** In a failed transaction only its end is let through, before anything else is looked at. */
function commandOf(client: Client, statement: Statement): Command {
  const command = classify(statement);
  const ends = command.kind === 'commit' || command.kind === 'rollback' || command.kind === 'rollback-to';
  if (!ends) client.transaction.checkUsable();
  if (command.kind === 'refused') throw refusedStatement(client, statement, command);
  if (command.kind === 'notify')
    throw refuse('NOTIFY', { hint: 'Sessions of Skein do not notify each other.' });
  return command;
}

async function describeCommand(
  client: Client,
  statement: Statement,
  command: Command,
  declaredOids: readonly number[],
): Promise<Description> {
  switch (command.kind) {
    case 'select':
      return describeQuery(client, statement, declaredOids);
    case 'write':
      return describeWrite(client, statement, command.command, declaredOids);
    case 'declare': {
      const { parameterOids } = await describeInner(client, statement, command.inner, declaredOids);
      return { parameterOids, columns: undefined };
    }
    case 'define':
      return describeDefinition(client, statement, command, declaredOids);
    case 'explain':
      return describeExplain(client, statement, command, declaredOids);
    case 'show':
      return { parameterOids: [], columns: showColumns(client, command.name) };
    case 'execute':
      return { parameterOids: [], columns: client.statements.find(command.name)?.columns };
    case 'fetch':
      return { parameterOids: [], columns: command.move ? undefined : cursorColumns(client, command.name) };
    default:
      return { parameterOids: declaredOids, columns: undefined };
  }
}

/** Whether the embedded PostgreSQL answers a query by itself: it names no table. */
export function isCatalogQuery({ server }: Client, statement: Statement): boolean {
  const { catalogNames } = server.engine.system;
  const isTable = (name: string) =>
    !catalogNames.has(name) && findTable(server.execution.fleet.snapshot(), name) !== undefined;
  const use = relationUse(statement.tree, isTable);
  return use === 'catalog' || (use === 'none' && !callsSequence(statement.tree));
}

/**
 * A query over tables is also analysed, so that a refusal comes now, and the first run finds it in the cache. It stays what it is
 * described as to the end of the transaction.
 */
async function describeQuery(
  client: Client,
  statement: Statement,
  declaredOids: readonly number[],
): Promise<Description> {
  refuseDuckdbJoins(statement.text, statement.tree);
  const { plans } = client.server;
  if (isCatalogQuery(client, statement) || hasServerFunctions(statement.tree)) {
    return plans.describe(statement.text, declaredOids, client.analysis);
  }
  const { query } = await analyzedInUse(
    client,
    () => plans.analyze(statement.text, declaredOids, client.analysis),
    (analyzed) => analyzed.query.reads,
    client.interrupts.signal,
  );
  return query;
}

async function describeWrite(
  client: Client,
  statement: Statement,
  command: string,
  declaredOids: readonly number[],
): Promise<Description> {
  checkMayWrite(client, command);
  return describeChanges(client, statement, declaredOids);
}

/** A text that isn't the one that will run is only described. */
async function describeChanges(
  client: Client,
  statement: Statement,
  declaredOids: readonly number[],
): Promise<Description> {
  const { plans } = client.server;
  const analyzed = () =>
    analyzedInUse(
      client,
      () => plans.analyzeWrite(statement.text, declaredOids, client.analysis),
      ({ query: { table, reads } }) => [table.oid, ...reads],
      client.interrupts.signal,
    );
  const { parameterOids, columns } = hasServerFunctions(statement.tree)
    ? await plans.describe(statement.text, declaredOids, client.analysis)
    : (await analyzed()).query;
  return { parameterOids, columns: columns.length === 0 ? undefined : columns };
}

/** CREATE TABLE AS has its query's parameters. */
async function describeDefinition(
  client: Client,
  statement: Statement,
  { createAs }: Extract<Command, { readonly kind: 'define' }>,
  declaredOids: readonly number[],
): Promise<Description> {
  if (createAs === undefined || !hasParameters(createAs.inner.text))
    return { parameterOids: declaredOids, columns: undefined };
  const { parameterOids } = await describeInner(client, statement, createAs.inner, declaredOids);
  return { parameterOids, columns: undefined };
}

async function describeInner(
  client: Client,
  outer: Statement,
  inner: Statement,
  declaredOids: readonly number[],
): Promise<Description> {
  return atOffset(inner.offset - outer.offset, () => describeQuery(client, inner, declaredOids));
}

async function describeExplain(
  client: Client,
  statement: Statement,
  command: Extract<Command, { readonly kind: 'explain' }>,
  declaredOids: readonly number[],
): Promise<Description> {
  const inner = classify(command.inner);
  const columns = [textColumn('QUERY PLAN', command.options.format === 'json' ? 114 : 25)];
  const offset = command.inner.offset - statement.offset;
  const described = async (): Promise<Pick<Description, 'parameterOids'>> => {
    switch (inner.kind) {
      case 'execute':
        return { parameterOids: [] };
      case 'select':
        return describeInner(client, statement, command.inner, declaredOids);
      case 'declare':
        return describeInner(client, statement, inner.inner, declaredOids);
      case 'write':
        return atOffset(offset, () => describeChanges(client, command.inner, declaredOids));
      case 'define':
        return describeDefinition(client, statement, inner, declaredOids);
      case 'refused':
        throw refusedStatement(client, command.inner, inner);
      default:
        throw refuse(`EXPLAIN of ${command.inner.tree.tag}`);
    }
  };
  return { parameterOids: (await described()).parameterOids, columns };
}

function showColumns(client: Client, name: string): readonly PgColumn[] {
  if (name === 'all') return ['name', 'setting', 'description'].map((title) => textColumn(title));
  return [textColumn(client.settings.title(name))];
}

/** The error of a cursor that isn't there comes when FETCH runs, as that of a statement comes when EXECUTE does. */
function cursorColumns(client: Client, name: string): readonly PgColumn[] | undefined {
  return client.portals.find(name)?.shape?.columns;
}
