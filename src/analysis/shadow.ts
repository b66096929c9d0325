import { refuse } from '../base/errors.ts';
import type { Snapshot, Table } from '../catalog/snapshot.ts';
import { quoteIdentifier, quoteLiteral, storedIdentifier } from './pg-quote.ts';
import type { ShadowColumn } from './tree-context.ts';
import { typeName } from './type-name.ts';

/** A table as the shadow holds it. */
export interface ShadowTable {
  readonly name: string;
  readonly columns: readonly ShadowColumn[];
  /** What `CREATE TABLE` says of the columns; the table is made anew when it changes. */
  readonly definition: string;
  readonly comment: string | undefined;
  /** -1: unknown, as in `pg_class.reltuples`. */
  readonly rows: number;
  readonly pages: number;
}

export type ShadowTables = ReadonlyMap<string, ShadowTable>;

/** By the name as PostgreSQL keeps it. */
export function shadowTables(
  snapshot: Snapshot,
  skip: (table: string, reason: unknown) => void,
): ShadowTables {
  const tables = new Map<string, ShadowTable>();
  for (const table of snapshot.tables) {
    const key = storedIdentifier(table.name);
    try {
      if (tables.has(key)) throw refuse(`a second table whose name begins with the same 63 bytes`);
      tables.set(key, shadowTable(table, snapshot));
    } catch (error) {
      skip(table.name, error);
    }
  }
  return tables;
}

/** The statements that turn one shadow into the other, grouped by table. */
export function shadowChanges(
  before: ShadowTables,
  after: ShadowTables,
): ReadonlyMap<string, readonly string[]> {
  const changes = new Map<string, readonly string[]>();
  for (const [key, old] of before) {
    if (!after.has(key)) changes.set(key, [`DROP TABLE ${qualified(old)}`]);
  }
  for (const [key, table] of after) {
    const statements = tableChanges(before.get(key), table);
    if (statements.length > 0) changes.set(key, statements);
  }
  return changes;
}

function tableChanges(old: ShadowTable | undefined, table: ShadowTable): string[] {
  const statements: string[] = [];
  const recreated = old?.definition !== table.definition;
  if (recreated && old !== undefined) statements.push(`DROP TABLE ${qualified(old)}`);
  if (recreated) statements.push(`CREATE TABLE ${qualified(table)} (${table.definition})`);
  if (table.comment !== (recreated ? undefined : old?.comment)) {
    const comment = table.comment === undefined ? 'NULL' : quoteLiteral(table.comment);
    statements.push(`COMMENT ON TABLE ${qualified(table)} IS ${comment}`);
  }
  if (recreated || old?.rows !== table.rows || old.pages !== table.pages) {
    const relation = quoteLiteral(qualified(table));
    statements.push(
      `UPDATE pg_catalog.pg_class SET reltuples = ${table.rows}, relpages = ${table.pages} WHERE oid = ${relation}::pg_catalog.regclass`,
    );
  }
  return statements;
}

const SYSTEM_COLUMNS = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);
const MAX_COLUMNS = 1600;

/** A physical column with a label's name is constant per agent and equal to the label: the label stands for it. */
function shadowTable(table: Table, snapshot: Snapshot): ShadowTable {
  const labels = table.kind === 'federated' ? snapshot.labels : [];
  const labelNames = new Set(labels.map((label) => label.name));
  const physical = table.columns.filter((column) => !labelNames.has(column.name));
  const typed = [...physical, ...labels];
  const columns: ShadowColumn[] = [
    ...physical.map((column) => ({ name: column.name, source: 'physical' as const })),
    ...labels.map((label) => ({ name: label.name, source: 'label' as const })),
  ];
  if (columns.length > MAX_COLUMNS) throw refuse(`a table of more than ${MAX_COLUMNS} columns`);
  const forbidden = columns.find((column) => SYSTEM_COLUMNS.has(column.name));
  if (forbidden !== undefined) throw refuse(`a column named ${quoteIdentifier(forbidden.name)}`);
  const definition = typed
    .map((column) => `${quoteIdentifier(column.name)} ${typeName(column.type)}`)
    .join(', ');
  return { name: table.name, columns, definition, comment: table.comment, ...estimates(table) };
}

const PAGE_BYTES = 8192;

function estimates(table: Table): { readonly rows: number; readonly pages: number } {
  const pieces = table.kind === 'replicated' ? table.pieces.slice(0, 1) : table.pieces;
  const rows = total(pieces.map((piece) => piece.rowEstimate));
  const bytes = total(pieces.map((piece) => piece.byteEstimate));
  return { rows: rows ?? -1, pages: Math.min(Math.ceil((bytes ?? 0) / PAGE_BYTES), 0x7fffffff) };
}

/** Undefined where nothing is known. */
function total(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}

function qualified(table: ShadowTable): string {
  return `public.${quoteIdentifier(table.name)}`;
}
