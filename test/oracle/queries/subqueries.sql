-- feature: from subquery
SELECT avg(n) FROM (SELECT product, count(*) AS n FROM sales GROUP BY product) AS x;
SELECT "source"."p", count(*) FROM (SELECT product AS p, qty FROM sales WHERE qty > 0) AS "source" GROUP BY "source"."p" ORDER BY 1;
SELECT x.id FROM (SELECT id, qty FROM sales ORDER BY qty DESC NULLS LAST, id LIMIT 10) AS x WHERE x.qty > 1;
SELECT sum(m) FROM (SELECT region, max(qty) AS m FROM sales GROUP BY region) AS x;
SELECT a.product, a.n, b.total FROM (SELECT product, count(*) n FROM sales GROUP BY product) a JOIN (SELECT product, sum(qty) total FROM sales GROUP BY product) b USING (product);
-- feature: cte
WITH big AS (SELECT * FROM sales WHERE qty > 2) SELECT region, count(*) FROM big GROUP BY region;
WITH t AS (SELECT product, sum(qty) AS q FROM sales GROUP BY product) SELECT a.product, a.q FROM t a WHERE a.q = (SELECT max(q) FROM t);
WITH a AS (SELECT id FROM sales WHERE qty = 1), b AS (SELECT id FROM sales WHERE qty = 2) SELECT * FROM a UNION ALL SELECT * FROM b;
WITH m AS MATERIALIZED (SELECT region, max(price) AS p FROM sales GROUP BY region) SELECT s.id FROM sales s JOIN m ON m.region = s.region AND m.p = s.price;
WITH x AS (SELECT id, qty FROM sales) SELECT count(*) FROM x a JOIN x b ON a.id = b.id;
-- feature: union
SELECT product FROM sales UNION SELECT product FROM products;
SELECT product FROM sales UNION ALL SELECT product FROM products;
SELECT id, qty FROM sales WHERE region = 'EU' UNION ALL SELECT id, qty FROM sales WHERE region <> 'EU';
SELECT qty FROM sales UNION SELECT product FROM sales ORDER BY 1 NULLS FIRST;
SELECT 'a' AS k, sum(qty) FROM sales UNION ALL SELECT 'b', count(*) FROM sales ORDER BY 1;
SELECT product FROM sales INTERSECT SELECT product FROM products;
SELECT product FROM sales EXCEPT SELECT product FROM products WHERE category = 'a';
SELECT qty FROM sales EXCEPT ALL SELECT product FROM products;
SELECT n, count(*) FROM (SELECT qty AS n FROM sales UNION ALL SELECT product FROM products) AS u GROUP BY n;
-- feature: scalar subquery
SELECT id FROM sales WHERE price = (SELECT max(price) FROM sales);
SELECT id, (SELECT count(*) FROM products) FROM sales WHERE qty > 3;
SELECT (SELECT max(qty) FROM sales) - (SELECT min(qty) FROM sales);
SELECT product, sum(qty) - (SELECT avg(qty) FROM sales) FROM sales GROUP BY product;
SELECT id FROM sales WHERE qty > (SELECT avg(qty) FROM sales WHERE region = 'EU');
-- feature: in subquery
SELECT id FROM sales WHERE product IN (SELECT product FROM sales GROUP BY product HAVING count(*) > 3);
SELECT id FROM sales WHERE product NOT IN (SELECT product FROM sales WHERE qty > 4 AND product IS NOT NULL);
SELECT count(*) FROM products WHERE product IN (SELECT product FROM sales WHERE region = 'EU');
SELECT id FROM sales WHERE qty > ALL (SELECT product FROM products WHERE product IS NOT NULL AND product < 3);
-- feature: exists
SELECT count(*) FROM sales WHERE EXISTS (SELECT 1 FROM products WHERE category = 'zzz');
SELECT count(*) FROM sales WHERE EXISTS (SELECT 1 FROM sales WHERE qty > 3);
SELECT name FROM products WHERE EXISTS (SELECT 1 FROM sales WHERE qty > 100000);
-- feature: correlated
SELECT p.name, (SELECT count(*) FROM sales s WHERE s.product = p.product) FROM products p;
SELECT s.id FROM sales s WHERE s.qty > (SELECT avg(t.qty) FROM sales t WHERE t.product = s.product);
SELECT s.id, (SELECT p.name FROM products p WHERE p.product = s.product) FROM sales s;
-- feature: window
SELECT id, row_number() OVER (PARTITION BY storeid ORDER BY id) FROM sales;
SELECT id, sum(qty) OVER (ORDER BY id) FROM sales;
-- feature: cte of no columns
WITH a AS (SELECT due AS x FROM sales), b AS MATERIALIZED (SELECT x FROM a) SELECT (SELECT count(*) FROM b) FROM a;
-- feature: subquery as the operand of CASE
SELECT CASE (SELECT max(qty) FROM sales) WHEN 1 THEN 'a' WHEN 6 THEN 'f' ELSE 'b' END;
SELECT id, CASE (SELECT max(product) FROM products p WHERE p.product <> s.product) WHEN 1 THEN 'a' WHEN 3 THEN 'd' WHEN 2 THEN 'c' ELSE 'b' END FROM sales s;
WITH c AS (SELECT max(qty) AS m FROM sales) SELECT CASE (SELECT m FROM c) WHEN 3 THEN 1 WHEN 6 THEN 2 ELSE 0 END, count(*) FROM sales;
-- feature: subqueries as arguments
SELECT s.sold_at + ((SELECT min(at) FROM visits) - (SELECT max(sold_at) FROM sales)) FROM sales s;
SELECT age((SELECT max(sold_at) FROM sales), (SELECT min(sold_at) FROM sales)) FROM products;
SELECT (SELECT sum(price) FROM sales) / nullif((SELECT sum(qty) FROM sales), 0), (SELECT sum(price) FROM sales) % 7 FROM products;
SELECT lpad((SELECT max(note) FROM sales), (SELECT max(qty) FROM sales), (SELECT min(code) FROM sales)) FROM products;
SELECT id FROM sales WHERE qty = ANY (ARRAY[(SELECT max(qty) FROM sales), (SELECT min(qty) FROM sales)]);
-- feature: aggregates of an enclosing query
SELECT product FROM sales GROUP BY product HAVING EXISTS (SELECT 1 FROM visits v WHERE v.sale = max(sales.id));
SELECT region, (SELECT sum(s.qty) FROM products p WHERE p.product = 1) FROM sales s GROUP BY region;
SELECT region, (SELECT sum(sales.qty)), (SELECT max(visit) FROM visits WHERE sale < count(sales.id)) FROM sales GROUP BY region;
SELECT (SELECT count(s.id) FROM products WHERE product = 1) AS n, count(s.id) FROM sales s;
SELECT product, (SELECT count(*) FILTER (WHERE s.paid) FROM products p WHERE p.product = s.product) FROM sales s GROUP BY product;
SELECT p.name, (SELECT sum(t.qty * p.product) FROM sales t WHERE t.product = p.product) FROM products p;
SELECT region, product, (SELECT GROUPING(s.region, s.product) + count(*) FROM visits) FROM sales s GROUP BY ROLLUP (region, product);
SELECT region FROM sales GROUP BY region ORDER BY (SELECT count(*) FROM visits v WHERE v.sale > min(sales.id)), 1;
SELECT region, (SELECT p.name FROM products p WHERE p.product = (SELECT min(s.product) FROM visits v WHERE v.visit = 1)) FROM sales s GROUP BY region;
