import { defined } from '../../base/assert.ts';
import { settled } from '../../base/settled.ts';
import type { OwnedTable } from '../../catalog/owned.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { applyChanges, countChanges, type Stage } from '../../dialect/print-write.ts';
import type { Lease } from '../../execution/lease.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { Column } from '../../plan/logical.ts';
import { stagedColumns, type WritePlan } from '../../plan/write.ts';
import { bindWrite, withInputTypes } from '../../planner/from-tree/write-from-tree.ts';
import type { Client } from '../client.ts';
import { noteWritten } from '../lineage.ts';
import { boundValues } from '../parameters.ts';
import type { QueryText } from '../planned-query.ts';
import type { Outcome } from '../portals.ts';
import { queryText } from '../query.ts';
import { type QueryRecord, recorded } from '../query-record.ts';
import { analyzedInUse } from '../read-locks.ts';
import type { RowReading } from '../row-source.ts';
import type { Run } from '../run.ts';
import { checkGatherLimit, planBound } from '../run-query.ts';
import { analysisUnder, textColumn, withoutPosition } from '../statement.ts';
import { literalRelations, readLiterals } from './long-values.ts';
import { checkMayWrite } from './may-write.ts';
import { digitsOf, makeRoom } from './numeric-room.ts';
import { returned } from './returned-rows.ts';
import { type PlannedWrite, stageChanges, tagOf, type Written } from './stage-changes.ts';
import { checkKeys, checkRows, dropConflicts, type StagedWrite, uniqueConstraints } from './violations.ts';
import { holdPiece, writeInPlace } from './write-in-place.ts';

/** INSERT, UPDATE, DELETE and MERGE: the changes are staged, checked, and made; then come the rows of RETURNING. */
export async function write(run: Run, command: WritePlan['command']): Promise<Outcome> {
  const { written } = await performWrite(run, command);
  return written.outcome;
}

/** As {@link write}, with what was planned and done. */
export async function performWrite(
  run: Run,
  command: WritePlan['command'],
): Promise<{ readonly planned: PlannedWrite; readonly written: Written }> {
  const { client, reading } = run;
  checkMayWrite(client, command);
  client.transaction.noteQuery();
  const planned = await settledWrite(client, await planningOf(run), reading.signal);
  return { planned, written: await changeRows(client, planned, reading) };
}

/** Plans the statement, each time that it is called. */
export async function planningOf(run: Run): Promise<() => Promise<PlannedWrite>> {
  const { client, prepared, reading } = run;
  const statement = defined(prepared.statement, 'statement that changes rows');
  const text = await queryText(run, statement);
  const start = () => plannedWrite(client, text, reading.signal);
  return () => (text.sql === statement.text ? start() : withoutPosition(start));
}

/** Another statement may change the table meanwhile, or this one itself must first: then it is planned again. */
export async function settledWrite(
  client: Client,
  plan: () => Promise<PlannedWrite>,
  signal: AbortSignal,
): Promise<PlannedWrite> {
  return settled(async () => {
    const planned = await plan();
    if (planned.table.piece !== undefined) {
      return (await holdPiece(client, planned.table, signal)) ? planned : undefined;
    }
    const room = await makeRoom(client, planned.table, digitsOf(planned), signal);
    if (room === 'enough') return planned;
    return room === 'made' ? plan() : undefined;
  });
}

export async function plannedWrite(
  client: Client,
  text: QueryText,
  signal: AbortSignal,
): Promise<PlannedWrite> {
  const started = performance.now();
  const session = () => analysisUnder(client.analysis, text.readUnder);
  const { query, snapshot } = await analyzedInUse(
    client,
    () => client.server.plans.analyzeWrite(text.sql, text.declaredOids, session()),
    ({ query: { table, reads } }) => [table.oid, ...reads],
    signal,
  );
  await client.server.plans.checkPlanned(query, text, session());
  const { table, values: long } = query;
  const values = await boundValues(client, query, text.parameters, signal);
  const literals = long && (await readLiterals(client, long, query.logical.write.inputs, signal));
  const logical = literals === undefined ? query.logical : withInputTypes(query.logical, literals.types);
  const bound = bindWrite(logical, values, (columns) => storedColumns(table, logical.write, columns));
  const plan = await changesPlan(client, bound.write, snapshot, signal);
  const planningMs = performance.now() - started;
  const columns = plan.output.map(({ pg }) => pg);
  const changes = {
    sql: text.sql,
    sent: text.sent ?? text.sql,
    plan,
    snapshot,
    columns,
    planningMs,
    reads: query.reads,
  };
  const given = literals === undefined ? undefined : literalRelations(plan.combine, literals);
  return { table, bound, changes, given, columns: query.columns };
}

