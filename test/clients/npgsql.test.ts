import { expect, test } from 'vitest';
import type { Target } from '../support/postgres.ts';
import { int32 } from '../support/startup-client.ts';
import { startCatalogTargets } from './catalog-fixture.ts';
import { readFlow } from './flows.ts';
import {
  bind,
  closeStatement,
  command,
  counted,
  DESCRIBE_PORTAL,
  describeStatement,
  EXECUTE,
  NpgsqlClient,
  parse,
  query,
  SYNC,
} from './npgsql-client.ts';

/** Power BI's driver, which needs .NET: the bytes that it writes, and each message that comes back beside PostgreSQL 18's. */

const targets = startCatalogTargets();

type Act = (client: NpgsqlClient) => Promise<readonly string[]>;

/** @returns what Skein sent, which is what PostgreSQL sent. */
async function same(act: Act): Promise<readonly string[]> {
  const [ours, theirs] = await Promise.all(
    [targets.skein, targets.oracle].map((target) => withClient(target, act)),
  );
  expect(settingsSorted(ours)).toEqual(settingsSorted(theirs));
  expect(theirs?.at(-1)).toMatch(/^Z /);
  return ours ?? [];
}

/** Settings that are reported together come in any order. */
function settingsSorted(messages: readonly string[] = []): readonly string[] {
  const settings = messages.filter((one) => one.startsWith('S ')).toSorted();
  return messages.map((one) => (one.startsWith('S ') ? (settings.shift() ?? '') : one));
}

async function withClient(target: Target, act: Act): Promise<readonly string[]> {
  const client = await NpgsqlClient.connect(target);
  try {
    return await act(client);
  } finally {
    client.close();
  }
}

const [types, ...others] = readFlow('powerbi');
const DISCARD = query('DISCARD ALL');
const RESET = query(
  'SET SESSION AUTHORIZATION DEFAULT;RESET ALL;CLOSE ALL;UNLISTEN *;SELECT pg_advisory_unlock_all();DISCARD SEQUENCES;DISCARD TEMP',
);

test('a physical connection: settings, then version, types, composites and enums in one message', async () => {
  const settings = await same(async ({ start }) => start.toSorted());
  expect(settings.filter((one) => one.startsWith('S ')).length).toBeGreaterThan(10);
  const loaded = await same(async (client) => {
    const messages = await client.send([query(types?.sql ?? '')]);
    // The version's text is the server's own; rows of one class of types come in any order.
    return messages.filter((one) => !one.startsWith('D 506f7374677265')).toSorted();
  });
  expect(loaded.filter((one) => one.startsWith('T '))).toHaveLength(4);
  expect(loaded.filter((one) => one.startsWith('D ')).length).toBeGreaterThan(100);
});

test('four result sets, and one ReadyForQuery', async () => {
  const messages = await same(async (client) => client.send([query(types?.sql ?? '')]).then(withoutRows));
  const shape = messages.map((one) => one.charAt(0));
  expect(shape.join('')).toMatch(/^(TC){4}Z$/);
});

test.each(others.filter((step) => step.parameters.length === 0 && !step.fails))(
  'in binary: $name',
  async ({ sql, unordered }) => {
    await same(async (client) => {
      const messages = await client.send([...sql.split(/;\s*/).flatMap((each) => command(each)), SYNC]);
      return unordered ? sortedRows(messages) : messages;
    });
  },
);

const withoutRows = (messages: readonly string[]) => messages.filter((one) => !one.startsWith('D '));

/** Rows stay between the messages around them. */
function sortedRows(messages: readonly string[]): readonly string[] {
  const rows = messages.filter((one) => one.startsWith('D ')).toSorted();
  return messages.map((one) => (one.startsWith('D ') ? (rows.shift() ?? '') : one));
}

const INT4 = 23;
const TEXT = 25;
const TIMESTAMPTZ = 1184;

test('parameters in binary, several commands in one round', async () => {
  await same((client) =>
    client.send([
      ...command('SELECT id, note FROM sales WHERE qty = $1 ORDER BY id', [INT4], [int32(3)]),
      ...command('SELECT id FROM sales WHERE note = $1 ORDER BY id', [TEXT], [Buffer.from('🎉 party')]),
      ...command('SELECT count(*) FROM sales WHERE sold_at < $1', [TIMESTAMPTZ], [Buffer.alloc(8)]),
      ...command('SELECT $1, $2', [TEXT, INT4], [null, null]),
      SYNC,
    ]),
  );
});

test('a mistake ends its round, and the next is good', async () => {
  await same(async (client) => [
    ...(await client.send([
      ...command('SELECT count(*) FROM sales'),
      ...command('SELECT nothing FROM sales'),
      ...command('SELECT count(*) FROM visits'),
      SYNC,
    ])),
    ...(await client.send([...command('SELECT count(*) FROM visits'), SYNC])),
  ]);
});

test('prepared commands', async () => {
  const sql = 'SELECT id, price FROM sales WHERE region = $1 ORDER BY id';
  await same(async (client) => [
    ...(await client.send([parse(sql, [TEXT], '_p1'), describeStatement('_p1'), SYNC])),
    ...(await client.send([bind([Buffer.from('EU')], '_p1'), EXECUTE, SYNC])),
    ...(await client.send([bind([null], '_p1'), DESCRIBE_PORTAL, EXECUTE, SYNC])),
    ...(await client.send([closeStatement('_p1'), SYNC])),
    ...(await client.send([bind([null], '_p1'), EXECUTE, SYNC])),
  ]);
});

test('a transaction begins with its first command, and ends', async () => {
  await same(async (client) => [
    ...(await client.send(
      [
        query('BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED'),
        ...command('SELECT count(*) FROM sales'),
        SYNC,
      ],
      2,
    )),
    ...(await client.send([query('SAVEPOINT a')])),
    ...(await client.send([...command('SELECT nothing FROM sales'), SYNC])),
    ...(await client.send([query('ROLLBACK TO SAVEPOINT a')])),
    ...(await client.send([
      ...command('SELECT current_setting($1)', [TEXT], [Buffer.from('transaction_isolation')]),
      SYNC,
    ])),
    ...(await client.send([query('COMMIT')])),
  ]);
});

test.each([
  ['DISCARD ALL', DISCARD, 2],
  ['a reset that keeps prepared statements', RESET, 9],
])('back from the pool: %s, before the next command', async (_name, reset, expected) => {
  const messages = await same(async (client) => {
    await client.send([query("SET application_name = 'report'; SET TimeZone = 'Asia/Tokyo'")]);
    await client.send([
      query(
        'BEGIN; DECLARE kept CURSOR WITH HOLD FOR SELECT id FROM sales; COMMIT; PREPARE mine AS SELECT 1',
      ),
    ]);
    return client.send(
      [
        reset,
        ...command(
          "SELECT current_setting('TimeZone'), current_setting('application_name'), count(*) FROM sales",
        ),
        SYNC,
      ],
      2,
    );
  });
  const end = messages.findIndex((one) => one.startsWith('Z '));
  expect(counted(messages.slice(0, end + 1))).toBe(expected);
});

test('a cancel on a socket of its own', async () => {
  await same(async (client) => {
    const answer = client.send([...command('SELECT pg_sleep(60)'), SYNC]);
    // It may be too early for the statement: again, as an impatient person would.
    const again = setInterval(() => client.cancel(), 200);
    return answer.finally(() => clearInterval(again));
  });
});
