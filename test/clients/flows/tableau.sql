--@ the first message of its driver
--@ simple
SET DateStyle = 'ISO';SET extra_float_digits = 2;show transaction_isolation
--@ large objects
--@ simple
select oid, typbasetype from pg_type where typname = 'lo'
--@ version
--@ simple
--@ only columns
select version()
--@ schemas
--@ simple
select nspname from pg_catalog.pg_namespace n where true and nspname !~ '^pg_temp_' order by nspname
--@ tables, by SQLTables
--@ simple
select relname, nspname, relkind from pg_catalog.pg_class c, pg_catalog.pg_namespace n
where relkind in ('r', 'v', 'm', 'f', 'p') and nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'pg_temp_1') and n.oid = relnamespace order by nspname, relname
--@ columns, by SQLColumns
--@ simple
select n.nspname, c.relname, a.attname, a.atttypid, t.typname, a.attnum, a.attlen, a.atttypmod, a.attnotnull, c.relhasrules, c.relkind, c.oid, pg_get_expr(d.adbin, d.adrelid),
case t.typtype when 'd' then t.typbasetype else 0 end, t.typtypmod, 0 as relhasoids, attidentity, c.relhassubclass
from (((pg_catalog.pg_class c inner join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace and c.relname operator(pg_catalog.=) 'sales' and n.nspname operator(pg_catalog.=) 'public')
inner join pg_catalog.pg_attribute a on (not a.attisdropped) and a.attnum operator(pg_catalog.>) 0 and a.attrelid operator(pg_catalog.=) c.oid)
inner join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) a.atttypid)
left outer join pg_attrdef d on a.atthasdef and d.adrelid operator(pg_catalog.=) a.attrelid and d.adnum operator(pg_catalog.=) a.attnum
order by n.nspname, c.relname, attnum
--@ primary keys, by SQLPrimaryKeys
--@ simple
select ta.attname, ia.attnum, ic.relname, n.nspname, tc.relname from pg_catalog.pg_attribute ta, pg_catalog.pg_attribute ia, pg_catalog.pg_class tc, pg_catalog.pg_index i, pg_catalog.pg_namespace n, pg_catalog.pg_class ic
where tc.relname operator(pg_catalog.=) 'sales' AND n.nspname operator(pg_catalog.=) 'public' AND tc.oid operator(pg_catalog.=) i.indrelid AND n.oid operator(pg_catalog.=) tc.relnamespace AND i.indisprimary operator(pg_catalog.=) 't'
AND ia.attrelid operator(pg_catalog.=) i.indexrelid AND ta.attrelid operator(pg_catalog.=) i.indrelid AND ta.attnum operator(pg_catalog.=) i.indkey[ia.attnum operator(pg_catalog.-) 1] AND (NOT ta.attisdropped) AND (NOT ia.attisdropped) AND ic.oid operator(pg_catalog.=) i.indexrelid
order by ia.attnum
--@ indexes, by SQLStatistics
--@ simple
select c.relname, i.indkey, i.indisunique, i.indisclustered, a.amname, c.relhasrules, n.nspname, c.oid, 0, i.indoption
from pg_catalog.pg_index i, pg_catalog.pg_class c, pg_catalog.pg_class d, pg_catalog.pg_am a, pg_catalog.pg_namespace n
where d.relname = 'sales' and n.nspname = 'public' and n.oid = d.relnamespace and d.oid = i.indrelid and i.indexrelid = c.oid and c.relam = a.oid order by i.indisprimary desc, i.indisunique, n.nspname, c.relname
--@ foreign keys
--@ simple
select 'skein'::name as "PKTABLE_CAT", n2.nspname as "PKTABLE_SCHEM", c2.relname as "PKTABLE_NAME", a2.attname as "PKCOLUMN_NAME", n1.nspname as "FKTABLE_SCHEM", c1.relname as "FKTABLE_NAME", a1.attname as "FKCOLUMN_NAME", i::int2 as "KEY_SEQ", ref.conname as "FK_NAME"
from ((((((( (select cn.oid, conrelid, conkey, confrelid, confkey, generate_series(array_lower(conkey, 1), array_upper(conkey, 1)) as i, confupdtype, confdeltype, conname, condeferrable, condeferred
 from pg_catalog.pg_constraint cn, pg_catalog.pg_class c, pg_catalog.pg_namespace n where contype = 'f' and conrelid = c.oid and relname = 'sales' and n.oid = c.relnamespace and n.nspname = 'public') ref
 inner join pg_catalog.pg_class c1 on c1.oid = ref.conrelid) inner join pg_catalog.pg_namespace n1 on n1.oid = c1.relnamespace)
 inner join pg_catalog.pg_attribute a1 on a1.attrelid = c1.oid and a1.attnum = conkey[i]) inner join pg_catalog.pg_class c2 on c2.oid = ref.confrelid)
 inner join pg_catalog.pg_namespace n2 on n2.oid = c2.relnamespace) inner join pg_catalog.pg_attribute a2 on a2.attrelid = c2.oid and a2.attnum = confkey[i]))
order by ref.oid, ref.i
--@ shape of a query
--@ simple
SELECT "sales"."region" AS "region", SUM("sales"."price") AS "sum_price_ok" FROM "public"."sales" "sales" GROUP BY 1 ORDER BY 1 LIMIT 0
--@ a view through a cursor: its first rows
--@ simple
BEGIN;declare "SQL_CUR0x55d0c8" cursor with hold for SELECT "sales"."region" AS "region", SUM("sales"."price") AS "sum_price_ok" FROM "public"."sales" "sales" GROUP BY 1 ORDER BY 1;fetch 2 in "SQL_CUR0x55d0c8"
--@ more rows
--@ simple
fetch 2 in "SQL_CUR0x55d0c8"
--@ the rest
--@ simple
fetch 100 in "SQL_CUR0x55d0c8"
--@ the end of the cursor
--@ simple
close "SQL_CUR0x55d0c8";commit
--@ a time axis
--@ simple
SELECT CAST(DATE_TRUNC( 'YEAR', "sales"."sold_at" ) AS DATE) AS "yr_sold_at", CAST(TRUNC(EXTRACT(QUARTER FROM "sales"."sold_at")) AS INTEGER) AS "qr", COUNT(DISTINCT "sales"."product") AS "ctd" FROM "public"."sales" "sales" GROUP BY 1, 2 ORDER BY 1, 2
--@ a filter with a set
--@ simple
SELECT SUM("sales"."qty") AS "sum_qty_ok" FROM "public"."sales" "sales" WHERE (("sales"."region" IN ('EU', 'NorthAmerica')) AND (("sales"."sold_at" >= (TIMESTAMP '2020-01-01 00:00:00.000')) AND ("sales"."sold_at" <= (TIMESTAMP '2030-12-31 23:59:59.000')))) HAVING (COUNT(1) > 0)
--@ a statement prepared by its driver is freed
--@ simple
PREPARE "_PLAN0x563a10"(text) AS SELECT count(*) FROM sales WHERE region = $1;EXECUTE "_PLAN0x563a10"('EU');DEALLOCATE "_PLAN0x563a10"
