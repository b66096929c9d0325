import type pg from 'pg';
import { z } from 'zod';

const explained = z
  .array(
    z.object({
      Plan: z.object({
        Plans: z.array(
          z.object({
            Tasks: z.array(z.object({ bytesIn: z.number(), bytesOut: z.number() })).default([]),
          }),
        ),
      }),
    }),
  )
  .length(1);

/** Bytes of data frames that the statement moves, both ways. */
export async function crossed(client: pg.Client, sql: string): Promise<number> {
  const { rows } = await client.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`);
  const [{ Plan } = { Plan: { Plans: [] } }] = explained.parse(rows[0]['QUERY PLAN']);
  const tasks = Plan.Plans.flatMap(({ Tasks }) => Tasks);
  return tasks.reduce((sum, { bytesIn, bytesOut }) => sum + bytesIn + bytesOut, 0);
}
