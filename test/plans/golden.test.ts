import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, ask, differences, isOrdered } from '../support/compare.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { startWorld, type World } from '../support/world.ts';
import { type GoldenCase, parseGolden, printGolden, type Recorded } from './golden-file.ts';

/**
 * What EXPLAIN says of each case, and its rows, which PostgreSQL confirms: a wrong plan can't be recorded as right.
 * `npm run golden -- --update` records anew.
 */

const directory = new URL('./', import.meta.url);
const files = readdirSync(directory).filter((file) => file.endsWith('.golden'));

let postgres: Postgres;
let usual: World;
/** Its placement keeps the declared groups. */
let colocated: World;

beforeAll(async () => {
  postgres = await startPostgres();
  const options = { seed: 3, agents: 5, rows: 16, nulls: 6 } as const;
  usual = await startWorld(postgres, 'plans', { ...options, split: 'random' });
  colocated = await startWorld(postgres, 'colocated', { ...options, split: 'by-sale' });
});

afterAll(async () => {
  await usual?.close();
  await colocated?.close();
  await postgres?.close();
});

describe.each(files)('%s', (file) => {
  const cases = parseGolden(readFileSync(new URL(file, directory), 'utf8'));
  const recorded: (readonly [GoldenCase, Recorded])[] = [];

  test.each(cases)('$comment', async (golden) => {
    const world = file === 'colocated.golden' ? colocated : usual;
    for (const setting of golden.settings) await ask(world.skein, `SET ${setting.replace('=', ' = ')}`);
    const explained = await ask(world.skein, `EXPLAIN (COSTS OFF) ${golden.sql}`);
    const [expected, actual] = await Promise.all([
      ask(world.oracle, golden.sql),
      ask(world.skein, golden.sql),
    ]);
    for (const setting of golden.settings) await ask(world.skein, `RESET ${setting.split('=')[0] ?? ''}`);
    expect(explained.sqlstate, explained.message).toBeUndefined();
    expect(differences(expected, actual, isOrdered(golden.sql))).toEqual([]);
    const plan = explained.rows.map(([line]) => line ?? '');
    expect(misfired(golden, rewritesOf(plan))).toEqual([]);
    recorded.push([golden, { plan, rows: shownRows(actual, isOrdered(golden.sql)) }]);
  });

  test('is as recorded', async () => {
    expect(recorded.length, 'cases that failed are not recorded').toBe(cases.length);
    await expect(printGolden(recorded)).toMatchFileSnapshot(new URL(file, directory).pathname);
  });
});

function rewritesOf(plan: readonly string[]): readonly string[] {
  const line = plan.find((text) => text.startsWith('Rewrites: '));
  return line === undefined ? [] : line.slice('Rewrites: '.length).split(', ');
}

function misfired({ expect: wanted, expectNot }: GoldenCase, fired: readonly string[]): readonly string[] {
  return [
    ...wanted.filter((name) => !fired.includes(name)).map((name) => `${name} did not fire`),
    ...expectNot.filter((name) => fired.includes(name)).map((name) => `${name} fired`),
  ];
}

/** In a fixed order where the statement leaves it open. */
function shownRows({ rows }: Answer, ordered: boolean): readonly string[] {
  const lines = rows.map((row) =>
    row.map((value) => (value === null ? 'NULL' : value === '' ? "''" : value)).join(' | '),
  );
  return ordered ? lines : lines.toSorted();
}
