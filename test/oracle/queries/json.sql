-- feature: json
SELECT to_json(s.note)->>0, to_json(id), to_jsonb(price) FROM sales s;
SELECT json_build_object('id', id, 'note', note, 'at', sold_at) ->> 'note', count(*) FROM sales GROUP BY 1;
SELECT json_build_object('id', id, 'note', note, 'at', sold_at)::text FROM sales;
SELECT (jsonb_build_object('id', id, 'p', jsonb_build_object('x', region)) #>> '{p,x}') AS r, count(*) FROM sales GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM sales WHERE jsonb_build_object('a', region) @> '{"a": "EU"}';
SELECT count(*) FROM sales WHERE to_jsonb(note) = '"x"'::jsonb;
SELECT ('{"a": ' || id || '}')::jsonb - 'a' FROM sales LIMIT 1;
SELECT note::json FROM sales;
SELECT json_extract_path_text('{"a":{"b":"c"}}', 'a', 'b'), count(*) FROM sales;
SELECT '{"a":1}'::jsonb || jsonb_build_object('k', region) FROM sales;
SELECT json_agg(note ORDER BY id), jsonb_agg(qty ORDER BY id), json_object_agg(id, note ORDER BY id) FROM sales;
SELECT region, json_agg(DISTINCT note ORDER BY note) FILTER (WHERE qty > 1) FROM sales GROUP BY region;
SELECT json_agg(id) FROM sales WHERE id < 0;
SELECT json_build_array(), json_build_object();
-- feature: json sets
SELECT s.id, e.value FROM sales s, json_array_elements(json_build_array(s.qty, s.note)) AS e;
SELECT s.id, e FROM sales s, jsonb_array_elements_text(jsonb_build_array(s.qty, s.note, s.region)) AS e;
SELECT s.id, e.key, e.value FROM sales s, json_each(json_build_object('a', s.qty, 'b', s.note)) AS e;
SELECT e.key, count(*) FROM sales s, jsonb_each_text(jsonb_build_object('a', s.qty, 'b', s.note)) AS e WHERE e.value IS NOT NULL GROUP BY 1;
SELECT k, count(*) FROM sales s, json_object_keys(json_build_object('a', s.qty, 'b', s.note)) AS k GROUP BY 1;
SELECT json_array_elements('[1,2,{"a":null}]');
SELECT * FROM json_each('{"a":1,"b":[2]}') WITH ORDINALITY;
SELECT * FROM json_each('[1]');
SELECT jsonb_array_elements('{"a":1}');
SELECT jsonb_object_keys('[1]');
SELECT json_array_elements_text('1');
SELECT id, (SELECT string_agg(x, ',' ORDER BY x) FROM json_array_elements_text(to_json(ARRAY[note, region])) x) FROM sales;
