import { defined } from '../../base/assert.ts';
import { refuse, SkeinError } from '../../base/errors.ts';
import type { OwnedTable } from '../../catalog/owned.ts';
import { findTable, type Snapshot } from '../../catalog/snapshot.ts';
import { allChanges, type Stage } from '../../dialect/print-write.ts';
import { quoteString } from '../../dialect/quote.ts';
import type { SessionRelation } from '../../execution/execution.ts';
import type { Lease } from '../../execution/lease.ts';
import type { Column } from '../../plan/logical.ts';
import type { PieceChange } from '../../planner/rewrite-in-place.ts';
import type { Batch } from '../../types/batch.ts';
import { carrierOf } from '../../types/carrier.ts';
import { OID, type SqlType } from '../../types/sql-type.ts';
import type { Client } from '../client.ts';
import { gatherLimit } from '../running-query.ts';
import { batchBytes } from '../scroll-rows.ts';

export interface RoutedRows {
  /** Of the new rows, by attnum - 1, with the types that they are stored with. */
  readonly columns: readonly Column[];
  /** Shard -> the relation with its rows. */
  readonly shards: ReadonlyMap<string, string>;
  readonly relations: ReadonlyMap<string, SessionRelation>;
}

interface Source {
  readonly stage: Stage;
  readonly lease: Lease;
  readonly snapshot: Snapshot;
}

type LabelTuple = readonly (string | null)[];

/**
 * The staged rows, by the shard whose labels are the values of the table's label columns. Where several shards have the same
 * ones, the first that keeps rows of the table gets them.
 * @throws 23514 for a row whose labels no shard has; 0A000 where the table has no label column.
 */
export async function routedRows(
  client: Client,
  { table, piece, staged }: PieceChange,
  source: Source,
  signal: AbortSignal,
): Promise<RoutedRows> {
  const labels = [...piece.labels].map(([attribute, label]) => ({
    attribute,
    label,
    column: defined(staged.fresh[attribute - 1], 'column of a label'),
  }));
  if (labels.length === 0) {
    throw refuse(`INSERT of these rows into "${table.name}", which was made in place`, {
      detail: 'The table has no label column, which would tell the shard of a row.',
      hint: 'Make the table anew with its label columns.',
    });
  }
  const columns = storedColumns(table, staged.fresh);
  const owners = shardsByLabels(
    source.snapshot,
    piece.name,
    labels.map(({ label }) => label),
  );
  const texts = labels.map(({ column }) => `c${column.id}::VARCHAR`);
  const tuples = await tuplesOf(source, texts, owners.size, signal);
  const shards = new Map<string, string>();
  const relations = new Map<string, SessionRelation>();
  const budget = { left: gatherLimit(client).bytes };
  for (const tuple of tuples) {
    const shard = owners.get(JSON.stringify(tuple));
    if (shard === undefined)
      throw noShard(
        table,
        labels.map(({ attribute }) => attribute),
        tuple,
      );
    const where = texts.map((text, index) => `${text} IS NOT DISTINCT FROM ${literal(tuple[index] ?? null)}`);
    const batches = await rowsOf(source, columns, where.join(' AND '), budget, signal);
    const relation = `new${shards.size + 1}`;
    shards.set(shard, relation);
    relations.set(relation, { types: columns.map(({ type }) => type), batches });
  }
  return { columns, shards, relations };
}

function storedColumns(table: OwnedTable, fresh: PieceChange['staged']['fresh']): readonly Column[] {
  return fresh.map((column, index) => ({
    ...defined(column, 'column of a new row'),
    type: defined(table.columns[index], 'column of the table').type,
  }));
}

/** Labels that rows may have -> the shard that gets them. */
function shardsByLabels(
  snapshot: Snapshot,
  piece: string,
  names: readonly string[],
): ReadonlyMap<string, string> {
  const keeping = new Set(findTable(snapshot, piece)?.pieces.map(({ shard }) => shard));
  const types = new Map(snapshot.labels.map(({ name, type }) => [name, type]));
  const shards = new Map<string, string>();
  const inOrder = [...snapshot.shards].sort((a, b) => Number(keeping.has(b.id)) - Number(keeping.has(a.id)));
  for (const { id, labels } of inOrder) {
    const tuple = names.map((name) => labelText(labels[name], types.get(name)));
    const key = JSON.stringify(tuple);
    if (!shards.has(key)) shards.set(key, id);
  }
  return shards;
}

/** As DuckDB prints the label's value. */
function labelText(text: string | undefined, type: SqlType | undefined): string | null {
  if (text === undefined) return null;
  const isInteger = type !== undefined && [OID.int2, OID.int4, OID.int8].some((oid) => oid === type.oid);
  return isInteger ? BigInt(text).toString() : text;
}

async function tuplesOf(
  { stage, lease }: Source,
  texts: readonly string[],
  most: number,
  signal: AbortSignal,
): Promise<readonly LabelTuple[]> {
  // One more than there are: then one of them is of no shard.
  const sql = `SELECT DISTINCT ${texts.join(', ')} FROM ${allChanges(stage)} LIMIT ${most + 1}`;
  return lease.use((connection) => connection.texts(sql, texts.length, signal));
}

async function rowsOf(
  { stage, lease }: Source,
  columns: readonly Column[],
  where: string,
  budget: { left: number },
  signal: AbortSignal,
): Promise<readonly Batch[]> {
  const list = columns.map(({ id }) => `c${id}`).join(', ');
  const layouts = columns.map(({ type }) => carrierOf(type).layout);
  const batches: Batch[] = [];
  for await (const batch of lease.stream(
    `SELECT ${list} FROM ${allChanges(stage)} WHERE ${where}`,
    layouts,
    signal,
  )) {
    budget.left -= batchBytes(batch);
    if (budget.left < 0)
      throw new SkeinError('limitExceeded', 'the new rows are more than skein.gather_limit allows');
    batches.push(batch);
  }
  return batches;
}

function literal(text: string | null): string {
  return text === null ? 'NULL' : quoteString(text);
}

function noShard(table: OwnedTable, attributes: readonly number[], tuple: LabelTuple): SkeinError {
  const names = attributes.map((attribute) => table.columns[attribute - 1]?.name ?? '').join(', ');
  const values = tuple.map((value) => value ?? 'null').join(', ');
  return new SkeinError({ sqlstate: '23514' }, `no shard of relation "${table.name}" found for row`, {
    detail: `The labels of the failing row are (${names}) = (${values}).`,
    schema: table.schema,
    table: table.name,
  });
}
