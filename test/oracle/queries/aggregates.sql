-- feature: count
SELECT count(*), count(note), count(qty), count(1) FROM sales;
SELECT product, count(note) FROM sales GROUP BY product;
SELECT count(*) FROM sales WHERE qty > 1000000;
-- feature: count distinct
SELECT count(DISTINCT product) FROM sales;
SELECT count(DISTINCT product), count(DISTINCT qty), count(*) FROM sales;
SELECT region, count(DISTINCT note), sum(qty) FROM sales GROUP BY region;
SELECT product, count(DISTINCT region), count(DISTINCT paid) FROM sales GROUP BY product;
SELECT count(DISTINCT product) FILTER (WHERE qty > 2), count(DISTINCT lower(note)) FROM sales;
SELECT sum(DISTINCT qty), avg(DISTINCT qty), max(DISTINCT qty) FROM sales;
SELECT paid, count(DISTINCT price), avg(price), max(price) FROM sales GROUP BY paid;
-- feature: sum
SELECT sum(qty), sum(price), sum(qty::bigint), sum(qty::smallint) FROM sales;
SELECT product, sum(price * qty) FROM sales GROUP BY product;
SELECT sum(qty) FROM sales WHERE id < 0;
SELECT sum(qty) * 2 + count(*) FROM sales;
-- feature: avg
SELECT avg(qty), avg(price) FROM sales;
SELECT product, avg(price), avg(qty) FROM sales GROUP BY product;
SELECT avg(price) FROM sales WHERE id < 0;
SELECT round(avg(price), 2) FROM sales;
SELECT product, sum(price) / count(*) FROM sales GROUP BY product HAVING count(price) > 0;
-- feature: min and max
SELECT min(qty), max(qty), min(price), max(price), min(note), max(note) FROM sales;
SELECT min(sold_at), max(sold_at), min(due), max(due), min(discount), max(discount) FROM sales;
SELECT region, min(id), max(id) FROM sales GROUP BY region;
-- feature: bool aggregates
SELECT bool_and(paid), bool_or(paid), every(paid) FROM sales;
SELECT product, bool_and(qty > 0), bool_or(qty > 3) FROM sales GROUP BY product;
SELECT bool_and(paid) FROM sales WHERE id < 0;
-- feature: variance
SELECT stddev(qty), stddev_samp(qty), stddev_pop(qty), variance(qty), var_samp(qty), var_pop(qty) FROM sales;
SELECT product, stddev(price), var_pop(price) FROM sales GROUP BY product;
SELECT variance(qty), stddev_pop(price) FROM sales WHERE id < 0;
SELECT stddev(discount), var_pop(discount) FROM sales WHERE discount BETWEEN -1000 AND 1000;
-- feature: filter clause
SELECT count(*) FILTER (WHERE qty > 2), sum(price) FILTER (WHERE paid), avg(qty) FILTER (WHERE note IS NOT NULL) FROM sales;
SELECT product, count(*) FILTER (WHERE region = 'EU') AS eu, count(*) AS n FROM sales GROUP BY product;
SELECT min(qty) FILTER (WHERE false), count(*) FILTER (WHERE NULL) FROM sales;
-- feature: string_agg
SELECT string_agg(code, ',' ORDER BY id) FROM sales;
SELECT product, string_agg(note, '; ' ORDER BY note, id) FROM sales GROUP BY product;
SELECT string_agg(DISTINCT code, '|' ORDER BY code) FROM sales;
SELECT region, string_agg(id::text, ',' ORDER BY id DESC) FILTER (WHERE qty > 2) FROM sales GROUP BY region;
-- feature: array_agg
SELECT array_agg(id ORDER BY id) FROM sales;
SELECT region, array_agg(price ORDER BY id), array_agg(DISTINCT price ORDER BY price) FROM sales GROUP BY region;
SELECT product, array_agg(qty ORDER BY id) FROM sales GROUP BY product;
SELECT array_agg(DISTINCT product ORDER BY product NULLS FIRST) FROM sales;
SELECT array_agg(note ORDER BY id) FROM sales WHERE id < 0;
-- feature: aggregate expressions
SELECT sum(qty) + sum(product), max(qty) - min(qty) FROM sales;
SELECT product, 100.0 * sum(qty) / count(*) FROM sales GROUP BY product;
SELECT CASE WHEN count(*) > 0 THEN sum(qty) ELSE 0 END FROM sales;
SELECT coalesce(sum(qty), 0) FROM sales WHERE id < 0;
-- feature: distinct in an order
SELECT string_agg(DISTINCT rpad(note, 2, '日本'), ',' ORDER BY rpad(note, 2, '日本')) FROM sales;
SELECT region, array_agg(DISTINCT lower(code) ORDER BY lower(code) DESC) FROM sales GROUP BY region;
SELECT string_agg(DISTINCT repeat(name, 0), ',' ORDER BY repeat(name, 0)) FROM products;
SELECT cost, string_agg(DISTINCT repeat('x', 2), ',' ORDER BY repeat('x', 2)), array_agg(DISTINCT 1 + 1 ORDER BY 1 + 1 DESC) FROM products GROUP BY cost;
SELECT string_agg(note, ',' ORDER BY note, id) FILTER (WHERE product IN (SELECT product FROM products WHERE cost > 2)) FROM sales;
-- feature: numerics of many digits
SELECT coalesce(sum(id), 0.0), greatest(sum(id), 2.75), nullif(sum(id), 1.5) FROM sales;
SELECT qty, CASE WHEN qty > 2 THEN avg(price) ELSE sum(id) END FROM sales GROUP BY qty;
SELECT sum(id) AS x FROM sales UNION ALL SELECT avg(price) FROM sales UNION SELECT 1.5;
-- feature: percentiles of several fractions
SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY discount) FROM sales;
SELECT region, percentile_cont(0.3) WITHIN GROUP (ORDER BY discount DESC) FROM sales GROUP BY region;
SELECT region, percentile_disc(ARRAY[0.25, 0.5]::float8[]) WITHIN GROUP (ORDER BY note DESC), percentile_disc(0.9) WITHIN GROUP (ORDER BY qty DESC) FROM sales GROUP BY region;
SELECT percentile_disc('{0.1,1.5}') WITHIN GROUP (ORDER BY qty) FROM sales;
SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY price DESC) FROM sales;
-- feature: intervals, by their length
SELECT array_agg(x ORDER BY x, id), array_sort(array_agg(x)), array_sort(array_agg(x), true), min(x), max(x) FROM (SELECT id, CASE id % 3 WHEN 0 THEN interval '1 day 2 hours' WHEN 1 THEN interval '36:30:00' ELSE interval '-1 day +30 hours' END x FROM sales WHERE id < 30) t;
SELECT id, greatest(x, interval '36:30'), least(NULL, x, interval '25 hours') FROM (SELECT id, CASE id % 3 WHEN 0 THEN interval '1 day 2 hours' WHEN 1 THEN interval '36:30:00' ELSE interval '-1 day +30 hours' END x FROM sales WHERE id < 30) t;
SELECT percentile_disc(0.3) WITHIN GROUP (ORDER BY x), percentile_disc(0.9) WITHIN GROUP (ORDER BY x DESC), percentile_disc(ARRAY[0.1, 0.5]) WITHIN GROUP (ORDER BY x) FROM (SELECT id, CASE id % 3 WHEN 0 THEN interval '1 day 2 hours' WHEN 1 THEN interval '36:30:00' ELSE interval '-1 day +30 hours' END x FROM sales WHERE id < 30) t;
SELECT region, percentile_cont(0.9) WITHIN GROUP (ORDER BY sold_at - due DESC), percentile_cont(ARRAY[0.1, 0.5]) WITHIN GROUP (ORDER BY sold_at - due) FROM sales GROUP BY region;
SELECT string_agg(id::text, ',' ORDER BY sold_at - due, id) FROM sales;
-- feature: products and roots of quotients
SELECT avg(price) * avg(qty), avg(price) * avg(qty) * avg(product), avg(price) * avg(qty) > 3, round(avg(price) * avg(qty) * avg(id), 2)::text FROM sales;
SELECT avg(price * price) - avg(price) * avg(price), sqrt(avg(price * price) - avg(price) * avg(price)), sqrt(var_pop(price)) FROM sales;
SELECT (avg(price) / avg(qty)) * (avg(qty) / nullif(avg(product), 0)) * 100, (avg(price) - 1) * (avg(price) - 2) * (avg(price) - 3) FROM sales WHERE qty > 0;
SELECT (price / 3) * (price / 7) * (price / 11), sqrt(abs(price) / 3), sqrt(12345678901234567890 + id) FROM sales;
SELECT avg(big) * avg(big), sqrt(avg(abs(big))) FROM things;
