import type { OwnedRelations } from '../../catalog/owned.ts';
import type { AnalysisSession } from '../engine.ts';

/** What may ask how many rows a table has, or how large it is. */
const ASKS = /reltuples|relpages|n_live_tup|pg_stat_|_size\b|\.\*|select\s+\*/i;

/** Rows of users' tables as rows of SQL, for a query that may ask for them: they change with each commit. */
export function rowEstimates(
  sql: string,
  { rowsOf }: AnalysisSession,
  relations: OwnedRelations,
): readonly string[] {
  if (rowsOf === undefined || !ASKS.test(sql)) return [];
  return [...relations.values()].flatMap((relation) => {
    const rows = relation.kind === 'table' ? rowsOf(relation) : undefined;
    return rows === undefined ? [] : [`(${relation.oid}, ${rows}::float4)`];
  });
}

export function estimatesSql(estimates: readonly string[]): readonly string[] {
  if (estimates.length === 0) return [];
  return [
    `UPDATE pg_catalog.pg_class c SET reltuples = t.rows FROM (VALUES ${estimates.join(', ')}) AS t(oid, rows)
      WHERE c.oid = t.oid`,
  ];
}
