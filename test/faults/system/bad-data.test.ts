import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AgentSpec } from '../../support/processes.ts';
import { failure, pause, running, Stream, useSystem } from './fixture.ts';

const system = useSystem({ proxy: { labels: { site: 'integer' } } });

const path = (name: string): string => join(system().data, name);
const file = (table: string, name: string, more: object = {}) => ({ name: table, path: path(name), ...more });

/** A replacement that readers see whole or not at all. */
async function replace(name: string, content: string): Promise<void> {
  await writeFile(path(`${name}.draft`), content);
  await rename(path(`${name}.draft`), path(name));
}

const good = (rows: number, from = 0): string =>
  `id,qty\n${Array.from({ length: rows }, (_, i) => `${from + i},${i % 10}`).join('\n')}\n`;
/** Slow enough to be caught in the act. */
const LARGE = `id,word\n${Array.from({ length: 600_000 }, (_, i) => `${i},word ${(i * 7919) % 600_011}`).join('\n')}\n`;

function agents(): AgentSpec[] {
  const declared = { columns: { id: 'bigint', qty: 'integer' } };
  return [
    {
      id: 'one',
      labels: { site: 1 },
      tables: [
        file('fine', 'fine-1.csv'),
        file('wrong_type', 'fine-1.csv', declared),
        file('ragged', 'fine-1.csv'),
        file('absent', 'fine-1.csv'),
        file('conflict', 'fine-1.csv'),
        file('settled', 'fine-1.csv', { columns: { qty: 'text' } }),
        file('large', 'large-1.csv', { columns: { id: 'integer', word: 'text' } }),
        file('lines', 'lines-1.jsonl'),
      ],
    },
    {
      id: 'two',
      labels: { site: 2 },
      tables: [
        file('fine', 'fine-2.csv'),
        file('wrong_type', 'wrong-type.csv', declared),
        file('ragged', 'ragged.csv'),
        file('absent', 'no-such-file.csv'),
        file('conflict', 'conflict.csv'),
        file('settled', 'conflict.csv', { columns: { qty: 'text' } }),
        file('large', 'large-2.csv', { columns: { id: 'integer', word: 'text' } }),
        file('lines', 'lines-2.jsonl'),
      ],
    },
  ];
}

beforeAll(async () => {
  const files: Record<string, string> = {
    'fine-1.csv': good(10),
    'fine-2.csv': good(5, 100),
    'wrong-type.csv': 'id,qty\n1,1\n2,2\n3,many\n4,4\n',
    'ragged.csv': 'id,qty\n1,1\n2,2,surplus\n3,3\n',
    'conflict.csv': 'id,qty\n1,2024-01-31\n2,2024-02-29\n',
    'large-1.csv': LARGE,
    'large-2.csv': LARGE,
    'lines-1.jsonl': '{"a": 1}\n{"a": 2}\n',
    'lines-2.jsonl': '{"a": 1}\n{"a": \n',
  };
  for (const [name, content] of Object.entries(files)) await system().write(name, content);
  // Of two in conflict, the one that was accepted first stays.
  for (const spec of agents()) await system().startAgent(spec);
});

async function reason(table: string, agent: string): Promise<string | null | undefined> {
  const [row] = await system().rows<{ reason: string | null }>(
    'SELECT reason FROM skein.tables WHERE table_name = $1 AND agent = $2',
    [table, agent],
  );
  return row?.reason;
}

/** The statement fails and says why; where the broken piece is pruned, it answers. */
async function expectOutage(table: string, why: RegExp): Promise<void> {
  expect(await reason(table, 'two')).toMatch(why);
  expect(await reason(table, 'one')).toBeNull();
  const error = await failure(system().rows(`SELECT * FROM ${table}`));
  expect(error.code).toBe('58000');
  expect(error.message).toContain('"two"');
  expect(error.detail).toMatch(why);
  expect(error.detail).toContain('site=2');
  expect(await system().rows(`SELECT count(*)::int > 0 AS ok FROM ${table} WHERE site = 1`)).toEqual([
    { ok: true },
  ]);
  expect(await count('fine')).toBeGreaterThan(0);
}

async function count(table: string): Promise<number> {
  const [row] = await system().rows<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
  return row?.n ?? -1;
}

