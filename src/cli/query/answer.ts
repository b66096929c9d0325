import type pg from 'pg';
import Cursor from 'pg-cursor';
import type { SqlType } from '../../types/sql-type.ts';

/** NULL, or PostgreSQL's text of a value. */
export type Row = readonly (string | null)[];

export interface Column {
  readonly name: string;
  /** As the client was told: a numeric may have no precision. */
  readonly type: SqlType;
}

/** A statement's answer; its rows are fetched as they are read. */
export interface Answer {
  /** Undefined: the statement has no rows at all, as SET. */
  readonly columns: readonly Column[] | undefined;
  readonly rows: AsyncIterable<Row>;
  /** PostgreSQL's command tag, such as `SELECT 3`; known once all rows were read. */
  tag(): string;
}

const PAGE_ROWS = 2048;

/** @throws pg.DatabaseError */
export async function ask(client: pg.Client, sql: string): Promise<Answer> {
  let tag = '';
  let described = false;
  client.connection.on('commandComplete', (message: { readonly text: string }) => {
    tag = message.text;
  });
  client.connection.on('rowDescription', () => {
    described = true;
  });
  const types = { getTypeParser: () => (text: string) => text };
  const cursor = client.query(new Cursor<string[]>(sql, [], { rowMode: 'array', types }));
  const first = await page(cursor);
  return {
    columns: described ? first.columns : undefined,
    rows: rowsOf(cursor, first.rows),
    tag: () => tag,
  };
}

async function* rowsOf(cursor: Cursor<string[]>, first: readonly Row[]): AsyncGenerator<Row> {
  let rows = first;
  while (rows.length > 0) {
    yield* rows;
    rows = rows.length < PAGE_ROWS ? [] : (await page(cursor)).rows;
  }
}

interface Page {
  readonly rows: readonly Row[];
  readonly columns: readonly Column[];
}

function page(cursor: Cursor<string[]>): Promise<Page> {
  return new Promise((resolve, reject) => {
    cursor.read(PAGE_ROWS, (error, rows, result) => {
      if (error) reject(error);
      else resolve({ rows, columns: result.fields.map(columnOf) });
    });
  });
}

function columnOf({ name, dataTypeID, dataTypeModifier }: pg.FieldDef): Column {
  return { name, type: { oid: dataTypeID, typmod: dataTypeModifier } };
}
