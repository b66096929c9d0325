import { DuckDBInstance } from '@duckdb/node-api';

/** Runs statements in a DuckDB of their own, in order. */
export async function runDuckDb(statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    for (const statement of statements) await connection.run(statement);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** SQL of a text constant. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
