import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, ask } from '../support/compare.ts';
import { startCatalogTargets } from './catalog-fixture.ts';

/** What statements are said to be before they run, beside PostgreSQL: parameters, columns, and where columns come from. */

const targets = startCatalogTargets();
let skein: pg.Client;
let oracle: pg.Client;

beforeAll(async () => {
  skein = new pg.Client(targets.skein);
  oracle = new pg.Client(targets.oracle);
  await Promise.all([skein.connect(), oracle.connect()]);
});

afterAll(async () => {
  await Promise.all([skein?.end(), oracle?.end()]);
});

async function both<T>(act: (client: pg.Client) => Promise<T>): Promise<T> {
  const [ours, theirs] = await Promise.all([act(skein), act(oracle)]);
  expect(ours).toEqual(theirs);
  return ours;
}

/** As the server that was asked names the table of each column. */
async function origins(client: pg.Client, sql: string, values?: readonly unknown[]) {
  const { fields } = await client.query(sql, values === undefined ? undefined : [...values]);
  return Promise.all(
    fields.map(async ({ name, tableID, columnID, dataTypeID, dataTypeModifier, dataTypeSize }) => {
      const { rows } = await client.query(
        'SELECT c.oid::regclass::text AS relation, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.oid = $1 AND a.attnum = $2',
        [tableID, columnID],
      );
      return { name, origin: rows, dataTypeID, dataTypeModifier, dataTypeSize };
    }),
  );
}

describe('where columns come from', () => {
  test.each([
    'SELECT * FROM sales LIMIT 1',
    'SELECT s.id, s.price AS p, s.price + 1, region, country FROM sales s LIMIT 1',
    'SELECT v.*, p.name FROM visits v JOIN sales s ON s.id = v.sale JOIN products p USING (product) LIMIT 1',
    'SELECT x.id, x.n FROM (SELECT id, note AS n FROM sales) x LIMIT 1',
    'WITH x AS (SELECT id, count(*) AS c FROM sales GROUP BY id) SELECT id, c FROM x LIMIT 1',
    'SELECT id FROM sales UNION ALL SELECT visit FROM visits LIMIT 1',
    'SELECT max(id), min(price), region FROM sales GROUP BY region LIMIT 1',
    'SELECT c.relname, c.relnatts, s.id FROM pg_class c, sales s LIMIT 1',
    'SELECT * FROM things LIMIT 1',
    'SELECT table_name, ordinal_position FROM information_schema.columns LIMIT 1',
    'SELECT NULL, 1, now(), NULL::numeric(5,2), $1::varchar(7)',
  ])('%s', async (sql) => {
    await both((client) => origins(client, sql, sql.includes('$1') ? ['x'] : undefined));
  });
});

/** Parameter and result types, as PostgreSQL's view of prepared statements tells them. */
async function described(client: pg.Client, statement: string, types = ''): Promise<Answer> {
  const prepared = await ask(client, `PREPARE described${types} AS ${statement}`);
  if (prepared.sqlstate !== undefined) return prepared;
  const answer = await ask(
    client,
    "SELECT parameter_types, result_types FROM pg_prepared_statements WHERE name = 'described'",
  );
  await ask(client, 'DEALLOCATE described');
  return answer;
}

