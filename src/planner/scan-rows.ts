import { findTable, type Snapshot } from '../catalog/snapshot.ts';
import type { ScanPlan } from '../plan/logical.ts';

/** Where nothing is known of a table. */
const UNKNOWN_ROWS = 10_000;
const BYTES_PER_UNKNOWN_ROW = 100;

/** Rows of the chosen shards, as their agents estimate. */
export function scanRows(scan: ScanPlan, snapshot: Snapshot): number {
  const pieces = findTable(snapshot, scan.table)?.pieces ?? [];
  const rowsOf = pieces.map((piece) => ({
    shard: piece.shard,
    rows:
      piece.rowEstimate ??
      (piece.byteEstimate === undefined ? UNKNOWN_ROWS : piece.byteEstimate / BYTES_PER_UNKNOWN_ROW),
  }));
  if (scan.tableKind === 'replicated') return rowsOf[0]?.rows ?? UNKNOWN_ROWS;
  return rowsOf
    .filter(({ shard }) => scan.shards?.includes(shard) ?? true)
    .reduce((sum, { rows }) => sum + rows, 0);
}
