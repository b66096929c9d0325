import { defined } from '../../base/assert.ts';
import type { CatalogChange, CatalogRow, RowId } from '../../catalog/owned.ts';
import type { BackendMessage } from '../pg-messages.ts';
import {
  type CatalogColumns,
  FIRST_FEDERATED_OID,
  FIRST_NORMAL_OID,
  OWN,
  OWNED_CATALOGS,
  rowId,
} from './catalogs.ts';

/** What a transaction that is about to be rolled back wrote to PostgreSQL's catalogs. */
export interface Capture {
  readonly written: readonly CatalogRow[];
  /** The rows of users that are there, of those catalogs from which rows may have vanished. */
  readonly present: ReadonlyMap<string, ReadonlySet<RowId>>;
  /** Catalogs that the statement wrote to, all. */
  readonly touched: ReadonlySet<string>;
}

const WRITES = ['inserted', 'updated', 'deleted'] as const;

/** Remembers what the transaction has written so far: what comes after is the statement's. */
export const BASELINE_SQL = `SELECT pg_catalog.count(pg_catalog.set_config('skein.written_' || relname, ${written('oid', WRITES)}::text, true)
  || pg_catalog.set_config('skein.gone_' || relname, ${written('oid', ['updated', 'deleted'])}::text, true))
  FROM pg_catalog.pg_class WHERE relnamespace = 11 AND relkind = 'r'`;

function written(oid: string, kinds: readonly (typeof WRITES)[number][]): string {
  return `(${kinds.map((kind) => `pg_catalog.pg_stat_get_xact_tuples_${kind}(${oid})`).join(' + ')})`;
}

/** Whether rows may have vanished from a catalog since the baseline. */
function mayLack(name: string): string {
  const now = written(`'pg_catalog.${name}'::pg_catalog.regclass`, ['updated', 'deleted']);
  return `(SELECT ${now}::text <> pg_catalog.current_setting('skein.gone_${name}'))`;
}

/** Each gives one answer; {@link readCapture} knows their order. */
export const CAPTURE_SQL: readonly string[] = [
  `SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = 11 AND relkind = 'r'
    AND ${written('oid', WRITES)}::text <> pg_catalog.current_setting('skein.written_' || relname)`,
  OWNED_CATALOGS.map(({ name }) => `SELECT '${name}' WHERE ${mayLack(name)}`).join(' UNION ALL '),
  ...OWNED_CATALOGS.map(
    ({ name }) => `SELECT * FROM pg_catalog.${name} WHERE xmin = pg_catalog.pg_current_xact_id()::xid`,
  ),
  ...OWNED_CATALOGS.map(
    ({
      name,
      key,
      owner,
    }) => `SELECT ${key.map((column) => `${column}::text`).join(" || ' ' || ")} FROM pg_catalog.${name}
      WHERE ${owner} >= ${FIRST_NORMAL_OID} AND ${owner} < ${FIRST_FEDERATED_OID} AND ${mayLack(name)}`,
  ),
];

export function readCapture(messages: readonly BackendMessage[], columns: CatalogColumns): Capture {
  const [touched, lacking, ...rows] = answersOf(messages);
  const mayBeGone = new Set(lacking?.map(([name]) => name));
  const names = OWNED_CATALOGS.map(({ name }) => name);
  return {
    touched: new Set(touched?.map(([name]) => name ?? '')),
    written: names.flatMap((name, index) =>
      defined(rows[index], `rows of ${name}`).map((values) => rowOf(name, values, columns)),
    ),
    present: new Map(
      names.flatMap((name, index) => {
        if (!mayBeGone.has(name)) return [];
        const keys = defined(rows[names.length + index], `keys of ${name}`);
        return [[name, new Set(keys.map(([key]) => rowId(name, key ?? '')))] as const];
      }),
    ),
  };
}

type TextRow = readonly (string | null)[];

