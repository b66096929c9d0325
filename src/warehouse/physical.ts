import { refuse, SkeinError } from '../base/errors.ts';
import type {
  OwnedColumn,
  OwnedConstraint,
  OwnedRelation,
  OwnedRelations,
  OwnedTable,
} from '../catalog/owned.ts';
import { attributeColumn, storedTable } from '../dialect/print-stored.ts';
import { carrierOf, hasCarrier } from '../types/carrier.ts';
import { sameType } from '../types/sql-type.ts';

/** What a definition does to the tables of DuckDB. */
export type PhysicalStep =
  | { readonly kind: 'create' | 'alter'; readonly oid: number; readonly sql: string }
  | { readonly kind: 'drop'; readonly oid: number }
  /** `sql` gives a row of texts where the table's rows contradict the definition. */
  | {
      readonly kind: 'check';
      readonly sql: string;
      readonly columns: number;
      readonly violated: (row: readonly (string | null)[]) => SkeinError;
    }
  /** The table is made anew, of the rows that the statements take from elsewhere. */
  | { readonly kind: 'rewrite'; readonly oid: number; readonly sql: readonly string[] };

/** A table whose rows were computed as they are to be: a temp table has them, the column of each attribute by its number. */
export interface Rewritten {
  readonly from: string;
  readonly columns: ReadonlyMap<number, string>;
}

/** The steps from one state of definitions to the next. Names and schemas are PostgreSQL's alone. */
export function physicalSteps(
  before: OwnedRelations,
  after: OwnedRelations,
  rewritten: ReadonlyMap<number, Rewritten> = new Map(),
): readonly PhysicalStep[] {
  const steps: PhysicalStep[] = [];
  for (const relation of before.values()) {
    if (isStored(relation) && !after.has(relation.oid)) steps.push({ kind: 'drop', oid: relation.oid });
  }
  for (const relation of after.values()) {
    const old = before.get(relation.oid);
    if (old === relation) continue;
    checkKept(old, relation);
    if (!isStored(relation)) continue;
    steps.push(
      ...(old !== undefined && isStored(old)
        ? alterSteps(old, relation, rewritten.get(relation.oid))
        : [createStep(relation)]),
    );
  }
  return steps;
}

/** Of what agents keep, only what PostgreSQL's catalogs say is changed: names, schema, owner, comments, defaults. */
function checkKept(before: OwnedRelation | undefined, after: OwnedRelation): void {
  if (before?.kind !== 'table' || after.kind !== 'table' || after.piece === undefined) return;
  const [old, now] = [before, after].map((table) =>
    JSON.stringify([table.columns.map(keptColumn), table.constraints], texts),
  );
  if (old === now) return;
  throw refuse(`changing the columns or constraints of "${after.name}", which was made in place`, {
    hint: 'Make the table anew with CREATE TABLE AS.',
  });
}

function keptColumn({ name: _name, defaultTree, ...column }: OwnedColumn) {
  return { ...column, generation: column.generated ? defaultTree : undefined };
}

