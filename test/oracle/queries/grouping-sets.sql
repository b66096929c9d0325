-- feature: rollup
SELECT product, paid, count(*), sum(qty) FROM sales GROUP BY ROLLUP (product, paid);
SELECT region, country, city, sum(price), avg(qty) FROM sales GROUP BY ROLLUP (region, country, city);
SELECT region, product, count(*) FROM sales GROUP BY region, ROLLUP (product);
SELECT product, count(*) FROM sales GROUP BY ROLLUP (product) ORDER BY product NULLS FIRST, count(*);
SELECT coalesce(product::text, 'all') AS p, sum(qty) FROM sales GROUP BY ROLLUP (product) ORDER BY GROUPING(product), 1;
SELECT date_trunc('month', sold_at) AS month, paid, max(price) FROM sales GROUP BY ROLLUP (1, 2);
SELECT qty % 3, paid, sum(qty) FROM sales WHERE qty > 100000 GROUP BY ROLLUP (qty % 3, paid);
SELECT product, paid, sum(price) FROM sales GROUP BY ROLLUP ((product, paid));
SELECT storeid, count(*), count(DISTINCT product) FROM sales GROUP BY ROLLUP (storeid);
SELECT 'x' AS k, product, count(*) FROM sales GROUP BY ROLLUP (1, 2);
-- feature: cube
SELECT product, paid, count(*), min(note), max(sold_at) FROM sales GROUP BY CUBE (product, paid);
SELECT region, paid, product, sum(qty) FROM sales GROUP BY CUBE (region, paid, product);
SELECT product, paid, code, count(*) FROM sales GROUP BY CUBE ((product, paid), code);
SELECT paid, stddev(qty), variance(price) FROM sales GROUP BY CUBE (paid);
-- feature: grouping sets
SELECT product, paid, count(*) FROM sales GROUP BY GROUPING SETS ((product), (paid), ());
SELECT product, paid, count(*) FROM sales GROUP BY GROUPING SETS ((product, paid), (product), (product));
SELECT product, paid, count(*) FROM sales GROUP BY DISTINCT ROLLUP (product, paid), ROLLUP (product, paid);
SELECT product, paid, count(*) FROM sales GROUP BY ALL ROLLUP (product), ROLLUP (product, paid);
SELECT product, paid, code, count(*) FROM sales GROUP BY GROUPING SETS (ROLLUP (product, paid), CUBE (code));
SELECT region, storeid, sum(qty) FROM sales GROUP BY GROUPING SETS ((region, storeid), (storeid));
SELECT count(*) FROM sales GROUP BY ();
SELECT count(*), sum(qty) FROM sales WHERE false GROUP BY GROUPING SETS ((), (product));
SELECT product, sum(qty) FROM sales GROUP BY GROUPING SETS ((product)) HAVING sum(qty) > 3;
SELECT product, qty, price FROM sales GROUP BY GROUPING SETS ((product), (qty, price));
SELECT due, region, count(*) FROM sales GROUP BY GROUPING SETS ((due), (region), (due, region));
-- feature: grouping()
SELECT product, paid, GROUPING(product), GROUPING(paid), GROUPING(product, paid), GROUPING(paid, product), count(*) FROM sales GROUP BY CUBE (product, paid);
SELECT product, GROUPING(product), count(*) FROM sales GROUP BY product;
SELECT product, paid, count(*) FROM sales GROUP BY ROLLUP (product, paid) HAVING GROUPING(paid) = 1;
SELECT CASE WHEN GROUPING(region) = 1 THEN 'total' ELSE region END AS r, sum(qty) FROM sales GROUP BY ROLLUP (region) ORDER BY GROUPING(region), region;
SELECT GROUPING(product, paid, code) AS g, count(*) FROM sales GROUP BY CUBE (product, paid, code) ORDER BY g, 2;
SELECT GROUPING(product) + GROUPING(paid), rank() OVER (PARTITION BY GROUPING(product) + GROUPING(paid) ORDER BY sum(qty) DESC NULLS LAST), sum(qty) FROM sales GROUP BY ROLLUP (product, paid);
-- feature: grouping sets and other clauses
SELECT product, count(*) FILTER (WHERE qty > 2), sum(price) FILTER (WHERE paid) FROM sales GROUP BY ROLLUP (product);
SELECT product, count(DISTINCT qty), count(DISTINCT note), sum(DISTINCT qty) FROM sales GROUP BY ROLLUP (product);
SELECT paid, percentile_cont(0.5) WITHIN GROUP (ORDER BY qty), mode() WITHIN GROUP (ORDER BY product) FROM sales WHERE product = 1 GROUP BY CUBE (paid);
SELECT paid, string_agg(code, ',' ORDER BY id), array_agg(qty ORDER BY id DESC) FROM sales GROUP BY ROLLUP (paid);
SELECT DISTINCT paid, count(*) > 0 FROM sales GROUP BY CUBE (product, paid);
SELECT product, paid, sum(qty) FROM sales GROUP BY ROLLUP (product, paid) HAVING sum(qty) > 5 ORDER BY 3 DESC, 1, 2 LIMIT 5;
SELECT * FROM (SELECT region, product, sum(qty) AS s FROM sales GROUP BY ROLLUP (region, product)) t WHERE region = 'EU';
SELECT * FROM (SELECT region, product, sum(qty) AS s FROM sales GROUP BY ROLLUP (region, product)) t WHERE region IS NULL;
SELECT * FROM (SELECT region, product, sum(qty) AS s FROM sales GROUP BY region, ROLLUP (product)) t WHERE region = 'EU' AND product IS NULL;
SELECT t.product, p.name, t.n FROM (SELECT product, count(*) AS n FROM sales GROUP BY ROLLUP (product)) t LEFT JOIN products p ON p.product = t.product;
SELECT p.category, s.paid, sum(s.qty * p.cost) FROM sales s JOIN products p ON p.product = s.product GROUP BY ROLLUP (p.category, s.paid);
SELECT p.category, GROUPING(p.category), count(*) FROM products p GROUP BY ROLLUP (p.category);
SELECT product, paid, sum(sum(qty)) OVER (PARTITION BY product) FROM sales GROUP BY ROLLUP (product, paid);
SELECT product, count(*) FROM sales GROUP BY ROLLUP (product) UNION ALL SELECT -1, count(*) FROM visits GROUP BY ();
SELECT (SELECT count(*) FROM products p WHERE p.product = s.product), s.product, count(*) FROM sales s GROUP BY ROLLUP (s.product);
SELECT region, count(*) FROM sales WHERE region = 'EU' GROUP BY ROLLUP (region);
SELECT country, region, sum(price) FROM sales WHERE storeid = 1 GROUP BY CUBE (country, region);
-- feature: groups that are equal are apart in grouping sets
SELECT sale, sale AS again FROM visits GROUP BY CUBE (1, 2);
SELECT sale, sale AS again, count(*), GROUPING(sale) FROM visits GROUP BY GROUPING SETS ((1), (2));
SELECT sale + 1, sale + 1 AS again, sale + 1 AS third, sum(storeid), GROUPING(sale + 1) FROM visits GROUP BY CUBE (1, 2, 3);
SELECT sale + 1, sale + 1 AS again, count(DISTINCT visit) FROM visits GROUP BY GROUPING SETS ((1), (2), (1, 2));
SELECT region AS a, region AS b, count(*) FROM sales GROUP BY ROLLUP (1, 2) HAVING region IS NOT NULL;
SELECT d.a, d.b, d.n FROM (SELECT storeid AS a, storeid AS b, count(*) AS n FROM sales GROUP BY ROLLUP (1, 2)) d WHERE d.n > 2;
SELECT 'x' AS a, 'x' AS b, count(*) FROM sales GROUP BY CUBE (1, 2);
SELECT s.id, (SELECT count(*) FROM (SELECT s.id AS a, s.id AS b FROM visits v GROUP BY CUBE (1, 2)) d WHERE d.a IS NULL) FROM sales s;
-- feature: grouping sets over no rows, in what refers to an outer query
SELECT s.id, (SELECT max(g) FROM (SELECT GROUPING(v.city) AS g FROM visits v WHERE v.sale = s.id GROUP BY ROLLUP (v.city)) d) FROM sales s;
SELECT s.id, (SELECT string_agg(coalesce(city, 'all') || n || g, ',' ORDER BY city, g) FROM (SELECT city, count(*) AS n, GROUPING(city, visit) AS g FROM visits v WHERE v.sale = s.id GROUP BY CUBE (city, visit)) d) FROM sales s;
SELECT s.id, (SELECT count(*) FROM (SELECT 1 FROM visits v WHERE v.sale = s.id GROUP BY ROLLUP (city) HAVING GROUPING(city) = 1) d) FROM sales s;
SELECT s.id, d.* FROM sales s LEFT JOIN LATERAL (SELECT GROUPING(city) AS g, count(*) AS n FROM visits v WHERE v.sale = s.id GROUP BY ROLLUP (city)) d ON d.g = 1;
SELECT s.id, (SELECT count(*) FROM (SELECT v.city FROM visits v WHERE v.sale = s.id GROUP BY GROUPING SETS ((v.city), (v.visit))) d) FROM sales s;
SELECT s.id, (SELECT regr_count(v.visit, v.sale) FROM visits v WHERE v.sale = s.id) FROM sales s;