describe('files that are wrong from the start', () => {
  test('a value that is not of the declared type: named with file and column; the column is not needed, it answers', async () => {
    const error = await failure(system().rows('SELECT sum(qty) FROM wrong_type'));
    expect(error).toMatchObject({ code: '22P02', message: 'invalid input syntax for type integer: "many"' });
    expect(error.detail).toContain('column "qty" of table "wrong_type"');
    expect(error.detail).toContain('wrong-type.csv');
    expect(error.where).toContain('"two"');
    expect(await system().rows('SELECT sum(qty)::int AS s FROM wrong_type WHERE site = 1')).toEqual([
      { s: 45 },
    ]);
    expect(await count('fine')).toBe(15);
  });

  test('a row with too many columns', () =>
    expectOutage('ragged', /ragged\.csv: line 3 has 3 columns instead of 2/));

  test('no file', () => expectOutage('absent', /no-such-file\.csv|no file/));

  test('a line that is not JSON', () => expectOutage('lines', /lines-2\.jsonl: line 2/));

  test('types in conflict: the reason says how to declare them, and a declaration settles it', async () => {
    await expectOutage('conflict', /"qty" is date on agent "two", but .* on agent "one".*declare its type/);
    expect(await count('settled')).toBe(12);
    expect(await system().rows('SELECT qty FROM settled WHERE site = 2 ORDER BY id')).toEqual([
      { qty: '2024-01-31' },
      { qty: '2024-02-29' },
    ]);
  });

  test('a replicated table whose copies differ', async () => {
    await system().agent('one').kill();
    await system().agent('two').kill();
    const [one, two] = agents();
    const copy = (name: string) => file('copies', name, { replicated: true });
    await system().startAgent({ ...one!, tables: [...one!.tables!, copy('fine-1.csv')] });
    await system().startAgent({ ...two!, tables: [...two!.tables!, copy('fine-2.csv')] });
    expect(await reason('copies', 'two')).toMatch(
      /rows of replicated table "copies" differ from those of agent "one"/,
    );
    expect(await count('copies')).toBe(10);
    const error = await failure(system().rows('SELECT count(*) FROM fine JOIN copies USING (id)'));
    expect(error.code).toBe('58000');
    expect(error.detail).toContain('differ');
  });
});

describe('files that change', () => {
  test('new rows are seen at once, and the estimate within a poll interval', async () => {
    await replace('fine-2.csv', good(50, 100));
    expect(await count('fine')).toBe(60);
    await system().until('the estimate to follow', async () => {
      const [row] = await system().rows<{ row_estimate: string }>(
        "SELECT row_estimate FROM skein.tables WHERE table_name = 'fine' AND agent = 'two'",
      );
      return row?.row_estimate === '50';
    });
  });

  test('a new column appears, NULL where others lack it', async () => {
    await replace('fine-2.csv', 'id,qty,note\n100,1,new\n');
    await system().until('the column to be known', async () => {
      const columns = await system().rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'fine'::regclass AND attname = 'note'",
      );
      return columns.length === 1;
    });
    expect(await system().rows('SELECT count(*)::int AS n, count(note)::int AS notes FROM fine')).toEqual([
      { n: 11, notes: 1 },
    ]);
    await replace('fine-2.csv', good(5, 100));
  });

  test('deleted under a running agent: the table is missed by name, until the file is back', async () => {
    await system().until('the table to be whole', async () => (await count('fine')) === 15);
    await rm(path('fine-2.csv'));
    const error = await failure(system().rows('SELECT count(*) FROM fine'));
    expect(error.code).toBe('58000');
    expect(error.message).toContain('"two"');
    expect(error.detail).toMatch(/^agent "two" \(site=2\) .*table "fine"/);
    await system().until('the outage to be seen', async () => (await reason('fine', 'two')) !== null);
    expect(await reason('fine', 'two')).toMatch(/fine-2\.csv|no file/);
    expect(await system().rows('SELECT count(*)::int AS n FROM fine WHERE site = 1')).toEqual([{ n: 10 }]);
    await replace('fine-2.csv', good(7, 100));
    await system().until('the table to be back', async () => (await reason('fine', 'two')) === null);
    expect(await count('fine')).toBe(17);
  });

  test('broken, then repaired', async () => {
    await replace('fine-2.csv', 'id,qty\n1,1,1\n');
    const error = await failure(system().rows('SELECT count(*) FROM fine'));
    expect(error.code).toBe('58000');
    expect(error.detail).toMatch(/^agent "two" \(site=2\) .*line 2 has 3 columns instead of 2/);
    await system().until('the outage to be seen', async () => (await reason('fine', 'two')) !== null);
    await replace('fine-2.csv', good(5, 100));
    await system().until('the table to be back', async () => (await reason('fine', 'two')) === null);
    expect(await count('fine')).toBe(15);
  });

  test('replaced while an aggregate reads it: 40001; the next statement sees the new rows', async () => {
    const client = await system().connect();
    const result = failure(client.query('SELECT count(DISTINCT md5(word || id)) FROM large -- replaced'));
    await running(system(), '-- replaced');
    await pause(60);
    await replace('large-2.csv', 'id,word\n1,a\n');
    const error = await result;
    expect(error.code).toBe('40001');
    expect(error.message).toContain('"large"');
    expect(`${error.message} ${error.where}`).toContain('"two"');
    expect(await count('large')).toBe(600_001);
    await replace('large-2.csv', LARGE);
    expect(await count('large')).toBe(1_200_000);
  });

  test('replaced while its rows go to a client: 40001', async () => {
    const client = await system().connect();
    const stream = new Stream(client, 'SELECT id, word FROM large');
    await stream.reaches(5000);
    stopReading(client);
    await replace('large-1.csv', 'id,word\n1,a\n');
    await pause(100);
    startReading(client);
    expect((await failure(stream.ended)).code).toBe('40001');
    expect(await count('large')).toBe(600_001);
  });
});

interface WithStream {
  readonly connection: { readonly stream: { pause(): void; resume(): void } };
}
const stopReading = (client: pg.Client): void => (client as unknown as WithStream).connection.stream.pause();
const startReading = (client: pg.Client): void =>
  (client as unknown as WithStream).connection.stream.resume();
