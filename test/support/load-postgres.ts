import type pg from 'pg';
import { type Dataset, TEST_LABELS, type TestTable } from './dataset.ts';

/** All shards' rows, with their label columns, in one table each: what Contract 1 compares with. */
export async function loadIntoPostgres(client: pg.Client, dataset: Dataset): Promise<void> {
  for (const table of dataset.tables) {
    const labels = table.replicated ? [] : TEST_LABELS;
    const columns = [...table.columns, ...labels];
    await client.query(`DROP TABLE IF EXISTS ${table.name} CASCADE`);
    await client.query(
      `CREATE TABLE ${table.name} (${columns.map((c) => `"${c.name}" ${c.type}`).join(', ')})`,
    );
    const rows = table.replicated ? table.rows : labelledRows(dataset, table);
    if (rows.length === 0) continue;
    const select = columns.map((c, i) => `(r->>${i})::${c.type}`).join(', ');
    await client.query(`INSERT INTO ${table.name} SELECT ${select} FROM jsonb_array_elements($1::jsonb) r`, [
      JSON.stringify(rows),
    ]);
  }
}

function labelledRows(dataset: Dataset, table: TestTable): readonly (readonly (string | null)[])[] {
  return dataset.shards.flatMap((shard) =>
    (shard.rows[table.name] ?? []).map((index) => [
      ...(table.rows[index] ?? []),
      ...TEST_LABELS.map((label) => shard.labels[label.name] ?? null),
    ]),
  );
}
