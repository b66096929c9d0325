import { quoteIdentifier } from '../analysis/pg-quote.ts';
import { SkeinError } from '../base/errors.ts';
import type { Statement } from '../sql/parse.ts';
import { rawFields, rawList, rawText } from '../sql/raw-tree.ts';
import type { Client } from './client.ts';
import type { Outcome } from './portals.ts';
import { withoutPosition } from './statement.ts';

/** VACUUM and ANALYZE, which dbt's hooks and loaders send: DuckDB keeps its statistics and its space itself, so nothing is left to do. */
export async function maintain(
  client: Client,
  command: 'VACUUM' | 'ANALYZE',
  { tree }: Statement,
): Promise<Outcome> {
  const { isBlock, isShared } = client.transaction;
  if (command === 'VACUUM' && (isBlock || isShared))
    throw new SkeinError('activeTransaction', 'VACUUM cannot run inside a transaction block');
  for (const relation of rawList(tree.fields['rels'])) {
    const names = rawFields(rawFields(rawFields(relation)['VacuumRelation'])['relation']);
    await withoutPosition(() => checkExists(client, names));
  }
  return { kind: 'done', tag: command };
}

async function checkExists(client: Client, names: ReturnType<typeof rawFields>): Promise<void> {
  const parts = [names['schemaname'], names['relname']].map(rawText).filter((part) => part !== '');
  const name = parts.map(quoteIdentifier).join('.');
  await client.server.engine.analyze(`SELECT FROM ${name}`, [], client.analysis);
}
