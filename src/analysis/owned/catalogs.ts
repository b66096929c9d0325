import { defined } from '../../base/assert.ts';
import type { CatalogRow, RowId } from '../../catalog/owned.ts';
import type { SystemCatalog } from '../tree-context.ts';

/** A catalog of PostgreSQL whose rows are kept (decision 009). */
export interface OwnedCatalogTable {
  readonly name: string;
  /** What tells a row from the others of its catalog, and stays as long as the row does. */
  readonly key: readonly string[];
  /** The column that says, by its OID, whether a row is one of a user's. */
  readonly owner: string;
}

const table = (name: string, ...key: readonly [string, ...string[]]): OwnedCatalogTable => ({
  name,
  key,
  owner: key[0],
});

export const OWNED_CATALOGS: readonly OwnedCatalogTable[] = [
  table('pg_namespace', 'oid'),
  table('pg_class', 'oid'),
  table('pg_attribute', 'attrelid', 'attnum'),
  table('pg_type', 'oid'),
  table('pg_attrdef', 'oid'),
  table('pg_constraint', 'oid'),
  table('pg_index', 'indexrelid'),
  table('pg_rewrite', 'oid'),
  table('pg_sequence', 'seqrelid'),
  table('pg_default_acl', 'oid'),
  table('pg_description', 'objoid', 'classoid', 'objsubid'),
  {
    ...table('pg_depend', 'classid', 'objid', 'objsubid', 'refclassid', 'refobjid', 'refobjsubid', 'deptype'),
    owner: 'objid',
  },
  {
    ...table(
      'pg_shdepend',
      ...(['dbid', 'classid', 'objid', 'objsubid', 'refclassid', 'refobjid', 'deptype'] as const),
    ),
    owner: 'objid',
  },
];

/** OIDs that PostgreSQL gives by itself begin here (src/include/access/transam.h). */
export const FIRST_NORMAL_OID = 16_384;
/** OIDs of federated tables begin here: PostgreSQL's own counter doesn't come so far. */
export const FIRST_FEDERATED_OID = 0x4000_0000;

/**
 * Catalogs of Skein's own, whose rows are kept beside PostgreSQL's, which is never told of them. Roles and federated tables
 * (their OIDs must be the same after a restart), where a table's rows lie, and the digits of a bare numeric column.
 */
export const OWN = {
  role: 'skein_role',
  table: 'skein_table',
  placement: 'skein_placement',
  type: 'skein_type',
  /** What ON COMMIT says of a temporary table. */
  onCommit: 'skein_on_commit',
  /** Where a sequence began anew: the name of its row of values, and the first of them. */
  restart: 'skein_restart',
  /** A view that a changed table left without meaning: the reason, and what it was. */
  broken: 'skein_broken',
} as const;

export function rowId(catalog: string, key: string): RowId {
  return `${catalog} ${key}`;
}

/** The columns of the catalogs, in the order of their rows' values. */
export class CatalogColumns {
  readonly #columns: ReadonlyMap<string, readonly string[]>;

  constructor(system: SystemCatalog) {
    const names = new Set(OWNED_CATALOGS.map(({ name }) => name));
    this.#columns = new Map(
      [...system.relations.values()].flatMap(({ schema, name, columns }) =>
        schema === 'pg_catalog' && names.has(name) ? [[name, columns] as const] : [],
      ),
    );
  }

  of(catalog: string): readonly string[] {
    return defined(this.#columns.get(catalog), `columns of ${catalog}`);
  }

  /** @returns the position of a column among a row's values. */
  position(catalog: string, column: string): number {
    const position = this.of(catalog).indexOf(column);
    if (position === -1) throw new Error(`${catalog} has no column ${column}`);
    return position;
  }

  value(row: CatalogRow, column: string): string | null {
    return row.values[this.position(row.catalog, column)] ?? null;
  }

  text(row: CatalogRow, column: string): string {
    return defined(this.value(row, column) ?? undefined, `${row.catalog}.${column} of ${row.key}`);
  }

  number(row: CatalogRow, column: string): number {
    return Number(this.text(row, column));
  }

  isTrue(row: CatalogRow, column: string): boolean {
    return this.value(row, column) === 't';
  }
}
