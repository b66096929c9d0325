import { refuse } from '../base/errors.ts';
import type { Snapshot, Table } from '../catalog/snapshot.ts';
import { FIRST_FEDERATED_OID } from './owned/catalogs.ts';
import { quoteIdentifier, storedIdentifier } from './pg-quote.ts';
import { labelComment, tableComment } from './shadow-comments.ts';
import { createTables, dropTables, OIDS_PER_TABLE, setComments, setEstimates } from './shadow-sql.ts';
import type { ShadowComment, ShadowTable, ShadowTables, TypedColumn } from './shadow-table.ts';
import { typeName } from './type-name.ts';

const MAX_OID = 0x7fffffff;

/** Gives out OIDs for tables, each once. */
export class OidSource {
  #next: number;

  /** @param given those that are some table's already. */
  constructor(given: readonly number[] = []) {
    this.#next = given.reduce((next, oid) => Math.max(next, oid + OIDS_PER_TABLE), FIRST_FEDERATED_OID);
  }

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
  before: ReadonlyMap<string, Pick<ShadowTable, 'definition' | 'oid'>>,
  oids: OidSource,
  skip: (table: string, reason: unknown) => void,
): ShadowTables {
  const tables = new Map<string, ShadowTable>();
  const shown = snapshot.tables.filter(({ piece }) => piece !== true);
  const names = new Set(shown.map(({ name }) => storedIdentifier(name)));
  for (const table of shown) {
    const key = storedIdentifier(table.name);
    try {
      if (tables.has(key)) throw refuse(`a second table whose name begins with the same 63 bytes`);
      const draft = draftTable(table, snapshot, arrayName(key, names));
      const old = before.get(key);
      const oid = old?.definition === draft.definition ? old.oid : oids.next();
      tables.set(key, { ...draft, oid });
    } catch (error) {
      skip(table.name, error);
    }
  }
  return tables;
}

/** As PostgreSQL names it: `_` and the table's name, with more of them until nothing has that name. */
function arrayName(key: string, names: Set<string>): string {
  let name = storedIdentifier(`_${key}`);
  while (names.has(name)) name = storedIdentifier(`_${name}`);
  names.add(name);
  return name;
}

/** What to do about one table, by its key. */
export type ShadowChange =
  | { readonly kind: 'drop'; readonly key: string; readonly oid: number }
  | { readonly kind: 'create' | 'comment' | 'estimate'; readonly key: string; readonly table: ShadowTable };

/** What turns one shadow into the other. Tables go before others come: a name may be free only then. */
export function shadowChanges(before: ShadowTables, after: ShadowTables): readonly ShadowChange[] {
  const drops = [...before].flatMap(([key, { oid }]): ShadowChange[] =>
    after.get(key)?.oid === oid ? [] : [{ kind: 'drop', key, oid }],
  );
  const others = [...after].flatMap(([key, table]) => tableChanges(before.get(key), key, table));
  return [...drops, ...others];
}

function tableChanges(old: ShadowTable | undefined, key: string, table: ShadowTable): ShadowChange[] {
  if (old?.oid !== table.oid) {
    const comment: ShadowChange[] = table.comments.length > 0 ? [{ kind: 'comment', key, table }] : [];
    return [{ kind: 'create', key, table }, ...comment];
  }
  const changes: ShadowChange[] = [];
  if (!sameComments(old.comments, table.comments)) changes.push({ kind: 'comment', key, table });
  if (old.rows !== table.rows || old.pages !== table.pages) changes.push({ kind: 'estimate', key, table });
  return changes;
}

export function changeStatements(changes: readonly ShadowChange[]): readonly string[] {
  const tables = (kind: 'create' | 'comment' | 'estimate') =>
    changes.flatMap((change) => (change.kind === kind ? [change.table] : []));
  return [
    ...dropTables(changes.flatMap((change) => (change.kind === 'drop' ? [change.oid] : []))),
    ...createTables(tables('create')),
    ...setComments(tables('comment')),
    ...setEstimates(tables('estimate')),
  ];
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

const SYSTEM_COLUMNS = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);
const MAX_COLUMNS = 1600;

/** A physical column with a label's name is constant per agent and equal to the label: the label stands for it. */
function draftTable(table: Table, snapshot: Snapshot, arrayName: string): Omit<ShadowTable, 'oid'> {
  const labels = table.kind === 'federated' ? snapshot.labels : [];
  const labelNames = new Set(labels.map((label) => label.name));
  const physical = table.columns.filter((column) => !labelNames.has(column.name));
  const columns: TypedColumn[] = [
    ...physical.map(({ name, type }) => ({ name, type, source: 'physical' as const })),
    ...labels.map(({ name, type }) => ({ name, type, source: 'label' as const })),
  ];
  if (columns.length > MAX_COLUMNS) throw refuse(`a table of more than ${MAX_COLUMNS} columns`);
  const forbidden = columns.find((column) => SYSTEM_COLUMNS.has(column.name));
  if (forbidden !== undefined) throw refuse(`a column named ${quoteIdentifier(forbidden.name)}`);
  const definition = JSON.stringify([arrayName, ...columns.map(({ name, type }) => [name, typeName(type)])]);
  const comments = commentsOf(table, snapshot, physical.length);
  return { name: table.name, arrayName, columns, definition, comments, ...estimates(table) };
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
