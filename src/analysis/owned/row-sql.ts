import type { CatalogChange, CatalogRow } from '../../catalog/owned.ts';
import { quoteLiteral } from '../pg-quote.ts';
import { type CatalogColumns, OWNED_CATALOGS, type OwnedCatalogTable } from './catalogs.ts';

/** No statement grows beyond what PostgreSQL's parser takes easily. */
const ROWS_PER_STATEMENT = 500;

/** Columns of type pg_node_tree, which takes no text but by the template's cast. */
const TREES = new Set(['ev_qual', 'ev_action', 'adbin', 'conbin', 'indexprs', 'indpred', 'relpartbound']);

/** SQL that makes a change to PostgreSQL's catalogs, run by a superuser. */
export function changeSql(change: CatalogChange, columns: CatalogColumns): readonly string[] {
  return OWNED_CATALOGS.flatMap((catalog) => {
    const prefix = `${catalog.name} `;
    const gone = [...change.gone].flatMap((id) => (id.startsWith(prefix) ? [id.slice(prefix.length)] : []));
    const put = [...change.put.values()].filter((row) => row.catalog === catalog.name);
    return [
      ...inParts([...gone, ...put.map(({ key }) => key)], (keys) => deleteRows(catalog, keys)),
      ...insertRows(put, columns),
    ];
  });
}

export function insertRows(rows: readonly CatalogRow[], columns: CatalogColumns): readonly string[] {
  return OWNED_CATALOGS.flatMap(({ name }) => {
    const casts = columns.of(name).map((column) => (TREES.has(column) ? '::text' : ''));
    const own = rows.filter(({ catalog }) => catalog === name);
    return inParts(own, (part) => {
      const list = part.map(
        ({ values }) => `(${values.map((value, at) => literal(value, casts[at] ?? ''))})`,
      );
      return `INSERT INTO pg_catalog.${name} VALUES ${list.join(', ')}`;
    });
  });
}

function literal(value: string | null, cast: string): string {
  return value === null ? 'NULL' : `${quoteLiteral(value)}${cast}`;
}

function deleteRows({ name, key }: OwnedCatalogTable, keys: readonly string[]): string {
  const rows = keys.map((text) => `(${text.split(' ').map(quoteLiteral).join(', ')})`);
  return `DELETE FROM pg_catalog.${name} WHERE (${key.join(', ')}) IN (${rows.join(', ')})`;
}

function inParts<T>(all: readonly T[], statement: (part: readonly T[]) => string): readonly string[] {
  const statements: string[] = [];
  for (let from = 0; from < all.length; from += ROWS_PER_STATEMENT) {
    statements.push(statement(all.slice(from, from + ROWS_PER_STATEMENT)));
  }
  return statements;
}
