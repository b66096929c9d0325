import type { CatalogAnswer, SystemCatalog } from '../../analysis/engine.ts';
import { defined } from '../../base/assert.ts';
import { refuse, SkeinError } from '../../base/errors.ts';
import { quoteIdentifier } from '../../dialect/quote.ts';
import { splitStatements } from '../../sql/parse.ts';
import { OID, type SqlType } from '../../types/sql-type.ts';
import { elementsOf } from '../array-text.ts';
import type { Client } from '../client.ts';
import { functionHost } from '../function-host.ts';
import { substituteServerFunctions } from '../substitute.ts';
import type { SystemColumn } from './batch-builder.ts';
import type { SystemColumns, SystemRows } from './system-relations.ts';

const MAX_ROWS = 200_000;

/** Rows of one of PostgreSQL's catalogs as its own user sees them, for a query that reads tables too. */
export async function catalogRows(
  client: Client,
  view: string,
  columns: SystemColumns,
  signal: AbortSignal,
): Promise<SystemRows> {
  const names = [...columns.keys()];
  const items = [...columns].map(([name, type]) => item(name, type));
  const sql = `SELECT ${['true', ...items].join(', ')} FROM ${relationOf(client.server.engine.system, view)}`;
  const { rows } = await ask(client, sql, items.length + 1, signal);
  if (rows.length > MAX_ROWS) {
    throw new SkeinError('limitExceeded', `more than ${MAX_ROWS} rows of ${view} in a query over tables`);
  }
  const fields = rows.map((row) => row.fields());
  const texts = (at: number) =>
    fields.map((row) => {
      const field = row[at] ?? null;
      return field === null ? null : Buffer.from(field).toString();
    });
  const converted = names.map(
    (name, at) => [name, column(texts(at + 1), defined(columns.get(name), 'type'))] as const,
  );
  // The rows count even where none of their columns does.
  return new Map([['', column(texts(0), { oid: OID.bool, typmod: -1 })], ...converted]);
}

function relationOf(system: SystemCatalog, view: string): string {
  const relation = [...system.relations.values()].find(({ schema, name }) => `${schema}_${name}` === view);
  const { schema, name } = defined(relation, `relation ${view}`);
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

async function ask(client: Client, sql: string, count: number, signal: AbortSignal): Promise<CatalogAnswer> {
  const statement = defined(splitStatements(sql)[0], 'statement');
  const host = functionHost(client, signal);
  const text = await substituteServerFunctions(sql, statement.tree, {
    host,
    parameter: () => null,
    evaluate: () => Promise.reject(refuse('a computed argument of a function of the server here')),
    catalog: true,
  });
  const formats = Array.from({ length: count }, () => 0 as const);
  return client.server.engine.query(text, [], [], formats, client.analysis, signal);
}

/** Instants as µs since 1970, whatever the session's DateStyle. */
function item(name: string, { oid }: SqlType): string {
  const quoted = quoteIdentifier(name);
  return oid === OID.timestamptz ? `(extract(epoch FROM ${quoted}) * 1000000)::pg_catalog.int8` : quoted;
}

function column(texts: readonly (string | null)[], { oid }: SqlType): SystemColumn {
  const map = <T>(read: (text: string) => T) => texts.map((text) => (text === null ? null : read(text)));
  switch (oid) {
    case OID.bool:
      return { kind: 'bool', values: map((text) => text === 't') };
    case OID.int2:
      return { kind: 'int2', values: map(Number) };
    case OID.int4:
      return { kind: 'int4', values: map(Number) };
    case OID.float4:
      return { kind: 'float4', values: map(Number) };
    case OID.float8:
      return { kind: 'float8', values: map(Number) };
    case OID.int8:
    case OID.oid:
      return { kind: 'int8', values: map(BigInt) };
    case OID.timestamptz:
      return { kind: 'timestamp', values: map(BigInt) };
    case OID.text:
    case OID.varchar:
    case OID.bpchar:
    case OID.name:
    case OID.char:
      return { kind: 'text', values: texts };
    case OID.textArray:
      return { kind: 'text[]', values: map(textElements) };
    default:
      throw refuse(`a catalog's column of the type with OID ${oid} beside tables`);
  }
}

function textElements(text: string): readonly string[] {
  return elementsOf(text).map((element) => {
    if (element === null) throw refuse('an array with NULL in a catalog beside tables');
    return element;
  });
}
