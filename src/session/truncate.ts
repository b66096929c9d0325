import { quoteIdentifier } from '../analysis/pg-quote.ts';
import { refuse } from '../base/errors.ts';
import { storedTable } from '../dialect/print-stored.ts';
import type { Statement } from '../sql/parse.ts';
import { rawFields, rawList, rawText } from '../sql/raw-tree.ts';
import type { Client } from './client.ts';
import type { Outcome } from './portals.ts';
import type { Run } from './run.ts';
import { withoutPosition } from './statement.ts';
import { checkMayWrite } from './write/may-write.ts';

const COMMAND = 'TRUNCATE TABLE';

/** TRUNCATE of the warehouse's tables. No foreign key ties them, so CASCADE and RESTRICT mean the same. */
export async function truncate({ client, reading }: Run, { tree }: Statement): Promise<Outcome> {
  checkMayWrite(client, COMMAND);
  if (tree.fields['restart_seqs'] === true) throw refuse('TRUNCATE … RESTART IDENTITY');
  const oids = new Set<number>();
  for (const relation of rawList(tree.fields['relations']))
    oids.add(await tableOf(client, rawFields(rawFields(relation)['RangeVar'])));
  const transaction = await client.storage.read(reading.signal);
  for (const oid of oids) {
    transaction.noteWrite(oid);
    const sql = `DELETE FROM ${storedTable(oid)}`;
    await transaction.lease.use((connection) => connection.run(sql, reading.signal));
  }
  return { kind: 'done', tag: COMMAND };
}

/** As of a DELETE, whose rules of what may be changed are the same. */
async function tableOf(client: Client, names: ReturnType<typeof rawFields>): Promise<number> {
  const parts = [names['schemaname'], names['relname']].map(rawText).filter((part) => part !== '');
  const sql = `DELETE FROM ${parts.map(quoteIdentifier).join('.')}`;
  const { query } = await withoutPosition(() => client.server.plans.analyzeWrite(sql, [], client.analysis));
  return query.table.oid;
}
