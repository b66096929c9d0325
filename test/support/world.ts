import type pg from 'pg';
import { BinaryClient } from './binary-client.ts';
import { type DatasetOptions, makeDataset } from './dataset.ts';
import { startFederation } from './federation.ts';
import { loadIntoPostgres } from './load-postgres.ts';
import { openDatabase, type Postgres } from './postgres.ts';
import { SwitchedPlanner } from './switched-planner.ts';

/** The same rows twice: whole in a database of a native PostgreSQL, and spread over a federation. */
export interface World {
  readonly oracle: pg.Client;
  readonly skein: pg.Client;
  readonly planner: SwitchedPlanner;
  /** Further connections to both, that take results in binary. */
  readonly binary: { readonly oracle: BinaryClient; readonly skein: BinaryClient };
  close(): Promise<void>;
}

export interface WorldOptions extends DatasetOptions {
  /** Of all sessions; UTC unless given. */
  readonly timeZone?: string;
}

export async function startWorld(postgres: Postgres, name: string, options: WorldOptions): Promise<World> {
  const dataset = makeDataset(options);
  const oracle = await openDatabase(postgres, name);
  await loadIntoPostgres(oracle, dataset);
  const planner = new SwitchedPlanner();
  const federation = await startFederation(dataset, planner);
  const skein = await federation.connect();
  const { port } = federation;
  const binary = {
    oracle: await BinaryClient.connect({ ...postgres, database: name }),
    skein: await BinaryClient.connect({ port, user: 'tester', database: skein.database ?? '' }),
  };
  const zone = `SET TIME ZONE '${options.timeZone ?? 'UTC'}'`;
  for (const client of [oracle, skein]) await client.query(zone);
  for (const client of [binary.oracle, binary.skein]) await client.ask(zone, []);
  return {
    oracle,
    skein,
    planner,
    binary,
    async close() {
      binary.oracle.end();
      binary.skein.end();
      await skein.end();
      await oracle.end();
      await federation.close();
    },
  };
}
