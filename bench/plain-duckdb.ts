import { DuckDBInstance } from '@duckdb/node-api';

/** DuckDB alone: in this process, over the union of all agents' files. */
export interface PlainDuckDb {
  run(sql: string): Promise<void>;
  close(): void;
}

export async function openPlainDuckDb(
  threads: number,
  views: Readonly<Record<string, string>>,
): Promise<PlainDuckDb> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    default_null_order: 'postgres',
  });
  const connection = await instance.connect();
  for (const [name, query] of Object.entries(views)) await connection.run(`CREATE VIEW ${name} AS ${query}`);
  return {
    async run(sql) {
      await connection.runAndReadAll(sql);
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
