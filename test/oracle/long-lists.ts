const list = (count: number, value: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => value(index)).join(', ');

const integers = (count: number): string => list(count, (index) => String(index * 3 - 9));
const strings = (count: number): string => list(count, (index) => (index === 7 ? "'it''s'" : `'v${index}'`));
const MIXED = list(2000, (index) => (index === 1500 ? '3000000000' : String(index)));
const INTEGERS = integers(2000);
const STRINGS = `'a', ${strings(2000)}, 'zz', ''`;

/** Lists of literals too long to be analysed whole, and such as look like them. */
export const LONG_LISTS: readonly string[] = [
  `SELECT count(*), sum(id) FROM sales WHERE id IN (${integers(200_000)})`,
  `SELECT id FROM sales WHERE id NOT IN (${INTEGERS}) OR product IN (${MIXED})`,
  `SELECT thing FROM things WHERE small IN (${MIXED}) AND thing IN (${INTEGERS})`,
  `SELECT id, note IN (${STRINGS}) AS known FROM sales`,
  `SELECT code, count(*) FROM sales WHERE code NOT IN (${STRINGS}) GROUP BY code`,
  `SELECT id FROM sales WHERE storeid IN (${INTEGERS}) AND region IN (${STRINGS}, 'EU')`,
  `SELECT id FROM sales WHERE (id, 1) IN (SELECT visit, 1 FROM visits WHERE sale IN (${INTEGERS}))`,
  `WITH s AS (SELECT * FROM sales WHERE id IN (${INTEGERS})) SELECT count(*) FROM s a JOIN s b USING (id)`,
  `WITH unused AS (SELECT 1 FROM sales WHERE id IN (${INTEGERS})) SELECT count(*) FROM sales`,
  // Whose literals' values depend on the type: analysed whole.
  `SELECT id FROM sales WHERE price IN (${INTEGERS}) OR discount IN (${INTEGERS})`,
  `SELECT id FROM sales WHERE due IN (${list(2000, (index) => `'2024-01-0${(index % 9) + 1}'`)})`,
  `SELECT id FROM sales WHERE id IN (${list(2000, (index) => `'${index}'`)})`,
  `SELECT thing FROM things WHERE approx IN (${list(2000, (index) => String(16777210 + index))})`,
  `SELECT id FROM sales WHERE id IN (${INTEGERS}, NULL) OR qty = ANY (ARRAY[${INTEGERS}])`,
  `SELECT id FROM sales WHERE id = ANY ('{${INTEGERS}, NULL}') OR note = ANY ('{${list(2000, (index) => `b${index}`)},b}')`,
  `SELECT id FROM sales WHERE id <> ALL ('{${INTEGERS}}'::int4[]) AND product < ANY ('{${MIXED}}'::int8[])`,
  `SELECT count(*) FROM pg_class WHERE oid IN (${INTEGERS}, 1259)`,
  // Errors have PostgreSQL's codes.
  `SELECT id FROM sales WHERE note IN (${INTEGERS})`,
  `SELECT id FROM sales WHERE due IN (${STRINGS})`,
  `SELECT id FROM sales WHERE id IN (${INTEGERS}) AND missing = 1`,
];
