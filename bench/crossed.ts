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

export interface Traffic {
  /** Of data frames, both ways. */
  readonly bytes: number;
  /** Nothing but partials of the answer crossed, once. */
  readonly splits: boolean;
}

/** What the statement moves. */
export async function trafficOf(client: pg.Client, sql: string): Promise<Traffic> {
  const { rows } = await client.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`);
  const [{ Plan } = { Plan: { Plans: [] } }] = explained.parse(rows[0]['QUERY PLAN']);
  const fragments = Plan.Plans.map(({ Tasks }) => Tasks).filter((tasks) => tasks.length > 0);
  const bytes = fragments.flat().reduce((sum, { bytesIn, bytesOut }) => sum + bytesIn + bytesOut, 0);
  return { bytes, splits: fragments.length === 1 };
}

export async function crossed(client: pg.Client, sql: string): Promise<number> {
  return (await trafficOf(client, sql)).bytes;
}
