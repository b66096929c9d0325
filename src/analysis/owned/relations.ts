import { z } from 'zod';
import { defined } from '../../base/assert.ts';
import type {
  Access,
  CatalogRow,
  OnCommit,
  OwnedColumn,
  OwnedConstraint,
  OwnedPiece,
  OwnedRelation,
  OwnedRelations,
  OwnedSequence,
  RowId,
} from '../../catalog/owned.ts';
import { decimalShape, NO_DIGITS, numericType, OID, type SqlType, sqlType } from '../../types/sql-type.ts';
import { readGrants } from './access.ts';
import { type CatalogColumns, OWN, rowId } from './catalogs.ts';

/** What the rows of a state say of its tables, views and sequences. */
export function ownedRelations(rows: Iterable<CatalogRow>, columns: CatalogColumns): OwnedRelations {
  const parts = new Parts(rows, columns);
  const relations = new Map<number, OwnedRelation>();
  for (const row of parts.of('pg_class')) {
    const relation = readRelation(row, parts, columns);
    if (relation !== undefined) relations.set(relation.oid, relation);
  }
  return relations;
}

/** Column that says of which relation a row is a part. */
const RELATION_OF: Readonly<Record<string, string>> = {
  pg_attribute: 'attrelid',
  pg_attrdef: 'adrelid',
  pg_constraint: 'conrelid',
  pg_index: 'indrelid',
  pg_rewrite: 'ev_class',
  pg_sequence: 'seqrelid',
};

class Parts {
  readonly #byCatalog = new Map<string, CatalogRow[]>();
  readonly #byId = new Map<RowId, CatalogRow>();
  readonly #byRelation = new Map<string, CatalogRow[]>();

