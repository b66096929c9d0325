import type { CatalogAnswer } from '../analysis/engine.ts';
import { SkeinError } from '../base/errors.ts';
import type { Format } from '../pgwire/session-handler.ts';
import { decodeParameter } from '../pgwire/values/decode-parameter.ts';
import { type Statement, sentText } from '../sql/parse.ts';
import { rawFields, rawList, rawNode } from '../sql/raw-tree.ts';
import { functionHost } from './function-host.ts';
import type { QueryText } from './planned-query.ts';
import type { Outcome } from './portals.ts';
import { isCatalogQuery } from './prepare.ts';
import { CatalogSource } from './row-source.ts';
import type { Run } from './run.ts';
import { runQuery } from './run-query.ts';
import { SIGNALS } from './server-functions.ts';
import { withoutPosition } from './statement.ts';
import {
  hasServerFunctions,
  type Substitution,
  signalsEachRow,
  substituteServerFunctions,
} from './substitute.ts';

const tag = (rows: number): string => `SELECT ${rows}`;

/** A SELECT: over catalogs only, PostgreSQL answers it; over tables, the fleet does. */
export async function query(run: Run): Promise<Outcome> {
  const { client, prepared, reading } = run;
  const { statement } = prepared;
  if (statement === undefined) return { kind: 'empty' };
  client.transaction.noteQuery();
  if (isCatalogQuery(client, statement)) {
    const source = catalogSource(run, statement);
    if (isConstant(statement)) await source.load(reading);
    return { kind: 'rows', source, tag };
  }
  const text = await queryText(run, statement);
  const start = () => runQuery(client, text, reading.signal);
  const source = await (text.sql === statement.text ? start() : withoutPosition(start));
  checkSameColumns(run, source.columns);
  return { kind: 'rows', source, tag };
}

/** PostgreSQL computes it while it plans. */
function isConstant({ tree }: Statement): boolean {
  const { fields } = tree;
  const bare = ['fromClause', 'withClause', 'valuesLists', 'larg'].every((name) => !(name in fields));
  return bare && !hasServerFunctions(tree) && !('targetList' in fields && callsIn(fields['targetList']));
}

function callsIn(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(callsIn);
  const fields = rawFields(value);
  return (
    'FuncCall' in fields || Object.values(fields).some((field) => typeof field === 'object' && callsIn(field))
  );
}

/** The statement is put together once, by whoever reads first: what its functions do, they do then. */
function catalogSource(run: Run, statement: Statement): CatalogSource {
  let sql: Promise<string> | undefined;
  return new CatalogSource(run.prepared.columns ?? [], async (formats, reading) => {
    const reader = { ...run, reading };
    sql ??= catalogSql(reader, statement);
    return asker(reader, await sql)(formats, reading.signal);
  });
}

/**
 * A statement over tables as it is analysed. A parameter that it doesn't mention any more still has its type.
 * @param sent what it is a part of.
 */
export async function queryText(run: Run, statement: Statement, sent = statement): Promise<QueryText> {
  const { prepared, parameters } = run;
  const sql = await substituted(run, statement, { catalog: false });
  const declaredOids = sql === statement.text ? prepared.declaredOids : prepared.parameterOids;
  return { sql, declaredOids, parameters, readUnder: prepared.readUnder, sent: sentText(sent) };
}

/** The statement with what concerns this server or session put in. */
export function substituted(
  run: Run,
  statement: Statement,
  options: Pick<Substitution, 'catalog' | 'signalEach'>,
): Promise<string> {
  const { client, prepared, parameters, reading } = run;
  const parameter = (index: number): string | null => {
    const given = parameters[index - 1];
    if (given === undefined) return null;
    return decodeParameter(prepared.parameterOids[index - 1] ?? 0, given.format, given.value);
  };
  const host = functionHost(client, reading.signal, reading.sink);
  const evaluate = async (sql: string) => {
    const { columns, rows } = await asker(run, sql)([0], reading.signal);
    const values = rows[0]?.fields() ?? [];
    return columns.map((_, index) => {
      const value = values[index] ?? null;
      return value === null ? null : Buffer.from(value).toString();
    });
  };
  return substituteServerFunctions(statement.text, statement.tree, { host, parameter, evaluate, ...options });
}

/** `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE …` asks twice: whom to signal, and what came of it. */
async function catalogSql(run: Run, statement: Statement): Promise<string> {
  const targets = rawList(statement.tree.fields['targetList']).map(
    (target) => rawFields(rawFields(target)['ResTarget'])['val'],
  );
  const column = targets.findIndex(signalsEachRow);
  if (column === -1) return substituted(run, statement, { catalog: true });
  const how = SIGNALS.get(functionNameOf(targets[column])) ?? 'cancel';
  const asked = await substituted(run, statement, { catalog: true, signalEach: (argument) => argument });
  const { rows } = await asker(run, asked)([0], run.reading.signal);
  const host = functionHost(run.client, run.reading.signal, run.reading.sink);
  const pids = rows.flatMap((row) => {
    const pid = row.fields()[column];
    return pid ? [Number(Buffer.from(pid).toString())] : [];
  });
  const signalled = [...new Set(pids)].filter((pid) => host.signal(pid, how));
  const list = `'{${signalled.join(',')}}'::int4[]`;
  return substituted(run, statement, {
    catalog: true,
    signalEach: (argument) => `(${argument})::int4 = ANY (${list})`,
  });
}

function functionNameOf(value: unknown): string {
  const names = rawList(rawNode(value)?.fields['funcname']);
  return String(rawFields(rawFields(names.at(-1))['String'])['sval'] ?? '');
}

/** Asks the embedded PostgreSQL, under the settings that the session has now. */
function asker(
  run: Run,
  sql: string,
): (formats: readonly Format[], signal: AbortSignal) => Promise<CatalogAnswer> {
  const { client, prepared, parameters } = run;
  const session = client.analysis;
  const { engine, catalog } = client.server;
  return async (formats, signal) => {
    await catalog.current();
    return engine.query(sql, parameters, prepared.parameterOids, formats, session, signal);
  };
}

/** The client was told the columns when the statement was described; the catalog may have changed since. */
function checkSameColumns({ prepared }: Run, columns: CatalogAnswer['columns']): void {
  const told = prepared.columns ?? [];
  const same =
    told.length === columns.length &&
    told.every((column, index) => {
      const now = columns[index];
      return now !== undefined && column.typeOid === now.typeOid && column.typmod === now.typmod;
    });
  if (!same) throw new SkeinError('notSupported', 'cached plan must not change result type');
}
