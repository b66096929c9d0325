-- feature: recursive with
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r;
WITH RECURSIVE r(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, s || 'b' FROM r WHERE n < 5) SELECT s, n FROM r ORDER BY n DESC;
WITH RECURSIVE r AS (SELECT 1 AS a, 1 AS b UNION ALL SELECT b, a + b FROM r WHERE b < 100) SELECT sum(a), count(*) FROM r;
WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT (n + 1) % 4 FROM r) SELECT n FROM r ORDER BY n;
WITH RECURSIVE r(n) AS (SELECT NULL::int UNION SELECT n FROM r) SELECT * FROM r;
WITH RECURSIVE days(d) AS (SELECT DATE '2024-01-01' UNION ALL SELECT d + 1 FROM days WHERE d < DATE '2024-01-10') SELECT d, count(s.id) FROM days LEFT JOIN sales s ON s.due = d GROUP BY d ORDER BY d;
WITH RECURSIVE r(id, hops) AS (SELECT min(id), 0 FROM sales UNION ALL SELECT s.id, hops + 1 FROM r JOIN sales s ON s.id = r.id + 7 WHERE hops < 5) SELECT * FROM r;
WITH RECURSIVE r(id) AS (SELECT id FROM sales WHERE id < 2 UNION SELECT v.visit FROM r JOIN visits v ON v.sale = r.id) SELECT count(*), max(id) FROM r;
WITH RECURSIVE r(id) AS (SELECT id FROM sales WHERE region = 'EU' AND id < 9 UNION ALL SELECT r.id + 10 FROM r WHERE EXISTS (SELECT 1 FROM sales s WHERE s.id = r.id + 10)) SELECT id FROM r ORDER BY id;
WITH RECURSIVE r(v) AS (SELECT 1.5 UNION ALL SELECT v + 1 FROM r WHERE v < 5) SELECT v FROM r ORDER BY v;
WITH RECURSIVE r(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM r WHERE n < 3), t AS (SELECT n * 2 AS m FROM r) SELECT r.n, t.m FROM r JOIN t ON t.m = r.n;
WITH RECURSIVE r(n) AS (SELECT product FROM products WHERE product = 1 UNION ALL SELECT p.product FROM r JOIN products p ON p.product = r.n + 1) SELECT n FROM r;
SELECT id FROM sales WHERE product IN (WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 2 FROM r WHERE n < 4) SELECT n FROM r);
WITH RECURSIVE r(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT s.product, count(*) FROM sales s JOIN r ON r.n = s.product GROUP BY s.product;
WITH RECURSIVE plain AS (SELECT id FROM sales WHERE qty > 2) SELECT count(*) FROM plain;