/** The columns of the new row have the types that they are stored with. */
export function storedColumns(
  table: OwnedTable,
  { staged }: WritePlan,
  columns: readonly Column[],
): readonly Column[] {
  const stored = new Map(
    staged.fresh.flatMap((column, index) => {
      const of = table.columns[index];
      return column === undefined || of === undefined ? [] : [[column.id, of.type] as const];
    }),
  );
  return columns.map((column) => ({ ...column, type: stored.get(column.id) ?? column.type }));
}

export function changesPlan(
  client: Client,
  { changes, staged }: WritePlan,
  snapshot: Snapshot,
  signal: AbortSignal,
) {
  const types = new Map(outputColumns(changes).map((column) => [column.id, column]));
  const outputs = stagedColumns(staged).map((column) => types.get(column.id) ?? column);
  const columns = outputs.map(({ name, type }) => textColumn(name, type.oid));
  return planBound(client, { bound: { plan: changes, outputs }, snapshot, columns }, signal);
}

/** Makes the changes. */
export async function runWrite(client: Client, planned: PlannedWrite, reading: RowReading): Promise<Outcome> {
  const { outcome } = await changeRows(client, planned, reading);
  return outcome;
}

function changeRows(client: Client, planned: PlannedWrite, reading: RowReading): Promise<Written> {
  const { table, changes } = planned;
  checkGatherLimit(client, changes.plan);
  return recorded(client, changes, (record) =>
    table.piece === undefined
      ? changeStored(client, planned, record, reading)
      : writeInPlace(client, planned, table.piece, record, reading.signal),
  );
}

async function changeStored(
  client: Client,
  planned: PlannedWrite,
  record: QueryRecord,
  reading: RowReading,
): Promise<Written> {
  const { table, bound, changes, given, copied } = planned;
  const transaction = await writingTransaction(
    client,
    table,
    bound.write.staged.rowid === undefined,
    reading.signal,
  );
  const { lease } = transaction;
  const { command, staged, onConflict } = bound.write;
  const stage: Stage = { name: `${lease.enter()}changes`, table, columns: staged };
  try {
    const executed = await stageChanges(client, { stage, changes, given }, lease, record, reading.signal);
    const write: StagedWrite = { stage, command, checks: bound.checks, onConflict, lease, reading, copied };
    await checkRows(write);
    await planned.afterRows?.();
    await dropConflicts(write);
    await checkKeys(write);
    const returning = await returned(client, planned, write, record);
    for (const sql of applyChanges(stage)) await change(lease, sql, reading.signal);
    const rows = onConflict?.action === 'nothing' ? await countStaged(write) : executed.rows;
    if (rows > 0) {
      const { sql: statement, reads } = changes;
      await noteWritten(client, table.oid, { ...executed, rows, statement, reads });
    }
    const done = { plan: changes.plan, shards: undefined, executed: { ...executed, rows } };
    if (returning === undefined) return { ...done, outcome: { kind: 'done', tag: tagOf(command, rows) } };
    return { ...done, outcome: { kind: 'rows', source: returning, tag: (given) => tagOf(command, given) } };
  } finally {
    await lease.leave([stage.name]).catch(() => undefined);
  }
}

/**
 * A key is unique among what others have committed, too: who may break one writes alone, and sees all that was written before.
 * @param adds nothing but rows that are new. @throws 40001
 */
async function writingTransaction(client: Client, table: OwnedTable, adds: boolean, signal: AbortSignal) {
  const { locks } = client.server;
  const hasKeys = uniqueConstraints(table).length > 0 && !table.temporary;
  if (hasKeys) {
    const timeoutMs = client.settings.number('lock_timeout');
    await locks.acquire(client.storage, new Map([[`rows ${table.oid}`, 'exclusive']]), { timeoutMs, signal });
  }
  const transaction = await client.storage.read(signal);
  if (hasKeys) transaction.checkUnchanged(table.oid);
  await transaction.changing(table.oid, adds ? 'append' : 'change', signal);
  return transaction;
}

function change(lease: Lease, sql: string, signal: AbortSignal | undefined): Promise<number> {
  return lease.use((connection) => connection.change(sql, signal));
}

async function countStaged({ stage, lease, reading }: StagedWrite): Promise<number> {
  const sql = `SELECT n::VARCHAR FROM (${countChanges(stage)}) x(n)`;
  const [row] = await lease.use((connection) => connection.texts(sql, 1, reading.signal));
  return Number(row?.[0] ?? 0);
}
