import { quoteIdentifier } from '../analysis/pg-quote.ts';
import { defined } from '../base/assert.ts';
import { SkeinError } from '../base/errors.ts';
import type { CatalogChange, CatalogRow, OwnedRelations, OwnedTable } from '../catalog/owned.ts';
import { printPlan } from '../dialect/print.ts';
import type { Stage } from '../dialect/print-write.ts';
import { bindParameters } from '../planner/from-tree/bind.ts';
import { brokenRows } from '../planner/from-tree/broken-rows.ts';
import { alteredTypes } from '../sql/altered-types.ts';
import type { Rewritten } from '../warehouse/physical.ts';
import type { Client } from './client.ts';
import { type DefinitionText, findOwned, quotedName } from './defining.ts';
import { boundValues } from './parameters.ts';
import { recorded } from './query-record.ts';
import type { RowReading } from './row-source.ts';
import { withoutPosition } from './statement.ts';
import { digitsOf, digitsRow, neededRoom, withTypes } from './write/numeric-room.ts';
import { stageChanges } from './write/stage-changes.ts';
import { plannedWrite, runWrite, settledWrite } from './write/write.ts';

/** What ALTER TABLE makes of a table's rows before its definition changes. */
export interface AlteredRows {
  readonly rewritten: ReadonlyMap<number, Rewritten>;
  /** The rows of Skein's own catalogs that hold no longer. */
  readonly gone: readonly string[];
  readonly digits: readonly CatalogRow[];
  readonly release: () => Promise<void>;
}

const NOTHING: AlteredRows = {
  rewritten: new Map(),
  gone: [],
  digits: [],
  release: () => Promise.resolve(),
};

/**
 * ALTER COLUMN … TYPE: the table gets a column of the new type for each, to which PostgreSQL assigns the old one's value; a temp
 * table of the transaction has these rows. The session's definitions are afterwards those with the added columns.
 */
export async function retypedRows(
  client: Client,
  text: DefinitionText,
  { signal }: RowReading,
): Promise<AlteredRows> {
  const altered = alteredTypes(text.tree, text.sql);
  const table = altered && findOwned(client, altered.table, 'table');
  if (altered === undefined || table === undefined || table.piece !== undefined) return NOTHING;
  const columns = altered.columns.map((column, index) => ({ ...column, fresh: `skein_retyped_${index}` }));
  const name = quotedName(table);
  const added = columns.map(({ fresh, type }) => `ADD COLUMN ${fresh} ${type}`).join(', ');
  const sql = `ALTER TABLE ${name} ${added}`;
  const { overlay } = await client.server.engine.define(sql, client.analysis, { emptied: name });
  client.storage.defined(overlay);
  const sets = columns.map(({ fresh, using, column }) => `${fresh} = (${using ?? quoteIdentifier(column)})`);
  const update = { sql: `UPDATE ${name} SET ${sets.join(', ')}`, declaredOids: [], parameters: [] };
  const planned = await withoutPosition(() => plannedWrite(client, update, signal));
  const { lease } = await client.storage.begin(signal);
  const { staged } = planned.bound.write;
  const room = neededRoom(planned.table, digitsOf(planned));
  const roomy = withTypes(planned.table, room);
  const stage: Stage = { name: `${lease.enter()}retyped`, table: roomy, columns: staged };
  const release = () => lease.leave([stage.name]).catch(() => undefined);
  try {
    await recorded(client, planned.changes, async (record) => ({
      executed: await stageChanges(client, { ...planned, stage }, lease, record, signal),
    }));
  } catch (error) {
    await release();
    throw error;
  }
  const places = new Map<number, string>();
  table.columns.forEach(({ name: column, dropped }, index) => {
    const at = columns.findIndex((one) => one.column === column);
    const source = staged.fresh[at === -1 ? index : table.columns.length + at];
    if (!dropped) places.set(index + 1, `c${defined(source, 'column of the new row').id}`);
  });
  const attributeOf = (name: string) =>
    table.columns.findIndex((one) => one.name === name && !one.dropped) + 1;
  const gone = columns.map(({ column }) => `skein_type ${table.oid} ${attributeOf(column)}`);
  const digits = columns.flatMap(({ column }, index) => {
    const type = room.get(table.columns.length + index + 1);
    return type === undefined ? [] : [digitsRow(table.oid, attributeOf(column), type)];
  });
  const rewritten = new Map([[table.oid, { from: `temp.main.${stage.name}`, columns: places }]]);
  return { rewritten, gone, digits, release };
}

