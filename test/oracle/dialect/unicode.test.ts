import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLASSES, lowerOf, upperOf } from '../../../src/dialect/are/characters.ts';
import { quoteString } from '../../../src/dialect/quote.ts';
import { parseRegex } from '../../../src/dialect/regex/parse.ts';
import { printRegex } from '../../../src/dialect/regex/print.ts';
import { isQuick } from '../../support/quick.ts';
import { type Oracle, startOracle } from './harness.ts';

/** In the quick form, of the planes of rare ideographs and of nothing, some. */
const CODE_POINTS = `WHERE g NOT BETWEEN 55296 AND 57343${isQuick ? ' AND (g < 131072 OR g % 61 = 0)' : ''}`;

/** Code points, of all that there are, for which the two give different texts. */
async function differing(oracle: Oracle, postgres: string, duckdb: string): Promise<readonly number[]> {
  const text = (expression: string): string =>
    `md5(string_agg(${expression}, ',' ORDER BY g)) FROM (SELECT g, chr(g) AS c`;
  const wanted = await oracle.postgres.query<{ page: number; hash: string }>(
    `SELECT g / 256 AS page, ${text(postgres)} FROM generate_series(1, 1114111) AS s(g) ${CODE_POINTS}) t GROUP BY 1 ORDER BY 1`,
  );
  const gotten = await oracle.duckdb.runAndReadAll(
    `SELECT (g // 256)::INTEGER, ${text(duckdb)} FROM (SELECT g::INTEGER AS g FROM range(1, 1114112) s(g)) ${CODE_POINTS}) t GROUP BY 1 ORDER BY 1`,
  );
  const got = gotten.getRows();
  return wanted.rows
    .filter((row, index) => got[index]?.[1] !== Object.values(row)[1])
    .map(({ page }) => page);
}

describe('every code point', () => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await startOracle();
  });
  afterAll(async () => {
    await oracle?.close();
  });

  test.each(['lower', 'upper', 'initcap'])('%s', async (name) => {
    expect(await differing(oracle, `${name}('x' || c || 'Y')`, `skein_${name}('x' || c || 'Y')`)).toEqual([]);
  });

  test.each(['\\d', '\\s', '\\w', '\\S', '[[:alpha:]]', '[[:alnum:]]', '.', '[^a]'])(
    '%s',
    async (pattern) => {
      const printed = quoteString(printRegex(parseRegex(`^${pattern}$`, false)));
      expect(
        await differing(
          oracle,
          `(c ~ '^${pattern}$')::int::text`,
          `regexp_matches(c, ${printed})::int::text`,
        ),
      ).toEqual([]);
    },
  );

  test.each(['k', 's', '[a-z]', 'é', 'ÿ', '\\w', '[^k]'])('%s ignoring case', async (pattern) => {
    const printed = quoteString(printRegex(parseRegex(`^${pattern}$`, true)));
    expect(
      await differing(oracle, `(c ~* '^${pattern}$')::int::text`, `regexp_matches(c, ${printed})::int::text`),
    ).toEqual([]);
  });

  test("the classes and cases of Skein's own engine", async () => {
    const names = [...CLASSES.keys()];
    const isIn = names
      .map((name) => `CASE WHEN c ~ '[[:${name}:]]' THEN ' ${name}' ELSE '' END`)
      .join(' || ');
    const wanted = await oracle.postgres.query<{ g: number; said: string }>(
      `SELECT g, lower(c) || upper(c) || ${isIn} AS said FROM (SELECT g, chr(g) AS c FROM generate_series(1, 1114111) AS s(g) ${CODE_POINTS}) t`,
    );
    const differ = wanted.rows.filter(({ g, said }) => {
      const classes = names.filter((name) => CLASSES.get(name)?.(g) === true).map((name) => ` ${name}`);
      return `${String.fromCodePoint(lowerOf(g), upperOf(g))}${classes.join('')}` !== said;
    });
    expect(differ.map(({ g }) => g.toString(16))).toEqual([]);
  });
});
