import { refuse } from '../base/errors.ts';
import type { Snapshot, Table } from '../catalog/snapshot.ts';
import { quoteIdentifier, quoteLiteral, storedIdentifier } from './pg-quote.ts';
import { labelComment, tableComment } from './shadow-comments.ts';
import type { ShadowColumn } from './tree-context.ts';
import { typeName } from './type-name.ts';

/** A table as the shadow holds it. */
export interface ShadowTable {
  /** The same in every thread, and never another table's. */
  readonly oid: number;
  readonly name: string;
  readonly columns: readonly ShadowColumn[];
  /** What `CREATE TABLE` says of the columns; the table is made anew when it changes. */
  readonly definition: string;
  readonly comments: readonly ShadowComment[];
  /** -1: unknown, as in `pg_class.reltuples`. */
  readonly rows: number;
  readonly pages: number;
}

export interface ShadowComment {
  /** 0: of the table itself. */
  readonly attributeNumber: number;
  readonly text: string;
}

export type ShadowTables = ReadonlyMap<string, ShadowTable>;

/** A table takes three: its own, and those of its row type and the array of that. */
const OIDS_PER_TABLE = 3;
/** Above all that the template holds. */
const FIRST_OID = 100_000;
const MAX_OID = 0x7fffffff;

/** Gives out OIDs for tables, each once. */
export class OidSource {
  #next = FIRST_OID;

  next(): number {
    if (this.#next > MAX_OID) throw refuse('more changes of tables than there are OIDs');
    const oid = this.#next;
    this.#next += OIDS_PER_TABLE;
    return oid;
  }
}

/** What the shadow shall hold, by the name as PostgreSQL keeps it. @param before what it holds: an unchanged table keeps its OID. */
export function shadowTables(
  snapshot: Snapshot,
  before: ShadowTables,
  oids: OidSource,
  skip: (table: string, reason: unknown) => void,
): ShadowTables {
  const tables = new Map<string, ShadowTable>();
  for (const table of snapshot.tables) {
    const key = storedIdentifier(table.name);
    try {
      if (tables.has(key)) throw refuse(`a second table whose name begins with the same 63 bytes`);
      const draft = draftTable(table, snapshot);
      const old = before.get(key);
      const oid = old?.definition === draft.definition ? old.oid : oids.next();
      tables.set(key, { ...draft, oid });
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
    if (!after.has(key)) changes.set(key, dropTable(old));
  }
  for (const [key, table] of after) {
    const statements = tableChanges(before.get(key), table);
    if (statements.length > 0) changes.set(key, statements);
  }
  return changes;
}

function tableChanges(old: ShadowTable | undefined, table: ShadowTable): string[] {
  const statements: string[] = [];
  const kept = old?.oid === table.oid ? old : undefined;
  if (kept === undefined) {
    if (old !== undefined) statements.push(...dropTable(old));
    statements.push(...createTable(table));
  }
  if (!sameComments(kept?.comments ?? [], table.comments)) {
    if (kept !== undefined && kept.comments.length > 0) {
      statements.push(`DELETE FROM pg_catalog.pg_description WHERE ${descriptionOf(table.oid)}`);
    }
    if (table.comments.length > 0) statements.push(insertComments(table));
  }
  if (kept?.rows !== table.rows || kept.pages !== table.pages) {
    statements.push(
      `UPDATE pg_catalog.pg_class SET reltuples = ${table.rows}, relpages = ${table.pages} WHERE oid = ${table.oid}`,
    );
  }
  return statements;
}

/** The worker runs in the mode that wants OIDs to be said first. */
function createTable(table: ShadowTable): readonly string[] {
  const { oid } = table;
  const given: readonly (readonly [string, number])[] = [
    ['heap_pg_class_oid', oid],
    ['heap_relfilenode', oid],
    ['pg_type_oid', oid + 1],
    ['array_pg_type_oid', oid + 2],
  ];
  const calls = given.map(([kind, value]) => `pg_catalog.binary_upgrade_set_next_${kind}(${value})`);
  return [`SELECT ${calls.join(', ')}`, `CREATE TABLE ${qualified(table)} (${table.definition})`];
}

function dropTable(table: ShadowTable): readonly string[] {
  return [`DROP TABLE ${qualified(table)}`];
}

function sameComments(a: readonly ShadowComment[], b: readonly ShadowComment[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ attributeNumber, text }, index) => {
      const other = b[index];
      return other?.attributeNumber === attributeNumber && other.text === text;
    })
  );
}

/** OID of pg_class itself: what a comment of a relation or column is of. */
const PG_CLASS = 1259;

function descriptionOf(oid: number): string {
  return `objoid = ${oid} AND classoid = ${PG_CLASS}`;
}

/** One statement for all, many times faster than COMMENT for each. */
function insertComments({ oid, comments }: ShadowTable): string {
  const rows = comments.map(
    ({ attributeNumber, text }) => `(${oid}, ${PG_CLASS}, ${attributeNumber}, ${quoteLiteral(text)})`,
  );
  return `INSERT INTO pg_catalog.pg_description VALUES ${rows.join(', ')}`;
}

const SYSTEM_COLUMNS = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);
const MAX_COLUMNS = 1600;

/** A physical column with a label's name is constant per agent and equal to the label: the label stands for it. */
function draftTable(table: Table, snapshot: Snapshot): Omit<ShadowTable, 'oid'> {
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
  const comments = commentsOf(table, snapshot, physical.length);
  return { name: table.name, columns, definition, comments, ...estimates(table) };
}

/** @param physical how many columns stand before those of the labels. */
function commentsOf(table: Table, snapshot: Snapshot, physical: number): readonly ShadowComment[] {
  const text = table.comment ?? (table.pieces.length === 0 ? undefined : tableComment(table));
  const labels = table.kind === 'federated' ? snapshot.labels : [];
  return [
    ...(text === undefined ? [] : [{ attributeNumber: 0, text }]),
    ...labels.map((label, index) => ({
      attributeNumber: physical + index + 1,
      text: labelComment(label.name, table, snapshot),
    })),
  ];
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

function qualified(table: Pick<ShadowTable, 'name'>): string {
  return `public.${quoteIdentifier(table.name)}`;
}
