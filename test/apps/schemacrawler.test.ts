import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cached } from '../clients/programs/cache.ts';
import { run, type Servers, startServers } from '../clients/programs/fixture.ts';
import { ANALYST, lookAlike } from '../clients/programs/look-alike.ts';

/** SchemaCrawler from Maven Central reads everything that JDBC and the catalogs tell: the same as of PostgreSQL 18. */

const POM = fileURLToPath(new URL('./schemacrawler/pom.xml', import.meta.url));
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies';

let libraries: string;
let servers: Servers;

beforeAll(async () => {
  libraries = await cached('schemacrawler', await readFile(POM, 'utf8'), async (draft) => {
    await run('mvn', ['-q', '-B', '-f', POM, COPY, `-DoutputDirectory=${draft}`], { timeoutMs: 540_000 });
  });
  servers = await startServers();
  await lookAlike(servers);
});

afterAll(() => servers?.close());

test.each([
  ['its tables and views', '.*\\.?(public|skein)', '', 200],
  // Functions of its own, which its answers are made of, are not PostgreSQL's.
  ['all catalogs, with their functions', '.*', '(?!.*skein_).*', 10_000],
])('%s', async (_, schemas, routines, atLeast) => {
  const server = '--server=postgresql --host=$PGHOST --port=$PGPORT --database=$PGDATABASE';
  const user = '--user=$PGUSER --password=$PGPASSWORD';
  const what = '--info-level=maximum --command=schema --schemas="$1" --routines="$2" --no-info';
  const java = `exec java -cp "${join(libraries, '*')}" schemacrawler.Main`;
  const line = `${java} ${server} ${user} ${what} --output-format=text`;
  const both = await servers.runBoth('sh', ['-c', line, 'sh', schemas, routines], { env: ANALYST });
  expect(both.postgres.length).toBeGreaterThan(atLeast);
  const at = both.postgres.findIndex((text, i) => text !== both.skein[i]);
  expect(both.skein.slice(Math.max(0, at))).toEqual(both.postgres.slice(Math.max(0, at)));
});
