-- feature: text functions
SELECT id, lower(note), upper(code), length(note), char_length(note) FROM sales;
SELECT id, substring(note, 1, 3), substr(note, 2), left(note, 2), right(note, 2) FROM sales;
SELECT id, trim(note), ltrim(code), replace(note, 'a', 'b'), note || '-' || code FROM sales;
SELECT id, concat(code, ':', qty, NULL), concat_ws('/', region, country, city) FROM sales;
SELECT id, split_part(note, ' ', 1), strpos(note, 'a'), reverse(code), repeat(code, 2) FROM sales;
SELECT id FROM sales WHERE note LIKE '%a%' OR note ILIKE 'É%';
SELECT id FROM sales WHERE note NOT LIKE '%\%%' AND code LIKE '_b%';
SELECT id, initcap(note), lpad(code, 5, '*'), rpad(code, 5) FROM sales;
-- feature: date functions
SELECT id, date_trunc('month', sold_at), date_trunc('week', sold_at), date_trunc('quarter', sold_at) FROM sales;
SELECT id, extract(year FROM sold_at), extract(month FROM due), extract(dow FROM sold_at), extract(epoch FROM sold_at) FROM sales;
SELECT id, sold_at::date, due::timestamp, due + 7, due - 1, due - DATE '2024-01-01' FROM sales;
SELECT id, sold_at + interval '1 day', sold_at - interval '1 month 2 hours', sold_at - TIMESTAMP '2024-01-01' FROM sales;
SELECT id FROM sales WHERE sold_at > TIMESTAMP '2024-06-30' - INTERVAL '30 day';
SELECT date_trunc('day', sold_at) AS d, count(*) FROM sales GROUP BY 1 ORDER BY 1 NULLS LAST LIMIT 20;
SELECT extract(dow FROM sold_at)::int AS dow, sum(qty) FROM sales GROUP BY 1 ORDER BY 1 NULLS FIRST;
SELECT floor(extract(epoch FROM sold_at) / 300) * 300 AS "time", sum(qty) FROM sales GROUP BY 1;
SELECT id, to_char(sold_at, 'YYYY-MM-DD HH24:MI:SS') FROM sales;
SELECT id, to_char(due, 'FMDDth "of" FMMonth, CC'), to_date(to_char(due, 'DD Mon YYYY BC'), 'DD Mon YYYY BC') FROM sales;
SELECT s.id, f.f, to_timestamp(to_char(s.due, 'YYYY/MM/DD'), f.f) FROM sales s, (VALUES ('YYYY-MM-DD'), ('YYYY MM'), ('YYYY')) AS f(f);
SELECT f.x, to_date(f.x, f.f), to_timestamp(f.x, f.f) FROM (VALUES ('5th march 99', 'DDth Month YY'), ('2024-W07', 'IYYY-"W"IW'), ('11:30 pm +02', 'HH:MI AM TZH'), (NULL, 'YYYY')) AS f(x, f);
SELECT max(age(sold_at, TIMESTAMP '2020-01-01')) FROM sales WHERE sold_at > '2021-01-01' AND sold_at < '2030-01-01';
SELECT id FROM sales WHERE due = current_date;
SELECT count(*) FROM sales WHERE sold_at < now();
-- feature: number functions
SELECT id, abs(qty), round(price), round(price, 1), trunc(price), ceil(price), floor(price), sign(price) FROM sales;
SELECT id, round(discount::numeric(12,4), 2), mod(qty, 3), power(qty::float8, 2) FROM sales WHERE discount BETWEEN -100 AND 100;
SELECT id, qty / 2.0, price / 3, qty::float8 / 3 FROM sales;
SELECT id, price::text, qty::text, paid::text, due::text, sold_at::text FROM sales;
SELECT '12'::int + 1, '1.50'::numeric, ' 7 '::int, 'true'::bool, '2024-01-31'::date + interval '1 month';
-- feature: default and named arguments
SELECT jsonb_set('{"a":1}', '{b}', to_jsonb(qty)) FROM sales;
SELECT jsonb_insert(new_value => to_jsonb(qty), path => '{a}', jsonb_in => '{}') FROM sales;
SELECT sold_at + make_interval(days => qty) FROM sales WHERE qty BETWEEN 0 AND 1000;
SELECT make_interval(1, 2) , make_interval(), make_interval(secs => 1.5) FROM sales LIMIT 1;
-- feature: numbers by templates
SELECT to_char(price, 'FM999,990.00'), to_char(qty, '0000'), to_char(discount, '9.99EEEE'), to_number('1,234.5', '9,999.9') FROM sales;
SELECT region, to_char(sum(price), '999,999.99'), to_char(avg(qty), '990.0') FROM sales GROUP BY 1;
-- feature: intervals and periods
SELECT age(sold_at) > interval '1 day', age(due::timestamp) IS NULL FROM sales;
SELECT sold_at + (qty || ' days')::interval FROM sales WHERE qty BETWEEN -100 AND 100;
SELECT sold_at AT LOCAL, (sold_at AT TIME ZONE 'UTC') AT LOCAL FROM sales;
SELECT count(*) FROM sales WHERE (sold_at, sold_at + interval '1 day') OVERLAPS (timestamp '2024-01-01', timestamp '2024-06-01');
SELECT to_char(sold_at - timestamp '2024-01-01', 'DD HH24:MI:SS') FROM sales;
SELECT make_timestamptz(2024, 1, 1, 0, 0, qty % 60) FROM sales WHERE qty > 0;
-- feature: functions together
SELECT (json_build_object('a', note) #>> array['a']::text[])::text AS x, count(*) FROM sales GROUP BY (json_build_object('a', note) #>> array['a']::text[])::text;
SELECT sum((jsonb_build_object('q', qty) ->> 'q')::bigint) FROM sales;
SELECT avg((jsonb_build_object('q', qty) -> 'q')::numeric) FROM sales;
SELECT id, json_agg(note) OVER (PARTITION BY region ORDER BY id) FROM sales;
SELECT region, jsonb_object_agg(id, note) FROM sales GROUP BY region;
SELECT count(*) FROM sales WHERE jsonb_build_object('tags', ARRAY[note, region]) -> 'tags' ? 'EU';
SELECT array_append(array_agg(id ORDER BY id), 1) FROM sales;
SELECT region, array_to_string(array_agg(DISTINCT note ORDER BY note), ',') FROM sales GROUP BY region;
SELECT array_position(ARRAY['EU','NorthAmerica'], region), count(*) FROM sales GROUP BY 1;
SELECT format('%s: %I %L', id, note, region) FROM sales;
SELECT ln(price::numeric + 1000), round(exp(0.5), 3), power(2::numeric, qty % 5) FROM sales WHERE price > 0 AND qty > 0;
SELECT width_bucket(qty, ARRAY[1, 5, 10]), count(*) FROM sales GROUP BY 1;
SELECT regexp_split_to_array(note, ' '), regexp_instr(note, '[a-z]') FROM sales;
SELECT num_nulls(note, qty, price), count(*) FROM sales GROUP BY 1;
SELECT to_char(sold_at, 'YYYY-MM') || to_char(qty, '999'), sum(qty) FROM sales GROUP BY 1;
SELECT json_build_object('n', count(*), 's', sum(qty), 'm', max(note), 'l', json_agg(id ORDER BY id)) FROM sales;
SELECT array_agg(qty) @> ARRAY[1], cardinality(array_agg(id)) FROM sales;
SELECT * FROM (SELECT id, to_jsonb(note) AS j FROM sales) q WHERE j = '"a"';
SELECT encode(convert_to(note, 'UTF8'), 'base64'), md5(note), sha256(convert_to(note,'UTF8')) FROM sales;
SELECT replace(note COLLATE "C", 'a', 'b'), left(note COLLATE "C", 2), convert_from(convert_to(note, 'utf8'), 'utf8') FROM sales;
