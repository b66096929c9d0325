import type { CatalogChange, CatalogRow, RowId } from '../../catalog/owned.ts';
import type { AnalysisSession, Overlay } from '../engine.ts';
import { quoteIdentifier } from '../pg-quote.ts';
import { OIDS_PER_TABLE } from '../shadow-sql.ts';
import { type CatalogColumns, FIRST_FEDERATED_OID, OWN, rowId } from './catalogs.ts';

/** A view whose federated table changed: PostgreSQL's tree of it names columns by number, and must be made anew. */
export interface Remade {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  /** Its query as SQL, every name with its schema. */
  readonly text: string;
  /** A query with the same columns and no rows. */
  readonly stub: string;
}

/** The OIDs of the federated tables to which committed definitions refer. */
export function referredTables(rows: Iterable<CatalogRow>, columns: CatalogColumns): ReadonlySet<number> {
  const oids = new Set<number>();
  for (const row of rows) {
    if (row.catalog !== 'pg_depend') continue;
    const oid = columns.number(row, 'refobjid');
    if (oid >= FIRST_FEDERATED_OID) oids.add(oid - ((oid - FIRST_FEDERATED_OID) % OIDS_PER_TABLE));
  }
  return oids;
}

const COLUMNS = 'c.oid, n.nspname, c.relname, pg_catalog.pg_get_userbyid(c.relowner)';
const STUB = `(SELECT pg_catalog.string_agg(
    pg_catalog.format('NULL::%s AS %I', pg_catalog.format_type(a.atttypid, a.atttypmod), a.attname), ', ' ORDER BY a.attnum)
  FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)`;

/** The views that refer to tables themselves, not by another view. */
export function dependentsSql(tables: readonly number[]): string {
  const oids = tables.flatMap((oid) => Array.from({ length: OIDS_PER_TABLE }, (_, index) => oid + index));
  return `BEGIN; SET LOCAL search_path TO '';
    SELECT ${COLUMNS}, pg_catalog.pg_get_viewdef(c.oid), ${STUB}
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'v' AND c.oid < ${FIRST_FEDERATED_OID} AND EXISTS (
      SELECT FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
      WHERE r.ev_class = c.oid AND d.refobjid IN (${oids.join(', ')}))
    ORDER BY c.oid; ROLLBACK`;
}

export function readDependents(rows: readonly (readonly (string | null)[])[]): readonly Remade[] {
  return rows.map(([oid, schema, name, owner, text, stub]) => ({
    oid: Number(oid),
    schema: schema ?? '',
    name: name ?? '',
    owner: owner ?? '',
    text: text ?? '',
    stub: `SELECT ${stub ?? ''} WHERE false`,
  }));
}

/** Those that were broken before may be made again. */
export function brokenViews(rows: ReadonlyMap<RowId, CatalogRow>): readonly Remade[] {
  return [...rows.values()].flatMap(({ catalog, key, values }) => {
    if (catalog !== OWN.broken) return [];
    const [, schema, name, owner, text, stub] = values.map((value) => value ?? '');
    return [
      {
        oid: Number(key),
        schema: schema ?? '',
        name: name ?? '',
        owner: owner ?? '',
        text: text ?? '',
        stub: stub ?? '',
      },
    ];
  });
}

type Define = (sql: string, session: AnalysisSession) => Promise<{ readonly overlay: CatalogChange }>;

export interface ToRemake {
  readonly views: readonly Remade[];
  /** Tables that are no more. */
  readonly lost: readonly number[];
}

/**
 * Makes views anew from their texts. One that can't be is kept with the reason, and gives that to whoever asks it.
 * @returns what changes of the committed state.
 */
export async function remakeViews(
  { views, lost }: ToRemake,
  state: { readonly rows: ReadonlyMap<RowId, CatalogRow> },
  define: Define,
): Promise<CatalogChange> {
  let change: CatalogChange = {
    put: new Map(),
    gone: new Set(lost.map((oid) => rowId(OWN.table, String(oid)))),
  };
  for (const view of views) {
    const run = async (query: string) => {
      const overlay: Overlay | undefined = change.put.size === 0 ? undefined : { id: 0, change };
      const { overlay: after } = await define(
        `CREATE OR REPLACE VIEW ${quoteIdentifier(view.schema)}.${quoteIdentifier(view.name)} AS ${query}`,
        { ...SESSION, user: view.owner, overlay },
      );
      return after;
    };
    const id = rowId(OWN.broken, String(view.oid));
    try {
      const after = await run(view.text);
      change = { put: after.put, gone: new Set([...after.gone, id]) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (state.rows.get(id)?.values[0] === reason) continue;
      const after = state.rows.has(id) ? change : await run(view.stub);
      const values = [reason, view.schema, view.name, view.owner, view.text, view.stub];
      const row = { catalog: OWN.broken, key: String(view.oid), values };
      change = { put: new Map([...after.put, [id, row]]), gone: after.gone };
    }
  }
  return change;
}

const SESSION = { searchPath: '', timeZone: 'UTC', dateStyle: 'ISO, MDY', intervalStyle: 'postgres' };
