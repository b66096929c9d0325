import { z } from 'zod';
import { followedBy, type Lineage } from '../catalog/lineage.ts';
import { quoteString } from '../dialect/quote.ts';
import type { EngineConnection } from '../engine/connection.ts';

/**
 * A row for each transaction and table that it made or changed: so transactions that add rows to one table don't conflict. Rows of
 * one table are folded from time to time.
 */
export const LINEAGE_SETUP =
  'CREATE TABLE IF NOT EXISTS warehouse.skein.lineage (oid BIGINT, sequence BIGINT, document VARCHAR)';

export type Lineages = ReadonlyMap<number, Lineage>;

export async function readLineages(connection: EngineConnection): Promise<Lineages> {
  const rows = await connection.texts(
    'SELECT oid::VARCHAR, document FROM warehouse.skein.lineage ORDER BY sequence',
    2,
  );
  const found = new Map<number, Lineage>();
  for (const [oid, document] of rows) {
    const lineage = Document.parse(JSON.parse(document ?? 'null'));
    const earlier = found.get(Number(oid));
    found.set(Number(oid), earlier === undefined ? lineage : followedBy(earlier, lineage));
  }
  return found;
}

/** @param sequence greater than that of all that is committed. */
export async function addLineages(
  connection: EngineConnection,
  lineages: Lineages,
  sequence: number,
): Promise<void> {
  if (lineages.size === 0) return;
  const rows = [...lineages].map(
    ([oid, lineage]) => `(${oid}, ${sequence}, ${quoteString(JSON.stringify(lineage))})`,
  );
  await connection.run(`INSERT INTO warehouse.skein.lineage VALUES ${rows.join(', ')}`);
}

/** One row for each table that is still there. @returns how many. */
export async function foldLineages(
  connection: EngineConnection,
  exists: (oid: number) => boolean,
): Promise<number> {
  await connection.run('BEGIN TRANSACTION');
  try {
    // What commits meanwhile is later than all that is folded.
    const [first] = await connection.texts(
      'SELECT coalesce(min(sequence), 0)::VARCHAR FROM warehouse.skein.lineage',
      1,
    );
    const kept = new Map([...(await readLineages(connection))].filter(([oid]) => exists(oid)));
    await connection.run('DELETE FROM warehouse.skein.lineage');
    await addLineages(connection, kept, Number(first?.[0] ?? 0));
    await connection.run('COMMIT');
    return kept.size;
  } catch (error) {
    // Where COMMIT itself failed, no transaction is left to roll back.
    await connection.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

const maybe = <T extends z.ZodType>(schema: T) => schema.optional().transform((value) => value);

const DeedSchema = z.object({
  statement: z.string(),
  user: z.string(),
  at: z.string(),
  rows: maybe(z.number()),
});

const Document = z.object({
  made: maybe(DeedSchema),
  changed: maybe(DeedSchema),
  anew: z.boolean(),
  parents: z.array(z.object({ oid: z.number(), schema: z.string(), name: z.string() })),
  agents: z.array(z.string()),
});
