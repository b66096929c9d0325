import type { CatalogChange, CatalogRow, RowId } from '../../catalog/owned.ts';
import { type CatalogColumns, OWN, OWNED_CATALOGS } from './catalogs.ts';

/** The column that says of which object a row is, where that isn't the row's own OID. */
const PART_OF: Readonly<Record<string, string>> = {
  pg_attribute: 'attrelid',
  pg_attrdef: 'adrelid',
  pg_constraint: 'conrelid',
  pg_index: 'indexrelid',
  pg_rewrite: 'ev_class',
  pg_sequence: 'seqrelid',
  pg_description: 'objoid',
  pg_depend: 'objid',
  pg_shdepend: 'objid',
};

const OF_RELATIONS: ReadonlySet<string> = new Set([OWN.placement, OWN.type, OWN.onCommit, OWN.restart]);
const WITH_OID = new Set(OWNED_CATALOGS.filter(({ key }) => key.join() === 'oid').map(({ name }) => name));

/** Apart: what a session keeps to itself beyond its transaction, and what all sessions shall see. */
export function splitTemporary(
  change: CatalogChange,
  columns: CatalogColumns,
): { readonly temporary: CatalogChange; readonly permanent: CatalogChange } {
  const rows = [...change.put.values()];
  const relations = rows.filter(
    (row) => row.catalog === 'pg_class' && columns.value(row, 'relpersistence') === 't',
  );
  const objects = new Set(relations.map(({ key }) => key));
  const schemas = new Set(relations.map((row) => columns.text(row, 'relnamespace')));
  for (const row of rows) {
    if (row.catalog === 'pg_type' && schemas.has(columns.text(row, 'typnamespace'))) objects.add(row.key);
    else if (WITH_OID.has(row.catalog) && isPart(row, objects, columns)) objects.add(row.key);
  }
  const temporary = new Map<RowId, CatalogRow>();
  const permanent = new Map<RowId, CatalogRow>();
  for (const [id, row] of change.put) {
    const mine = objects.has(row.key) && WITH_OID.has(row.catalog);
    (mine || isPart(row, objects, columns) ? temporary : permanent).set(id, row);
  }
  return { temporary: { put: temporary, gone: new Set() }, permanent: { put: permanent, gone: change.gone } };
}

function isPart(row: CatalogRow, objects: ReadonlySet<string>, columns: CatalogColumns): boolean {
  if (OF_RELATIONS.has(row.catalog)) return objects.has(row.key.split(' ')[0] ?? '');
  const column = PART_OF[row.catalog];
  return column !== undefined && objects.has(columns.text(row, column));
}
