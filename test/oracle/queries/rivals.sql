-- feature: rivals: derived-table aggregate where a shard has no matching rows (vitess 12540)
SELECT count(*), sum(n) FROM (SELECT product, count(*) AS n FROM sales WHERE qty > 6 GROUP BY product) d
SELECT max(n), min(n) FROM (SELECT storeid, count(*) AS n FROM sales WHERE id = 1 GROUP BY storeid) d
SELECT count(*) FROM (SELECT sum(qty) AS s FROM sales WHERE id < 0) d WHERE s IS NULL
SELECT d.product, d.n FROM (SELECT product, count(*) AS n FROM sales WHERE id < 2 GROUP BY product) d ORDER BY 1 NULLS LAST, 2
-- feature: rivals: HAVING on an aggregate that is not selected (pg_shard 53)
SELECT product FROM sales GROUP BY product HAVING count(*) > 1 ORDER BY product
SELECT product FROM sales GROUP BY product HAVING avg(price) > 0 AND max(id) > 3 ORDER BY product
SELECT 1 AS one FROM sales HAVING count(*) >= 0
SELECT 1 AS one FROM sales HAVING sum(qty) > 1000000
SELECT product, sum(qty) FROM sales GROUP BY product HAVING count(DISTINCT code) > 1 ORDER BY product
-- feature: rivals: HAVING with a subquery or a CTE (citus 3424, 3432, 3396)
SELECT product, count(*) FROM sales GROUP BY product HAVING count(*) > (SELECT min(product) FROM products) ORDER BY product
SELECT product, count(*) FROM sales GROUP BY product HAVING count(*) >= (SELECT avg(n) FROM (SELECT count(*) AS n FROM sales GROUP BY product) d) ORDER BY product
WITH m AS (SELECT min(qty) AS q FROM sales) SELECT product FROM sales GROUP BY product HAVING min(qty) = (SELECT q FROM m) ORDER BY product
SELECT product FROM sales GROUP BY product HAVING max(id) IN (SELECT sale FROM visits) ORDER BY product
-- feature: rivals: count(DISTINCT) over shards, alone, twice, with groups and filters (citus 365, 434, 1256)
SELECT count(DISTINCT product) FROM sales
SELECT count(DISTINCT product), count(DISTINCT code), count(*) FROM sales
SELECT region, count(DISTINCT product), count(DISTINCT qty), sum(qty) FROM sales GROUP BY region ORDER BY region
SELECT product, count(DISTINCT code) FILTER (WHERE paid), count(DISTINCT code) FROM sales GROUP BY product ORDER BY product
SELECT count(DISTINCT product) FROM sales WHERE id < 0
SELECT sum(DISTINCT qty), avg(DISTINCT price), count(DISTINCT note) FROM sales
SELECT count(DISTINCT lower(note)) FROM sales
SELECT count(*) FROM (SELECT DISTINCT product, qty FROM sales) d
-- feature: rivals: avg of averages, and of decimals (citus 1692, trino 9029)
SELECT avg(price), avg(qty), avg(id) FROM sales
SELECT product, avg(price), sum(price) / count(price) FROM sales GROUP BY product ORDER BY product
SELECT avg(a) FROM (SELECT avg(price) AS a FROM sales GROUP BY product) d
SELECT avg(price) FROM sales WHERE id < 0
SELECT sum(qty * 1000000000::bigint), sum(id * 100000000000) FROM sales
SELECT sum(price * price), max(price * 1000) FROM sales
-- feature: rivals: avg and sum of intervals (pgdog 380)
SELECT avg(sold_at - timestamp '2024-01-01') IS NULL FROM sales WHERE id < 0
SELECT sum(sold_at - timestamp '2024-01-01') IS NULL FROM sales WHERE id < 0
-- feature: rivals: empty shards and no rows (pgdog 381, trino 3203)
SELECT count(*), sum(qty), min(note), max(price), avg(qty), bool_or(paid) FROM sales WHERE id < 0
SELECT product, count(*) FROM sales WHERE id < 0 GROUP BY product
SELECT coalesce(sum(qty), 0), count(qty) FROM sales WHERE storeid = 2 AND id < 0
SELECT count(*) FROM sales WHERE storeid = 999
SELECT sum(qty) FROM sales WHERE storeid = 999
-- feature: rivals: NULL group keys are one group over all shards (citus 2255)
SELECT product, count(*), sum(price) FROM sales GROUP BY product ORDER BY product NULLS FIRST
SELECT product, code, count(*) FROM sales GROUP BY product, code ORDER BY product NULLS FIRST, code NULLS FIRST
SELECT DISTINCT product FROM sales ORDER BY product NULLS FIRST
SELECT region, count(*) FROM sales GROUP BY region ORDER BY region NULLS FIRST
SELECT product FROM sales UNION SELECT product FROM products ORDER BY 1 NULLS FIRST
-- feature: rivals: LIMIT and OFFSET over shards (citus_docs 476, pgdog 1172, duckdb-postgres 233)
SELECT id FROM sales ORDER BY id LIMIT 5 OFFSET 7
SELECT id FROM sales ORDER BY id DESC LIMIT 3 OFFSET 1000
SELECT id, note FROM sales ORDER BY note NULLS FIRST, id LIMIT 6
SELECT id FROM sales ORDER BY id OFFSET 20
SELECT id FROM sales ORDER BY id LIMIT 0
SELECT count(*) FROM (SELECT id FROM sales LIMIT 9) d
SELECT product, count(*) FROM sales GROUP BY product ORDER BY count(*) DESC, product LIMIT 3
SELECT product, sum(qty) FROM sales GROUP BY product ORDER BY sum(qty) DESC NULLS LAST, product LIMIT 2 OFFSET 1
SELECT qty FROM sales ORDER BY qty FETCH FIRST 4 ROWS WITH TIES
-- feature: rivals: ORDER BY what is not selected (pgdog 638)
SELECT note FROM sales ORDER BY id
SELECT product FROM sales GROUP BY product ORDER BY max(price) DESC NULLS LAST, product
SELECT product FROM sales GROUP BY product ORDER BY count(DISTINCT code), product NULLS LAST
-- feature: rivals: DISTINCT with GROUP BY (citus_docs 894)
SELECT DISTINCT count(*) FROM sales GROUP BY product ORDER BY 1
SELECT DISTINCT region, product IS NULL FROM sales GROUP BY region, product ORDER BY 1, 2
SELECT DISTINCT ON (product) product, id FROM sales ORDER BY product, id
-- feature: rivals: min and max of text by bytes, not by a locale (citus_docs 921)
SELECT min(note), max(note), min(code), max(code) FROM sales
SELECT product, min(note), max(code) FROM sales GROUP BY product ORDER BY product
-- feature: rivals: one shard's max, not the whole table (quack 123)
SELECT max(id) FROM sales WHERE storeid = 1
SELECT max(sold_at), min(due) FROM sales
-- feature: rivals: IN lists and pruning do not change the answer (trino 16452, 17815)
SELECT count(*) FROM sales WHERE storeid IN (1, 3, 999)
SELECT count(*) FROM sales WHERE region IN ('EU', NULL)
SELECT count(*) FROM sales WHERE region NOT IN ('EU')
SELECT count(*) FROM sales WHERE product IN (SELECT product FROM products WHERE price > 1)
SELECT count(*) FROM sales WHERE storeid = ANY (ARRAY[1, 2]) OR id = 3
