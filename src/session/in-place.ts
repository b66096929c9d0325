import { setTimeout as sleep } from 'node:timers/promises';
import { SkeinError } from '../base/errors.ts';
import type { CatalogRow } from '../catalog/owned.ts';
import type { Fleet } from '../execution/fleet.ts';
import { type InPlace, keepInPlace } from '../planner/in-place.ts';
import type { Client } from './client.ts';
import type { PlannedQuery } from './planned-query.ts';
import { executeCounts } from './running-query.ts';

const ANNOUNCED_MS = 10_000;
const LOOK_MS = 5;

/** A table whose rows stay with the agents that compute them (DESIGN §10). */
export interface KeptTable {
  /** The row that says which piece the table has. @param oid the table's. */
  placement(oid: number): CatalogRow;
  /** Has the agents compute and keep the rows. @returns how many there are. */
  fill(signal: AbortSignal): Promise<number>;
}

/** @throws 0A000 where a row would have to leave its shard. */
export function keptTable(client: Client, planned: PlannedQuery, table: string): KeptTable {
  const piece = client.storage.newPiece(table);
  const kept = keepInPlace(planned.plan, planned.snapshot, piece);
  return {
    placement: (oid) => {
      const labels = [...kept.labels].map(([index, label]) => [index + 1, label]);
      return { catalog: 'skein_placement', key: String(oid), values: [piece, JSON.stringify(labels)] };
    },
    fill: async (signal) => {
      const rows = await executeCounts(client, { ...planned, plan: kept.plan }, signal);
      await announced(client.server.execution.fleet, piece, kept, signal);
      return rows;
    },
  };
}

/** Agents announce a piece before they say that it is made; the registry takes a moment more. */
async function announced(
  fleet: Fleet,
  piece: string,
  { shards }: InPlace,
  signal: AbortSignal,
): Promise<void> {
  const latest = performance.now() + ANNOUNCED_MS;
  for (;;) {
    const table = fleet.snapshot().tables.find(({ name }) => name === piece);
    const missing = shards.filter((shard) => !table?.pieces.some((own) => own.shard === shard));
    if (missing.length === 0) return;
    if (performance.now() > latest) {
      throw new SkeinError(
        'agentUnavailable',
        `shard "${missing[0]}" does not announce the rows that it kept`,
      );
    }
    await sleep(LOOK_MS, undefined, { signal });
  }
}
