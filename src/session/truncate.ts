import { quoteIdentifier } from '../analysis/pg-quote.ts';
import { refuse, SkeinError } from '../base/errors.ts';
import { settled } from '../base/settled.ts';
import type { OwnedTable } from '../catalog/owned.ts';
import { storedTable } from '../dialect/print-stored.ts';
import type { Statement } from '../sql/parse.ts';
import { rawFields, rawList, rawText } from '../sql/raw-tree.ts';
import type { Client } from './client.ts';
import { restartRow, withRows } from './defining.ts';
import { noteEmptied } from './lineage.ts';
import type { Outcome } from './portals.ts';
import { lockEmptied } from './read-locks.ts';
import type { RowReading } from './row-source.ts';
import type { Run } from './run.ts';
import { withoutPosition } from './statement.ts';
import { checkMayWrite } from './write/may-write.ts';
import { plannedWrite, runWrite, settledWrite } from './write/write.ts';

const COMMAND = 'TRUNCATE TABLE';

/** TRUNCATE of the warehouse's tables. No foreign key ties them, so CASCADE and RESTRICT mean the same. */
export async function truncate({ client, reading }: Run, { tree, text }: Statement): Promise<Outcome> {
  checkMayWrite(client, COMMAND);
  const oids = new Set<number>();
  for (const relation of rawList(tree.fields['relations'])) {
    const { table, sql } = await heldTable(client, rawFields(rawFields(relation)['RangeVar']), reading);
    if (table.piece === undefined) oids.add(table.oid);
    else await emptyInPlace(client, sql, reading);
  }
  const transaction = await client.storage.read(reading.signal);
  for (const oid of oids) {
    await transaction.changing(oid, 'change', reading.signal);
    const sql = `DELETE FROM ${storedTable(oid)}`;
    await transaction.lease.use((connection) => connection.run(sql, reading.signal));
    transaction.savepoints.emptied(oid);
    noteEmptied(client, oid, text);
  }
  if (tree.fields['restart_seqs'] === true) restartSequences(client, oids);
  return { kind: 'done', tag: COMMAND };
}

/** Of the tables' serial columns. */
function restartSequences({ storage }: Client, tables: ReadonlySet<number>): void {
  const rows = [...storage.relations.values()].flatMap((relation) =>
    relation.kind === 'sequence' && relation.ownedBy !== undefined && tables.has(relation.ownedBy)
      ? [restartRow(relation, relation.start)]
      : [],
  );
  if (rows.length > 0) storage.defined(withRows(storage.change, rows));
}

/** Whoever reads or writes it has been waited for: it may have another name then. */
async function heldTable(client: Client, names: ReturnType<typeof rawFields>, reading: RowReading) {
  return settled(async () => {
    const version = client.server.engine.ownedVersion;
    const found = await tableOf(client, names);
    await lockEmptied(client, [found.table], reading.signal);
    return client.server.engine.ownedVersion === version ? found : undefined;
  });
}

/** As of a DELETE, whose rules of what may be changed are the same. */
async function tableOf(
  client: Client,
  names: ReturnType<typeof rawFields>,
): Promise<{ readonly table: OwnedTable; readonly sql: string }> {
  const parts = [names['schemaname'], names['relname']].map(rawText).filter((part) => part !== '');
  const sql = `DELETE FROM ${parts.map(quoteIdentifier).join('.')}`;
  try {
    const { query } = await withoutPosition(() => client.server.plans.analyzeWrite(sql, [], client.analysis));
    return { table: query.table, sql };
  } catch (error) {
    if (!(error instanceof SkeinError) || error.message !== 'DELETE is not supported') throw error;
    throw refuse('TRUNCATE', error.fields);
  }
}

async function emptyInPlace(client: Client, sql: string, reading: RowReading): Promise<void> {
  const plan = () => plannedWrite(client, { sql, declaredOids: [], parameters: [] }, reading.signal);
  await runWrite(client, await settledWrite(client, plan, reading.signal), reading);
}
