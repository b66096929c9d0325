-- feature: what may fail is evaluated only where FILTER, AND and OR let it
SELECT count(*) FILTER (WHERE qty <> 0 AND 10/qty > 1) FROM sales;
SELECT array_agg(10/qty ORDER BY id) FILTER (WHERE qty <> 0) FROM sales;
SELECT string_agg((10/qty)::text, ',' ORDER BY id) FILTER (WHERE qty <> 0) FROM sales;
SELECT storeid, sum(10/qty) FILTER (WHERE qty <> 0) FROM sales GROUP BY storeid;
SELECT sum(10/qty) FILTER (WHERE qty <> 0) OVER () FROM sales;
SELECT qty <> 0 AND 10/qty > 1 FROM sales;
SELECT qty = 0 OR 10/qty > 1 FROM sales;
SELECT count(*) FROM sales WHERE NOT (qty = 0 OR 10/qty > 2);
SELECT sum(sqrt(qty)) FILTER (WHERE qty >= 0), avg(ln(discount)) FILTER (WHERE discount > 0 AND discount < 100) FROM sales;
SELECT count(*) FILTER (WHERE qty = 0 OR qty IS NULL OR 10/qty > 1), count(*) FILTER (WHERE qty <> 0 AND paid AND 10/qty > 1) FROM sales;
SELECT storeid, paid, sum(10/qty) FILTER (WHERE qty <> 0), count(DISTINCT 10/qty) FILTER (WHERE qty <> 0), array_agg(10/qty ORDER BY 10/qty, id) FILTER (WHERE qty <> 0) FROM sales GROUP BY storeid, paid;
SELECT sum(10/qty) FILTER (WHERE qty <> 0 AND 10/qty > 1) OVER (PARTITION BY paid) FROM sales;
SELECT NOT (qty = 0 OR 10/qty > 2), (qty <> 0 AND 10/qty > 1) IS TRUE, CASE WHEN qty <> 0 AND (paid OR 10/qty > 1) THEN 'a' END FROM sales;
SELECT count(*) FROM sales WHERE (qty = 0 OR 10/qty > 2) IS NOT FALSE;
SELECT count(*) FROM sales WHERE NOT (region = 'EU' AND initcap(city) = 'Paris');
SELECT (price > 1 AND price / nullif(price,0) = 1) OR qty / 2 > 1 FROM sales;
SELECT (qty > 0 AND 10/qty > 2) OR (qty < 0 AND 10/qty < -2) FROM sales;
SELECT avg(price/qty) FILTER (WHERE qty <> 0), sum(price::int) FILTER (WHERE price > 0) FROM sales;
SELECT count(*) FROM sales GROUP BY qty <> 0 AND 10/qty > 1;
SELECT id FROM sales ORDER BY qty <> 0 AND 10/qty > 1, id;
SELECT count(*) FROM sales s LEFT JOIN products p ON s.product = p.product AND NOT (s.qty = 0 OR 10/s.qty > 2);
SELECT count(note) FILTER (WHERE random() < 2 AND 1/(qty+10) = 0) FROM sales;
-- feature: percentiles whose fraction is a numeric or integer literal
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY qty), percentile_disc(0.25) WITHIN GROUP (ORDER BY price), percentile_cont(1) WITHIN GROUP (ORDER BY discount) FROM sales WHERE discount < 100;
SELECT product, percentile_cont(0.9) WITHIN GROUP (ORDER BY qty), percentile_disc(0) WITHIN GROUP (ORDER BY note) FROM sales GROUP BY product;
SELECT storeid, percentile_cont(0.5) WITHIN GROUP (ORDER BY 10/qty) FILTER (WHERE qty <> 0) FROM sales GROUP BY storeid;
-- feature: negative zero
SELECT id, discount::text FROM sales;
-- feature: texts put together of constants
SELECT id FROM sales WHERE note LIKE '100/%' || '%' ESCAPE '/' OR note LIKE 'a' || NULL ESCAPE '/' ORDER BY id;
SELECT id FROM sales WHERE note LIKE '%' || 'a!_' || '%' ESCAPE '!' OR note ~ ('^' || 'b') OR note SIMILAR TO '(É|ß)' || '%' ORDER BY id;
SELECT date_trunc('mon' || 'th', sold_at), count(*) FROM sales GROUP BY 1 ORDER BY 1;
SELECT id, sold_at AT TIME ZONE ('Europe/' || 'Paris'), to_char(sold_at, 'YYYY' || '-MM'), date_part('ye' || 'ar'::varchar, due) FROM sales ORDER BY id;
SELECT id, regexp_replace(note, 'a' || 'b', 'x' || 'y', 'g' || '') FROM sales ORDER BY id;
-- feature: limits that are computed
SELECT p.name, t.id FROM products p CROSS JOIN LATERAL (SELECT s.id FROM sales s WHERE s.product = p.product ORDER BY s.id LIMIT 1 + 1) t;
SELECT p.name, (SELECT s.id FROM sales s WHERE s.product = p.product ORDER BY s.id LIMIT 1 OFFSET 2 - 1) FROM products p;
SELECT qty FROM sales ORDER BY qty FETCH FIRST (2 * 2) ROWS WITH TIES;
SELECT id FROM sales ORDER BY id LIMIT 2 * 3 OFFSET 1 + 1;
SELECT id FROM sales ORDER BY id LIMIT 2000000000 + 2000000000;
SELECT id FROM sales ORDER BY id LIMIT 1 - 5;
SELECT id FROM sales ORDER BY id LIMIT (SELECT count(*) FROM products);
-- feature: what is computed of two queries' columns at once
SELECT id, (SELECT count(*) FROM products p WHERE ARRAY[p.name] @> ARRAY[s.note]) FROM sales s;
SELECT thing, (SELECT max(t.seen + v.at::time::interval) FROM visits v) FROM things t;
SELECT thing, (SELECT count(*) FROM visits v WHERE v.kind = ANY (t.tags)) FROM things t;
SELECT s.id, l.name FROM sales s JOIN LATERAL (SELECT p.name FROM products p WHERE p.product < s.storeid AND ARRAY[p.category] @> ARRAY[s.code] ORDER BY p.name) l ON true;
SELECT id FROM sales s WHERE EXISTS (SELECT 1 FROM visits v WHERE v.sale <> s.id AND v.at > s.sold_at + interval '1 day' * s.qty);
SELECT t.x FROM (SELECT (jsonb_build_object('a', s.qty, 'b', s.region) ->> 'a')::int AS x FROM sales s FULL JOIN sales o ON s.id = o.id) t, products p WHERE t.x = p.product;
-- feature: keys for the agents that a subquery computes
SELECT s.c FROM (SELECT (SELECT 1 FROM products WHERE name = 'none') AS c, country FROM (SELECT country FROM sales GROUP BY country UNION ALL SELECT name FROM products) u) s JOIN products p ON s.c = p.product;
SELECT id FROM (SELECT id, (SELECT max(product) FROM products) AS m FROM sales WHERE qty > 0) s JOIN (SELECT product, count(*) AS n FROM sales GROUP BY product) t ON t.product = s.m;
-- feature: enclosing columns in joins and windows
SELECT s.id, (SELECT count(*) FROM products p JOIN visits v ON ARRAY[p.name] @> ARRAY[s.note, v.kind]) FROM sales s WHERE s.id < 60;
SELECT s.id, (SELECT count(*) FROM products p LEFT JOIN visits v ON v.at + interval '1 day' * p.product > s.sold_at) FROM sales s WHERE s.id < 60;
SELECT s.id, (SELECT count(*) FROM products p RIGHT JOIN visits v ON v.visit % 5 = p.product AND v.sale = s.id) FROM sales s WHERE s.id < 60;
SELECT s.id, (SELECT count(p.name) FROM products p LEFT JOIN visits v ON v.visit = p.product AND v.storeid = s.storeid WHERE v.visit IS NULL) FROM sales s WHERE s.id < 60;
SELECT s.id, (SELECT count(*) FROM products p WHERE NOT EXISTS (SELECT 1 FROM visits v WHERE v.visit = p.product AND v.sale <> s.id)) FROM sales s WHERE s.id < 60;
SELECT s.id, (SELECT max(r) FROM (SELECT row_number() OVER (ORDER BY p.cost * s.qty, p.name) AS r FROM products p WHERE ARRAY[p.category] && ARRAY[s.code]) t) FROM sales s;
SELECT s.id, (SELECT max(r) FROM (SELECT sum(p.product) OVER (PARTITION BY p.category ORDER BY p.product + s.qty, p.name) AS r FROM products p) t) FROM sales s;
SELECT s.id, (SELECT max(r) FROM (SELECT lag(s.qty) OVER (ORDER BY p.name) AS r FROM products p) t) FROM sales s;
-- feature: numerics of a constant that is NULL
SELECT (NULL::int4 + 2) * 2.5 AS a, (NULL::int4 + 2) + 2.5 AS b, (NULL::int4 + 2) % 2.5 AS c, (NULL::int4 + 2) / nullif(-3.25, 0) AS d FROM sales;
SELECT - nullif(2.5, 2.5) AS a, abs(nullif(2.5, 2.5)) AS b, round(nullif(2.5, 2.5)) AS c, ceil(nullif(2.5, 2.5)) AS d, sqrt((NULL::int4 + 2)::numeric) AS e FROM sales;
SELECT id, price * nullif(2.5, 2.5) AS a FROM sales WHERE price + nullif(2.5, 2.5) IS NULL;
-- feature: quotients that are compared
SELECT product, avg(qty) FROM sales GROUP BY product HAVING avg(qty) * 3 <> sum(qty) * 3.0 / count(qty);
SELECT count(*) FROM sales WHERE price / 7 * 7 < price;
SELECT count(*) FROM sales WHERE price / 3 * 3 > price OR qty / 7.0 * 7 = qty;
-- feature: CASE over an outer join
SELECT CASE WHEN t.region = 'DE' THEN s.region ELSE t.code END AS c, count(*) FROM sales s RIGHT JOIN sales t ON s.id = t.id JOIN (VALUES (2, 'b')) AS v(n, w) ON s.product = v.n GROUP BY 1;
SELECT c FROM (SELECT CASE WHEN coalesce(t.region, 'FR') = 'DE' THEN s.region ELSE t.code END AS c FROM sales s RIGHT JOIN sales t ON s.id = t.id, (VALUES (2, 'b')) AS v(n, w) WHERE s.product = v.n GROUP BY 1) x WHERE c <> 'abc';
-- feature: a subquery in a subquery that compares with the outermost query
SELECT v.visit, v.sale FROM visits v WHERE EXISTS (SELECT 1 FROM things t WHERE NOT EXISTS (SELECT 1 FROM things u WHERE u.region >= t.country AND u.storeid <> v.storeid));
SELECT v.visit FROM visits v WHERE EXISTS (SELECT 1 FROM sales t WHERE t.id > v.visit AND NOT EXISTS (SELECT 1 FROM things u WHERE u.thing > t.qty AND u.storeid < v.storeid));
-- feature: grouping sets of values that are grouped by a key
SELECT doc::jsonb AS d, storeid, count(*), grouping(doc::jsonb, storeid) FROM things GROUP BY ROLLUP (d, storeid);
SELECT doc::jsonb -> 'a' AS d, note, count(*), max(qty) FROM things t JOIN sales s ON s.id = t.thing GROUP BY CUBE (d, note) HAVING count(*) > 1 OR (doc::jsonb -> 'a') IS NULL ORDER BY 1, 2, 3;
SELECT code::bpchar AS c, paid, sum(qty), count(DISTINCT note) FROM sales GROUP BY GROUPING SETS ((c, paid), (c), (paid), ()) ORDER BY 1, 2, 3, 4;
SELECT region, d, count(*) FROM (SELECT doc::jsonb AS d, region FROM things) x GROUP BY GROUPING SETS ((region), (d), ()) HAVING d IS NULL;
SELECT DISTINCT doc::jsonb AS d FROM things GROUP BY ROLLUP (d, region);
-- feature: correlations of infinite values
SELECT corr(discount, qty), corr(qty, discount), corr(1, discount), corr(discount, 1), covar_samp(qty, discount) FROM sales;
SELECT regr_slope(qty, discount), regr_intercept(qty, discount), regr_r2(qty, discount), regr_r2(1, discount), regr_sxx(qty, discount), regr_syy(qty, discount) FROM sales;
SELECT product, corr(discount, qty), regr_sxx(discount, qty), regr_sxx(DISTINCT product, qty), corr(DISTINCT product, discount) FROM sales GROUP BY product;
SELECT id, corr(CASE WHEN abs(discount) < 'Infinity' THEN 1 ELSE discount END, qty) OVER (ORDER BY id ROWS 3 PRECEDING), regr_syy(qty, discount) OVER (ORDER BY id ROWS 3 PRECEDING) FROM sales;
-- feature: sets below an order of others
SELECT id, generate_series(1, qty) FROM sales ORDER BY id LIMIT 5;
SELECT thing, unnest(tags || ARRAY['z', 'y', 'b']) FROM things ORDER BY thing DESC OFFSET 3;
SELECT product, generate_series(1, count(*)), generate_series(3, 1, -1) FROM sales GROUP BY product ORDER BY product;
-- feature: literals that name an instant
SELECT 'now'::timestamptz = now(), 'now'::timestamp = localtimestamp, 'now'::time = localtime, 'tomorrow'::date - 1 = current_date, ('{now}'::timestamptz[])[1] = now() FROM products;
-- feature: parts of times with a zone
SELECT thing, extract(hour FROM clock), extract(epoch FROM clock), date_part('timezone_minute', clock), clock::time FROM things ORDER BY thing;
SELECT extract(timezone FROM clock) / 60, count(*), max(clock::time) FROM things GROUP BY 1;
-- feature: the mode of floats
SELECT mode() WITHIN GROUP (ORDER BY discount), mode() WITHIN GROUP (ORDER BY discount DESC) FROM sales WHERE discount <> 0;
SELECT product, mode() WITHIN GROUP (ORDER BY discount) FROM sales GROUP BY product;
SELECT mode() WITHIN GROUP (ORDER BY approx), mode() WITHIN GROUP (ORDER BY approx DESC) FROM things;
-- feature: count(*) in frames that end before they begin
SELECT region, count(*) OVER (ORDER BY region ROWS BETWEEN 2 FOLLOWING AND 0 FOLLOWING) FROM things GROUP BY region;
SELECT id, count(*) OVER (ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING) FROM sales ORDER BY id;
SELECT id, count(*) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 3 PRECEDING) FROM sales ORDER BY id;
SELECT id, count(*) OVER (ORDER BY qty GROUPS BETWEEN 2 FOLLOWING AND 0 FOLLOWING) FROM sales ORDER BY id;
SELECT id, count(qty) OVER (ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING), sum(qty) OVER (ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING), bool_or(paid) OVER (ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING), max(note) OVER (ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING), string_agg(note, ',') OVER (ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING), first_value(qty) OVER (ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING), nth_value(qty, 1) OVER (ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING) FROM sales ORDER BY id;
SELECT id, count(*) OVER (ORDER BY qty RANGE BETWEEN 3 FOLLOWING AND 1 FOLLOWING), count(*) FILTER (WHERE qty > 0) OVER (ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING), count(1) OVER (ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING) FROM sales ORDER BY id;
SELECT id, count(*) OVER (ORDER BY qty GROUPS BETWEEN 2 FOLLOWING AND 0 FOLLOWING EXCLUDE TIES), count(*) OVER (ORDER BY id ROWS BETWEEN 0 PRECEDING AND 3 PRECEDING EXCLUDE TIES), count(*) OVER (ORDER BY qty ROWS BETWEEN 0 PRECEDING AND 3 PRECEDING EXCLUDE GROUP) FROM sales ORDER BY id;
-- feature: semi- and anti-joins within what refers to an outer query
SELECT v.id FROM (SELECT id, 'a'::text AS code, (qty % 1000)::smallint::int4 AS qty FROM sales) v WHERE EXISTS (SELECT 1 FROM sales s WHERE s.code = v.code AND s.qty IS NOT DISTINCT FROM v.qty AND EXISTS (SELECT 1 FROM sales t WHERE t.product = s.storeid));
SELECT v.id FROM sales v WHERE EXISTS (SELECT 1 FROM sales s WHERE s.code = v.code AND s.qty IS NOT DISTINCT FROM v.qty % 7 AND NOT EXISTS (SELECT 1 FROM sales t WHERE t.product = s.storeid + 3));
SELECT v.id, (SELECT count(*) FROM sales s WHERE s.qty = (v.qty % 5) AND s.storeid IN (SELECT t.product FROM sales t)) FROM sales v;
-- feature: arrays that are distinct, and subqueries where DuckDB has lambdas
SELECT doc FROM things WHERE counts IS DISTINCT FROM ARRAY[1];
SELECT thing, counts IS NOT DISTINCT FROM ARRAY[1], counts IS DISTINCT FROM NULL, tags IS DISTINCT FROM ARRAY['a', NULL] FROM things WHERE counts IS NOT DISTINCT FROM counts;
SELECT thing, array_replace(ARRAY[1, 2], (SELECT min(product) FROM sales), 1), array_remove(counts, (SELECT max(t.small)::int4 FROM things t)), array_position(counts, (SELECT 1)) FROM things;
-- feature: NULL that DuckDB knows no type of, below what goes by the type
SELECT bit_and(array_position(NULL::int4[], qty)), bit_or(array_position(NULL::text[], note, 2)), bit_xor(array_position(NULL::int4[], 2)) FROM sales;
