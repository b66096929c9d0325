-- feature: refused
SELECT ctid FROM sales;
SELECT xmin FROM sales;
SELECT tableoid FROM sales;
SELECT id FROM sales FOR UPDATE;
SELECT id FROM sales TABLESAMPLE SYSTEM (10);
SELECT id FROM ONLY sales;
SELECT note ~ (code || '(?<x>)') FROM sales;
SELECT id FROM sales WHERE note COLLATE "unicode" = 'a';
INSERT INTO sales (id) VALUES (1);
UPDATE sales SET qty = 1;
DELETE FROM sales;
SELECT b.id FROM sales SEMI JOIN sales b ON true;
SELECT coalesce(price, 0)::text FROM sales;
SELECT scale(coalesce(price, 0)) FROM sales;
SELECT (CASE WHEN paid THEN 1.5 ELSE price END)::text FROM sales;
SELECT p.name, t.id FROM products p CROSS JOIN LATERAL (SELECT s.id FROM sales s WHERE s.product = p.product ORDER BY s.id LIMIT (SELECT 2)) t;
