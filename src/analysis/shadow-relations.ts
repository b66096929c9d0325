import { defined } from '../base/assert.ts';
import { isWholeExecution, readTextRows } from './answers.ts';
import { frontend } from './pg-messages.ts';
import type { PgThread } from './pg-thread.ts';
import type { ShadowTables } from './shadow-table.ts';
import { SYSTEM_VIEWS } from './system-schema.ts';
import type { ShadowRelation } from './tree-context.ts';

const LIMITS = { timeoutMs: 60_000, maxBytes: 1024 * 1024, isWhole: isWholeExecution };

/** The OIDs of the `skein.*` views: the template gave them, so they are the same in every thread. */
export async function systemViewOids(thread: PgThread): Promise<ReadonlyMap<string, number>> {
  const sql = `SELECT relname, oid FROM pg_catalog.pg_class WHERE relkind = 'v' AND relnamespace = 'skein'::regnamespace`;
  const rows = readTextRows(await thread.request(frontend.query(sql), LIMITS));
  return new Map(rows.map(([name, oid]) => [String(name), Number(oid)]));
}

/** What a tree may name, by OID. */
export function shadowRelations(
  tables: ShadowTables,
  viewOids: ReadonlyMap<string, number>,
): ReadonlyMap<number, ShadowRelation> {
  const relations = new Map<number, ShadowRelation>();
  for (const { oid, name, columns } of tables.values()) {
    relations.set(oid, { oid, schema: 'public', name, kind: 'table', columns });
  }
  for (const [name, columns] of Object.entries(SYSTEM_VIEWS)) {
    const oid = defined(viewOids.get(name), `view skein.${name}`);
    const names = Object.keys(columns).map((column) => ({ name: column, source: 'physical' as const }));
    relations.set(oid, { oid, schema: 'skein', name, kind: 'system', columns: names });
  }
  return relations;
}
