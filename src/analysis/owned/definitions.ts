import { z } from 'zod';
import { SkeinError } from '../../base/errors.ts';
import type { CatalogChange, CatalogRow, RowId } from '../../catalog/owned.ts';
import type { AnalysisSession, Defined, DefineOptions, GivenSequence, Overlay } from '../engine.ts';
import { quoteLiteral } from '../pg-quote.ts';
import { OIDS_PER_TABLE } from '../shadow-sql.ts';
import type { ShadowTable, ShadowTables } from '../shadow-table.ts';
import { type Capture, overlayAfter } from './capture.ts';
import {
  type CatalogColumns,
  FIRST_FEDERATED_OID,
  FIRST_NORMAL_OID,
  OWN,
  OWNED_CATALOGS,
  rowId,
} from './catalogs.ts';
import { definitionBatch, readDefinition } from './definition.ts';
import { OwnedState } from './owned-state.ts';
import { changeSql } from './row-sql.ts';
import { touchesOf } from './touches.ts';

/** What has an OID of Skein's choice, and keeps it over restarts once a definition refers to it. */
export interface NamedOids {
  readonly tables: ShadowTables;
  readonly roles: ReadonlyMap<string, number>;
}

const ROLE_CATALOG = '1260';

const PUBLIC = '2200';
/** Catalogs in which a name is there once in a schema. */
const NAMED = [
  { catalog: 'pg_class', name: 'relname', schema: 'relnamespace' },
  { catalog: 'pg_type', name: 'typname', schema: 'typnamespace' },
] as const;

const HIDE_TEMPORARY_SCHEMA = "DELETE FROM pg_catalog.pg_namespace WHERE nspname ~ '^pg_(toast_)?temp_'";

/** What users defined, and how PostgreSQL is told of it. */
export class Definitions {
  readonly state: OwnedState;
  readonly #columns: CatalogColumns;
  readonly #overlaySql = new WeakMap<CatalogChange, readonly string[]>();
  #firstOid = FIRST_NORMAL_OID;

  constructor(rows: readonly CatalogRow[], columns: CatalogColumns) {
    this.#columns = columns;
    this.state = new OwnedState(new Map(rows.map((row) => [rowId(row.catalog, row.key), row])), columns);
    this.#note(rows);
  }

