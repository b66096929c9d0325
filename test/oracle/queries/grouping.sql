-- feature: group by
SELECT product, count(*) FROM sales GROUP BY product;
SELECT product, paid, count(*), sum(qty) FROM sales GROUP BY product, paid;
SELECT product, sum(qty) FROM sales GROUP BY 1 ORDER BY 1;
SELECT qty % 3 AS bucket, avg(price) FROM sales GROUP BY bucket;
SELECT date_trunc('month', sold_at) AS month, sum(price * qty) FROM sales GROUP BY date_trunc('month', sold_at);
SELECT region, product, count(*) FROM sales GROUP BY region, product;
SELECT storeid, avg(price), count(DISTINCT product) FROM sales GROUP BY storeid;
SELECT note, count(*) FROM sales GROUP BY note;
SELECT product + 1, count(*) FROM sales GROUP BY product + 1;
SELECT count(*) FROM sales GROUP BY product;
-- feature: having
SELECT product, count(*) FROM sales GROUP BY product HAVING count(*) > 5;
SELECT product FROM sales GROUP BY product HAVING sum(qty) > 10 AND min(price) IS NOT NULL;
SELECT region, avg(price) FROM sales GROUP BY region HAVING avg(price) > 3;
SELECT count(*) FROM sales HAVING count(*) > 1000000;
SELECT sum(qty) FROM sales HAVING count(*) >= 0;
SELECT product, max(qty) FROM sales WHERE product > 1 GROUP BY product HAVING product < 5;
-- feature: distinct
SELECT DISTINCT product FROM sales;
SELECT DISTINCT product, paid FROM sales;
SELECT DISTINCT region, qty FROM sales WHERE qty > 1;
SELECT DISTINCT note FROM sales ORDER BY note NULLS FIRST;
SELECT DISTINCT storeid FROM sales ORDER BY storeid DESC NULLS LAST;
SELECT count(*) FROM (SELECT DISTINCT product, qty FROM sales) AS d;
-- feature: order by
SELECT id, qty FROM sales ORDER BY qty, id;
SELECT id, qty FROM sales ORDER BY qty DESC, id;
SELECT id FROM sales ORDER BY note NULLS FIRST, id;
SELECT id FROM sales ORDER BY note DESC NULLS LAST, id DESC;
SELECT id FROM sales ORDER BY price * qty DESC, id;
SELECT product, count(*) AS n FROM sales GROUP BY product ORDER BY n DESC, product;
SELECT product FROM sales GROUP BY product ORDER BY sum(qty) DESC NULLS LAST, product;
SELECT note FROM sales ORDER BY id;
SELECT id, code FROM sales ORDER BY 2 NULLS FIRST, 1;
SELECT id, discount FROM sales ORDER BY discount, id;
-- feature: limit
SELECT id FROM sales ORDER BY id LIMIT 5;
SELECT id FROM sales ORDER BY id OFFSET 3;
SELECT id FROM sales ORDER BY qty DESC NULLS LAST, id LIMIT 4 OFFSET 2;
SELECT id, price FROM sales ORDER BY price NULLS FIRST, id LIMIT 10;
SELECT product, sum(qty) AS q FROM sales GROUP BY product ORDER BY q DESC NULLS LAST, product LIMIT 3;
SELECT count(*) FROM (SELECT id FROM sales LIMIT 7) AS x;
SELECT id FROM sales ORDER BY id LIMIT 0;
SELECT id FROM sales ORDER BY id LIMIT ALL;
SELECT id FROM sales ORDER BY id LIMIT NULL OFFSET 1;
SELECT id FROM sales ORDER BY id FETCH FIRST 2 ROWS ONLY;
SELECT product FROM sales ORDER BY product NULLS LAST FETCH FIRST 2 ROWS WITH TIES;
SELECT id FROM sales ORDER BY id LIMIT 2 + 1;