  constructor(rows: Iterable<CatalogRow>, columns: CatalogColumns) {
    for (const row of rows) {
      append(this.#byCatalog, row.catalog, row);
      this.#byId.set(rowId(row.catalog, row.key), row);
      const relation = RELATION_OF[row.catalog];
      if (relation !== undefined)
        append(this.#byRelation, `${row.catalog} ${columns.value(row, relation)}`, row);
    }
  }

  of(catalog: string): readonly CatalogRow[] {
    return this.#byCatalog.get(catalog) ?? [];
  }

  find(catalog: string, key: string): CatalogRow | undefined {
    return this.#byId.get(rowId(catalog, key));
  }

  ofRelation(catalog: string, oid: number): readonly CatalogRow[] {
    return this.#byRelation.get(`${catalog} ${oid}`) ?? [];
  }
}

function append(to: Map<string, CatalogRow[]>, key: string, row: CatalogRow): void {
  const list = to.get(key);
  if (list === undefined) to.set(key, [row]);
  else list.push(row);
}

const PUBLIC = '2200';
const PG_CLASS = '1259';

function readRelation(row: CatalogRow, parts: Parts, columns: CatalogColumns): OwnedRelation | undefined {
  const oid = columns.number(row, 'oid');
  const namespace = columns.text(row, 'relnamespace');
  const schema = parts.find('pg_namespace', namespace);
  const named = {
    oid,
    schema:
      schema === undefined ? (namespace === PUBLIC ? 'public' : 'pg_temp') : columns.text(schema, 'nspname'),
    name: columns.text(row, 'relname'),
    temporary: columns.value(row, 'relpersistence') === 't',
    access: accessOf(row, parts, columns),
  };
  switch (columns.text(row, 'relkind')) {
    case 'r': {
      const own = ownedColumns(oid, parts, columns);
      const piece = pieceOf(oid, parts);
      const onCommit = onCommitOf(oid, parts);
      const rules = constraints(oid, parts, columns);
      return { ...named, kind: 'table', columns: own, constraints: rules, piece, onCommit };
    }
    case 'v': {
      const [rule] = parts.ofRelation('pg_rewrite', oid);
      const broken = parts.find(OWN.broken, String(oid))?.values[0] ?? undefined;
      const tree = columns.text(defined(rule, `rule of view ${named.name}`), 'ev_action');
      return { ...named, kind: 'view', columns: ownedColumns(oid, parts, columns), tree, broken };
    }
    case 'S':
      return { ...named, kind: 'sequence', ...sequence(oid, parts, columns) };
    default:
      return undefined;
  }
}

function accessOf(row: CatalogRow, parts: Parts, columns: CatalogColumns): Access | undefined {
  const owner = parts.find(OWN.role, columns.text(row, 'relowner'))?.values[0];
  if (owner === undefined || owner === null) return undefined;
  const acl = columns.value(row, 'relacl');
  return { owner, grants: acl === null ? undefined : readGrants(acl) };
}

function ownedColumns(oid: number, parts: Parts, columns: CatalogColumns): readonly OwnedColumn[] {
  const defaults = new Map(
    parts
      .ofRelation('pg_attrdef', oid)
      .map((row) => [columns.number(row, 'adnum'), columns.text(row, 'adbin')] as const),
  );
  const rows = parts
    .ofRelation('pg_attribute', oid)
    .map((row) => ({ row, number: columns.number(row, 'attnum') }))
    .filter(({ number }) => number > 0)
    .sort((a, b) => a.number - b.number);
  return rows.map(({ row, number }) => ({
    name: columns.text(row, 'attname'),
    ...columnType(
      sqlType(columns.number(row, 'atttypid'), columns.number(row, 'atttypmod')),
      storedType(oid, number, parts),
    ),
    notNull: columns.isTrue(row, 'attnotnull'),
    dropped: columns.isTrue(row, 'attisdropped'),
    defaultTree: defaults.get(number),
    generated: columns.value(row, 'attgenerated') === 's',
  }));
}

function columnType(type: SqlType, stored: SqlType | undefined): Pick<OwnedColumn, 'type' | 'unbounded'> {
  const unbounded = type.oid === OID.numeric && decimalShape(type) === undefined;
  return { type: stored ?? (unbounded ? NO_DIGITS : type), unbounded };
}

/** Of a bare numeric, which PostgreSQL gives no digits. */
function storedType(oid: number, attribute: number, parts: Parts): SqlType | undefined {
  const row = parts.find(OWN.type, `${oid} ${attribute}`);
  if (row === undefined) return undefined;
  const [precision, scale, quotient] = row.values;
  const type = numericType(Number(precision), Number(scale));
  return quotient === 'direct' || quotient === 'derived' ? { ...type, quotient } : type;
}

function onCommitOf(oid: number, parts: Parts): OnCommit | undefined {
  const action = parts.find(OWN.onCommit, String(oid))?.values[0];
  return action === 'drop' || action === 'delete' ? action : undefined;
}

const Labels = z.array(z.tuple([z.number(), z.string()]));

function pieceOf(oid: number, parts: Parts): OwnedPiece | undefined {
  const [name, labels] = parts.find(OWN.placement, String(oid))?.values ?? [];
  if (name === undefined || name === null) return undefined;
  return { name, labels: new Map(Labels.parse(JSON.parse(labels ?? '[]'))) };
}

function constraints(oid: number, parts: Parts, columns: CatalogColumns): readonly OwnedConstraint[] {
  const checks = parts.ofRelation('pg_constraint', oid).flatMap((row): OwnedConstraint[] => {
    // NOT ENFORCED: PostgreSQL only remembers it.
    if (columns.text(row, 'contype') !== 'c' || !columns.isTrue(row, 'conenforced')) return [];
    const validated = columns.isTrue(row, 'convalidated');
    const [name, tree] = [columns.text(row, 'conname'), columns.text(row, 'conbin')];
    return [{ kind: 'check', name, tree, validated }];
  });
  return [...checks, ...parts.ofRelation('pg_index', oid).flatMap((row) => uniqueKey(row, parts, columns))];
}

/** A unique index is a constraint, whether it was made by one or by CREATE UNIQUE INDEX. Its name is that of the error. */
function uniqueKey(row: CatalogRow, parts: Parts, columns: CatalogColumns): readonly OwnedConstraint[] {
  if (!columns.isTrue(row, 'indisunique')) return [];
  const index = parts.find('pg_class', columns.text(row, 'indexrelid'));
  const made = parts
    .ofRelation('pg_constraint', columns.number(row, 'indrelid'))
    .find((constraint) => columns.text(constraint, 'conindid') === columns.text(row, 'indexrelid'));
  const attributes = columns.text(row, 'indkey').split(' ').map(Number);
  return [
    {
      kind: columns.isTrue(row, 'indisprimary') ? 'primary' : 'unique',
      name: columns.text(defined(index, 'index of a table'), 'relname'),
      // What follows them are the columns of INCLUDE.
      columns: attributes.slice(0, columns.number(row, 'indnkeyatts')),
      nullsEqual: columns.isTrue(row, 'indnullsnotdistinct'),
      oid: made && columns.number(made, 'oid'),
    },
  ];
}

function sequence(oid: number, parts: Parts, columns: CatalogColumns) {
  const [row] = parts.ofRelation('pg_sequence', oid);
  const part = defined(row, `sequence ${oid}`);
  const value = (column: string) => BigInt(columns.text(part, column));
  return {
    start: value('seqstart'),
    increment: value('seqincrement'),
    min: value('seqmin'),
    max: value('seqmax'),
    cycles: columns.isTrue(part, 'seqcycle'),
    ownedBy: ownerOf(oid, parts, columns),
    restart: restartOf(oid, parts),
  };
}

/** The table that takes the sequence with it when it is dropped. */
function ownerOf(oid: number, parts: Parts, columns: CatalogColumns): number | undefined {
  const owner = parts
    .of('pg_depend')
    .find(
      (row) =>
        columns.number(row, 'objid') === oid &&
        columns.text(row, 'refclassid') === PG_CLASS &&
        columns.text(row, 'deptype') === 'a',
    );
  return owner && columns.number(owner, 'refobjid');
}

function restartOf(oid: number, parts: Parts): OwnedSequence['restart'] {
  const [id, value] = parts.find(OWN.restart, String(oid))?.values ?? [];
  return typeof id === 'string' && typeof value === 'string' ? { id, value: BigInt(value) } : undefined;
}
