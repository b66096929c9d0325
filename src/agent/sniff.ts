import { basename } from 'node:path';
import { quoteIdentifier, quoteString } from '../dialect/quote.ts';
import type { Engine } from '../engine/duckdb.ts';
import { OID, sqlType } from '../types/sql-type.ts';
import { badJsonLine } from './bad-json-line.ts';
import type { TableConfig } from './config.ts';
import { readCsvHead } from './csv-header.ts';
import { carriageOf } from './duckdb-types.ts';
import { TableProblem } from './files.ts';
import {
  type Candidate,
  CSV_CANDIDATES,
  type Inferred,
  infer,
  JSON_CANDIDATES,
  MIXED_CANDIDATES,
} from './infer.ts';
import { readRelation } from './readers.ts';
import type { Reader, SourceColumn, SourceFacts } from './source.ts';
import { causeText, sourceProblem } from './source-problem.ts';

export type Format = 'csv' | 'json' | 'jsonl' | 'parquet';

/** What one file holds. @throws TableProblem naming the file, and the line where known. */
export async function sniffFile(engine: Engine, path: string, table: TableConfig): Promise<SourceFacts> {
  try {
    const format = table.format ?? formatOf(path);
    if (format === 'csv') return await sniffCsv(engine, path, table);
    if (format === 'parquet') return await sniffParquet(engine, path);
    return await sniffJson(engine, path, format === 'jsonl');
  } catch (error) {
    const line = /Malformed JSON/.test(causeText(error)) ? await badJsonLine(path) : undefined;
    if (line !== undefined) throw new TableProblem(`${basename(path)}: line ${line} is not JSON`);
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

function formatOf(path: string): Format {
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
  const references = names.map((_, i) => relation.reference(i));
  const found = await infer(
    ask,
    relation.from,
    references,
    names.map(() => CSV_CANDIDATES),
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
  const candidates = columns.map(({ native }) => candidatesOf(native));
  const references = columns.map(({ name }) => quoteIdentifier(name));
  const ask = (sql: string, count: number) => engine.texts(sql, count);
  const found = await infer(ask, relation.from, references, candidates);
  // What DuckDB makes of an empty file.
  if (found.rows === 0 && columns.length === 1 && columns[0]?.name === 'json')
    return { reader, columns: [], rows: 0 };
  return { reader, rows: found.rows, columns: columns.map((column, i) => settled(column, found.columns[i])) };
}

/** Columns that DuckDB calls VARCHAR may hold dates; those it calls JSON may mix scalars, which are text. */
function candidatesOf(native: string): readonly Candidate[] {
  if (native === 'JSON') return MIXED_CANDIDATES;
  return native === 'VARCHAR' ? JSON_CANDIDATES : [];
}

function settled(column: SourceColumn, inferred: Inferred | undefined): SourceColumn {
  const isText = column.native === 'VARCHAR' || inferred?.candidate !== undefined;
  return isText ? textColumn(column.name, inferred) : { ...column, allNull: inferred?.allNull ?? false };
}

function jsonColumn(name: string, native: string): SourceColumn {
  const carriage = carriageOf(native);
  if (carriage === undefined)
    throw new TableProblem(`column "${name}" has the type ${native}, which Skein can't carry`);
  const isNested = carriage.type.oid === OID.json;
  return { name, type: carriage.type, native: isNested ? 'JSON' : native, fixed: false, allNull: false };
}
