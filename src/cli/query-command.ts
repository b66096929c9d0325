import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import Table from 'cli-table3';
import { stringify } from 'csv-stringify/sync';
import pg from 'pg';
import QueryStream from 'pg-query-stream';
import { refuse, SkeinError } from '../base/errors.ts';
import { quoteIdentifier, quoteString } from '../dialect/quote.ts';
import { openEngine } from '../engine/duckdb.ts';
import { carrierOf } from '../types/carrier.ts';
import { OID, sqlType } from '../types/sql-type.ts';

export type OutputFormat = 'table' | 'csv' | 'json';

export interface QueryOptions {
  readonly url: string;
  readonly format: OutputFormat;
  /** Write to this file, CSV or Parquet by its ending. */
  readonly output: string | undefined;
}

/** Beyond this a table in the terminal helps nobody, and would not fit in memory. */
const MAX_TABLE_ROWS = 10_000;
const BATCH_ROWS = 2048;

type Row = readonly (string | null)[];

/** A statement's rows as PostgreSQL's text, as they come. The columns are known once the first row, or the end, was read. */
interface Answer {
  readonly rows: AsyncIterable<Row>;
  columns(): readonly { readonly name: string; readonly oid: number; readonly typmod: number }[];
}

/** Runs one statement and prints its rows, or writes them to a file. */
export async function runQuery(sql: string, options: QueryOptions, stdout: Writable): Promise<void> {
  const client = new pg.Client({ connectionString: options.url, application_name: 'skein query' });
  client.on('notice', (notice) => process.stderr.write(`${notice.severity}: ${notice.message}\n`));
  await connect(client, options.url);
  try {
    const answer = ask(client, sql);
    await (options.output === undefined
      ? print(answer, options.format, stdout)
      : write(answer, options.output));
  } finally {
    await client.end();
  }
}

async function connect(client: pg.Client, url: string): Promise<void> {
  try {
    await client.connect();
  } catch (error) {
    const where = URL.canParse(url) ? new URL(url).host : 'the proxy';
    const reason =
      error instanceof AggregateError
        ? 'nothing listens there'
        : error instanceof Error
          ? error.message
          : String(error);
    throw new SkeinError('connectionFailure', `can't connect to ${where}: ${reason}`, {}, error);
  }
}

function ask(client: pg.Client, sql: string): Answer {
  const types = { getTypeParser: () => (text: string) => text };
  const stream = client.query(new QueryStream(sql, [], { rowMode: 'array', batchSize: BATCH_ROWS, types }));
  return {
    rows: stream,
    columns: () =>
      (stream.cursor._result.fields as readonly pg.FieldDef[]).map((field) => ({
        name: field.name,
        oid: field.dataTypeID,
        typmod: field.dataTypeModifier,
      })),
  };
}

async function print(answer: Answer, format: OutputFormat, stdout: Writable): Promise<void> {
  switch (format) {
    case 'table':
      return printTable(answer, stdout);
    case 'csv':
      return pipeline(Readable.from(csvLines(answer)), stdout, { end: false });
    case 'json':
      return pipeline(Readable.from(jsonLines(answer)), stdout, { end: false });
  }
}

async function printTable(answer: Answer, stdout: Writable): Promise<void> {
  const cells: string[][] = [];
  for await (const row of answer.rows) {
    if (cells.length === MAX_TABLE_ROWS) {
      throw new SkeinError('limitExceeded', `more than ${MAX_TABLE_ROWS} rows for a table`, {
        hint: 'Write them to a file with -o, print them with --format csv, or add a LIMIT.',
      });
    }
    cells.push(row.map((value) => value ?? 'NULL'));
  }
  const table = new Table({
    head: answer.columns().map(({ name }) => name),
    style: { head: [], border: [] },
  });
  table.push(...cells);
  stdout.write(`${table.toString()}\n(${cells.length} ${cells.length === 1 ? 'row' : 'rows'})\n`);
}

async function* jsonLines(answer: Answer): AsyncGenerator<string> {
  let before = '[\n';
  for await (const row of answer.rows) {
    const object = Object.fromEntries(
      answer.columns().map(({ name, oid }, i) => [name, jsonValue(row[i] ?? null, oid)]),
    );
    yield `${before}${JSON.stringify(object)}`;
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

/** Numbers that JSON readers keep exactly, booleans and json as such; everything else stays text. */
function jsonValue(text: string | null, oid: number): unknown {
  if (text === null) return null;
  switch (oid) {
    case OID.int2:
    case OID.int4:
    case OID.int8:
      return Number.isSafeInteger(Number(text)) ? Number(text) : text;
    case OID.float4:
    case OID.float8:
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case OID.bool:
      return text === 't';
    case OID.json:
    case OID.jsonb:
      return JSON.parse(text);
    default:
      return text;
  }
}

async function write(answer: Answer, output: string): Promise<void> {
  switch (extname(output).toLowerCase()) {
    case '.csv':
      return pipeline(Readable.from(csvLines(answer)), createWriteStream(output));
    case '.parquet':
      return writeParquet(answer, output);
    default:
      throw refuse(`writing to a file that ends in "${extname(output)}"`, {
        hint: 'Use a name that ends in .csv or .parquet.',
      });
  }
}

/** NULL is an empty field, an empty text is `""`. */
async function* csvLines(answer: Answer): AsyncGenerator<string> {
  let headed = false;
  const header = () => stringify([answer.columns().map(({ name }) => name)]);
  for await (const row of answer.rows) {
    if (!headed) yield header();
    headed = true;
    yield stringify([[...row]], {
      cast: { string: (value) => (value === '' ? { value, quoted: true } : value) },
    });
  }
  if (!headed) yield header();
}

/** By way of a CSV file that DuckDB turns into Parquet with the columns' own types. */
async function writeParquet(answer: Answer, output: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-'));
  try {
    const csv = join(directory, 'rows.csv');
    await pipeline(Readable.from(csvLines(answer)), createWriteStream(csv));
    const engine = await openEngine({
      threads: 2,
      memoryLimit: '1GB',
      tempDirectory: directory,
      allowedDirectories: [],
      prelude: [],
      maxConnections: 1,
    });
    const columns = answer.columns();
    const casts = columns.map(
      ({ name, oid, typmod }, i) =>
        `CAST(column${i} AS ${parquetType(oid, typmod)}) AS ${quoteIdentifier(name)}`,
    );
    const names = columns.map((_, i) => `'column${i}': 'VARCHAR'`);
    const source = `read_csv(${quoteString(csv)}, header = true, columns = {${names.join(', ')}}, nullstr = '', allow_quoted_nulls = false)`;
    await engine.run(
      `COPY (SELECT ${casts.join(', ')} FROM ${source}) TO ${quoteString(resolve(output))} (FORMAT parquet)`,
    );
    await engine.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** numeric without a typmod is written as text: its digits have no bound that Parquet could name. */
function parquetType(oid: number, typmod: number): string {
  const isText = oid === OID.numeric && typmod < 4;
  const isKnown = [
    OID.bool,
    OID.int2,
    OID.int4,
    OID.int8,
    OID.float4,
    OID.float8,
    OID.date,
    OID.time,
    OID.timestamp,
    OID.timestamptz,
    OID.numeric,
    OID.uuid,
  ].some((known) => known === oid);
  return isText || !isKnown ? 'VARCHAR' : carrierOf(sqlType(oid, typmod)).duckdb;
}