export function without(change: CatalogChange, rows: readonly string[]): CatalogChange {
  if (rows.length === 0) return change;
  const put = new Map([...change.put].filter(([id]) => !rows.includes(id)));
  return { put, gone: new Set([...change.gone, ...rows]) };
}

/** ADD COLUMN with a default: each row gets it. */
export async function fillAdded(
  client: Client,
  before: OwnedRelations,
  after: OwnedRelations,
  reading: RowReading,
): Promise<void> {
  for (const [old, table] of alteredTables(before, after)) {
    const added = table.columns.filter(
      ({ dropped, defaultTree }, index) =>
        index >= old.columns.length && !dropped && defaultTree !== undefined,
    );
    if (added.length === 0) continue;
    const sets = added.map(({ name }) => `${quoteIdentifier(name)} = DEFAULT`).join(', ');
    const update = { sql: `UPDATE ${quotedName(table)} SET ${sets}`, declaredOids: [], parameters: [] };
    try {
      const plan = () => withoutPosition(() => plannedWrite(client, update, reading.signal));
      const planned = await settledWrite(client, plan, reading.signal);
      await runWrite(client, planned, reading);
    } catch (error) {
      throw ofSomeRow(table, error);
    }
  }
}

function alteredTables(
  before: OwnedRelations,
  after: OwnedRelations,
): readonly (readonly [OwnedTable, OwnedTable])[] {
  return [...after.values()].flatMap((table) => {
    const old = before.get(table.oid);
    const isAltered = old !== table && old?.kind === 'table' && table.kind === 'table';
    return isAltered && table.piece === undefined ? [[old, table] as const] : [];
  });
}

/** PostgreSQL doesn't say which row. */
function ofSomeRow(table: OwnedTable, error: unknown): unknown {
  if (!(error instanceof SkeinError)) return error;
  const { constraint, column } = error.fields;
  if (error.code === '23514' && constraint !== undefined) return checkViolated(table, constraint);
  if (error.code !== '23502' || column === undefined) return error;
  return new SkeinError(
    { sqlstate: '23502' },
    `column "${column}" of relation "${table.name}" contains null values`,
    { schema: table.schema, table: table.name, column },
  );
}

function checkViolated(table: OwnedTable, constraint: string): SkeinError {
  return new SkeinError(
    { sqlstate: '23514' },
    `check constraint "${constraint}" of relation "${table.name}" is violated by some row`,
    { schema: table.schema, table: table.name, constraint },
  );
}

/** @throws 40001 where the transaction doesn't see all rows; 23514 where one breaks a CHECK that is new, or over columns that changed. */
export async function checkAltered(
  client: Client,
  before: OwnedRelations,
  after: OwnedRelations,
  signal: AbortSignal,
): Promise<void> {
  const transaction = await client.storage.begin(signal);
  for (const [old, table] of alteredTables(before, after)) {
    if (rowRules(old) !== rowRules(table)) transaction.checkUnchanged(table.oid);
    const known = new Set(old.constraints.map((constraint) => JSON.stringify(constraint)));
    const added = table.constraints.filter((constraint) => !known.has(JSON.stringify(constraint)));
    for (const constraint of added)
      if (constraint.kind === 'check' && constraint.validated)
        await checkRows(client, table, constraint.name, after, signal);
  }
}

function rowRules({ columns, constraints }: OwnedTable): string {
  return JSON.stringify([columns.map(({ notNull, type }) => [notNull, type]), constraints]);
}

async function checkRows(
  client: Client,
  table: OwnedTable,
  constraint: string,
  owned: OwnedRelations,
  signal: AbortSignal,
): Promise<void> {
  const { engine, catalog } = client.server;
  const { snapshot, shadow } = await catalog.current();
  const logical = brokenRows(table, constraint, { system: engine.system, shadow, snapshot, owned });
  const values = await boundValues(client, { logical, parameterOids: [] }, [], signal);
  const { plan } = bindParameters(logical, values);
  const sql = printPlan(plan, {
    scan: ({ table: name }) => {
      throw new Error(`a CHECK reads ${name}`);
    },
    relation: (name) => {
      throw new Error(`a CHECK reads ${name}`);
    },
  });
  const { lease } = await client.storage.begin(signal);
  const found = await lease.use((connection) =>
    connection.texts(`SELECT 'row' FROM (${sql}) LIMIT 1`, 1, signal),
  );
  if (found.length > 0) throw checkViolated(table, constraint);
}
