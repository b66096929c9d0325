-- feature: row comparisons
SELECT id FROM sales WHERE (product, qty) = (1, 2);
SELECT id FROM sales WHERE (product, qty) <> (1, 2);
SELECT id FROM sales WHERE (product, qty) < (2, 3);
SELECT id FROM sales WHERE (product, qty, note) <= (2, 3, 'b');
SELECT id FROM sales WHERE NOT ((product, qty) > (2, 3));
SELECT id, (product, qty) < (2, 3), (product, qty) >= (qty, product), ROW(note, code) > ROW(code, note) FROM sales;
SELECT id, (price, discount) < (1.5, 0), (sold_at, id) > ('2024-02-01', 5), (paid, qty) <= (true, 2) FROM sales;
SELECT id FROM sales WHERE (sold_at, id) < (TIMESTAMP '2024-03-01 00:00', 50) ORDER BY sold_at DESC NULLS LAST, id DESC LIMIT 5;
SELECT id, (1, NULL) < (qty, 2), (NULL, 1) = (qty, 2), (1, 2) < (1, NULL), (1, NULL) < (2, NULL) FROM sales;
SELECT id, (product, 10 / qty) < (0, 1) FROM sales WHERE product <> 0;
-- feature: rows in lists
SELECT id FROM sales WHERE (product, qty) IN ((1, 2), (2, 3), (3, NULL));
SELECT id FROM sales WHERE (product, qty) NOT IN ((1, 2), (2, 3));
SELECT id, (product, paid) IN ((1, true), (NULL, false)), (product, paid) NOT IN ((1, true), (2, NULL)) FROM sales;
SELECT id FROM sales WHERE (region, country) IN (('EU', 'FR'), ('EU', 'DE'));
-- feature: rows in subqueries
SELECT id FROM sales WHERE (product, qty) IN (SELECT product, 2 FROM products);
SELECT id FROM sales WHERE (product, qty) NOT IN (SELECT product, 2 FROM products WHERE product IS NOT NULL);
SELECT id FROM sales WHERE (id, product) IN (SELECT sale, visit % 6 FROM visits);
SELECT id FROM sales WHERE (id, product) NOT IN (SELECT sale, visit FROM visits WHERE sale IS NOT NULL);
SELECT id, (product, note) IN (SELECT product, category FROM products) FROM sales;
SELECT id, (product, note) NOT IN (SELECT product, category FROM products) FROM sales;
SELECT id, (product, qty) < ANY (SELECT product, 3 FROM products), (product, qty) >= ALL (SELECT product, 3 FROM products) FROM sales;
SELECT id, (product, qty) = ANY (SELECT product, 3 FROM products WHERE false), (product, qty) <> ALL (SELECT 1, 2 WHERE false) FROM sales;
SELECT id FROM sales s WHERE (s.product, s.qty) IN (SELECT t.product, t.qty FROM sales t WHERE t.id < s.id);
SELECT id FROM sales s WHERE (s.product, s.sold_at) IN (SELECT product, max(sold_at) FROM sales GROUP BY product);
SELECT product, count(*) FROM sales WHERE (region, product) IN (SELECT region, max(product) FROM sales GROUP BY region) GROUP BY product;
SELECT id FROM sales WHERE (product, qty) = (SELECT 1, 2);
SELECT id FROM sales WHERE (product, qty) > (SELECT max(product), min(qty) FROM sales WHERE product < 3);
SELECT id, (product, qty) = (SELECT product, 1 FROM products WHERE false) FROM sales;
SELECT id FROM sales WHERE (product, qty) = (SELECT product, 1 FROM products);
SELECT id, (product, qty) < (SELECT p.product, 3 FROM products p WHERE p.product = sales.product) FROM sales;
SELECT region, (max(product), count(*)) > (SELECT 3, 10) FROM sales GROUP BY region;
SELECT region FROM sales GROUP BY region HAVING (region, max(qty)) IN (SELECT region, max(qty) FROM sales GROUP BY region);
-- feature: rows and NULL
SELECT id, (product, qty) IS NULL, (product, qty) IS NOT NULL, NOT (product, qty) IS NULL, (product, qty) IS DISTINCT FROM (1, NULL) FROM sales;
SELECT id FROM sales WHERE (note, price) IS NULL OR (product, qty) IS NOT DISTINCT FROM (NULL, 3);
SELECT id, (product, qty) IS NOT DISTINCT FROM (qty, product) FROM sales;
SELECT count(DISTINCT s), count(DISTINCT (s.qty, s.note)), count(DISTINCT (discount, product)), count(DISTINCT (paid, to_jsonb(price))) FROM sales s;
SELECT region, count(DISTINCT (qty, product)) FROM sales GROUP BY region;
SELECT count(DISTINCT s) FROM visits v LEFT JOIN sales s ON s.id = v.sale AND s.qty > 3;
