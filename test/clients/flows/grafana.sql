--@ version of the server
SELECT current_setting('server_version_num')::int/100 as version
--@ timescale
SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'
--@ schemas
SELECT schema_name AS "name" FROM information_schema.schemata
WHERE schema_name NOT IN ('information_schema', 'pg_catalog', 'pg_toast', '_timescaledb_cache', '_timescaledb_catalog', '_timescaledb_internal', '_timescaledb_config', 'timescaledb_information', 'timescaledb_experimental')
ORDER BY schema_name
--@ tables
SELECT
    CASE WHEN quote_ident(table_schema) IN (
          SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)) as i,
            string_to_array(current_setting('search_path'),',') s)
      THEN quote_ident(table_name)
      ELSE quote_ident(table_schema) || '.' || quote_ident(table_name)
    END AS "table"
FROM information_schema.tables
WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog', '_timescaledb_cache', '_timescaledb_catalog', '_timescaledb_internal', '_timescaledb_config', 'timescaledb_information', 'timescaledb_experimental')
ORDER BY CASE WHEN quote_ident(table_schema) IN (
          SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)) as i,
            string_to_array(current_setting('search_path'),',') s) THEN 0 ELSE 1 END, 1
--@ tables of a schema
SELECT quote_ident(table_name) AS "table" FROM information_schema.tables WHERE quote_ident(table_schema) = 'public' ORDER BY 1
--@ columns of a table
--@ unordered
SELECT quote_ident(column_name) AS "column", data_type AS "type"
FROM information_schema.columns
WHERE CASE WHEN array_length(parse_ident('sales'),1) = 2
        THEN quote_ident(table_schema) = (parse_ident('sales'))[1] AND quote_ident(table_name) = (parse_ident('sales'))[2]
        ELSE quote_ident(table_name) = 'sales' AND quote_ident(table_schema) IN (
          SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)) as i,
            string_to_array(current_setting('search_path'),',') s)
      END
--@ columns of a table with its schema
--@ unordered
SELECT quote_ident(column_name) AS "column", data_type AS "type"
FROM information_schema.columns
WHERE CASE WHEN array_length(parse_ident('public.visits'),1) = 2
        THEN quote_ident(table_schema) = (parse_ident('public.visits'))[1] AND quote_ident(table_name) = (parse_ident('public.visits'))[2]
        ELSE quote_ident(table_name) = 'public.visits' END
--@ $__timeFilter and $__timeGroup
SELECT floor(extract(epoch from sold_at)/300)*300 AS "time", avg(price) AS "value" FROM sales
WHERE sold_at BETWEEN '2020-01-01T00:00:00Z' AND '2030-01-01T00:00:00.999Z' GROUP BY 1 ORDER BY 1
--@ $__timeGroup of an hour with a metric
SELECT floor(extract(epoch from sold_at)/3600)*3600 AS "time", region AS metric, count(*) AS value FROM sales
WHERE sold_at BETWEEN '2020-01-01T00:00:00Z' AND '2030-01-01T00:00:00Z' GROUP BY 1, 2 ORDER BY 1, 2
--@ $__unixEpochFilter
SELECT extract(epoch from sold_at) AS "time", qty FROM sales WHERE extract(epoch from sold_at) >= 1500000000 AND extract(epoch from sold_at) <= 1900000000 ORDER BY 1, 2
--@ $__time
SELECT sold_at AS "time", note AS "text", code AS tags FROM sales WHERE sold_at IS NOT NULL ORDER BY sold_at, id LIMIT 100
--@ a variable
SELECT DISTINCT region AS __value, coalesce(region, '(none)') AS __text FROM sales ORDER BY 1
--@ a raw table
SELECT * FROM products ORDER BY product LIMIT 50
