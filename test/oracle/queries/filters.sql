-- feature: filter
SELECT id FROM sales WHERE qty > 3;
SELECT id, qty FROM sales WHERE qty BETWEEN -2 AND 4 AND price IS NOT NULL;
SELECT id, note FROM sales WHERE note IS NULL OR note = '';
SELECT id FROM sales WHERE NOT (qty > 3);
SELECT id FROM sales WHERE paid;
SELECT id FROM sales WHERE paid IS NOT TRUE;
SELECT id FROM sales WHERE paid IS UNKNOWN;
SELECT id FROM sales WHERE price IN (1.00, 2.50, 9.99, NULL);
SELECT id FROM sales WHERE qty NOT IN (1, 2, 3);
SELECT id FROM sales WHERE qty NOT IN (1, NULL);
SELECT id FROM sales WHERE note <> 'x' AND code >= 'b';
SELECT id FROM sales WHERE qty IS DISTINCT FROM 2;
SELECT id FROM sales WHERE qty IS NOT DISTINCT FROM NULL;
SELECT id FROM sales WHERE qty = ANY (ARRAY[1, 2, 5]);
SELECT id FROM sales WHERE qty <> ALL (ARRAY[1, 2, 5]);
SELECT id FROM sales WHERE false;
SELECT id FROM sales WHERE NULL;
SELECT id FROM sales WHERE due = '2024-02-29';
SELECT id FROM sales WHERE sold_at >= '2024-03-01' AND sold_at < '2024-04-01 12:00';
-- feature: expressions
SELECT id, qty + 1, qty - 1, qty * 2, -qty, qty / 2, qty % 3 FROM sales;
SELECT id, price * qty AS amount, price + 0.005, price - 1 FROM sales;
SELECT id, qty::bigint * 1000000000 AS big, qty::numeric, price::int, price::float8 FROM sales;
SELECT id, coalesce(note, code, 'none'), nullif(qty, 2), greatest(qty, product), least(qty, product, NULL) FROM sales;
SELECT id, qty > 2 AND paid AS a, qty > 2 OR paid AS o, NOT paid AS n FROM sales;
SELECT id AS "Id", note AS "The Note", 1 AS one, 'text' AS t, NULL AS nothing FROM sales;
SELECT id, id, qty AS id FROM sales;
SELECT *, qty * 2 FROM sales;
SELECT s.*, s.storeid + 1 FROM sales AS s WHERE s.id < 20;
SELECT 1 + 1, 'a' || 'b', 2.50 * 2;
-- feature: case
SELECT id, CASE WHEN qty > 4 THEN 'many' WHEN qty > 1 THEN 'some' ELSE 'few' END AS how FROM sales;
SELECT id, CASE qty WHEN 1 THEN 'one' WHEN 2 THEN 'two' END FROM sales;
SELECT id, CASE WHEN qty = 0 THEN NULL ELSE 10 / nullif(qty, 0) END FROM sales;
SELECT CASE WHEN paid THEN price ELSE 0 END AS p, count(*) FROM sales GROUP BY 1;
