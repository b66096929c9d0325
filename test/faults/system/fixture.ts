import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type AgentSpec, System, type SystemOptions } from '../../support/processes.ts';

/** A system for the tests of one file; what it logged is printed for each that fails. */
export function useSystem(options: SystemOptions | (() => SystemOptions)): () => System {
  let system: System | undefined;
  beforeAll(async () => {
    system = await System.start(typeof options === 'function' ? options() : options);
  });
  afterEach(({ task }) => {
    const bugs = system?.proxy.lines.filter((line) => line.includes('"msg":"unexpected error"')) ?? [];
    if (task.result?.state === 'fail') console.error(system?.log());
    expect(bugs).toEqual([]);
  });
  afterAll(() => system?.close());
  return () => {
    if (system === undefined) throw new Error('the system did not start');
    return system;
  };
}

/** Rows whose making takes an agent long, though counting them doesn't. */
export function slowTable(rows: number): Readonly<Record<string, unknown>> {
  return {
    name: 'big',
    query: `SELECT range AS i, (range % 97)::INTEGER AS k, md5(range::VARCHAR) AS h FROM range(${rows})`,
  };
}

export const SMALL = {
  name: 'small',
  query: 'SELECT range AS n, (range % 2)::INTEGER AS parity FROM range(10)',
};

const STORES: readonly AgentSpec[] = [
  { id: 'paris', labels: { storeid: 1, region: 'EU', country: 'FR' } },
  { id: 'berlin', labels: { storeid: 3, region: 'EU', country: 'DE' } },
  { id: 'york', labels: { storeid: 4, region: 'US', country: 'US' } },
];

export function stores(tables: readonly Readonly<Record<string, unknown>>[]): AgentSpec[] {
  return STORES.map((store) => ({ ...store, tables }));
}

export function store(id: string, tables: readonly Readonly<Record<string, unknown>>[]): AgentSpec {
  const found = STORES.find((spec) => spec.id === id);
  if (found === undefined) throw new Error(`there is no store ${id}`);
  return { ...found, tables };
}

/** The error that a statement must fail with. */
export async function failure(work: Promise<unknown>): Promise<pg.DatabaseError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof pg.DatabaseError) return error;
    throw error;
  }
  throw new Error('the statement succeeded');
}

/** Once the proxy has counted the statement as running. @returns its id. */
export async function running(system: System, marker: string): Promise<string> {
  let id: string | undefined;
  await system.until(`"${marker}" to run`, async () => {
    const [row] = await system.rows<{ query_id: string }>(
      "SELECT query_id FROM skein.queries WHERE state = 'running' AND sql LIKE $1",
      [`%${marker}%`],
    );
    id = row?.query_id;
    return id !== undefined;
  });
  return id ?? '';
}

export const pause = (ms: number): Promise<void> => new Promise((next) => setTimeout(next, ms));

/** Rows of a simple query as they come, through the driver's events. */
export class Stream {
  rows = 0;
  readonly ended: Promise<void>;

  constructor(client: pg.Client, sql: string) {
    const query = new pg.Query(sql);
    query.on('row', () => {
      this.rows++;
    });
    this.ended = new Promise((resolve, reject) => {
      query.on('end', () => resolve());
      query.on('error', reject);
    });
    this.ended.catch(() => undefined);
    client.query(query);
  }

  async reaches(rows: number): Promise<void> {
    while (this.rows < rows) await Promise.race([pause(5), this.ended]);
  }
}
