import { quoteIdentifier, quoteString } from '../dialect/quote.ts';
import type { Engine } from '../engine/duckdb.ts';
import { OID, sqlType } from '../types/sql-type.ts';
import type { TableConfig } from './config.ts';
import { readCsvHead } from './csv-header.ts';
import { carriageOf } from './duckdb-types.ts';
import { TableProblem } from './files.ts';
import { CSV_CANDIDATES, type Inferred, infer, JSON_CANDIDATES } from './infer.ts';
import { readRelation } from './readers.ts';
import type { Reader, SourceColumn, SourceFacts } from './source.ts';
import { sourceProblem } from './source-problem.ts';

export type Format = 'csv' | 'json' | 'jsonl' | 'parquet';

/** What one file holds. @throws TableProblem naming the file, and the line where known. */
export async function sniffFile(engine: Engine, path: string, table: TableConfig): Promise<SourceFacts> {
  try {
    const format = table.format ?? formatOf(path);
    if (format === 'csv') return await sniffCsv(engine, path, table);
    if (format === 'parquet') return await sniffParquet(engine, path);
    return await sniffJson(engine, path, format === 'jsonl');
  } catch (error) {
    throw sourceProblem(error, path);
  }
}

/** @throws TableProblem */
export async function sniffQuery(engine: Engine, sql: string): Promise<SourceFacts> {
  try {
    const columns = await describe(engine, `(${sql}\n)`);
    const [[rows] = []] = await engine.texts(`SELECT count(*)::VARCHAR FROM (${sql}\n)`, 1);
    return { reader: { kind: 'query', sql }, columns, rows: Number(rows) };
  } catch (error) {
    throw sourceProblem(error, undefined);
  }
}

export function formatOf(path: string): Format {
  const name = path.toLowerCase().replace(/\.(gz|zst)$/, '');
  if (/\.(csv|tsv|txt)$/.test(name)) return 'csv';
  if (/\.(jsonl|ndjson)$/.test(name)) return 'jsonl';
  if (name.endsWith('.json')) return 'json';
  if (/\.(parquet|pq)$/.test(name)) return 'parquet';
  throw new TableProblem('its format is unknown: declare format as csv, json, jsonl or parquet');
}

async function sniffCsv(engine: Engine, path: string, table: TableConfig): Promise<SourceFacts> {
  const { dialect, names } = await readCsvHead(path, table.csv);
  const reader: Reader = { kind: 'csv', dialect };
  if (names.length === 0) return { reader, columns: [], rows: 0 };
  const columns = names.map((name) => ({ name, readAs: 'VARCHAR' }));
  const relation = readRelation(reader, [path], columns);
  const ask = (sql: string, count: number) => engine.texts(sql, count);
  const found = await infer(
    ask,
    relation.from,
    names.map((_, i) => relation.reference(i)),
    CSV_CANDIDATES,
  );
  return { reader, columns: names.map((name, i) => textColumn(name, found.columns[i])), rows: found.rows };
}

function textColumn(name: string, inferred: Inferred | undefined): SourceColumn {
  const candidate = inferred?.candidate;
  return {
    name,
    type: candidate?.type ?? sqlType(OID.text),
    native: candidate?.native ?? 'VARCHAR',
    fixed: false,
    allNull: inferred?.allNull ?? false,
  };
}

async function sniffParquet(engine: Engine, path: string): Promise<SourceFacts> {
  const [[rows] = []] = await engine.texts(
    `SELECT num_rows::VARCHAR FROM parquet_file_metadata(${quoteString(path)})`,
    1,
  );
  const columns = await describe(engine, `read_parquet(${quoteString(path)})`);
  return { reader: { kind: 'parquet' }, columns, rows: Number(rows) };
}

/** Columns of a relation that has types of its own. */
async function describe(engine: Engine, from: string): Promise<SourceColumn[]> {
  const described = await engine.texts(
    `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${from})`,
    2,
  );
  return described.map(([name, native]) => {
    const carriage = carriageOf(native ?? '');
    if (
      name === null ||
      name === undefined ||
      native === null ||
      native === undefined ||
      carriage === undefined
    ) {
      throw new TableProblem(`column "${name}" has the type ${native}, which Skein can't carry`);
    }
    return { name, type: carriage.type, native, fixed: native !== '"NULL"', allNull: native === '"NULL"' };
  });
}

/** Whole-file schema; strings are not taken for dates by DuckDB, which would drop their offsets. */
const JSON_SNIFF =
  "sample_size = -1, map_inference_threshold = -1, dateformat = 'none', timestampformat = 'none'";

async function sniffJson(engine: Engine, path: string, lines: boolean): Promise<SourceFacts> {
  const reader: Reader = { kind: 'json', lines };
  const format = lines ? 'newline_delimited' : 'auto';
  const described = await engine.texts(
    `SELECT column_name, column_type
     FROM (DESCRIBE SELECT * FROM read_json(${quoteString(path)}, format = '${format}', ${JSON_SNIFF}))`,
    2,
  );
  const columns = described.map(([name, native]) => jsonColumn(name ?? '', native ?? ''));
  const relation = readRelation(
    reader,
    [path],
    columns.map(({ name, native }) => ({ name, readAs: native })),
  );
  // Both may hold nothing but NULLs; the texts may hold dates.
  const open = columns.filter(({ native }) => native === 'VARCHAR' || native === 'JSON');
  const ask = (sql: string, count: number) => engine.texts(sql, count);
  const references = open.map(({ name, native }) => {
    const reference = quoteIdentifier(name);
    return native === 'JSON' ? `CAST(${reference} AS VARCHAR)` : reference;
  });
  const found = await infer(ask, relation.from, references, JSON_CANDIDATES);
  const inferred = new Map(open.map(({ name }, i) => [name, found.columns[i]]));
  return {
    reader,
    rows: found.rows,
    columns: columns.map((column) =>
      column.native === 'VARCHAR'
        ? textColumn(column.name, inferred.get(column.name))
        : { ...column, allNull: inferred.get(column.name)?.allNull ?? false },
    ),
  };
}

function jsonColumn(name: string, native: string): SourceColumn {
  const carriage = carriageOf(native);
  if (carriage === undefined)
    throw new TableProblem(`column "${name}" has the type ${native}, which Skein can't carry`);
  const isJson = carriage.type.oid === OID.jsonb;
  return { name, type: carriage.type, native: isJson ? 'JSON' : native, fixed: false, allNull: false };
}
