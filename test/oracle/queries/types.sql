-- feature: types
SELECT * FROM things;
SELECT thing, seen, daytime, span, uid, small, approx, big, raw, tags FROM things ORDER BY thing;
SELECT uid, count(*) FROM things GROUP BY uid ORDER BY uid;
SELECT DISTINCT raw FROM things ORDER BY raw NULLS FIRST;
SELECT span, count(*), max(seen), min(daytime) FROM things GROUP BY span;
SELECT max(span), min(span), max(raw), min(approx), max(small), sum(small), avg(small) FROM things;
SELECT count(DISTINCT uid), count(DISTINCT seen), count(DISTINCT span), count(DISTINCT raw), count(DISTINCT daytime) FROM things;
SELECT sum(big), avg(big), min(big), max(big) FROM things;
SELECT thing, big + 1, big * 2, -big, round(big, 2), big::int8 FROM things WHERE abs(big) < 1000000;
SELECT thing, small + 1, small::int, small * small, small / 2, -small FROM things;
SELECT thing, approx, approx * 2, approx::float8 FROM things ORDER BY approx DESC NULLS LAST, thing;
SELECT seen::date, count(*) FROM things GROUP BY seen::date ORDER BY 1;
SELECT date_trunc('month', seen) AS month, count(*), sum(small) FROM things GROUP BY 1 ORDER BY 1;
SELECT thing, extract(hour FROM seen), seen::time, seen AT TIME ZONE 'America/New_York', to_char(seen, 'YYYY-MM-DD HH24:MI') FROM things;
SELECT thing, seen + INTERVAL '1 month', seen - INTERVAL '36 hours', seen - TIMESTAMPTZ '2024-01-01 00:00:00+00' FROM things;
SELECT thing FROM things WHERE uid = '00000000-0000-4000-8000-000000000001' OR daytime > '12:00' OR span > INTERVAL '1 hour' ORDER BY thing;
SELECT thing FROM things WHERE seen >= '2024-01-01' AND seen < '2024-06-01 12:00:00+02' ORDER BY thing;
SELECT a.thing, b.thing FROM things a JOIN things b ON a.uid = b.uid AND a.thing < b.thing;
SELECT a.thing, b.thing FROM things a JOIN things b ON a.span = b.span AND a.raw = b.raw WHERE a.thing < b.thing;
SELECT uid FROM things UNION SELECT uid FROM things WHERE small > 0 ORDER BY 1;
SELECT array_agg(uid ORDER BY thing), array_agg(seen ORDER BY thing), array_agg(big ORDER BY thing) FROM things WHERE thing < 5;
SELECT region, max(seen) - min(seen), age(max(seen), min(seen)) FROM things GROUP BY region ORDER BY region;
SELECT thing, uid::text, span::text, daytime::text, seen::text, small::text, approx::text FROM things ORDER BY thing;
SELECT thing, coalesce(span, INTERVAL '0'), coalesce(uid, '00000000-0000-0000-0000-000000000000'), coalesce(raw, '\x00') FROM things ORDER BY thing;
SELECT thing, lag(seen) OVER (PARTITION BY small ORDER BY thing) FROM things ORDER BY thing;
-- feature: comparisons with numerics that no DECIMAL holds
SELECT id, price = 'NaN', price <> 'NaN', price <= 'NaN', price > 'Infinity', '-Infinity' > price, price < 1e40, price > -1e50 FROM sales;
SELECT id FROM sales WHERE price < 'Infinity' AND NOT price = 'NaN' AND discount < 1e100;
SELECT id FROM sales WHERE price IS DISTINCT FROM 'NaN' AND price NOT IN ('NaN', '-Infinity', 1.5);
SELECT id, price IN ('NaN', 0.5, NULL), price <> ALL (ARRAY['NaN', '-Infinity']::numeric[]), price = ANY (ARRAY['NaN']::numeric[]), price BETWEEN '-Infinity' AND 'Infinity' FROM sales;
SELECT product, count(*) FILTER (WHERE price <> 'NaN'), sum(nullif(price, 'NaN')) FROM sales GROUP BY product HAVING sum(price) < 'Infinity' OR sum(qty) > '-Infinity'::numeric;
SELECT id, discount = 'NaN'::numeric, discount <= 1e300 FROM sales;
SELECT id FROM sales WHERE (price, qty) = ('NaN', 1) OR CASE WHEN price = 'NaN' THEN true ELSE price > 50 END;
-- feature: wall clocks beside instants, among many
SELECT thing, (seen::date) IS DISTINCT FROM seen, seen::timestamp IS NOT DISTINCT FROM seen, seen IS DISTINCT FROM seen::timestamp, (NULL::date) IS DISTINCT FROM seen FROM things;
SELECT id FROM sales WHERE due IN (SELECT seen FROM things) OR sold_at < ANY (SELECT seen FROM things WHERE small > 1) OR due >= ALL (SELECT seen FROM things WHERE thing < 0);
SELECT thing FROM things WHERE seen IN (SELECT due FROM sales) OR seen > ANY (SELECT sold_at FROM sales WHERE product = 2) OR seen NOT IN (SELECT due FROM sales WHERE due IS NOT NULL);