  rememberedRoles(): ReadonlyMap<string, number> {
    return new Map(this.#kept(OWN.role).map(({ key, values }) => [values[0] ?? '', Number(key)]));
  }

  /** As they were when a definition first referred to them, by their names. */
  rememberedTables(): ShadowTables {
    return new Map(this.#kept(OWN.table).map(rememberedTable));
  }

  /** SQL that makes an overlay of the committed state. */
  overlaySql(overlay: Overlay | undefined): readonly string[] {
    if (overlay === undefined) return [];
    const known = this.#overlaySql.get(overlay.change);
    if (known !== undefined) return known;
    const made = [...this.#hidden(overlay.change), ...changeSql(overlay.change, this.#columns)];
    this.#overlaySql.set(overlay.change, made);
    return made;
  }

  /** What a user made in `public` keeps its name when an agent announces a table that is called the same. */
  #hidden({ put }: CatalogChange): readonly string[] {
    return NAMED.flatMap(({ catalog, name, schema }) => {
      const names = [...put.values()].flatMap((row) => {
        const isPublic = row.catalog === catalog && this.#columns.value(row, schema) === PUBLIC;
        return isPublic ? [quoteLiteral(this.#columns.text(row, name))] : [];
      });
      if (names.length === 0) return [];
      return `DELETE FROM pg_catalog.${catalog} WHERE oid >= ${FIRST_FEDERATED_OID} AND ${schema} = ${PUBLIC}
        AND ${name} IN (${names.join(', ')})`;
    });
  }

  /** The same, for who reads the catalogs. A schema of temporary tables is there for who has some, as in PostgreSQL. */
  visibleSql(overlay: Overlay | undefined): readonly string[] {
    const isTemporary = (row: CatalogRow) =>
      row.catalog === 'pg_class' && this.#columns.value(row, 'relpersistence') === 't';
    const hasTemporary = [...(overlay?.change.put.values() ?? [])].some(isTemporary);
    return hasTemporary ? this.overlaySql(overlay) : [...this.overlaySql(overlay), HIDE_TEMPORARY_SCHEMA];
  }

  batch(sql: string, session: AnalysisSession, { emptied, sequence }: DefineOptions): Uint8Array {
    const empty = emptied === undefined ? [] : [`TRUNCATE ${emptied}`];
    const given = sequence === undefined ? [] : sequenceFile(sequence);
    const before = [...this.overlaySql(session.overlay), ...empty, ...given];
    return definitionBatch({ sql, session, before, firstOid: this.#firstOid });
  }

  read(bytes: Uint8Array, session: AnalysisSession, named: NamedOids): Defined {
    const { tag, notices, capture: whole } = readDefinition(bytes, this.#columns);
    const capture = withoutScratch(whole, this.#columns);
    this.#note(capture.written);
    const change = overlayAfter(capture, session.overlay?.change, this.state.rows, this.#columns);
    checkOwners(capture.written, this.#columns);
    const before = { committed: this.state.rows, overlay: session.overlay?.change };
    return {
      tag,
      notices,
      touches: touchesOf(before, change, this.#columns),
      overlay: { ...change, put: new Map([...change.put, ...this.#keep(change, named)]) },
    };
  }

  #kept(catalog: string): readonly CatalogRow[] {
    return [...this.state.rows.values()].filter((row) => row.catalog === catalog);
  }

  /** The tables and roles that the rows refer to, as rows. */
  #keep({ put }: CatalogChange, { tables, roles }: NamedOids): ReadonlyMap<RowId, CatalogRow> {
    const rows = [...put.values()];
    const referred = (catalog: string) =>
      rows.filter((row) => row.catalog === catalog).map((row) => this.#columns.number(row, 'refobjid'));
    const tableOids = new Set(
      referred('pg_depend').flatMap((oid) =>
        oid < FIRST_FEDERATED_OID ? [] : [oid - ((oid - FIRST_FEDERATED_OID) % OIDS_PER_TABLE)],
      ),
    );
    const roleOids = new Set(
      rows
        .filter(
          (row) => row.catalog === 'pg_shdepend' && this.#columns.value(row, 'refclassid') === ROLE_CATALOG,
        )
        .map((row) => this.#columns.number(row, 'refobjid')),
    );
    const kept = [
      ...[...tables].flatMap(([key, table]) => (tableOids.has(table.oid) ? [rowOfTable(key, table)] : [])),
      ...[...roles].flatMap(([name, oid]) =>
        roleOids.has(oid) ? [{ catalog: OWN.role, key: String(oid), values: [name] }] : [],
      ),
    ];
    const rowsById = kept.map((row) => [rowId(row.catalog, row.key), row] as const);
    // What is committed already is nobody's change: two transactions that need it must not conflict.
    return new Map(rowsById.filter(([id]) => !this.state.rows.has(id)));
  }

  /** OIDs that were given once are not given again. */
  #note(rows: readonly CatalogRow[]): void {
    for (const { catalog, key } of rows) {
      if (!WITH_OID.has(catalog)) continue;
      const oid = Number(key);
      if (oid >= this.#firstOid && oid < FIRST_FEDERATED_OID) this.#firstOid = oid + 1;
    }
  }
}

const SCRATCH = 'skein_scratch';

/** The sequence is given the file of another, of which nothing is kept: {@link withoutScratch}. */
function sequenceFile({ name, last, called, temporary }: GivenSequence): readonly string[] {
  const schema = temporary ? 'pg_temp' : 'public';
  const scratch = `${quoteLiteral(`${schema}.${SCRATCH}`)}::pg_catalog.regclass`;
  return [
    `CREATE ${temporary ? 'TEMP ' : ''}SEQUENCE ${schema}.${SCRATCH} MINVALUE -9223372036854775808 START 1`,
    `SELECT pg_catalog.setval(${scratch}, ${last}, ${called})`,
    `UPDATE pg_catalog.pg_class SET relfilenode = (SELECT relfilenode FROM pg_catalog.pg_class WHERE oid = ${scratch})
      WHERE oid = ${quoteLiteral(name)}::pg_catalog.regclass`,
  ];
}

const SCRATCH_PARTS: Readonly<Record<string, string>> = {
  pg_class: 'oid',
  pg_attribute: 'attrelid',
  pg_sequence: 'seqrelid',
  pg_depend: 'objid',
};

function withoutScratch(capture: Capture, columns: CatalogColumns): Capture {
  const scratch = capture.written.find(
    (row) => row.catalog === 'pg_class' && columns.text(row, 'relname') === SCRATCH,
  );
  if (scratch === undefined) return capture;
  const isPart = (row: CatalogRow) => {
    const column = SCRATCH_PARTS[row.catalog];
    return column !== undefined && columns.text(row, column) === scratch.key;
  };
  return { ...capture, written: capture.written.filter((row) => !isPart(row)) };
}

const Columns = z.array(z.tuple([z.string(), z.number(), z.number(), z.enum(['physical', 'label'])]));

function rowOfTable(key: string, { oid, name, arrayName, definition, columns }: ShadowTable): CatalogRow {
  const list = columns.map((column) => [column.name, column.type.oid, column.type.typmod, column.source]);
  const values = [key, definition, name, arrayName, JSON.stringify(list)];
  return { catalog: OWN.table, key: String(oid), values };
}

function rememberedTable({ key: oid, values }: CatalogRow): readonly [string, ShadowTable] {
  const [key, definition, name, arrayName, columns] = values.map((value) => value ?? '');
  const list = Columns.parse(JSON.parse(columns ?? '[]'));
  const table: ShadowTable = {
    oid: Number(oid),
    name: name ?? '',
    arrayName: arrayName ?? '',
    definition: definition ?? '',
    columns: list.map(([column, type, typmod, source]) => ({
      name: column,
      type: { oid: type, typmod },
      source,
    })),
    comments: [],
    rows: -1,
    pages: 0,
  };
  return [key ?? '', table];
}

const WITH_OID = new Set(OWNED_CATALOGS.filter(({ key }) => key.join() === 'oid').map(({ name }) => name));

const OWNER_COLUMNS: Readonly<Record<string, string>> = { pg_namespace: 'nspowner', pg_class: 'relowner' };
const SYSTEM_OWNER = 10;

/** What isn't a user's is nobody's to change. */
function checkOwners(rows: readonly CatalogRow[], columns: CatalogColumns): void {
  for (const row of rows) {
    const owner = OWNER_COLUMNS[row.catalog];
    if (owner !== undefined && columns.number(row, owner) === SYSTEM_OWNER) {
      throw new SkeinError('insufficientPrivilege', `${row.catalog} ${row.key} is not a user's`);
    }
  }
}
