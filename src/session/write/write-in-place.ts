import { assert } from '../../base/assert.ts';
import { SkeinError } from '../../base/errors.ts';
import type { OwnedPiece, OwnedTable } from '../../catalog/owned.ts';
import type { Stage } from '../../dialect/print-write.ts';
import { insertInPlace, type PieceChange, rewriteInPlace } from '../../planner/rewrite-in-place.ts';
import type { Client } from '../client.ts';
import { fillPiece, type NewPiece, replacePiece } from '../in-place.ts';
import { noteWritten } from '../lineage.ts';
import type { QueryRecord } from '../query-record.ts';
import type { Executed } from '../running-query.ts';
import { routedRows } from './routed-rows.ts';
import { type PlannedWrite, stageChanges, tagOf, type Written } from './stage-changes.ts';

/**
 * The rows of a table that was made in place are made anew by one statement at a time: who comes second waits.
 * @returns whether the table's rows are those that the statement was planned over. @throws 40001
 */
export async function holdPiece(client: Client, table: OwnedTable, signal: AbortSignal): Promise<boolean> {
  const { locks } = client.server;
  const wanted = new Map([
    [`rows ${table.oid}`, 'exclusive'],
    [`1259 ${table.oid}`, 'shared'],
  ] as const);
  if (!table.temporary && !locks.holds(client.storage, wanted)) await client.lock(wanted, signal);
  const now = client.storage.relations.get(table.oid);
  if (now?.kind === 'table' && now.piece?.name === table.piece?.name) return true;
  if (followsCommits(client)) return false;
  throw new SkeinError('serializationFailure', 'could not serialize access due to concurrent update');
}

/** INSERT, UPDATE and DELETE of a table that was made in place: its agents make a new piece of the old one. */
export async function writeInPlace(
  client: Client,
  planned: PlannedWrite,
  piece: OwnedPiece,
  record: QueryRecord,
  signal: AbortSignal,
): Promise<Written> {
  const { table, changes } = planned;
  if (!(await holdPiece(client, table, signal))) {
    throw new SkeinError('serializationFailure', `the rows of "${table.name}" were made anew meanwhile`);
  }
  const transaction = await client.storage.read(signal);
  if (!followsCommits(client)) transaction.checkUnchanged(table.oid);
  const change = pieceChange(planned, piece);
  const { made, executed } = isRouted(planned)
    ? await insertRouted(client, planned, change, record, signal)
    : await changeInShards(client, planned, change, record, signal);
  const { rows } = executed;
  transaction.changingInPlace(table.oid);
  if (rows > 0) {
    const { sql: statement, reads } = changes;
    await noteWritten(client, table.oid, { ...executed, statement, reads });
  }
  const outcome = { kind: 'done', tag: tagOf(change.command, rows) } as const;
  return { outcome, plan: made?.plan ?? changes.plan, shards: made?.shards ?? [], executed };
}

function pieceChange({ table, bound }: PlannedWrite, piece: OwnedPiece): PieceChange {
  const { command, staged } = bound.write;
  assert(command !== 'MERGE', 'MERGE was refused');
  return { command, table, piece, staged };
}

/** Whether the new rows are the proxy's, which sends each to the shard of its labels. */
export function isRouted({ bound, changes }: PlannedWrite): boolean {
  const isOfProxy = !changes.plan.fragments.some(({ target }) => target.kind === 'each');
  return isOfProxy && bound.write.command === 'INSERT';
}

/** How each shard makes its rows anew. @returns undefined where none has a row to change. */
export function newPiece(client: Client, planned: PlannedWrite, piece: OwnedPiece): NewPiece | undefined {
  const { plan, snapshot } = planned.changes;
  if (plan.fragments.length === 0) return undefined;
  const name = client.storage.newPiece(planned.table.name);
  const made = rewriteInPlace(pieceChange(planned, piece), plan, snapshot, name);
  return made && { ...made, name };
}

function followsCommits({ settings }: Client): boolean {
  return settings.get('transaction_isolation').startsWith('read');
}

interface Remade {
  /** undefined: there was nothing to change. */
  readonly made: NewPiece | undefined;
  readonly executed: Executed;
}

const NOTHING: Remade = { made: undefined, executed: { rows: 0, agents: [], tasks: [] } };

async function changeInShards(
  client: Client,
  planned: PlannedWrite,
  { table, piece }: PieceChange,
  record: QueryRecord,
  signal: AbortSignal,
): Promise<Remade> {
  const made = newPiece(client, planned, piece);
  if (made === undefined) return NOTHING;
  const executed = await fillPiece(client, planned.changes, made, record, signal);
  await planned.afterRows?.();
  replacePiece(client, table, made);
  return { made, executed };
}

/** New rows that the proxy has: each goes to the shard whose labels it has. */
async function insertRouted(
  client: Client,
  planned: PlannedWrite,
  change: PieceChange,
  record: QueryRecord,
  signal: AbortSignal,
): Promise<Remade> {
  const { changes, given, afterRows } = planned;
  const { lease } = await client.storage.begin(signal);
  const stage: Stage = {
    name: `${lease.enter()}changes`,
    table: change.table,
    columns: planned.bound.write.staged,
  };
  try {
    const { rows } = await stageChanges(client, { stage, changes, given }, lease, record, signal);
    await afterRows?.();
    if (rows === 0) return NOTHING;
    const routed = await routedRows(client, change, { stage, lease, snapshot: changes.snapshot }, signal);
    const name = client.storage.newPiece(change.table.name);
    const target = { ...change, staged: { ...change.staged, fresh: routed.columns } };
    const plan = insertInPlace(target, routed.shards, changes.plan, changes.snapshot, name);
    const made = { ...plan, name };
    const executed = await fillPiece(client, changes, made, record, signal, routed.relations);
    replacePiece(client, change.table, made);
    return { made, executed };
  } finally {
    await lease.leave([stage.name]).catch(() => undefined);
  }
}
