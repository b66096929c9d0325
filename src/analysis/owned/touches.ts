import type { CatalogChange, CatalogRow, RowId } from '../../catalog/owned.ts';
import type { CatalogColumns } from './catalogs.ts';

/**
 * What a statement changes (`exclusive`) and what that refers to (`shared`), by names on which all sessions agree: an object's
 * catalog and OID, or a name in a schema. Nothing of temporary tables, which no other session sees.
 */
export type Touches = ReadonlyMap<string, 'shared' | 'exclusive'>;

const PG_CLASS = '1259';
const PG_NAMESPACE = '2615';

/** Columns that say of which object a row is a part, and which catalog that object's row is in. */
const OBJECT: Readonly<Record<string, readonly [catalog: string, column: string]>> = {
  pg_class: [PG_CLASS, 'oid'],
  pg_attribute: [PG_CLASS, 'attrelid'],
  pg_attrdef: [PG_CLASS, 'adrelid'],
  pg_constraint: [PG_CLASS, 'conrelid'],
  pg_index: [PG_CLASS, 'indrelid'],
  pg_rewrite: [PG_CLASS, 'ev_class'],
  pg_sequence: [PG_CLASS, 'seqrelid'],
  pg_namespace: [PG_NAMESPACE, 'oid'],
};

const NAME: Readonly<Record<string, readonly [schema: string | undefined, name: string]>> = {
  pg_class: ['relnamespace', 'relname'],
  pg_namespace: [undefined, 'nspname'],
};

/** @param before what the session saw. @param after its overlay now. */
export function touchesOf(
  before: { readonly committed: ReadonlyMap<RowId, CatalogRow>; readonly overlay: CatalogChange | undefined },
  after: CatalogChange,
  columns: CatalogColumns,
): Touches {
  const { committed, overlay } = before;
  const temporary = temporaryRelations(after, columns);
  const touches = new Map<string, 'shared' | 'exclusive'>();
  const exclusive = (name: string) => touches.set(name, 'exclusive');
  const changed = (row: CatalogRow) => {
    for (const name of [...objectOf(row, columns, committed, temporary), ...nameOf(row, columns, temporary)])
      exclusive(name);
  };
  for (const [id, row] of after.put) {
    const old = overlay?.put.get(id) ?? committed.get(id);
    if (old !== undefined && sameValues(old, row)) continue;
    changed(row);
    if (old !== undefined) changed(old);
    else if (row.catalog === 'pg_depend') refer(row, columns, committed, touches);
  }
  for (const id of after.gone) {
    const old = committed.get(id);
    if (old !== undefined && overlay?.gone.has(id) !== true) changed(old);
  }
  return touches;
}

function sameValues(a: CatalogRow, b: CatalogRow): boolean {
  return a.values.length === b.values.length && a.values.every((value, at) => value === b.values[at]);
}

/** What is new is nobody else's. */
function objectOf(
  row: CatalogRow,
  columns: CatalogColumns,
  committed: ReadonlyMap<RowId, CatalogRow>,
  temporary: ReadonlySet<string>,
): readonly string[] {
  const [catalog, column] = OBJECT[row.catalog] ?? [];
  if (catalog === undefined || column === undefined) return [];
  const oid = columns.text(row, column);
  return temporary.has(oid) || !isCommitted(catalog, oid, committed) ? [] : [`${catalog} ${oid}`];
}

function isCommitted(catalog: string, oid: string, committed: ReadonlyMap<RowId, CatalogRow>): boolean {
  return committed.has(`${catalog === PG_CLASS ? 'pg_class' : 'pg_namespace'} ${oid}`);
}

function nameOf(row: CatalogRow, columns: CatalogColumns, temporary: ReadonlySet<string>): readonly string[] {
  const [schema, name] = NAME[row.catalog] ?? [];
  if (name === undefined || temporary.has(row.key)) return [];
  return [`name ${schema === undefined ? '' : columns.text(row, schema)} ${columns.text(row, name)}`];
}

function refer(
  row: CatalogRow,
  columns: CatalogColumns,
  committed: ReadonlyMap<RowId, CatalogRow>,
  touches: Map<string, 'shared' | 'exclusive'>,
): void {
  const catalog = columns.text(row, 'refclassid');
  if (catalog !== PG_CLASS && catalog !== PG_NAMESPACE) return;
  const oid = columns.text(row, 'refobjid');
  const name = `${catalog} ${oid}`;
  if (isCommitted(catalog, oid, committed) && !touches.has(name)) touches.set(name, 'shared');
}

function temporaryRelations({ put }: CatalogChange, columns: CatalogColumns): ReadonlySet<string> {
  return new Set(
    [...put.values()].flatMap((row) =>
      row.catalog === 'pg_class' && columns.value(row, 'relpersistence') === 't' ? [row.key] : [],
    ),
  );
}
