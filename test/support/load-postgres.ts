import type pg from 'pg';
import { type Dataset, TEST_LABELS, type TestTable } from './dataset.ts';

/** A jsonb value has no more than 256 MB. */
const ROWS_AT_ONCE = 50_000;

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
    const select = columns.map((c, i) => `(r->>${i})::${c.type}`).join(', ');
    const insert = `INSERT INTO ${table.name} SELECT ${select} FROM jsonb_array_elements($1::jsonb) r`;
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      await client.query(insert, [JSON.stringify(rows.slice(from, from + ROWS_AT_ONCE))]);
    }
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
