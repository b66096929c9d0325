import type { CatalogChange, CatalogRow, RowId } from '../catalog/owned.ts';
import { quoteString } from '../dialect/quote.ts';
import type { EngineConnection } from '../engine/connection.ts';
import { LINEAGE_SETUP } from './lineage.ts';

/** What one version of the file's layout is called. Another one is refused. */
export const FORMAT = 1;

export const SETUP: readonly string[] = [
  'CREATE SCHEMA IF NOT EXISTS warehouse.skein',
  'CREATE TABLE IF NOT EXISTS warehouse.skein.meta (format INTEGER)',
  'CREATE TABLE IF NOT EXISTS warehouse.skein.catalog (catalog VARCHAR, key VARCHAR, "row" VARCHAR[])',
  LINEAGE_SETUP,
  `INSERT INTO warehouse.skein.meta SELECT ${FORMAT} WHERE NOT EXISTS (FROM warehouse.skein.meta)`,
];

/** The rows as one INSERT's worth of text stays well below what DuckDB parses at once. */
const ROWS_AT_ONCE = 500;

export async function readCatalog(connection: EngineConnection): Promise<readonly CatalogRow[]> {
  const rows = await connection.texts(
    'SELECT catalog, key, to_json("row")::VARCHAR FROM warehouse.skein.catalog',
    3,
  );
  return rows.map(([catalog, key, values]) => ({
    catalog: catalog ?? '',
    key: key ?? '',
    values: decodeValues(values ?? '[]'),
  }));
}

function decodeValues(json: string): readonly (string | null)[] {
  const values: unknown = JSON.parse(json);
  if (!Array.isArray(values)) throw new Error('a row of the catalog is a list');
  return values.map((value: unknown) => (typeof value === 'string' ? value : null));
}

/** Within the transaction that changes the data. */
export async function writeCatalog(
  connection: EngineConnection,
  { put, gone }: CatalogChange,
): Promise<void> {
  for (const ids of chunks([...gone, ...put.keys()])) await connection.run(deleteSql(ids));
  for (const rows of chunks([...put.values()])) await connection.run(insertSql(rows));
}

function deleteSql(ids: readonly RowId[]): string {
  const list = ids.map(quoteString).join(', ');
  return `DELETE FROM warehouse.skein.catalog WHERE catalog || ' ' || key IN (${list})`;
}

function insertSql(rows: readonly CatalogRow[]): string {
  const list = rows.map(({ catalog, key, values }) => {
    const fields = values.map((value) => (value === null ? 'NULL' : quoteString(value)));
    return `(${quoteString(catalog)}, ${quoteString(key)}, [${fields.join(', ')}]::VARCHAR[])`;
  });
  return `INSERT INTO warehouse.skein.catalog VALUES ${list.join(', ')}`;
}

function chunks<T>(items: readonly T[]): readonly (readonly T[])[] {
  const found: (readonly T[])[] = [];
  for (let at = 0; at < items.length; at += ROWS_AT_ONCE) found.push(items.slice(at, at + ROWS_AT_ONCE));
  return found;
}
