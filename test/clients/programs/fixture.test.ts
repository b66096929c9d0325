import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Servers, startServers } from './fixture.ts';
import { clientTables } from './tables.ts';

/** The fixture itself: what the other files of this folder rely on. */

let servers: Servers;

beforeAll(async () => {
  servers = await startServers();
});

afterAll(() => servers?.close());

async function psql(sql: string): Promise<void> {
  const { skein, postgres } = await servers.runBoth('psql', ['-X', '-a', '-c', sql]);
  expect(skein).toEqual(postgres);
  expect(postgres.length).toBeGreaterThan(1);
}

test.each(clientTables().tables.map(({ name }) => name))('both hold the same rows of %s', async (name) => {
  const limit = name === 'readings' ? 'LIMIT 3000' : '';
  await psql(`SELECT * FROM "${name}" ORDER BY 1 ${limit}`);
  await psql(`SELECT count(*) FROM "${name}"`);
  await psql(`\\d "${name}"`);
});
