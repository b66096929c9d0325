import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteIdentifier, quoteString } from '../../src/dialect/quote.ts';
import { openWriter } from '../../src/engine/duckdb.ts';
import { carrierOf } from '../../src/types/carrier.ts';
import { parseTypeName } from '../../src/types/type-name.ts';
import type { TestShard, TestTable } from './dataset.ts';

/** Parquet has no negative intervals, no offsets of times and no bits: they are texts there, and an agent declares what the text is. */
const TEXTS_IN_PARQUET = ['interval', 'timetz', 'json', 'varbit'];

/** What an agent's configuration says of the columns that {@link writeTables} writes as text. */
export function declaredColumns(columns: TestTable['columns']): Record<string, string> {
  return Object.fromEntries(
    columns.filter(({ type }) => TEXTS_IN_PARQUET.includes(type)).map(({ name, type }) => [name, type]),
  );
}

/** PostgreSQL's text of a value as DuckDB reads it. */
function fromText(sql: string, type: string, carrier: string): string {
  if (TEXTS_IN_PARQUET.includes(type)) return sql;
  if (type === 'bytea') return `unhex(substr(${sql}, 3))`;
  const text = type.endsWith('[]')
    ? `translate(${sql}, '{}', '[]')`
    : `regexp_replace(${sql}, '^([\\d-]+)(.*) BC$', '\\1 (BC)\\2')`;
  return `CAST(${text} AS ${carrier})`;
}

/** A shard's rows of the tables, as `<name>.parquet` in the directory. */
export async function writeTables(
  directory: string,
  tables: readonly TestTable[],
  shard: TestShard,
): Promise<void> {
  const engine = await openWriter(directory);
  for (const table of tables) await engine.run(await copyStatement(directory, table, shard));
  await engine.close();
}

async function copyStatement(directory: string, table: TestTable, shard: TestShard): Promise<string> {
  const rows = table.replicated
    ? table.rows
    : (shard.rows[table.name] ?? []).map((index) => table.rows[index] ?? []);
  const json = join(directory, `${table.name}.json`);
  await writeFile(
    json,
    rows
      .map((row) => `${JSON.stringify(Object.fromEntries(row.map((value, i) => [`c${i}`, value])))}\n`)
      .join(''),
  );
  const columns = table.columns.map(({ name, type }, i) => {
    const parsed = parseTypeName(type);
    if (parsed === undefined) throw new Error(`no type ${type}`);
    return `${fromText(`c${i}`, type, carrierOf(parsed).duckdb)} AS ${quoteIdentifier(name)}`;
  });
  const names = table.columns.map((_, i) => `c${i}: 'VARCHAR'`);
  const source = `read_json(${quoteString(json)}, format = 'newline_delimited', columns = {${names.join(', ')}})`;
  // DuckDB's dictionaries hold 0 and -0 as one value.
  return `COPY (SELECT ${columns.join(', ')} FROM ${source}) TO ${quoteString(join(directory, `${table.name}.parquet`))} (FORMAT parquet, DICTIONARY_SIZE_LIMIT 0)`;
}
