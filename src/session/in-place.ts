import { SkeinError } from '../base/errors.ts';
import type { CatalogRow, OwnedTable, RowId } from '../catalog/owned.ts';
import type { SessionRelation } from '../execution/execution.ts';
import type { Fleet } from '../execution/fleet.ts';
import { type InPlace, keepInPlace } from '../planner/in-place.ts';
import { decimalShape, sameType } from '../types/sql-type.ts';
import type { Client } from './client.ts';
import type { PlannedQuery } from './planned-query.ts';
import type { QueryRecord } from './query-record.ts';
import { type Executed, executeCounts } from './running-query.ts';

/** A table whose rows stay with the agents that compute them (decision 010). */
export interface KeptTable {
  readonly made: InPlace;
  /** The row that says which piece the table has. @param oid the table's. */
  placement(oid: number): CatalogRow;
  /** Has the agents compute and keep the rows. @returns how many there are. */
  fill(record: QueryRecord, signal: AbortSignal): Promise<Executed>;
}

/** @throws 0A000 where a row would have to leave its shard. */
export function keptTable(
  client: Client,
  planned: PlannedQuery,
  table: string,
  withData: boolean,
): KeptTable {
  const piece = client.storage.newPiece(table);
  const kept = keepInPlace(planned.plan, planned.snapshot, piece, withData);
  return {
    made: kept,
    placement: (oid) => placementRow(oid, { ...kept, name: piece }),
    fill: (record, signal) => fillPiece(client, planned, { ...kept, name: piece }, record, signal),
  };
}

/** What agents are to keep, and as what. */
export type NewPiece = InPlace & { readonly name: string };

function placementRow(oid: number, { name, labels }: NewPiece): CatalogRow {
  const attributes = [...labels].map(([index, label]) => [index + 1, label]);
  return { catalog: 'skein_placement', key: String(oid), values: [name, JSON.stringify(attributes)] };
}

/** @param planned the statement that it is made for. @param record of it. @param given relations of the plan that the session has the rows of. */
export async function fillPiece(
  client: Client,
  planned: PlannedQuery,
  made: NewPiece,
  record: QueryRecord,
  signal: AbortSignal,
  given?: ReadonlyMap<string, SessionRelation>,
): Promise<Executed> {
  const executed = await executeCounts(client, { ...planned, plan: made.plan }, record, signal, given);
  await announced(client.server.execution.fleet, made.name, made);
  return executed;
}

/** From now on the transaction's table has these rows; the others see them when it is committed. */
export function replacePiece({ storage }: Client, table: OwnedTable, made: NewPiece): void {
  const { put, gone } = storage.overlay?.change ?? { put: new Map(), gone: new Set() };
  const rows = [placementRow(table.oid, made), ...newDigits(table, made)];
  const changed = new Map<RowId, CatalogRow>(put);
  for (const row of rows) changed.set(`${row.catalog} ${row.key}`, row);
  storage.defined({ put: changed, gone });
}

/** Rows that were added may have more digits than the column of a numeric without length had. */
function newDigits(table: OwnedTable, { columns }: NewPiece): readonly CatalogRow[] {
  return columns.flatMap(({ type }, index) => {
    const before = table.columns[index]?.type;
    const shape = decimalShape(type);
    if (before === undefined || shape === undefined || sameType(before, type)) return [];
    const values = [String(shape.precision), String(shape.scale), type.quotient ?? null];
    return [{ catalog: 'skein_type', key: `${table.oid} ${index + 1}`, values }];
  });
}

/** Agents announce a piece before they say that it is made. */
async function announced(fleet: Fleet, piece: string, { shards }: InPlace): Promise<void> {
  await fleet.settled();
  const table = fleet.snapshot().tables.find(({ name }) => name === piece);
  const missing = shards.find((shard) => !table?.pieces.some((own) => own.shard === shard));
  if (missing === undefined) return;
  throw new SkeinError('agentUnavailable', `shard "${missing}" does not announce the rows that it kept`);
}