function answersOf(messages: readonly BackendMessage[]): readonly (readonly TextRow[])[] {
  const decoder = new TextDecoder();
  const answers: TextRow[][] = [];
  let rows: TextRow[] | undefined;
  for (const message of messages) {
    if (message.kind === 'columns') rows = [];
    else if (message.kind === 'row') {
      rows?.push(message.row.fields().map((field) => (field === null ? null : decoder.decode(field))));
    } else if (message.kind === 'complete' && rows !== undefined) {
      answers.push(rows);
      rows = undefined;
    }
  }
  return answers;
}

function rowOf(catalog: string, values: TextRow, columns: CatalogColumns): CatalogRow {
  const kept = catalog === 'pg_attribute' ? withoutMissing(values, columns) : values;
  const { key } = defined(
    OWNED_CATALOGS.find(({ name }) => name === catalog),
    catalog,
  );
  const parts = key.map((column) => kept[columns.position(catalog, column)] ?? '');
  return { catalog, key: parts.join(' '), values: kept };
}

/** What rows from before ADD COLUMN have in that column: the warehouse's rows have it themselves, and its type takes no text. */
function withoutMissing(values: TextRow, columns: CatalogColumns): TextRow {
  const has = columns.position('pg_attribute', 'atthasmissing');
  const value = columns.position('pg_attribute', 'attmissingval');
  return values.map((text, at) => (at === value ? null : at === has ? 'f' : text));
}

/**
 * The overlay after a statement: all that the transaction wrote, what the overlay before it had wrought among it.
 * Rows of catalogs that aren't PostgreSQL's stay, but for those of a relation that is gone.
 */
export function overlayAfter(
  capture: Capture,
  before: CatalogChange | undefined,
  committed: ReadonlyMap<RowId, CatalogRow>,
  columns: CatalogColumns,
): CatalogChange {
  const put = new Map(capture.written.map((row) => [rowId(row.catalog, row.key), row]));
  const gone = new Set(before?.gone);
  for (const [id, { catalog }] of committed) {
    if (capture.present.get(catalog)?.has(id) === false) gone.add(id);
  }
  for (const id of put.keys()) gone.delete(id);
  const isGone = (relation: RowId) => gone.has(relation) || !(committed.has(relation) || put.has(relation));
  for (const [id, row] of before?.put ?? []) {
    if (isOwnCatalog(row) && !isGone(relationOf(row))) put.set(id, row);
  }
  for (const [id, row] of committed) {
    if (isOwnCatalog(row) && gone.has(relationOf(row))) gone.add(id);
  }
  for (const view of rewritten(put, before, committed, columns)) {
    const id = rowId(OWN.broken, view);
    if (put.delete(id) || committed.has(id)) gone.add(id);
  }
  return { put, gone };
}

/** The views whose queries a statement replaced. */
function rewritten(
  put: ReadonlyMap<RowId, CatalogRow>,
  before: CatalogChange | undefined,
  committed: ReadonlyMap<RowId, CatalogRow>,
  columns: CatalogColumns,
): readonly string[] {
  return [...put].flatMap(([id, row]) => {
    if (row.catalog !== 'pg_rewrite') return [];
    const old = before?.put.get(id) ?? committed.get(id);
    const same = old !== undefined && columns.text(old, 'ev_action') === columns.text(row, 'ev_action');
    return same ? [] : [columns.text(row, 'ev_class')];
  });
}

/** Their keys begin with a relation's OID. */
const OF_RELATIONS: ReadonlySet<string> = new Set([
  OWN.placement,
  OWN.type,
  OWN.onCommit,
  OWN.restart,
  OWN.broken,
]);

function isOwnCatalog({ catalog }: CatalogRow): boolean {
  return OF_RELATIONS.has(catalog);
}

function relationOf({ key }: CatalogRow): RowId {
  return rowId('pg_class', key.split(' ')[0] ?? '');
}