describe('parameters', () => {
  test.each([
    ['SELECT id FROM sales WHERE id = $1 AND price > $2 AND sold_at < $3 AND note LIKE $4', ''],
    ['SELECT id FROM sales WHERE due BETWEEN $1 AND $2 LIMIT $3 OFFSET $4', ''],
    ['SELECT id + $1, price * $2, note || $3, $4 FROM sales', ''],
    ['SELECT id FROM sales WHERE id = ANY ($1) AND note <> ALL ($2) AND region = ANY ($3::text[])', ''],
    ['SELECT id FROM sales WHERE id IN ($1, $2, $3)', ''],
    ['SELECT coalesce($1, qty), CASE WHEN paid THEN $2 ELSE price END, nullif(code, $3) FROM sales', ''],
    [
      "SELECT date_trunc($1, sold_at), extract(epoch FROM sold_at - $2), sold_at + $3 * interval '1 day' FROM sales",
      '',
    ],
    ['SELECT count(*) FILTER (WHERE qty > $1) FROM sales GROUP BY region HAVING sum(price) > $2', ''],
    ['SELECT s.id FROM sales s JOIN visits v ON v.sale = s.id AND v.kind = $1 WHERE s.paid = $2', ''],
    ['SELECT $1', ''],
    ['SELECT id FROM sales WHERE $1', ''],
    ['SELECT id FROM sales WHERE region = $1 AND $2 IS NULL', ''],
    ['SELECT id FROM sales WHERE $1 = $2', ''],
    ['SELECT $3::int4 FROM sales', ''],
    ['SELECT id FROM sales WHERE id = $1 OR note = $1', ''],
    ['SELECT id FROM sales WHERE storeid = $1 AND region > $2', ''],
    ['SELECT id FROM sales WHERE id = $1', '(int4)'],
    ['SELECT id FROM sales WHERE note = $1', '(varchar)'],
    ['SELECT relname FROM pg_class WHERE oid = $1 AND relname = $2 AND relkind = ANY ($3)', ''],
    ['SELECT relname FROM pg_class, sales WHERE relname = $1 AND id = $2', ''],
  ])('types of %s %s', async (sql, types) => {
    await both((client) => described(client, sql, types));
  });

  const VALUES: readonly (readonly [sql: string, values: readonly unknown[]])[] = [
    ['SELECT count(*) FROM sales WHERE id = $1', [null]],
    ['SELECT count(*) FROM sales WHERE id IS NOT DISTINCT FROM $1', [null]],
    ['SELECT count(*) FROM sales WHERE region = $1 OR $1 IS NULL', [null]],
    ['SELECT $1 AS a, $2::int4 AS b, $3::text[] AS c', [null, null, null]],
    ['SELECT $1 || $2', ['a', 'b']],
    ['SELECT id FROM sales WHERE id = ANY ($1) ORDER BY id', [[1, 2, 3]]],
    ['SELECT id FROM sales WHERE id = ANY ($1) ORDER BY id', ['{}']],
    ['SELECT id FROM sales WHERE id = ANY ($1) ORDER BY id', [null]],
    ['SELECT id FROM sales WHERE id = ANY ($1) ORDER BY id', ['{1,NULL,3}']],
    ['SELECT count(*) FROM sales WHERE id <> ALL ($1)', ['{1,NULL,3}']],
    ['SELECT id FROM sales WHERE note = ANY ($1) ORDER BY id', [['', 'É', "it's", '\\', 'a b c']]],
    ['SELECT id FROM sales WHERE due = ANY ($1::date[]) ORDER BY id', [['2024-01-01', '2024-02-29']]],
    ['SELECT id FROM sales WHERE price = ANY ($1::numeric[]) ORDER BY id', ['{1.5,2.50}']],
    ['SELECT id FROM sales WHERE region = ANY ($1) ORDER BY id', [['EU', 'nowhere']]],
    ['SELECT id FROM sales WHERE id = $1', ['not a number']],
    ['SELECT id FROM sales WHERE id = ANY ($1)', ['{1,x}']],
    ['SELECT id FROM sales WHERE id = ANY ($1)', ['1,2']],
    ['SELECT id FROM sales WHERE sold_at < $1 ORDER BY id', ['2024-02-30']],
    ['SELECT id FROM sales WHERE qty = $1', ['99999999999']],
    ['SELECT id FROM sales ORDER BY id LIMIT $1', ['3']],
    ['SELECT id FROM sales ORDER BY id LIMIT $1', [null]],
    ['SELECT id FROM sales ORDER BY id LIMIT $1', ['-1']],
    ['SELECT relname FROM pg_class WHERE relname = ANY ($1) ORDER BY 1', [['sales', 'visits', 'ü']]],
    [
      'SELECT count(*) FROM pg_class WHERE relnamespace = 2200 AND (relname = $1 OR $2::text IS NULL)',
      ['sales', null],
    ],
    ['SELECT count(*) FROM sales', ['one too many']],
    ['SELECT count(*) FROM sales WHERE id = $2', ['1', '2']],
  ];

  test.each(VALUES)('values of %s: %j', async (sql, values) => {
    const comparable = async (client: pg.Client) => {
      const { message, ...answer } = await ask(client, sql, values);
      return { ...answer, message };
    };
    await both(comparable);
  });
});
