import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { runDuckDb, text } from '../../examples/support/duckdb.ts';
import { quoteIdentifier } from '../../src/dialect/quote.ts';

export interface OracleTable {
  readonly name: string;
  /** PostgreSQL's types by column, in the order of the query's columns. */
  readonly columns: Readonly<Record<string, string>>;
  /** DuckDB's SQL for the rows. */
  readonly query: string;
}

/** Makes tables of a native PostgreSQL from what DuckDB reads, by way of CSV files that its server copies. */
export async function loadOracle(client: pg.Client, tables: readonly OracleTable[]): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-oracle-'));
  try {
    // The server may run as another user.
    await chmod(directory, 0o755);
    for (const { name, columns, query } of tables) {
      const file = join(directory, `${name}.csv`);
      await runDuckDb([
        `COPY (${query}) TO ${text(file)} (FORMAT csv, HEADER, FORCE_QUOTE *, NULLSTR '\\N')`,
      ]);
      await chmod(file, 0o644);
      const types = Object.entries(columns).map(([column, type]) => `${quoteIdentifier(column)} ${type}`);
      await client.query(`CREATE UNLOGGED TABLE ${name} (${types.join(', ')})`);
      await client.query(
        `COPY ${name} FROM ${text(file)} (FORMAT csv, HEADER, NULL '\\N', FORCE_NULL (${Object.keys(columns).map(quoteIdentifier).join(', ')}))`,
      );
    }
    await client.query('ANALYZE');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