function texts(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** Of a table that was made in place, the agents have the rows. */
function isStored(relation: OwnedRelation): relation is OwnedTable {
  return relation.kind === 'table' && relation.piece === undefined;
}

function createStep(table: OwnedTable): PhysicalStep {
  return { kind: 'create', oid: table.oid, sql: createSql(table) };
}

function createSql(table: OwnedTable): string {
  const columns = table.columns.map(
    (column, index) => `${attributeColumn(index + 1)} ${columnCarrier(table, column)}`,
  );
  // DuckDB has no table without columns; nothing reads the filler.
  const list = columns.length === 0 ? 'filler BOOLEAN' : columns.join(', ');
  return `CREATE TABLE ${storedTable(table.oid)} (${list})`;
}

function columnCarrier(table: OwnedTable, { name, type, dropped }: OwnedColumn): string {
  if (dropped) return 'BOOLEAN';
  if (!hasCarrier(type)) throw refuse(`the type of column "${name}" of table "${table.name}"`);
  return carrierOf(type).duckdb;
}

function alterSteps(
  before: OwnedTable,
  after: OwnedTable,
  rewritten: Rewritten | undefined,
): readonly PhysicalStep[] {
  const columns = after.columns.flatMap((column, index) =>
    columnSteps(after, before.columns[index], column, index + 1),
  );
  if (rewritten === undefined) requireSameTypes(before, after);
  const structure = columns.filter(({ kind }) => kind !== 'check');
  const isChecked = (constraint: OwnedConstraint) =>
    rewritten === undefined &&
    before.constraints.some((old) => JSON.stringify(old) === JSON.stringify(constraint));
  const constraints = after.constraints
    .filter((constraint) => !isChecked(constraint))
    .flatMap((constraint) => (constraint.kind === 'check' ? [] : [uniqueStep(after, constraint)]));
  return [
    ...(rewritten === undefined ? structure : [rewriteStep(after, rewritten)]),
    ...columns.filter(({ kind }) => kind === 'check'),
    ...constraints,
  ];
}

/** Values of another type are computed by who knows how. */
function requireSameTypes(before: OwnedTable, after: OwnedTable): void {
  const changed = after.columns.find(({ type, dropped, unbounded }, index) => {
    const old = before.columns[index];
    if (dropped || old === undefined || (unbounded && old.unbounded)) return false;
    return !sameType(old.type, type);
  });
  if (changed !== undefined) throw refuse(`this change of the type of column "${changed.name}"`);
}

function rewriteStep(table: OwnedTable, { from, columns }: Rewritten): PhysicalStep {
  const into = [...columns.keys()].map(attributeColumn).join(', ');
  const values = [...columns.values()].join(', ');
  const sql = [
    `DROP TABLE ${storedTable(table.oid)}`,
    createSql(table),
    `INSERT INTO ${storedTable(table.oid)} (${into}) SELECT ${values} FROM ${from} ORDER BY rowid`,
  ];
  return { kind: 'rewrite', oid: table.oid, sql };
}

function columnSteps(
  table: OwnedTable,
  before: OwnedColumn | undefined,
  after: OwnedColumn,
  attribute: number,
): readonly PhysicalStep[] {
  if (after.dropped) return [];
  const steps: PhysicalStep[] = [];
  const target = storedTable(table.oid);
  const column = attributeColumn(attribute);
  const carrier = columnCarrier(table, after);
  const alter = (sql: string) =>
    steps.push({ kind: 'alter', oid: table.oid, sql: `ALTER TABLE ${target} ${sql}` });
  if (before === undefined) alter(`ADD COLUMN ${column} ${carrier}`);
  else if (!sameType(before.type, after.type)) alter(`ALTER COLUMN ${column} TYPE ${carrier}`);
  if (after.notNull && before?.notNull !== true) steps.push(notNullStep(table, after, column));
  return steps;
}

function notNullStep(table: OwnedTable, { name }: OwnedColumn, column: string): PhysicalStep {
  return {
    kind: 'check',
    sql: `SELECT 'null' FROM ${storedTable(table.oid)} WHERE ${column} IS NULL LIMIT 1`,
    columns: 1,
    violated: () =>
      new SkeinError(
        { sqlstate: '23502' },
        `column "${name}" of relation "${table.name}" contains null values`,
        { schema: table.schema, table: table.name, column: name },
      ),
  };
}

type UniqueConstraint = Extract<OwnedConstraint, { readonly kind: 'primary' | 'unique' }>;

function uniqueStep(table: OwnedTable, constraint: UniqueConstraint): PhysicalStep {
  const columns = constraint.columns.map(attributeColumn);
  const present = columns.map((column) => `${column} IS NOT NULL`).join(' AND ');
  const where = constraint.nullsEqual ? '' : ` WHERE ${present}`;
  const key = columns.map((column) => `coalesce(${column}::VARCHAR, 'null')`).join(` || ', ' || `);
  const names = constraint.columns.map((number) => table.columns[number - 1]?.name ?? '');
  return {
    kind: 'check',
    sql: `SELECT ${key} FROM ${storedTable(table.oid)}${where} GROUP BY ${columns.join(', ')} HAVING count(*) > 1 LIMIT 1`,
    columns: 1,
    violated: ([value]) =>
      new SkeinError({ sqlstate: '23505' }, `could not create unique index "${constraint.name}"`, {
        detail: `Key (${names.join(', ')})=(${value ?? ''}) is duplicated.`,
        schema: table.schema,
        table: table.name,
        constraint: constraint.name,
      }),
  };
}
