-- feature: join replicated
SELECT s.id, p.name FROM sales s JOIN products p ON p.product = s.product;
SELECT s.id, p.name FROM sales s JOIN products p USING (product) WHERE p.category = 'a';
SELECT p.category, sum(s.qty), avg(s.price) FROM sales s JOIN products p USING (product) GROUP BY p.category;
SELECT p.name, count(*) FROM sales s, products p WHERE s.product = p.product AND s.region = 'EU' GROUP BY p.name;
SELECT s.id, p.name FROM sales s JOIN products p ON p.product = s.product AND s.qty > 2 AND p.cost < 5;
-- feature: left join
SELECT s.id, p.name FROM sales s LEFT JOIN products p USING (product);
SELECT s.id, p.name FROM sales s LEFT JOIN products p ON p.product = s.product AND p.category = 'a' WHERE s.qty > 1;
SELECT p.name, count(s.id) FROM products p LEFT JOIN sales s USING (product) GROUP BY p.name;
SELECT p.product, s.id FROM products p LEFT JOIN sales s ON s.product = p.product AND s.region = 'EU';
SELECT count(*) FROM sales s LEFT JOIN products p USING (product) WHERE p.product IS NULL;
SELECT p.product, s.id FROM sales s RIGHT JOIN products p ON s.product = p.product;
SELECT p.product, s.id FROM sales s FULL JOIN products p ON s.product = p.product AND s.qty > 2;
-- feature: semi join
SELECT id FROM sales s WHERE EXISTS (SELECT 1 FROM products p WHERE p.product = s.product AND p.cost > 2);
SELECT id FROM sales WHERE product IN (SELECT product FROM products WHERE category = 'a');
SELECT region, count(*) FROM sales WHERE product IN (SELECT product FROM products WHERE cost > 1) GROUP BY region;
-- feature: anti join
SELECT id FROM sales s WHERE NOT EXISTS (SELECT 1 FROM products p WHERE p.product = s.product);
SELECT id FROM sales WHERE product NOT IN (SELECT product FROM products WHERE category = 'a' AND product IS NOT NULL);
SELECT id FROM sales WHERE product NOT IN (SELECT product FROM products);
SELECT p.name FROM products p WHERE NOT EXISTS (SELECT 1 FROM sales s WHERE s.product = p.product);
-- feature: replicated alone
SELECT * FROM products;
SELECT category, count(*), sum(cost) FROM products GROUP BY category;
SELECT name FROM products ORDER BY cost DESC NULLS LAST, product LIMIT 2;
SELECT count(*) FROM products a JOIN products b ON a.category = b.category;
-- feature: federated join
SELECT a.id, b.id FROM sales a JOIN sales b ON a.id = b.id WHERE a.qty > 3;
SELECT a.storeid, count(*) FROM sales a JOIN sales b ON a.storeid = b.storeid AND a.product = b.product GROUP BY a.storeid;
SELECT v.kind, count(*) FROM sales s JOIN visits v ON v.sale = s.id GROUP BY v.kind;
SELECT s.id, v.kind FROM sales s LEFT JOIN visits v ON v.sale = s.id AND v.storeid = s.storeid;
SELECT count(*) FROM sales s CROSS JOIN (VALUES (1), (2)) AS x(n);
SELECT s.id FROM sales s JOIN (VALUES (1), (3)) AS x(n) ON x.n = s.qty;
