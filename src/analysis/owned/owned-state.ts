import type { CatalogChange, CatalogRow, OwnedRelations, RowId } from '../../catalog/owned.ts';
import type { CatalogColumns } from './catalogs.ts';
import { ownedRelations } from './relations.ts';

/** Threads are told of each change as it comes: none is ever so far behind. */
const MAX_CHANGES = 1000;

interface View {
  readonly version: number;
  readonly relations: OwnedRelations;
  readonly schemas: ReadonlySet<string>;
}

/** The committed rows, and the changes that led to them. */
export class OwnedState {
  readonly columns: CatalogColumns;
  readonly #rows: Map<RowId, CatalogRow>;
  readonly #changes: CatalogChange[] = [];
  readonly #overlaid = new WeakMap<CatalogChange, View>();
  #version = 1;
  #committed: View | undefined;

  constructor(rows: ReadonlyMap<RowId, CatalogRow>, columns: CatalogColumns) {
    this.#rows = new Map(rows);
    this.columns = columns;
  }

  /** Rises with each change. */
  get version(): number {
    return this.#version;
  }

  get rows(): ReadonlyMap<RowId, CatalogRow> {
    return this.#rows;
  }

  adopt(change: CatalogChange): void {
    for (const id of change.gone) this.#rows.delete(id);
    for (const [id, row] of change.put) this.#rows.set(id, row);
    this.#changes.push(change);
    if (this.#changes.length > MAX_CHANGES) this.#changes.shift();
    this.#version += 1;
  }

  /** @returns undefined: too long ago. */
  changesSince(version: number): readonly CatalogChange[] | undefined {
    const count = this.#version - version;
    return count > this.#changes.length ? undefined : this.#changes.slice(this.#changes.length - count);
  }

  relations(overlay: CatalogChange | undefined): OwnedRelations {
    return this.#view(overlay).relations;
  }

  schemas(overlay: CatalogChange | undefined): ReadonlySet<string> {
    return this.#view(overlay).schemas;
  }

  #view(overlay: CatalogChange | undefined): View {
    const known = overlay === undefined ? this.#committed : this.#overlaid.get(overlay);
    if (known?.version === this.#version) return known;
    const rows = overlay === undefined ? this.#rows : withChange(this.#rows, overlay);
    const made = this.#read(rows);
    if (overlay === undefined) this.#committed = made;
    else this.#overlaid.set(overlay, made);
    return made;
  }

  #read(rows: ReadonlyMap<RowId, CatalogRow>): View {
    const schemas = [...rows.values()].flatMap((row) =>
      row.catalog === 'pg_namespace' ? [this.columns.text(row, 'nspname')] : [],
    );
    const relations = ownedRelations(rows.values(), this.columns);
    return { version: this.#version, relations, schemas: new Set(schemas) };
  }
}

function withChange(
  rows: ReadonlyMap<RowId, CatalogRow>,
  change: CatalogChange,
): ReadonlyMap<RowId, CatalogRow> {
  const changed = new Map(rows);
  for (const id of change.gone) changed.delete(id);
  for (const [id, row] of change.put) changed.set(id, row);
  return changed;
}
