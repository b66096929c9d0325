import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { assertNever } from '../../base/assert.ts';
import { SkeinError } from '../../base/errors.ts';
import { Failure } from '../failure.ts';
import { namedValues } from '../options.ts';
import { proxyUrl } from '../proxy-url.ts';
import { type Answer, ask, type Column, type Row } from './answer.ts';
import { type Connected, connect } from './connect.ts';
import { csvLines } from './csv.ts';
import { jsonLines } from './json.ts';
import { fileNames, writeParquet } from './parquet.ts';
import { formatMessage } from './pg-error.ts';
import { tableText } from './table.ts';

export interface QueryFlags {
  readonly url?: string;
  readonly format?: 'table' | 'csv' | 'json';
  readonly output?: string;
  readonly null: string;
  readonly set?: readonly string[];
}

const EXIT_CANCELLED = 130;

/** `skein query`: runs one statement and prints its rows, or writes them to a file. */
export async function runQueryCommand(argument: string, flags: QueryFlags): Promise<void> {
  const output = flags.output === undefined ? undefined : outputFile(flags.output, flags.format);
  const url = await proxyUrl(flags.url);
  const sql = argument === '-' ? await standardInput() : argument;
  await withStatement(url, namedValues(flags.set, '--set') ?? {}, sql, 0, async (client) => {
    const answer = await ask(client, sql);
    if (answer.columns === undefined) return finish(answer, flags);
    return output === undefined
      ? print(answer.columns, answer.rows, flags)
      : write(answer.columns, answer.rows, output);
  });
}

/**
 * Connects, acts, and turns what goes wrong into PostgreSQL's form. Ctrl-C cancels the statement; the second leaves.
 * @param offset characters that `statement`, as it is sent, has in front of what the user wrote.
 */
export async function withStatement(
  url: string,
  settings: Readonly<Record<string, string>>,
  statement: string,
  offset: number,
  act: (client: pg.Client) => Promise<void>,
): Promise<void> {
  let connected: Connected | undefined;
  let cancelled = false;
  const interrupt = (): void => {
    if (cancelled || connected === undefined) process.exit(EXIT_CANCELLED);
    cancelled = true;
    connected.cancel();
  };
  process.on('SIGINT', interrupt);
  try {
    connected = await connect(url, settings);
    connected.client.on('notice', (notice) => {
      process.stderr.write(`${formatMessage(notice, statement, offset)}\n`);
    });
    await act(connected.client);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    throw new Failure(formatMessage(error, statement, offset), cancelled ? EXIT_CANCELLED : 1);
  } finally {
    process.off('SIGINT', interrupt);
    await connected?.client.end();
  }
}

/** A statement without rows: its tag, beside the rows' way where programs read that. */
async function finish(answer: Answer, { format = 'table', output }: QueryFlags): Promise<void> {
  for await (const _ of answer.rows);
  const stream = format === 'table' && output === undefined ? process.stdout : process.stderr;
  if (answer.tag() !== '') stream.write(`${answer.tag()}\n`);
}

async function print(
  columns: readonly Column[],
  rows: AsyncIterable<Row>,
  { format = 'table', null: nullText }: QueryFlags,
): Promise<void> {
  switch (format) {
    case 'table':
      process.stdout.write(await tableText(columns, rows, nullText));
      return;
    case 'csv':
      return pipeline(Readable.from(csvLines(columns, rows)), process.stdout, { end: false });
    case 'json':
      assertDistinct(columns);
      return pipeline(Readable.from(jsonLines(columns, rows)), process.stdout, { end: false });
    default:
      return assertNever(format);
  }
}

interface OutputFile {
  readonly path: string;
  readonly kind: 'csv' | 'json' | 'parquet';
}

function outputFile(path: string, format: QueryFlags['format']): OutputFile {
  if (format !== undefined)
    throw new SkeinError('invalidParameterValue', 'expected --format or --output, not both', {
      hint: 'The ending of the file says how it is written.',
    });
  const kind = extname(path).slice(1).toLowerCase();
  if (kind === 'csv' || kind === 'json' || kind === 'parquet') return { path, kind };
  throw new SkeinError('invalidParameterValue', `can't tell how to write ${path}`, {
    hint: 'Use a name that ends in .csv, .json or .parquet.',
  });
}

/** The file is whole or not there: it takes its name at the end. */
async function write(
  columns: readonly Column[],
  rows: AsyncIterable<Row>,
  { path, kind }: OutputFile,
): Promise<void> {
  if (kind === 'json') assertDistinct(columns);
  const draft = `${path}.${process.pid}.part`;
  let count = 0;
  async function* counted(): AsyncGenerator<Row> {
    for await (const row of rows) {
      count += 1;
      yield row;
    }
  }
  try {
    if (kind === 'parquet') sayRenames(columns);
    await writeAs(kind, columns, counted(), draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  process.stdout.write(`wrote ${count} ${count === 1 ? 'row' : 'rows'} to ${path}\n`);
}

function writeAs(
  kind: OutputFile['kind'],
  columns: readonly Column[],
  rows: AsyncIterable<Row>,
  path: string,
): Promise<void> {
  switch (kind) {
    case 'csv':
      return pipeline(Readable.from(csvLines(columns, rows)), createWriteStream(path));
    case 'json':
      return pipeline(Readable.from(jsonLines(columns, rows)), createWriteStream(path));
    case 'parquet':
      return writeParquet(columns, rows, path);
    default:
      return assertNever(kind);
  }
}

function sayRenames(columns: readonly Column[]): void {
  const names = columns.map(({ name }) => name);
  for (const [i, written] of fileNames(names).entries()) {
    if (written !== names[i])
      process.stderr.write(
        `NOTICE:  the file has column "${names[i]}" as "${written}", beside one of that name\n`,
      );
  }
}

/** Where a name is a key, two columns of one name would be one. */
function assertDistinct(columns: readonly Column[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name)) {
      throw new SkeinError('invalidParameterValue', `two columns have the name "${name}"`, {
        hint: 'Give one of them another name with AS, or use CSV.',
      });
    }
    seen.add(name);
  }
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
