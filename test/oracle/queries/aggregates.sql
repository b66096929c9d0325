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
-- feature: separators of each row
SELECT string_agg(note, code ORDER BY id), string_agg(code, ',' || ' ' ORDER BY id), string_agg(code, NULLIF(region, 'EU') ORDER BY note DESC, id) FROM sales;
SELECT region, string_agg(note, CASE WHEN qty > 2 THEN ', ' ELSE '|' END ORDER BY paid, qty DESC NULLS LAST, id) FILTER (WHERE qty <> 1) FROM sales GROUP BY region;
SELECT region, product, string_agg(code, region ORDER BY id), count(*) FROM sales GROUP BY GROUPING SETS ((region), (product), ());
SELECT id, string_agg(code, region) OVER (PARTITION BY product ORDER BY id ROWS 3 PRECEDING) FROM sales;
SELECT string_agg(DISTINCT code, region), string_agg(DISTINCT code, region ORDER BY code, region), string_agg(note, code) FILTER (WHERE id < 0) FROM sales;
SELECT p.product, (SELECT string_agg(s.code, p.name ORDER BY s.id) FROM sales s WHERE s.product = p.product) FROM products p;
SELECT string_agg(raw, '\x00ff' ORDER BY thing), string_agg(raw, NULL ORDER BY thing), string_agg(raw, decode(thing::text, 'escape') ORDER BY thing DESC), string_agg(DISTINCT raw, '\x2c' ORDER BY raw DESC) FROM things;
SELECT thing, string_agg(raw, '\x2c') OVER (ORDER BY thing) FROM things;
-- feature: arrays in aggregates
SELECT max(tags), min(tags), max(ARRAY[qty, id]), min(ARRAY[NULL, note]) FROM things LEFT JOIN sales ON id = thing;
SELECT region, max(ARRAY[qty, id]) FILTER (WHERE paid), min(DISTINCT ARRAY[price]), min(ARRAY[]::int[]) FROM sales GROUP BY CUBE (region);
SELECT id, max(ARRAY[qty, id]) OVER (PARTITION BY region ORDER BY id ROWS 3 PRECEDING) FROM sales;
SELECT array_agg(ARRAY[id, qty] ORDER BY id), array_agg(ARRAY[note, code] ORDER BY id DESC) FILTER (WHERE paid) FROM sales;
SELECT region, array_agg(DISTINCT ARRAY[product, 1]), array_agg(ARRAY[price] ORDER BY price DESC NULLS LAST, id) FROM sales GROUP BY ROLLUP (region);
SELECT id, array_agg(ARRAY[id, qty]) OVER (PARTITION BY region ORDER BY id) FROM sales;
SELECT a FROM (SELECT region, array_agg(ARRAY[id, qty] ORDER BY id) a FROM sales GROUP BY region) t ORDER BY a DESC;
SELECT array_agg(CASE id WHEN 3 THEN NULL ELSE ARRAY[id] END ORDER BY id) FROM sales;
SELECT array_agg(CASE id % 4 WHEN 3 THEN ARRAY[id] ELSE ARRAY[id, 1] END ORDER BY id) FROM sales;
SELECT array_agg(ARRAY[]::text[]) FROM sales;
-- feature: JSON aggregates
SELECT json_arrayagg(qty ORDER BY id), json_arrayagg(qty ORDER BY id NULL ON NULL RETURNING jsonb), json_arrayagg(note ORDER BY note, id RETURNING text) FROM sales;
SELECT region, json_arrayagg(note ORDER BY note, id) FILTER (WHERE paid), json_arrayagg(DISTINCT qty NULL ON NULL) FROM sales GROUP BY ROLLUP (region);
SELECT json_objectagg(KEY id VALUE qty ABSENT ON NULL RETURNING jsonb), json_objectagg(id: code WITH UNIQUE KEYS RETURNING jsonb) FROM sales;
SELECT json_objectagg(product: qty WITH UNIQUE KEYS) FROM sales WHERE product IS NOT NULL;
SELECT id, json_arrayagg(qty) FILTER (WHERE paid) OVER (PARTITION BY region ORDER BY id), json_objectagg(id: qty RETURNING jsonb) OVER (PARTITION BY region ORDER BY id) FROM sales;
SELECT json_arrayagg('{"a": 1}' FORMAT JSON) FROM sales WHERE id < 5;
SELECT jsonb_object_agg(DISTINCT id, qty), json_object_agg(DISTINCT product, qty ORDER BY product, qty) FILTER (WHERE product > 2) FROM sales;
SELECT json_agg(seen ORDER BY thing), jsonb_agg(seen ORDER BY seen DESC NULLS LAST, thing), jsonb_agg(ARRAY[seen] ORDER BY thing), jsonb_object_agg(thing, seen) FROM things;
SELECT thing, json_agg(seen) OVER (ORDER BY thing) FROM things;
-- feature: DISTINCT sorts
SELECT array_agg(DISTINCT qty), jsonb_agg(DISTINCT qty), string_agg(DISTINCT code, ','), array_agg(DISTINCT lower(note)) FILTER (WHERE paid), json_agg(DISTINCT price) FROM sales;
SELECT region, array_agg(DISTINCT product), sum(DISTINCT qty ORDER BY qty DESC) FROM sales GROUP BY region;
-- feature: percentiles of computed fractions
SELECT region, product, percentile_cont(0.1 * coalesce(product, 0)) WITHIN GROUP (ORDER BY qty) FROM sales WHERE product < 10 OR product IS NULL GROUP BY ROLLUP (region, product);
SELECT product, percentile_disc(ARRAY[product / 10.0, 0.5]) WITHIN GROUP (ORDER BY price DESC), percentile_disc(count(*) / 10000.0) WITHIN GROUP (ORDER BY note) FROM sales WHERE product < 10 GROUP BY product;
SELECT percentile_cont(0.25 + 0.25) WITHIN GROUP (ORDER BY qty), percentile_disc(NULL) WITHIN GROUP (ORDER BY qty), percentile_disc((SELECT 0.5)) WITHIN GROUP (ORDER BY note), percentile_disc(ARRAY[0.1, 0.5]) WITHIN GROUP (ORDER BY price) FROM sales;
SELECT p.product, (SELECT percentile_cont(p.cost / 1000) WITHIN GROUP (ORDER BY s.qty) FROM sales s WHERE s.product = p.product) FROM products p WHERE cost BETWEEN 0 AND 1000;
SELECT percentile_disc(1.5) WITHIN GROUP (ORDER BY qty) FROM sales;
SELECT percentile_cont(-0.1) WITHIN GROUP (ORDER BY qty) FROM sales WHERE false;
SELECT product, percentile_disc(product + 2) WITHIN GROUP (ORDER BY qty) FROM sales WHERE product IS NOT NULL GROUP BY product;
-- feature: statistics of pairs
SELECT corr(qty, id), covar_pop(qty, id), covar_samp(qty, id), regr_avgx(qty, id), regr_avgy(qty, id), regr_count(qty, id), regr_intercept(qty, id), regr_r2(qty, id), regr_slope(qty, id), regr_sxx(qty, id), regr_sxy(qty, id), regr_syy(qty, id) FROM sales;
SELECT region, regr_count(DISTINCT qty, product), covar_pop(DISTINCT qty, product), corr(qty, product) FILTER (WHERE paid) FROM sales GROUP BY ROLLUP (region);
SELECT id, regr_slope(qty, id) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) FROM sales;
-- feature: bits
SELECT region, bit_and(qty), bit_or(qty::bigint), bit_xor(qty::smallint), bit_xor(DISTINCT qty) FILTER (WHERE paid) FROM sales GROUP BY ROLLUP (region);
-- feature: bit strings and timetz in aggregates
SELECT region, bit_and(b), bit_or(b), bit_xor(b), bit_xor(b) FILTER (WHERE thing > 3) FROM (SELECT thing, region, CASE thing % 3 WHEN 0 THEN B'1011' WHEN 1 THEN B'1101' END b FROM things) t GROUP BY ROLLUP (region);
SELECT thing, bit_xor(b) OVER (ORDER BY thing ROWS 2 PRECEDING) FROM (SELECT thing, CASE thing % 3 WHEN 0 THEN B'1011' WHEN 1 THEN B'1101' END b FROM things) t;
SELECT bit_and(CASE WHEN thing = 3 THEN B'1' ELSE B'10' END::varbit) FROM things;
SELECT region, max(t), min(t), min(DISTINCT t), array_agg(t ORDER BY t DESC, thing), max(t) FILTER (WHERE thing > 5) FROM (SELECT thing, region, CASE thing % 4 WHEN 0 THEN timetz '12:00+00' WHEN 1 THEN timetz '12:30+01' WHEN 2 THEN timetz '12:00:01+02' ELSE timetz '13:00+01' END t FROM things) t GROUP BY CUBE (region);
SELECT thing, max(t) OVER (ORDER BY thing ROWS 2 PRECEDING) FROM (SELECT thing, CASE thing % 4 WHEN 0 THEN timetz '12:00+00' WHEN 1 THEN timetz '12:30+01' WHEN 2 THEN timetz '12:00:01+02' END t FROM things) t;
SELECT region, mode() WITHIN GROUP (ORDER BY t DESC), percentile_disc(0) WITHIN GROUP (ORDER BY t), percentile_disc(ARRAY[0.5, 1]) WITHIN GROUP (ORDER BY t DESC) FROM (SELECT thing, region, CASE thing % 4 WHEN 0 THEN timetz '12:00+00' WHEN 1 THEN timetz '12:30+01' WHEN 2 THEN timetz '12:00:01+02' END t FROM things) t GROUP BY CUBE (region);
SELECT region, mode() WITHIN GROUP (ORDER BY span), mode() WITHIN GROUP (ORDER BY span DESC) FILTER (WHERE thing > 3) FROM things GROUP BY ROLLUP (region);
-- feature: what may fail, both distinct and ordered by, in a correlated subquery
SELECT s.id, (SELECT string_agg(DISTINCT repeat(v.city, 1), ',' ORDER BY repeat(v.city, 1)) FROM sales v WHERE v.qty IS NOT DISTINCT FROM s.qty) FROM sales s;
SELECT s.id, (SELECT array_agg(DISTINCT 10 / nullif(v.qty, 0) ORDER BY 10 / nullif(v.qty, 0) DESC NULLS LAST) FILTER (WHERE v.id > 3) FROM sales v WHERE v.product = s.product) FROM sales s;
SELECT s.id, (SELECT jsonb_agg(DISTINCT v.visit + s.storeid ORDER BY v.visit + s.storeid) FROM visits v WHERE v.storeid = s.storeid) FROM sales s;
SELECT array_agg(DISTINCT 10 / qty ORDER BY 10 / qty) FILTER (WHERE qty > 0), string_agg(DISTINCT (qty + 1)::text, ',' ORDER BY (qty + 1)::text DESC), count(DISTINCT qty + 1) FROM sales;
SELECT storeid, array_agg(DISTINCT qty + 1 ORDER BY qty + 1), array_agg(DISTINCT qty + 1 ORDER BY qty + 1 DESC) FROM sales GROUP BY GROUPING SETS ((storeid), ());
