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
