-- feature: errors
SELECT nothing FROM sales;
SELECT "ID" FROM sales;
SELECT id FROM nowhere;
SELECT id FROM sales WHERE;
SELECT id, count(*) FROM sales;
SELECT qty / 0 FROM sales WHERE id = 1;
SELECT price / (qty - qty) FROM sales WHERE qty IS NOT NULL;
SELECT note::int FROM sales WHERE note = 'abc';
SELECT (SELECT id FROM sales WHERE id > 0);
SELECT 2147483647 + qty FROM sales WHERE qty = 1;
SELECT id FROM sales WHERE note = 1;
SELECT unknown_function(qty) FROM sales;
SELECT id FROM sales LIMIT -1;
SELECT id FROM sales UNION SELECT note FROM sales;
SELECT id FROM sales GROUP BY product;
SELECT 'abc'::int;
