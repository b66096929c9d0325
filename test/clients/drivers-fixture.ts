import pg from 'pg';
import { afterAll, beforeAll, expect } from 'vitest';
import { makeDataset } from '../support/dataset.ts';
import { type Federation, startFederation } from '../support/federation.ts';
import { loadIntoPostgres } from '../support/load-postgres.ts';
import { openDatabase, type Postgres, startPostgres, type Target } from '../support/postgres.ts';

export interface Targets {
  readonly skein: Target;
  readonly postgres: Target;
  /** What a driver sees must be the same with Skein and with PostgreSQL. @returns what Skein gave. */
  same<T>(act: (target: Target) => Promise<T>): Promise<T>;
}

/** The same rows in a federation and in a native PostgreSQL, for the tests of one file. */
export function startTargets(): Targets {
  const targets: { skein?: Target; postgres?: Target } = {};
  let federation: Federation;
  let postgres: Postgres;
  const get = (which: 'skein' | 'postgres'): Target => {
    const target = targets[which];
    if (target === undefined) throw new Error('not started');
    return target;
  };

  beforeAll(async () => {
    const dataset = makeDataset({ seed: 21, agents: 5, rows: 60, split: 'random', nulls: 8 });
    [postgres, federation] = await Promise.all([startPostgres(), startFederation(dataset)]);
    const client = await openDatabase(postgres, 'skein');
    await loadIntoPostgres(client, dataset);
    await client.end();
    const place = { host: '127.0.0.1', user: 'postgres', password: 'postgres', database: 'skein' };
    targets.skein = { ...place, port: federation.port };
    targets.postgres = { ...place, port: postgres.port };
  });

  afterAll(async () => {
    await federation?.close();
    await postgres?.close();
  });

  return {
    get skein() {
      return get('skein');
    },
    get postgres() {
      return get('postgres');
    },
    async same(act) {
      const [ours, theirs] = await Promise.all([act(get('skein')), act(get('postgres'))]);
      expect(ours).toEqual(theirs);
      return ours;
    },
  };
}

/** What a program can tell of an error. */
export function told(error: unknown): object {
  if (!(error instanceof Error)) return { thrown: error };
  const { code, position, hint, detail, severity } = error as Partial<pg.DatabaseError>;
  return { message: error.message, code, position: position && Number(position), hint, detail, severity };
}

/** The outcome of something that may fail. */
export async function outcome<T>(promise: Promise<T>): Promise<T | object> {
  return promise.catch(told);
}

export async function withClient<T>(
  target: Target,
  act: (client: pg.Client) => Promise<T>,
  more: pg.ClientConfig = {},
): Promise<T> {
  const client = new pg.Client({ ...target, ...more });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}
