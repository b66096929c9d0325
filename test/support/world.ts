import type pg from 'pg';
import { type DatasetOptions, makeDataset } from './dataset.ts';
import { type Federation, startFederation } from './federation.ts';
import { loadIntoPostgres } from './load-postgres.ts';
import { openDatabase, type Postgres } from './postgres.ts';

/** The same rows twice: whole in a database of a native PostgreSQL, and spread over a federation. */
export interface World {
  readonly oracle: pg.Client;
  readonly skein: pg.Client;
  close(): Promise<void>;
}

export async function startWorld(postgres: Postgres, name: string, options: DatasetOptions): Promise<World> {
  const dataset = makeDataset(options);
  const oracle = await openDatabase(postgres, name);
  await loadIntoPostgres(oracle, dataset);
  const federation: Federation = await startFederation(dataset);
  const skein = await federation.connect();
  return {
    oracle,
    skein,
    async close() {
      await skein.end();
      await oracle.end();
      await federation.close();
    },
  };
}
