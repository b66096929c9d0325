import type { CatalogAnswer } from '../analysis/engine.ts';
import { SkeinError } from '../base/errors.ts';
import type { Format } from '../pgwire/session-handler.ts';
import { functionHost } from './function-host.ts';
import type { Outcome } from './portals.ts';
import { relationsUsed } from './prepare.ts';
import { CatalogSource } from './row-source.ts';
import type { Run } from './run.ts';
import { runQuery } from './run-query.ts';
import { substituteServerFunctions } from './server-functions.ts';

const tag = (rows: number): string => `SELECT ${rows}`;

/** A SELECT: over catalogs only, PostgreSQL answers it; over tables, the fleet does. */
export async function query(run: Run): Promise<Outcome> {
  const { client, prepared, parameters, reading } = run;
  const { statement } = prepared;
  if (statement === undefined) return { kind: 'empty' };
  client.transaction.noteQuery();
  const isCatalog = relationsUsed(statement) !== 'data';
  const host = functionHost(client, reading.signal);
  const { sql } = await substituteServerFunctions(
    statement.text,
    statement.tree,
    parameters,
    host,
    isCatalog,
  );
  if (isCatalog) return { kind: 'rows', source: catalogSource(run, sql), tag };
  const text = { sql, declaredOids: prepared.declaredOids, parameters };
  const source = await runQuery(client, text, reading.signal);
  checkSameColumns(run, source.columns);
  return { kind: 'rows', source, tag };
}

function catalogSource({ client, prepared, parameters }: Run, sql: string): CatalogSource {
  const session = client.analysis;
  const ask = (formats: readonly Format[], signal: AbortSignal): Promise<CatalogAnswer> =>
    client.server.engine.query(sql, parameters, prepared.parameterOids, formats, session, signal);
  return new CatalogSource(prepared.columns ?? [], ask);
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
